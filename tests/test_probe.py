"""The probe: it finds names that are permuted, and leaves weak models and right names alone."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from nli.errors import LabelOrderError
from nli.labels import LABELS, Label
from nli.probe import CERTAIN, PAIRS, check

ORDERS = list(permutations(LABELS))


def answers(order: tuple[Label, ...], wrong: int = 0) -> np.ndarray:
    """Logits of a model with this order that gets all plain pairs right but some at the start, shifted by one."""
    logits = np.zeros((len(PAIRS), 3), dtype=np.float32)
    for row, (_, _, gold) in enumerate(PAIRS):
        logits[row, (order.index(gold) + (row < wrong)) % 3] = 5.0
    return logits


def test_the_plain_pairs() -> None:
    assert len({(premise, hypothesis) for premise, hypothesis, _ in PAIRS}) == 12
    assert [sum(label is each for _, _, label in PAIRS) for each in LABELS] == [4, 4, 4]


@pytest.mark.parametrize("true", ORDERS)
@pytest.mark.parametrize("believed", ORDERS)
def test_every_permutation_is_found(true: tuple[Label, ...], believed: tuple[Label, ...]) -> None:
    logits = answers(true)
    if true == believed:
        assert check(logits, believed, "acme/model") == 12
        return
    with pytest.raises(LabelOrderError) as caught:
        check(logits, believed, "acme/model")
    message = str(caught.value)
    assert "acme/model" in message
    assert f"--label-order {','.join(label.value[0] for label in true)}" in message
    assert "--no-probe" in message


def test_a_model_with_some_wrong_answers_is_still_told_from_a_permuted_one() -> None:
    true, believed = ORDERS[0], ORDERS[5]
    assert check(answers(true, wrong=12 - CERTAIN), true, "m") == CERTAIN
    with pytest.raises(LabelOrderError):
        check(answers(true, wrong=12 - CERTAIN), believed, "m")


def test_a_weak_model_is_not_accused() -> None:
    flat = np.zeros((12, 3), dtype=np.float32)
    flat[:, 1] = 1.0
    for order in ORDERS:
        assert check(flat, order, "m") == 4
    check(answers(ORDERS[0], wrong=6), ORDERS[1], "m")
