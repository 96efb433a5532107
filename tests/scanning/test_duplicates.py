"""Copies of one statement, and what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.scanning.duplicates import collapse

CLAIM = "The ministry said that 1,200 people had left the city."


@pytest.mark.parametrize(
    "copy",
    [
        "  The ministry said\u00a0that 1,200 people\nhad left the city",
        "THE MINISTRY SAID THAT 1,200 PEOPLE HAD LEFT THE CITY!",
        "“The ministry said that 1,200 people had left the city.”",
        "The ministry said 1,200 people had left the city;",
        "GENEVA (Reuters) - The ministry said that 1,200 people had left the city.",
        "The ministry said, that 1,200 people had left the city ...",
    ],
)
def test_copies_are_one_group(copy: str) -> None:
    assert collapse([CLAIM, "Another matter.", copy]) == [[0, 2], [1]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The minister resigned.", "The minister has not resigned."),
        ("They didn't pay.", "They did pay."),
        ("No, shots were fired.", "No shots were fired."),
        ("No. Shots were fired.", "No shots were fired."),
        ("It fell by 1.5 points.", "It fell by 15 points."),
        ("It was -5 degrees.", "It was 5 degrees."),
        ("The loss was -$5.", "The loss was $5."),
        ("It rose .5%.", "It rose 5%."),
        ("It rose 5%.", "It rose 5."),
        ("It cost $5 million.", "It cost £5 million."),
        ("He is 5' tall.", 'He is 5" tall.'),
        ("It measures 5'", 'It measures 5"'),
        ("It is open from May 5-7.", "It is open on May 5, 7."),
        ("The profit was (5) million.", "The profit was 5 million."),
        ("A few came.", "Few came."),
        ("Is the bridge closed?", "Is the bridge closed."),
        ("LONDON, March 3 (Reuters) - It was shut.", "LONDON, March 4 (Reuters) - It was shut."),
        ("Iran accused Israel.", "Israel accused Iran."),
    ],
)
def test_a_change_of_meaning_is_no_copy(one: str, other: str) -> None:
    assert collapse([one, other]) == [[0], [1]]


def test_texts_without_words_are_copies_of_the_same_characters_only() -> None:
    assert collapse(["...", "--", "...", ""]) == [[0, 2], [1], [3]]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from([CLAIM, CLAIM.upper(), "No.", "no", "It rained.", ""]) | st.text(max_size=20), max_size=20)
)
def test_groups_are_a_partition_in_order(texts: list[str]) -> None:
    groups = collapse(texts)
    assert sorted(position for group in groups for position in group) == list(range(len(texts)))
    assert all(group == sorted(group) for group in groups)
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30), st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_keep_texts_apart(text: str, one: int, other: int) -> None:
    copies = collapse([f"{text} {one} people", f"{text} {other} people"])
    assert (len(copies) == 1) == (one == other)
