"""The choice of pairs: which, how many, within or across documents, and the same by both searches."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.errors import InputError, MissingExtraError
from nli.scanning.candidates import candidates

PLACES = ["Oslo", "Quito", "Hanoi", "Accra", "Lima", "Riga", "Doha", "Turin", "Cairo", "Perth"]
ACTS = ["closed the bridge", "opened a school", "sold the harbour", "banned the march"]
CLAIMS = [
    f"The mayor of {place} {act} in 19{number}{row}."
    for number, place in enumerate(PLACES)
    for row, act in enumerate(ACTS)
]
DENIALS = [claim.replace("The mayor", "Nobody says that the mayor") for claim in CLAIMS]
TEXTS = CLAIMS + DENIALS


def chosen(texts: list[str], **settings: object) -> set[tuple[int, int]]:
    pairs = [pair[:2] for pair in candidates(texts, **settings)]
    assert len(pairs) == len(set(pairs))
    assert all(one < other for one, other in pairs)
    return set(pairs)


def test_of_few_statements_all_pairs_are_chosen() -> None:
    assert chosen(TEXTS[:30]) == set(combinations(range(30), 2))
    assert chosen(["Same.", "Same.", ""]) == {(0, 1), (0, 2), (1, 2)}
    assert chosen(["One."]) == chosen([]) == set()


def test_of_many_each_statement_keeps_its_nearest() -> None:
    pairs = chosen(TEXTS, per_statement=2)
    assert {(row, row + len(CLAIMS)) for row in range(len(CLAIMS))} <= pairs
    assert len(TEXTS) <= len(pairs) <= 2 * len(TEXTS)


def test_where_all_are_chosen_pairs_come_by_falling_nearness_from_each_statement() -> None:
    rows = [(one, score) for one, _, score in candidates(TEXTS[:20])]
    assert rows == sorted(rows, key=lambda row: (row[0], -row[1]))


def test_a_short_statement_finds_the_long_one_that_holds_it() -> None:
    short = "The valve was never tested."
    long = (
        "Speaking for the first time since the fire at Ostrava, the plant's manager, who has been on leave, told a "
        "crowded hall on Monday night that every pump, pipe and valve of the northern line had been tested in March, "
        "that the sirens had worked and that the families would be paid before the end of the summer."
    )
    noise = [f"The {thing} was never {act}." for thing in ("bridge", "school", "march") for act in ("closed", "sold")]
    noise += [f"The mayor of {place} spoke of summer, families and sirens in the hall." for place in PLACES]
    assert (0, 1) in chosen([short, long, *noise], per_statement=3)


def test_statements_that_share_nothing_are_found_by_one_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    far = ["Smoke rose from the Kuzhikkal pit for two days.", "The bishop Orrin counted seven coffins."]
    between = "The bishop Orrin counted seven coffins when smoke rose from the Kuzhikkal pit."
    noise = [f"The bishop {place} counted {row} coffins." for row, place in enumerate(PLACES)]
    noise += [f"Smoke rose from the {place} pit for {row} days." for row, place in enumerate(PLACES)]
    assert (0, 1) in chosen([*far, between, *noise], per_statement=5)
    groups = [0, 0, *[1] * (len(noise) + 1)]
    assert (0, 1) not in chosen([*far, between, *noise], per_statement=5, groups=groups, across=True)
    monkeypatch.setattr("nli.scanning.candidates._LED_FROM", 100)
    assert (0, 1) not in chosen([*far, between, *noise], per_statement=5)


def test_within_and_across_documents() -> None:
    groups = [7 if row % 2 else 3 for row in range(len(TEXTS))]
    for per_statement in (2, 100):
        within = chosen(TEXTS, groups=groups, across=False, per_statement=per_statement)
        assert within
        assert all(groups[one] == groups[other] for one, other in within)
        across = chosen(TEXTS, groups=groups, across=True, per_statement=per_statement)
        assert across
        assert all(groups[one] != groups[other] for one, other in across)
    assert len(within) + len(across) == len(TEXTS) * (len(TEXTS) - 1) // 2


def test_some_statements_alone() -> None:
    pairs = chosen(TEXTS, of=[3, 5], per_statement=4)
    assert all({3, 5} & set(pair) for pair in pairs)
    assert (3, 3 + len(CLAIMS)) in pairs
    assert pairs <= chosen(TEXTS, per_statement=4)
    assert chosen(TEXTS, of=[]) == set()


def test_the_index_finds_what_comparing_all_finds() -> None:
    pytest.importorskip("usearch")
    groups = [row % 3 for row in range(len(TEXTS))]
    for settings_ in ({}, {"groups": groups, "across": True}, {"of": [3]}):
        exact, index = (chosen(TEXTS, per_statement=5, exact_up_to=limit, **settings_) for limit in (1000, 1))
        assert len(exact & index) >= 0.97 * len(exact)


def test_the_same_statements_give_the_same_pairs() -> None:
    assert list(candidates(TEXTS, per_statement=5)) == list(candidates(TEXTS, per_statement=5))


def test_without_the_index_library_a_large_scan_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingExtraError, match=r"nli\[scan\]"):
        list(candidates(TEXTS, exact_up_to=10))


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"per_statement": 0}, "ask for 1 or more"),
        ({"across": True}, "pass groups"),
        ({"groups": [1]}, "1 groups for 80 statements"),
        ({"of": [80]}, "no statement at 80"),
        ({"of": [-1, 2]}, "no statement at -1"),
    ],
)
def test_unusable_arguments_are_refused(settings_: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        candidates(TEXTS, **settings_)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(TEXTS) | st.text(max_size=10), max_size=14), st.integers(1, 4))
def test_every_statement_has_its_share_whatever_the_text(texts: list[str], per_statement: int) -> None:
    pairs = chosen(texts, per_statement=per_statement)
    for row in range(len(texts)):
        assert sum(row in pair for pair in pairs) >= min(per_statement, len(texts) - 1)
