"""Pairs on quantities: the labels follow from what each statement leaves possible."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nli.errors import InputError
from nli.eval.denial.counts import EVERY, counts, label_of

SETS = st.frozensets(st.sampled_from(sorted(EVERY)), min_size=1)


@given(SETS, SETS)
def test_labels_are_those_of_logic(premise: frozenset[str], hypothesis: frozenset[str]) -> None:
    worlds = {(world in premise, world in hypothesis) for world in EVERY}
    expected = "neutral"
    if (True, True) not in worlds:
        expected = "contradiction"
    elif (True, False) not in worlds:
        expected = "entailment"
    assert label_of(premise, hypothesis) == expected
    assert (label_of(premise, hypothesis) == "contradiction") == (label_of(hypothesis, premise) == "contradiction")


def test_the_same_seed_gives_the_same_pairs() -> None:
    rows = counts(300, 3)
    assert rows == counts(300, 3)
    assert rows != counts(300, 4)
    assert rows[:100] == counts(100, 3)
    assert len({(row["premise"], row["hypothesis"]) for row in rows}) == 300
    assert set(Counter(row["label"] for row in rows)) == {"contradiction", "entailment", "neutral"}


def test_the_splits_speak_of_different_groups() -> None:
    groups = {split: {row["group"].split(" ")[0] for row in counts(800, 1, split)} for split in ("train", "dev")}
    assert not groups["train"] & groups["dev"]


def plain(rows: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Keep pairs without a speaker, whose meaning can be read off."""
    return [
        (row["premise"], row["hypothesis"], row["label"])
        for row in rows
        if all(row[side].split(" ")[0] in {"All", "No", "Every", "None"} for side in ("premise", "hypothesis"))
    ]


BAD = {
    "died",
    "killed",
    "hurt",
    "injured",
    "lost",
    "held",
    "failed",
    "without",
    "absent",
    "closed",
    "out",
    "contaminated",
}
BAD |= {"unsafe", "damaged", "illegal", "fake", "room", "unreported"}


def says_bad(text: str) -> bool:
    """Whether a statement on all or none of a group says that things are bad."""
    words = set(text.replace(".", " ").replace(",", " ").replace("got out", "got").split())
    return (words & {"No", "None"} != set()) != (words & BAD != set())


def test_sentences_that_can_be_read_off() -> None:
    found = [row for row in plain(counts(8000, 5)) if row[2] != "neutral"]
    assert len(found) > 50
    for premise, hypothesis, label in found:
        assert (label == "entailment") == (says_bad(premise) == says_bad(hypothesis)), (premise, hypothesis)


def test_what_commits_to_nothing_is_neutral() -> None:
    for row in counts(3000, 2):
        if any(word in row["premise"] + row["hypothesis"] for word in ("whether",)):
            assert row["label"] == "neutral"


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(InputError, match="train or dev"):
        counts(1, 1, "test")
