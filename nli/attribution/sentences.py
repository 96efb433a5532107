# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Sentences of a text, by characters: paragraphs first, then sentences within them.

The rules are our own: beside pysbd, syntok and blingfire they break fewest marked sources and contents of news, are
right on most of a hand-made list and take least time; `python -m nli.eval.scan.sentences` gives the figures.
"""

from __future__ import annotations

import re

from nli.attribution.words import OPENING, split_words

Span = tuple[int, int]

_BLANK = re.compile(r"\n[^\S\n]*\n\s*|\r\n\r\n\s*|\u2029+\s*")
_LINE = re.compile(r"[\n\r\u2028\u2029\x0b\x0c]+")
_END = re.compile(
    r"(?P<mark>[.!?…]+)(?P<close>[\"'”’»)\]]*)(?=(?P<space>\s+)(?P<next>[\"'“‘«(\[]*(?P<word>[^\s\"'“‘«(\[]+)?))"
)
_LAST_WORD = re.compile(r"[^\s\"“‘(\[—–]+$")
_INITIAL = re.compile(r"(?:[A-Z]\.)*[A-Z]")
_SAYS_SOON = re.compile(
    r"(?:[\w.’'-]+\s+){1,4}?(?:said|says|asked|asks|told|wrote|writes|tweeted|added|adds|replied|shouted|exclaimed|wondered|"
    r"responded|continued|demanded|yelled|joked|quipped)\b"
)
_TERMINAL = tuple(".!?…:;\"”’')]")

_BEFORE_NAMES = split_words(
    """mr mrs ms dr prof sen rep reps sens gov govs gen lt col sgt capt cpl cmdr adm maj pvt rev hon st mt messrs
    supt insp det del pres vice amb atty dist vs v no nos fig cf al approx e.g i.e viz ave blvd rd"""
)
"""Abbreviations after which a sentence does not end."""

_MAY_END = split_words(
    """inc corp co ltd llc plc bros jr sr etc jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri
    sat sun a.m p.m am pm u.s u.k u.n e.u d.c ph.d est dept univ assn ft lb oz hr hrs min"""
)
"""Abbreviations after which a sentence may end, if the next word is one that often begins sentences."""

_STARTERS = split_words(
    """the a an he she it they we i you this that these those in on at but and for from with when while if as after
    before his her their its our my there here some many most one two three no not what who why how where
    according although though however meanwhile since so then also another both all each asked officials police
    last under by to such instead now later"""
)


def paragraphs(text: str) -> list[Span]:
    """Return the paragraphs of a text, without white space around them.

    Blank lines part them. Single line breaks do too, unless the text is wrapped at a fixed width.
    """
    pieces: list[Span] = []
    start = 0
    for gap in [*_BLANK.finditer(text), None]:
        end = gap.start() if gap else len(text)
        pieces.extend(_lines(text, start, end))
        start = gap.end() if gap else end
    return [piece for each in pieces if (piece := _strip(text, *each)) is not None]


def _lines(text: str, start: int, end: int) -> list[Span]:
    lines: list[Span] = []
    at = start
    for gap in _LINE.finditer(text, start, end):
        lines.append((at, gap.start()))
        at = gap.end()
    lines.append((at, end))
    return [(start, end)] if _wrapped(text, lines) else lines


def _wrapped(text: str, lines: list[Span]) -> bool:
    """Whether line breaks stand at a fixed width: long lines that mostly stop in the middle of a sentence."""
    if len(lines) < 2:  # noqa: PLR2004 -- one line has no break
        return False
    broken = [text[a:b].rstrip() for a, b in lines[:-1]]
    widest = max(len(each) for each in broken)
    open_ended = sum(not each.endswith(_TERMINAL) for each in broken)
    full = sum(len(each) > 0.7 * widest for each in broken)
    return 40 <= widest <= 120 and 2 * open_ended > len(broken) and full > 0.8 * len(broken)  # noqa: PLR2004 -- widths


def _strip(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def sentences(text: str) -> list[Span]:
    """Return the sentences of a text.

    Args:
        text: The text.

    Returns:
        (start, end) of each, in characters, in order and without overlap; white space between them is left out.
        A quotation of several sentences is several sentences.
    """
    return [span for start, end in paragraphs(text) for span in in_paragraph(text, start, end)]


def in_paragraph(text: str, start: int, end: int) -> list[Span]:
    """Return the sentences of one paragraph."""
    found: list[Span] = []
    at = start
    for match in _END.finditer(text, start, end):
        if match.end() >= end or not _ends(text, match, at):
            continue
        found.append((at, match.end()))
        at = match.end("space")
    if at < end:
        found.append((at, end))
    return found


def _ends(text: str, match: re.Match[str], start: int) -> bool:  # noqa: PLR0911 -- a rule a line
    """Whether a full stop, question mark or exclamation mark ends a sentence."""
    following = match["next"]
    word = match["word"] or ""
    first = word[:1]
    if first.islower() or (not first.isalnum() and first not in "$£€#@" and not following):
        return False
    if match["close"] and match["close"][0] not in ")]":
        said = not match["mark"].endswith(".") and _SAYS_SOON.match(text, match.end("space")) is not None
        return not said or _introduced(text, start, match.start("close"))
    if match["mark"] != ".":
        return True
    before = _LAST_WORD.search(text[max(start, match.start() - 40) : match.start()])
    last = before.group() if before else ""
    low = last.lower()
    if low in _BEFORE_NAMES:
        return False
    if low in _MAY_END:
        return following[:1] in OPENING or _bare(word) in _STARTERS
    if _INITIAL.fullmatch(last):
        return last == "I" or _bare(word) in _STARTERS
    return True


def _introduced(text: str, start: int, end: int) -> bool:
    """Whether the quotation that closes at `end` was introduced by a comma or colon, as after "he said"."""
    opening = max(text.rfind(mark, start, end) for mark in OPENING)
    return opening > start and text[start:opening].rstrip().endswith((",", ":"))


def _bare(word: str) -> str:
    """A word in lower case, without what is joined to its end."""
    return re.split(r"[^\w]", word, maxsplit=1)[0].lower()
