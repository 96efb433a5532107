# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Quotations of a text, by characters."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSER = {"“": ("”", '"'), "„": ("”", "“"), "«": ("»",), '"': ('"', "”"), "‘": ("’",), "'": ("'",), "''": ("''",)}
_MARK = re.compile(r"''|[“”„«»\"‘’']")
_LONGEST_SINGLE = 12
_FARTHEST_SINGLE = 400
_SINGLE = frozenset("‘'")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation.

    Attributes:
        start: Where its opening mark stands.
        end: After its closing mark; the end of the paragraph if it has none.
        inner: Where its words begin.
        inner_end: Where its words end.
        closed: Whether it has a closing mark.
    """

    start: int
    end: int
    inner: int
    inner_end: int
    closed: bool


def quotations(text: str, start: int, end: int) -> list[Quotation]:
    """Return the outermost quotations of a paragraph.

    Args:
        text: The text.
        start: Where the paragraph begins.
        end: Where it ends.

    Returns:
        The quotations in order. One that is not closed in its paragraph reaches to its end, if it opens with a
        double mark; an unmatched single mark is an apostrophe.
    """
    found: list[Quotation] = []
    marks = [(m.start(), m.group()) for m in _MARK.finditer(text, start, end)]
    k = 0
    while k < len(marks):
        at, mark = marks[k]
        k += 1
        if mark not in _CLOSER or not _opens(text, at, mark, start, end):
            continue
        closing = _closing(text, marks, k, mark, (at, end))
        if closing is not None:
            stop = marks[closing][0]
            found.append(Quotation(at, stop + len(marks[closing][1]), at + len(mark), stop, closed=True))
            k = closing + 1
        elif mark not in _SINGLE:
            found.append(Quotation(at, end, at + len(mark), end, closed=False))
            break
    return found


def _opens(text: str, at: int, mark: str, start: int, end: int) -> bool:
    after = at + len(mark)
    if after >= end or text[after].isspace():
        return False
    return mark in "“„«" or at == start or not text[at - 1].isalnum()


def _closing(text: str, marks: list[tuple[int, str]], k: int, mark: str, bounds: tuple[int, int]) -> int | None:
    """Find the mark that closes a quotation which opened with `mark` at `bounds[0]`."""
    at, end = bounds
    depth = 0
    for j in range(k, len(marks)):
        place, other = marks[j]
        after = place + len(other)
        if other == mark and mark in "“«" and text[place - 1].isspace():
            depth += 1
            continue
        if other not in _CLOSER[mark]:
            continue
        if depth and other != '"':
            depth -= 1
            continue
        if mark in _SINGLE and place - at > _FARTHEST_SINGLE:
            return None
        if mark in _SINGLE and not _ends_single(text, at, place, end):
            continue
        if other == '"' and after < end and text[after].isalnum() and text[place - 1].isspace():
            continue
        return j
    return None


def _ends_single(text: str, at: int, place: int, end: int) -> bool:
    """Tell a single closing mark from an apostrophe."""
    if place + 1 < end and text[place + 1].isalnum():
        return False
    inside = text[at + 1 : place]
    return text[place - 1] in ",.?!…" or (text[place - 1].isalnum() and len(inside.split()) <= _LONGEST_SINGLE)
