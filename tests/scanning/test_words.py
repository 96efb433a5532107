from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.scanning.words import differing


def marked(a: str, b: str) -> tuple[list[str], list[str]]:
    first, second = differing(a, b)
    return [a[start:end] for start, end in first], [b[start:end] for start, end in second]


@pytest.mark.parametrize(
    ("a", "b", "first", "second"),
    [
        ("The bridge is safe.", "The bridge is not safe.", [], ["not"]),
        ("The ministry denied that it sent missiles.", "The ministry sent missiles.", ["denied"], []),
        ("I can\N{RIGHT SINGLE QUOTATION MARK}t go.", "I can go.", ["can\N{RIGHT SINGLE QUOTATION MARK}t"], []),
        ("They did not pay.", "They didn't pay.", [], []),
        ("12 people died.", "Twelve people died.", [], []),
        ("1,200 people fled.", "1200 people fled.", [], []),
        ("At least 12 people died.", "At least 20 people died.", ["12"], ["20"]),
        ("The deal made a profit.", "The deal made a loss.", ["profit"], ["loss"]),
        ("The vaccine is safe.", "The vaccine is unsafe.", ["safe"], ["unsafe"]),
        ("Prices soared.", "Prices plummeted.", ["soared"], ["plummeted"]),
        ("The treaty was signed in Berlin.", "The treaty was signed in Paris.", ["Berlin"], ["Paris"]),
        ("Orsk attacked Velm.", "Velm attacked Orsk.", ["Orsk", "Velm"], ["Velm", "Orsk"]),
        ("It rained.", "It rained.", [], []),
        ("", "No.", [], ["No"]),
    ],
)
def test_the_words_that_make_the_conflict_are_marked(a: str, b: str, first: list[str], second: list[str]) -> None:
    assert marked(a, b) == (first, second)


def test_inflected_forms_are_the_same_word() -> None:
    assert marked("He denies sending missiles.", "He denied that he sent a missile.") == ([], [])


def test_an_opposite_goes_before_other_words() -> None:
    first, second = marked(
        "The council approved the budget last night.", "Members of the assembly rejected the budget during a meeting."
    )
    assert any("approved" in words for words in first)
    assert any("rejected" in words for words in second)


def test_neighbouring_words_are_one_stretch() -> None:
    assert marked("The talks were held in Port Velm.", "The talks were held in Sankt Orsk.")[0] == ["Port Velm"]


def test_a_negation_explains_more_than_words_that_the_other_left_out() -> None:
    first, second = marked("The plane landed on Monday at noon in thick fog.", "The plane never landed.")
    assert second == ["never"]
    assert first == []


def some(words: str, least: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words.split()), min_size=least, max_size=15)


WORDS = some("the not 12 20 Orsk Velm denied sent never rose fell said that bridge ministry don't two", 0).map(" ".join)
PLAIN = some("minister bridge river harbour council opened signed talks airline budget treaty market", 2)


@settings(max_examples=60, deadline=None)
@given(st.one_of(WORDS, st.text()), st.one_of(WORDS, st.text()))
def test_stretches_are_in_order_apart_and_the_same_for_swapped_statements(a: str, b: str) -> None:
    first, second = differing(a, b)
    assert differing(b, a) == (second, first)
    for text, spans in ((a, first), (b, second)):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(set(edges))
        assert all(0 <= edge <= len(text) for edge in edges)


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_a_statement_does_not_differ_from_itself(text: str) -> None:
    assert differing(text, text) == ([], [])


@settings(max_examples=60, deadline=None)
@given(PLAIN, PLAIN)
def test_about_half_of_a_statement_is_marked_at_most(a: list[str], b: list[str]) -> None:
    for words, spans in zip((a, b), differing(" ".join(a), " ".join(b)), strict=True):
        text = " ".join(words)
        shown = [word for start, end in spans for word in text[start:end].split()]
        assert len(shown) <= 1 or sum(map(len, shown)) <= sum(map(len, words)) / 2


@settings(max_examples=60, deadline=None)
@given(PLAIN, st.integers(0, 19))
def test_an_added_negation_or_number_is_always_marked(words: list[str], at: int) -> None:
    for word in ("never", "37"):
        more = [*words[:at], word, *words[at:]]
        text = " ".join(more)
        _, spans = differing(" ".join(words), text)
        start = len(" ".join([*words[:at], ""]))
        assert any(first <= start and start + len(word) <= last for first, last in spans)
