"""Which words of two statements explain their conflict.

The words of both are aligned by their stems. Of those without a counterpart, negations, numbers and opposites come
first, then content words that stand where the other statement has others, then the rest; words with little meaning of
their own are never marked. It is an aid to the eye and no part of the verdict, which is the model's alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum

Spans = list[tuple[int, int]]

_WORD = re.compile(r"\d+(?:[.,:]\d+)*\w*|[^\W\d_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)*\w*")
_GAP = re.compile(r"[\s-]?")
_SHARE = 0.5
_MOST_WORDS = 400
"""Words of a statement that are aligned; the time grows with their square at worst."""
_SHORTEST_STEM = 3

_IRREGULAR = {
    form: stem
    for stem, forms in {
        "becom": "became", "begin": "began begun", "build": "built", "bui": "bought", "com": "came come",
        "die": "died dies dying dead", "fall": "fell fallen", "find": "found", "fly": "flew flown", "giv": "gave given",
        "go": "went gone goes", "grow": "grew grown", "hold": "held", "keep": "kept", "know": "knew known",
        "leav": "left", "lie": "lied lies lying", "lose": "lost loses losing", "mak": "made", "meet": "met",
        "pai": "paid", "ris": "rose risen", "see": "saw seen", "sell": "sold", "send": "sent", "shoot": "shot",
        "show": "shown", "spend": "spent", "stand": "stood", "tak": "took taken", "win": "won", "writ": "wrote written",
    }.items()
    for form in forms.split()
}  # fmt: skip
_ENDINGS = (("ies", "i"), ("ied", "i"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("y", "i"))


def _stem(word: str) -> str:
    """Return what the inflected forms of a word have in common, by rough rules."""
    word = word.removesuffix("'s").removesuffix("'")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in _ENDINGS:
        stem = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(stem) >= _SHORTEST_STEM and not word.endswith(("ss", "us")):
            doubled = ending in {"ing", "ed"} and stem[-1] == stem[-2] and stem[-1] not in "lsz"
            word = stem[:-1] if doubled else stem
            break
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


def _listed(words: str) -> list[str]:
    """Return words that stand with white space between them."""
    return words.split()


_NEGATIONS = frozenset(
    _stem(word)
    for word in _listed("""
    baseless barely bogus contradict debunk denial deny dismiss disprove dispute fabricate fail fake false
    falsehood groundless hardly hoax incorrect lack lie myth neither never no nobody none nonsense nor not nothing
    nowhere rebuff rebut refuse refute reject repudiate unable unfounded untrue without wrong
    """)
)
_OPPOSITES: dict[str, set[str]] = {}
for _pair in _listed("""
    accept/reject accept/refuse add/remove after/before agree/refuse alive/dead all/some allow/ban allow/forbid
    allow/prevent allow/prohibit always/never ally/enemy approve/reject approve/veto arrest/release arrive/depart
    arrive/leave attack/defend back/oppose begin/end best/worst better/worse big/small build/demolish buy/sell
    cheap/expensive close/open closed/open confirm/deny continue/halt continue/stop cut/raise cut/increase cut/restore
    dead/survive decline/rise decrease/increase deficit/surplus detain/free detain/release die/live die/recover
    die/survive down/up drop/rise dry/wet early/late earlier/later east/west eastern/western empty/full end/start
    enter/leave everyone/nobody exclude/include expand/shrink export/import extend/shorten fact/myth fail/pass
    fail/succeed failure/success fall/grow fall/increase fall/rise false/true fast/slow fewer/more find/lose fire/hire
    first/last forced/voluntary free/jail friend/enemy gain/lose good/bad grow/shrink guilty/innocent halt/resume
    hard/easy harm/protect heavy/light high/low higher/lower hot/cold inside/outside join/leave joint/separate
    keep/repeal keep/scrap large/small larger/smaller least/most leave/remain leave/stay left/right legal/illegal
    less/more long/short longer/shorter lose/win loser/winner loss/profit loss/win lower/raise major/minor
    majority/minority many/few maximum/minimum mild/severe narrow/wide new/old north/south northern/southern off/on
    old/young oppose/support over/under overturn/uphold peace/war permit/ban poor/rich private/public
    public/secret pull/push ratify/reject remain/resign renew/lapse resign/stay safe/dangerous same/different
    save/spend start/stop strengthen/weaken strong/weak victory/defeat welcome/condemn win/defeat with/without
    """):
    _first, _second = map(_stem, _pair.split("/"))
    _OPPOSITES.setdefault(_first, set()).add(_second)
    _OPPOSITES.setdefault(_second, set()).add(_first)
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis")
_NUMBERS = {
    word: str(value)
    for value, words in {
        0: "zero", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten",
        11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
        18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty",
        70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred hundreds", 1000: "thousand thousands",
        10**6: "million millions", 10**9: "billion billions",
    }.items()
    for word in words.split()
}  # fmt: skip
_LIGHT = frozenset(
    _listed("""
    a about according added also am an and are as asked at be been being but by can could did do does doing done for
    from get gets got had has have having he her hers herself him himself his i if in into is it it's its itself just
    let may me might mr mrs ms my of or our said same say saying says shall she should so such tell telling tells than
    that the their them themselves then there these they this those to told too upon us very was we were what when where
    which while who whom whose why will would you your
    """)
)
_CONTRACTED = {"wo": "will", "ca": "can", "sha": "shall"}


class _Reason(IntEnum):
    """Why a word may be marked, the best reason first."""

    TURNS = 0
    OPPOSITE = 1
    REPLACED = 2
    EXTRA = 3
    MOVED = 4


_Reasons = dict[int, _Reason]
"""Place of a word -> why it may be marked."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a statement; a contraction such as "didn't" is two with one span.

    Attributes:
        key: What it is compared by: a stem, or the value of a number.
        start: Where it begins, in characters.
        end: Where it ends.
        number: Whether it is a number.
        light: Whether it has little meaning of its own.
    """

    key: str
    start: int
    end: int
    number: bool = False
    light: bool = False

    @property
    def negates(self) -> bool:
        """Whether it turns or refuses a claim."""
        return self.key in _NEGATIONS


def differing(a: str, b: str) -> tuple[Spans, Spans]:
    """Find the words of two statements that differ and explain why both cannot stand.

    A negation that the other statement lacks in that place and a number that it lacks anywhere are always marked;
    further words only up to half of a statement. The order of the two statements makes no difference.

    Args:
        a: One statement.
        b: The other.

    Returns:
        For each statement the stretches to mark, (start, end) in characters, in order and apart from each other.
    """
    if b < a:
        second, first = differing(b, a)
        return first, second
    first_words, second_words = _words(a), _words(b)
    first_reasons, second_reasons = _reasons(first_words, second_words)
    return _marked(a, first_words, first_reasons), _marked(b, second_words, second_reasons)


def _words(text: str) -> list[_Word]:
    """Split a statement into words."""
    words: list[_Word] = []
    for match in _WORD.finditer(text):
        word = match[0].lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        start, end = match.span()
        if word.endswith("n't") or word == "cannot":
            words.append(_Word(_CONTRACTED.get(word[:-3], word[:-3]), start, end, light=True))
            words.append(_Word("not", start, end))
        elif word[0].isdigit():
            words.append(_Word(word.replace(",", ""), start, end, number=True))
        elif word in _NUMBERS:
            words.append(_Word(_NUMBERS[word], start, end, number=True))
        else:
            words.append(_Word(_stem(word), start, end, light=word in _LIGHT))
    return words[:_MOST_WORDS]


def _reasons(a: list[_Word], b: list[_Word]) -> tuple[_Reasons, _Reasons]:
    """Say of each statement which words may be marked, and why."""
    first: _Reasons = {}
    second: _Reasons = {}
    a_keys, b_keys = {word.key for word in a}, {word.key for word in b}
    matcher = SequenceMatcher(None, [word.key for word in a], [word.key for word in b], autojunk=False)
    for kind, a_start, a_end, b_start, b_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        a_new = [at for at in range(a_start, a_end) if not a[at].light and a[at].key not in b_keys]
        b_new = [at for at in range(b_start, b_end) if not b[at].light and b[at].key not in a_keys]
        for found, words, start, end, new, others in (
            (first, a, a_start, a_end, a_new, b_keys - a_keys),
            (second, b, b_start, b_end, b_new, a_keys - b_keys),
        ):
            ordinary = _Reason.REPLACED if a_new and b_new else _Reason.EXTRA
            found.update(dict.fromkeys(new, ordinary))
            for at in range(start, end):
                if words[at].negates or (words[at].number and at in new):
                    found[at] = _Reason.TURNS
                elif _has_opposite(words[at].key, others):
                    found[at] = _Reason.OPPOSITE
    if not first and not second:
        return _moved(a, b), _moved(b, a)
    best = min((*first.values(), *second.values()))
    limit = _Reason.REPLACED if best < _Reason.REPLACED else _Reason.EXTRA
    return _within(first, limit), _within(second, limit)


def _moved(words: list[_Word], others: list[_Word]) -> _Reasons:
    """Name the words that trade places: who did it, and to whom."""
    orders = [
        [word.key for word in side if not word.light and keys[word.key] == 1]
        for side in (words, others)
        for keys in [Counter(word.key for word in side)]
    ]
    order, other = ([key for key in side if key in set(orders[1 - at])] for at, side in enumerate(orders))
    traded = {key for key, instead in zip(order, other, strict=True) if key != instead}
    return {at: _Reason.MOVED for at, word in enumerate(words) if word.key in traded}


def _within(reasons: _Reasons, limit: _Reason) -> _Reasons:
    """Keep the reasons that are as good as the limit."""
    return {at: reason for at, reason in reasons.items() if reason <= limit}


def _has_opposite(key: str, others: set[str]) -> bool:
    """Say whether one of the other statement's own words is the opposite of a word."""
    return not others.isdisjoint(_OPPOSITES.get(key, ())) or any(
        prefix + key in others or (key.startswith(prefix) and key.removeprefix(prefix) in others)
        for prefix in _PREFIXES
    )


def _marked(text: str, words: list[_Word], reasons: _Reasons) -> Spans:
    """Choose words until half of a statement is marked, and join neighbours."""
    room = _SHARE * sum(word.end - word.start for word in words)
    chosen: list[tuple[int, int]] = []
    for at in sorted(reasons, key=lambda at: (reasons[at], at)):
        word = words[at]
        size = word.end - word.start
        if reasons[at] is _Reason.TURNS or size <= room or (not chosen and len(words) > 1):
            chosen.append((word.start, word.end))
            room -= size
    spans: Spans = []
    for start, end in sorted(set(chosen)):
        if spans and _GAP.fullmatch(text, spans[-1][1], start):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
