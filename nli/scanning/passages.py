"""Stretches of a text as a page shows them: with what stands around them, and with marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

AROUND = 240
"""Characters before and after a stretch that are searched for a sentence or so of context."""

_ENOUGH = 30
"""Characters of context below which one more sentence is taken, since "Mr." looks like the end of one."""
_PARAGRAPH = re.compile(r"\s*\n\s*\n\s*")
_SENTENCE = re.compile(r"""(?<=[.!?\u2026"'\u201d\u2019)\]])\s+(?=[^\s\da-z])""")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of characters that is marked as a whole or not at all.

    Attributes:
        text: The characters.
        marked: Whether they are marked.
    """

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text with a sentence or so on either side, white space made even.

    Attributes:
        before: What comes before it, with an ellipsis where it is cut inside a sentence.
        stretch: The stretch itself.
        after: What follows, cut likewise.
    """

    before: str
    stretch: str
    after: str


@dataclass(frozen=True, slots=True)
class Region:
    """Stretches of a text that overlap, taken together.

    Attributes:
        start: Where the first begins.
        end: Where the last ends.
        members: Places in the sequence of stretches that it was made from.
    """

    start: int
    end: int
    members: tuple[int, ...]


def parts(text: str, spans: Iterable[tuple[int, int]]) -> list[Part]:
    """Split a text where marks begin and end.

    Args:
        text: The text.
        spans: Stretches to mark, in order and apart from each other.

    Returns:
        Its parts; joined they are the text.
    """
    found, last = [], 0
    for start, end in spans:
        found += [Part(text[last:start]), Part(text[start:end], marked=True)]
        last = end
    return [part for part in (*found, Part(text[last:])) if part.text]


def passage(text: str, start: int, end: int) -> Passage:
    """Take a stretch of a text with a sentence or so before and after, from the same paragraph.

    Args:
        text: The text.
        start: Where the stretch begins, in characters.
        end: Where it ends.

    Returns:
        The stretch and what stands around it.
    """
    return Passage(_before(text, start), _even(text[start:end]), _after(text, end))


def regions(stretches: Sequence[tuple[int, int]]) -> list[Region]:
    """Take together what overlaps, so that each character is marked once.

    Args:
        stretches: (start, end) of each, in any order.

    Returns:
        Regions in order, apart from each other.
    """
    found: list[Region] = []
    for at in sorted(range(len(stretches)), key=lambda at: stretches[at]):
        start, end = stretches[at]
        if found and start < found[-1].end:
            last = found.pop()
            found.append(Region(last.start, max(end, last.end), (*last.members, at)))
        else:
            found.append(Region(start, end, (at,)))
    return found


def _before(text: str, start: int) -> str:
    """Return what leads up to a stretch."""
    first = max(0, start - AROUND)
    paragraphs = [match.end() for match in _PARAGRAPH.finditer(text, first, start)]
    whole = bool(paragraphs) or first == 0
    first = paragraphs[-1] if paragraphs else first
    starts = [match.end() for match in _SENTENCE.finditer(text, first, start) if match.end() < start]
    if whole:
        starts.insert(0, first)
    if not starts:
        return "… " + _even(text[first:start].partition(" ")[2])
    return _even(text[next((at for at in reversed(starts) if start - at >= _ENOUGH), starts[0]) : start])


def _after(text: str, end: int) -> str:
    """Return what follows a stretch."""
    last = min(len(text), end + AROUND)
    paragraph = _PARAGRAPH.search(text, end, last)
    whole = paragraph is not None or last == len(text)
    last = paragraph.start() if paragraph else last
    ends = [match.start() for match in _SENTENCE.finditer(text, end, last)]
    if whole:
        ends.append(last)
    if not ends:
        return _even(text[end:last].rpartition(" ")[0]) + " …"
    return _even(text[end : next((at for at in ends if at - end >= _ENOUGH), ends[-1])])


def _even(text: str) -> str:
    """Make white space even, and keep one blank at either end where there was any."""
    return re.sub(r"\s+", " ", text)
