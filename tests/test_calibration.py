"""Probabilities, temperature and thresholds: the arithmetic, and what may be read from a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nli.calibration import (
    CONTRADICTION,
    ENTAILMENT,
    FLAT,
    NEUTRAL,
    Calibration,
    fit_temperature,
    fit_threshold,
    log_loss,
    probabilities,
    softmax,
    today,
    weights,
)
from nli.errors import InputError, ModelError

finite = st.floats(-1000, 1000, width=32)
logits = arrays.arrays(np.float32, st.tuples(st.integers(1, 8), st.just(3)), elements=finite)
temperatures = st.floats(0.05, 20)
STORED = {"temperature": 1.5, "thresholds": {"both": 0.4, "forward": 0.6}, "provenance": {"data": "dev"}}


def test_softmax_of_known_logits() -> None:
    row = softmax(np.log(np.array([[0.2, 0.3, 0.5]])))
    assert row == pytest.approx(np.array([[0.2, 0.3, 0.5]]))


@given(logits, temperatures)
def test_probabilities_sum_to_one_and_keep_the_class(forward: np.ndarray, temperature: float) -> None:
    rows = probabilities(forward, None, temperature)
    assert rows.sum(axis=1) == pytest.approx(1)
    assert ((rows >= 0) & (rows <= 1)).all()
    best = np.take_along_axis(rows, forward.argmax(axis=1)[:, None], axis=1)
    assert (best[:, 0] == rows.max(axis=1)).all()


@given(logits, st.integers(0, 2**32 - 1), temperatures)
def test_contradiction_is_the_mean_of_both_directions_and_the_same_both_ways(
    forward: np.ndarray, seed: int, temperature: float
) -> None:
    backward = np.random.default_rng(seed).normal(size=forward.shape).astype(np.float32) * 5
    there, back = probabilities(forward, backward, temperature), probabilities(backward, forward, temperature)
    assert (there[:, CONTRADICTION] == back[:, CONTRADICTION]).all()
    mean = (softmax(forward, temperature) + softmax(backward, temperature))[:, CONTRADICTION] / 2
    assert there[:, CONTRADICTION] == pytest.approx(mean)
    assert there.sum(axis=1) == pytest.approx(1)
    assert ((there >= 0) & (there <= 1)).all()


def test_the_longer_text_counts_for_more_as_premise_whichever_way_round() -> None:
    forward, backward = np.log(np.array([[0.2, 0.2, 0.6]])), np.log(np.array([[0.1, 0.8, 0.1]]))
    there = probabilities(forward, backward, 1.0, weights([(30, 10)]))[0, CONTRADICTION]
    back = probabilities(backward, forward, 1.0, weights([(10, 30)]))[0, CONTRADICTION]
    assert there == back == pytest.approx((9 * 0.6 + 0.1) / 10)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))))
def test_weights_are_finite_and_above_zero(lengths: list[tuple[int, int]]) -> None:
    found = weights(lengths)
    assert found.shape == (len(lengths), 2)
    assert (found > 0).all()
    assert np.isfinite(found).all()


def test_entailment_and_neutral_share_the_rest_as_the_forward_direction_says() -> None:
    forward, backward = np.log(np.array([[0.6, 0.2, 0.2]])), np.log(np.array([[0.1, 0.1, 0.8]]))
    assert probabilities(forward, backward, 1.0)[0] == pytest.approx([0.375, 0.125, 0.5])


def test_certainty_leaves_no_nan() -> None:
    certain, other = np.array([[-1000.0, -1000.0, 1000.0]]), np.array([[0.0, 0.0, 0.0]])
    row = probabilities(certain, other, 0.05)[0]
    assert row[CONTRADICTION] == pytest.approx(2 / 3)
    assert row[ENTAILMENT] == row[NEUTRAL] == pytest.approx(1 / 6)


def test_log_loss_of_known_probabilities() -> None:
    predicted = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    assert log_loss(predicted, np.array([0, 2])) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert np.isfinite(log_loss(np.array([[1.0, 0.0, 0.0]]), np.array([2])))


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("both", [False, True])
def test_a_temperature_is_found_again(true: float, both: bool) -> None:
    random = np.random.default_rng(3)
    calm = random.normal(size=(4000, 3)) * 2
    gold = np.array([random.choice(3, p=row) for row in softmax(calm)])
    forward = calm * true
    found = fit_temperature(forward, forward if both else None, gold)
    assert found == pytest.approx(true, rel=0.1)
    assert log_loss(probabilities(forward, None, found), gold) <= log_loss(probabilities(forward, None, 1.0), gold)


def test_a_temperature_needs_pairs() -> None:
    with pytest.raises(InputError, match="no pairs"):
        fit_temperature(np.zeros((0, 3)), None, np.zeros(0, dtype=int))


def test_a_threshold_of_the_greatest_f1() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2])
    threshold, reached = fit_threshold(scores, np.array([True, True, False, True, False]))
    assert threshold == 0.25
    assert reached == {"precision": 0.75, "recall": 1.0, "f1": pytest.approx(0.8571)}


def test_a_threshold_for_a_precision() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2])
    truth = np.array([True, True, False, True, False])
    assert fit_threshold(scores, truth, precision=0.9) == (0.75, {"precision": 1.0, "recall": 0.6667, "f1": 0.8})
    with pytest.raises(InputError, match=r"precision of 0\.99.*best is 0\.500"):
        fit_threshold(np.array([0.5, 0.5]), np.array([True, False]), precision=0.99)


def test_where_contradictions_are_rare_a_threshold_is_higher() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1])
    truth = np.array([True, True, False, True, False, False])
    assert fit_threshold(scores, truth) == fit_threshold(scores, truth, prevalence=0.5)
    assert fit_threshold(scores, truth)[0] == 0.4
    # One false flag of three pairs stands for nineteen where a pair in twenty contradicts.
    assert fit_threshold(scores, truth, prevalence=0.05) == (0.75, {"precision": 1.0, "recall": 0.6667, "f1": 0.8})
    assert fit_threshold(scores, truth, precision=0.1, prevalence=0.05)[1]["precision"] == round(3 / (3 + 19), 4)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_a_prevalence_is_as_if_there_were_more_pairs(rows: list[tuple[int, bool]], ours: int, others: int) -> None:
    scores = np.array([score / 20 for score, _ in rows])
    truth = np.array([right for _, right in rows])
    if truth.all() or not truth.any():
        return
    times = np.where(truth, ours, others)
    more = np.repeat(truth, times)
    threshold, reached = fit_threshold(scores, truth, prevalence=float(more.mean()))
    expected, figures = fit_threshold(np.repeat(scores, times), more)
    assert threshold == expected
    assert reached == pytest.approx(figures, abs=1.1e-4)  # both are rounded


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(1, 4)), min_size=2, max_size=40))
def test_a_pair_that_stands_for_several_is_as_if_there_were_several(rows: list[tuple[int, bool, int]]) -> None:
    scores = np.array([score / 20 for score, _, _ in rows])
    truth = np.array([right for _, right, _ in rows])
    times = np.array([count for _, _, count in rows])
    if truth.all() or not truth.any():
        return
    once, figures = fit_threshold(scores, truth, prevalence=0.25, counts=times.astype(float))
    repeated, expected = fit_threshold(np.repeat(scores, times), np.repeat(truth, times), prevalence=0.25)
    assert once == repeated
    assert figures == pytest.approx(expected, abs=1.1e-4)  # both are rounded


@pytest.mark.parametrize("truth", [[True, True], [False, False]])
def test_a_threshold_needs_both_kinds(truth: list[bool]) -> None:
    with pytest.raises(InputError, match=f"{sum(truth)} contradictions among 2"):
        fit_threshold(np.array([0.1, 0.9]), np.array(truth))


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40))
def test_the_highest_threshold_whose_f1_is_as_good_as_the_greatest(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 20 for score, _ in rows])
    truth = np.array([right for _, right in rows])
    if truth.all() or not truth.any():
        return

    def f1(threshold: float) -> float:
        flagged = scores >= threshold
        hits = int((flagged & truth).sum())
        return 2 * hits / (int(flagged.sum()) + int(truth.sum()))

    threshold, reached = fit_threshold(scores, truth)
    assert f1(threshold) == pytest.approx(reached["f1"], abs=1e-4)
    least = max(f1(other) for other in scores) - FLAT
    assert f1(threshold) >= least - 1e-12
    fewer = [other for other in scores if (scores >= other).sum() < (scores >= threshold).sum()]
    assert all(f1(other) < least for other in fewer)


def test_a_calibration_comes_back_as_it_was_stored() -> None:
    calibration = Calibration.from_dict(STORED, "detector.json")
    assert calibration.as_dict() == STORED
    assert calibration.fitted
    assert not Calibration().fitted
    assert Calibration().thresholds == {"both": 0.5, "forward": 0.5}
    assert Calibration.from_dict({**STORED, "provenance": None}, "d").provenance == {}


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0},
        {"temperature": -1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": "hot"},
        {"temperature": None},
        {"thresholds": {"both": 0.5}},
        {"thresholds": {"both": 0.5, "forward": 1.5}},
        {"thresholds": {"both": 0.5, "forward": float("nan")}},
        {"thresholds": 0.5},
        {"provenance": 3},
    ],
)
def test_a_stored_calibration_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"^models/x/detector\.json holds .*\.$"):
        Calibration.from_dict({**STORED, **change}, "models/x/detector.json")


@pytest.mark.parametrize("prevalence", [0.0, 1.0, -0.1, float("nan"), float("inf")])
def test_a_prevalence_is_a_share(prevalence: float) -> None:
    with pytest.raises(InputError, match="give a number between 0 and 1"):
        fit_threshold(np.array([0.9, 0.1]), np.array([True, False]), prevalence=prevalence)


def test_the_date_of_a_fit() -> None:
    assert len(today()) == len("2026-01-31")
