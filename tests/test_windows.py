"""Long texts: windows that lose nothing, fit, end with sentences and say where they stand."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nli.windows import Piece, Span, Window, cut, pieces, sentence_ends, truncated

words = st.lists(st.sampled_from(["a", "is", "bridge", "closed.", "yes!", "no?", "3.5", "end…", "“so.”"]), max_size=80)


def word_spans(text: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"\S+", text)]


def covered(spans: list[Span]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?"]),
        ('He said: "No." Then he left.', ['He said: "No."', "Then he left."]),
        ("It rose by 3.5 per cent.", ["It rose by 3.5 per cent."]),
        ("Wait… what", ["Wait…"]),
        ("First\n\nSecond", ["First"]),
        ("no end", []),
        ("", []),
    ],
)
def test_sentence_ends(text: str, sentences: list[str]) -> None:
    ends = sentence_ends(text)
    starts = [0, *ends]
    assert [text[start:end].strip() for start, end in zip(starts, ends, strict=False)] == sentences


@given(words, st.integers(1, 30))
def test_windows_cover_the_text_in_order_and_fit(tokens: list[str], size: int) -> None:
    text = " ".join(tokens)
    spans = cut(word_spans(text), sentence_ends(text), size)
    assert all(0 < end - start <= size for start, end in spans) or not tokens
    assert covered(spans) == set(range(len(tokens)))
    assert spans[0][0] == 0
    assert spans[-1][1] == len(tokens)
    for (start, end), (next_start, next_end) in pairwise(spans):
        assert start < next_start <= end < next_end


def test_windows_end_and_begin_with_sentences_where_they_can() -> None:
    text = "one two three four. five six. seven eight nine. ten eleven twelve. last one."
    places = word_spans(text)
    shown = [text[places[start][0] : places[end - 1][1]] for start, end in cut(places, sentence_ends(text), 8)]
    assert shown == [
        "one two three four. five six.",
        "five six. seven eight nine.",
        "seven eight nine. ten eleven twelve. last one.",
    ] or all(part.endswith(".") for part in shown)
    assert shown[0] == "one two three four. five six."


def test_a_text_without_sentences_is_cut_with_overlap() -> None:
    spans = cut([(place, place + 1) for place in range(20)], [], 8)
    assert spans == [(0, 8), (6, 14), (12, 20)]


@given(words, words, st.integers(4, 40))
def test_pieces_fit_the_room_and_lose_nothing(first: list[str], second: list[str], room: int) -> None:
    lengths = len(first), len(second)
    premise, hypothesis = " ".join(first), " ".join(second)
    if sum(lengths) <= room:
        return
    parts = pieces(premise, hypothesis, lengths, room, word_spans)
    assert covered([part.premise for part in parts]) == set(range(lengths[0]))
    assert covered([part.hypothesis for part in parts]) == set(range(lengths[1]))
    for part in parts:
        assert sum(end - start for start, end in (part.premise, part.hypothesis)) <= room
        assert part.window is not None
        for text, tokens, span in (
            (premise, part.premise, part.window.premise),
            (hypothesis, part.hypothesis, part.window.hypothesis),
        ):
            if span is not None:
                assert text[slice(*span)].split() == text.split()[slice(*tokens)]


def test_a_text_that_fits_half_the_room_stays_whole() -> None:
    long, short = "word " * 50, "just five words of text"
    for part in pieces(long, short, (50, 5), 20, word_spans):
        assert part.hypothesis == (0, 5)
        assert part.window is not None
        assert part.window.hypothesis is None
    assert all(part.premise == (0, 5) for part in pieces(short, long, (5, 50), 20, word_spans))


def test_window_as_a_field_names_the_windowed_texts_alone() -> None:
    assert Window(premise=(3, 9)).as_dict() == {"premise": [3, 9]}
    assert Window((0, 4), (5, 8)).as_dict() == {"premise": [0, 4], "hypothesis": [5, 8]}


@given(st.integers(0, 100), st.integers(0, 100), st.integers(2, 60))
def test_truncation_keeps_what_fits_and_counts_the_rest(first: int, second: int, room: int) -> None:
    piece, lost = truncated((first, second), room)
    kept = piece.premise[1] + piece.hypothesis[1]
    assert piece.premise[0] == piece.hypothesis[0] == 0
    assert kept + lost == first + second
    assert kept <= room or first + second <= room
    assert lost == max(0, first + second - room)
    if first <= room // 2:
        assert piece.premise[1] == first


def test_truncation_cuts_the_longer_text() -> None:
    assert truncated((50, 5), 20) == (Piece((0, 15), (0, 5)), 35)
    assert truncated((5, 50), 20) == (Piece((0, 5), (0, 15)), 35)
    assert truncated((50, 50), 20) == (Piece((0, 10), (0, 10)), 80)
