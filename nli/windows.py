"""Texts too long for the model: which stretches of them are scored.

The longer text of a pair is cut into overlapping windows that end where sentences end; a text that fits
into half of the room stays whole. Offsets are characters of the original text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Span = tuple[int, int]

_SENTENCE_END = re.compile(r"[.!?\u2026\u3002](?:[\"'\u201d\u2019\u00bb)\]]*)(?=\s|$)|\n\s*\n")
OVERLAP = 4
"""A window repeats about one part in so many of the window before it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of a pair that was scored, in characters; None stands for a text that was scored whole."""

    premise: Span | None = None
    hypothesis: Span | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the windowed texts with [start, end)."""
        return {name: list(span) for name, span in (("premise", self.premise), ("hypothesis", self.hypothesis)) if span}


@dataclass(frozen=True, slots=True)
class Piece:
    """Token spans of one premise and hypothesis that are scored together, and where they stand in the texts."""

    premise: Span
    hypothesis: Span
    window: Window | None = None


def sentence_ends(text: str) -> list[int]:
    """Return the character positions just behind each sentence of a text, by its punctuation."""
    return [match.end() for match in _SENTENCE_END.finditer(text)]


def cut(offsets: Sequence[Span], ends: Sequence[int], size: int) -> list[Span]:
    """Cut a text into overlapping token spans that end with sentences where that is possible.

    Args:
        offsets: Characters of each token.
        ends: Character positions behind each sentence, ascending.
        size: Most tokens a span may have, at least 1.

    Returns:
        Token spans that together cover the text, each starting after the one before.
    """
    starts = [start for start, _ in offsets]
    # Token index that follows each sentence end.
    breaks = sorted({bisect_left(starts, end) for end in ends} | {len(offsets)})
    spans: list[Span] = []
    start = 0
    while True:
        limit = min(start + size, len(offsets))
        place = bisect_right(breaks, limit) - 1
        end = breaks[place] if place >= 0 and breaks[place] > start + size // 2 else limit
        spans.append((start, end))
        if end >= len(offsets):
            return spans
        back = max(start + 1, end - size // OVERLAP)
        following = bisect_left(breaks, back)
        # Begin at a sentence inside the overlap, if one begins there.
        start = breaks[following] if following < len(breaks) and breaks[following] <= end else back


def pieces(
    premise: str, hypothesis: str, lengths: tuple[int, int], room: int, offsets: Callable[[str], list[Span]]
) -> list[Piece]:
    """Return the pieces of a pair that does not fit.

    Args:
        premise: First text.
        hypothesis: Second text.
        lengths: Their tokens.
        room: Tokens that fit, special tokens not counted.
        offsets: Gives the characters of a text's tokens.

    Returns:
        Pieces that together cover every token of both texts; each fits into the room.
    """
    first, second = lengths
    half = room // 2
    if second <= half:
        first_size, second_size = room - second, second
    elif first <= half:
        first_size, second_size = first, room - first
    else:
        first_size, second_size = half, room - half
    ours = _spans(premise, first, first_size, offsets)
    theirs = _spans(hypothesis, second, second_size, offsets)
    return [
        Piece(tokens, other, Window(characters, other_characters))
        for tokens, characters in ours
        for other, other_characters in theirs
    ]


def _spans(text: str, length: int, size: int, offsets: Callable[[str], list[Span]]) -> list[tuple[Span, Span | None]]:
    if length <= size:
        return [((0, length), None)]
    places = offsets(text)
    return [(span, (places[span[0]][0], places[span[1] - 1][1])) for span in cut(places, sentence_ends(text), size)]


def truncated(lengths: tuple[int, int], room: int) -> tuple[Piece, int]:
    """Return the one piece that is left when tokens are cut from the end of the longer text, and how many were cut."""
    first, second = lengths
    half = room // 2
    if second <= half:
        first = room - second
    elif first <= half:
        second = room - first
    else:
        first, second = half, room - half
    first, second = min(first, lengths[0]), min(second, lengths[1])
    return Piece((0, first), (0, second)), sum(lengths) - first - second
