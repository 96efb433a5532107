# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""What of a news text is prose: headline, by-line, dateline, credits and pointers set apart."""

from __future__ import annotations

import re

_TERMINAL = re.compile(r"[.!?…:;,][\"'”’»)\]]*$|[\"”’»)]$")
_CAPS = r"[A-Z][\w.’'-]*"
_BYLINE = re.compile(
    rf"(?:by|from|written by|reporting by|story by|posted by)\s+"
    rf"{_CAPS}(?:[\s,]+{_CAPS})*[.,|]?$",
    re.IGNORECASE,
)
_BYLINE_START = re.compile(r"(?i:by|reporting by|additional reporting by|written by|editing by|compiled by)\s+[A-Z]")
_CREDIT = re.compile(
    r"(?:photo(?:graph)?s?|image|picture|credit|photo credit|source|file photo|video|illustration|caption)"
    r"\s*(?:by\b|:|/|courtesy\b)"
    r"|©|\(c\)\s|copyright\b|all rights reserved"
    r"|[^.]{0,120}[/|]\s*(?:getty|reuters|ap|afp|associated press)\b[^.]{0,40}$",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"(?:read (?:more|the (?:full|rest|whole|original)|also|next|on)|see also|click (?:here|to)|related\b|"
    r"more (?:on|from|about) this|more:|also read|watch(?: now| the video|:)|listen(?: now|:)|subscribe|sign up|"
    r"follow (?:us|me)\b|share this|advertisement|continue reading|recommended|most read|"
    r"updated?\b[^.]{0,40}\d|published\b[^.]{0,40}\d|last modified|comments?$|"
    r"to (?:contact|read|see|subscribe)\b)",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"(?:[A-Z][A-Z’'.-]+(?:[ ,]+(?:[A-Z][A-Z’'.-]*|[A-Z][a-z]+\.?)){0,4})?\s*"
    r"(?:,\s*(?:\d{1,2}\s)?[A-Z][\w.]+(?:\s\d{1,2})?)?\s*(?:\([A-Za-z .&’']{2,40}\)\s*)?(?:--|—|–|-)\s+(?=[\"“‘A-Z])"
)
_DATELINE_PLAIN = re.compile(
    r"(?:[A-Z][\w.’'-]*[ ,]+){0,5}"
    r"\(\s?(?:AP|Reuters|AFP|UPI|dpa|CNN|TASS|PTI|ANI|Xinhua|REUTERS|IANS)\s?\)\s*(?:--|—|–|-)?\s*"
)
_SIGNATURE = re.compile(
    rf"(?:^|(?<=[”\"])|(?<=[”\"]\s))(?:--|[—–―-])\s*"
    rf"(?P<name>{_CAPS}(?:\s+{_CAPS}){{0,4}}?)[.,]?(?:,\s[^.!?]{{1,60}})?$"
)
_LABEL = re.compile(r"[\"“](?=[A-Z][A-Z.’' -]{2,30}:\s)")
_LONGEST_SIGNATURE = 80
_MOST_WORDS = 24


def furniture(paragraph: str) -> bool:
    """Whether a paragraph is a by-line, a credit or a pointer to other texts."""
    short = len(paragraph) < 200  # noqa: PLR2004 -- such lines are short
    if not short:
        return False
    if (
        _BYLINE_START.match(paragraph)
        and len(paragraph.split()) <= _MOST_WORDS
        and not re.search(r"\b(?:said|says)\b", paragraph)
    ):
        return paragraph[-1] not in '.!?”"' or _BYLINE.match(paragraph) is not None
    return (_POINTER.match(paragraph) or _CREDIT.match(paragraph)) is not None and (
        len(paragraph.split()) <= _MOST_WORDS and not re.search(r"\b(?:said|says|denied|told)\b", paragraph)
    )


def headline(paragraph: str, *, first: bool) -> bool:
    """Whether a paragraph is a headline: the first line, or a short line, without a mark at its end."""
    words = paragraph.split()
    if _TERMINAL.search(paragraph) or "\n" in paragraph:
        return False
    return len(words) <= (_MOST_WORDS if first else 12)


def signature(paragraph: str) -> tuple[int, int] | None:
    """Return where the name stands that signs a quotation before it ("…” — Anna Marsh"), None if none does.

    The line may hold the name alone, or the quotation and the name.
    """
    match = _SIGNATURE.search(paragraph.rstrip(), max(0, len(paragraph.rstrip()) - _LONGEST_SIGNATURE))
    return match.span("name") if match else None


def label(paragraph: str) -> int:
    """Return the length of the mark before the label of a transcript ("“HALE: …"), 0 if there is none."""
    return 1 if _LABEL.match(paragraph) else 0


def dateline(paragraph: str) -> int:
    """Return the length of the dateline at the start of a paragraph ("WASHINGTON (AP) — "), 0 if there is none."""
    for pattern in (_DATELINE_PLAIN, _DATELINE):
        match = pattern.match(paragraph)
        if match and match.end() and match.group().strip(" -—–"):
            return match.end()
    return 0
