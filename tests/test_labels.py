"""Which logit is which class: names in every spelling, and sentences where the names do not say."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nli.errors import InputError, LabelOrderError
from nli.labels import LABELS, Label, label_named, parse_label_order, resolve_label_order

E, N, C = LABELS
SPELLINGS = {
    E: ["entailment", "ENTAILMENT", "Entailment", "entail", "entails", "supports", "SUPPORTED", "e", " entailment "],
    N: [
        "neutral",
        "NEUTRAL",
        "Neutral",
        "neither",
        "NOT ENOUGH INFO",
        "not_enough_info",
        "Not-Enough-Info",
        "NEI",
        "n",
    ],
    C: ["contradiction", "CONTRADICTION", "Contradiction", "contradicts", "contradictory", "REFUTES", "refuted", "c"],
}


def config(*names: str) -> dict[str, Any]:
    return {"id2label": {str(place): name for place, name in enumerate(names)}}


def refused(stored: dict[str, Any]) -> str:
    with pytest.raises(LabelOrderError) as caught:
        resolve_label_order(stored, "acme/model")
    message = str(caught.value)
    assert "acme/model" in message
    assert message.endswith(".")
    return message


@pytest.mark.parametrize(("label", "name"), [(label, name) for label, names in SPELLINGS.items() for name in names])
def test_spellings(label: Label, name: str) -> None:
    assert label_named(name) is label


@pytest.mark.parametrize(
    "name", ["", "LABEL_0", "not_entailment", "not entailment", "non-contradiction", "duplicate", "0", "true", "cen"]
)
def test_names_that_mean_none_of_the_three(name: str) -> None:
    assert label_named(name) is None


def test_a_label_shows_as_its_plain_word() -> None:
    assert f"{C} {C!s}" == "contradiction contradiction"
    assert [label.value for label in LABELS] == ["entailment", "neutral", "contradiction"]


@given(st.permutations(LABELS), st.data())
def test_every_order_in_every_spelling_is_resolved(order: list[Label], data: st.DataObject) -> None:
    names = [data.draw(st.sampled_from(SPELLINGS[label])) for label in order]
    assert resolve_label_order(config(*names), "m") == tuple(order)
    by_name = {"label2id": {name: place for place, name in enumerate(names)}}
    assert resolve_label_order(by_name, "m") == tuple(order)


@pytest.mark.parametrize("order", list(permutations(LABELS)))
def test_the_order_of_the_entries_means_nothing(order: tuple[Label, ...]) -> None:
    stored = {"id2label": dict(reversed(config(*(label.value for label in order))["id2label"].items()))}
    assert resolve_label_order(stored, "m") == order


def test_indices_may_be_numbers_or_text() -> None:
    assert resolve_label_order({"id2label": {2: "c", 0: "e", 1: "n"}}, "m") == (E, N, C)
    assert resolve_label_order({"label2id": {"c": "0", "e": "1", "n": "2"}}, "m") == (C, E, N)


def test_id2label_counts_where_both_are_there() -> None:
    stored = {**config("c", "e", "n"), "label2id": {"e": 0, "n": 1, "c": 2}}
    assert resolve_label_order(stored, "m") == (C, E, N)


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        (config("LABEL_0", "LABEL_1", "LABEL_2"), "0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2'"),
        (config("entailment", "neutral", "Entailment"), "2: 'Entailment'"),
        (config("entailment", "not_entailment", "neutral"), "1: 'not_entailment'"),
        ({}, "no complete id2label"),
        ({"id2label": {}}, "no complete id2label"),
        ({"id2label": {"0": "e", "2": "c", "3": "n"}}, "[0, 2, 3]"),
        ({"id2label": {"entailment": "entailment", "neutral": "neutral", "contradiction": "c"}}, "entailment"),
        ({"label2id": {"e": 0, "n": 1, "c": 1}}, "index 1 twice"),
    ],
)
def test_what_does_not_say_the_order_is_refused_with_the_flag(stored: dict[str, Any], found: str) -> None:
    message = refused(stored)
    assert found in message
    assert "--label-order c,e,n" in message


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("entailment", "not_entailment"), "2 classes (0: 'entailment', 1: 'not_entailment')"),
        (("LABEL_0",), "1 class ("),
        (("agree", "disagree", "discuss", "unrelated"), "4 classes"),
    ],
)
def test_models_that_are_not_three_way_are_refused(names: tuple[str, ...], found: str) -> None:
    message = refused(config(*names))
    assert found in message
    assert "--model" in message


@pytest.mark.parametrize(
    "text", ["c,e,n", "C,E,N", "contradiction,entailment,neutral", " c , e , n ", "refutes,supports,nei"]
)
def test_an_order_on_the_command_line(text: str) -> None:
    assert parse_label_order(text) == (C, E, N)


@pytest.mark.parametrize("text", ["", "c,e", "c,e,n,n", "c,c,n", "c e n", "cen", "0,1,2", "c,e,x"])
def test_an_order_that_does_not_name_each_once_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--label-order c,e,n") as caught:
        parse_label_order(text)
    assert repr(text) in str(caught.value)
