"""Temperature and thresholds fitted on labelled development pairs, with a record of where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nli.calibration import (
    CONTRADICTION,
    ENTAILMENT,
    FLAT,
    Calibration,
    fit_temperature,
    fit_threshold,
    log_loss,
    probabilities,
    today,
    weights,
)
from nli.labels import LABELS

if TYPE_CHECKING:
    import numpy.typing as npt

    from nli.detector import Detector
    from nli.finetune.mixture import Example


def fit_biases(detector: Detector, examples: Sequence[Example]) -> npt.NDArray[np.float64]:
    """Return what to add to a detector's logits so that its classes come as often as they should.

    Mixtures of training hold other shares of the classes than what is to be judged. Temperature and biases are fitted
    together by the log loss (Alexandari, Kundaje and Shrikumar 2020, "Maximum Likelihood with Bias-Corrected
    Calibration is Hard-To-Beat at Label Shift Adaptation").

    Args:
        detector: Scores both directions, its temperature 1.
        examples: Labelled pairs that trained nothing.

    Returns:
        A bias for each of `LABELS`, 0 for neutral; shape (3,).
    """
    from scipy.optimize import minimize

    answers = list(detector.logits((example.premise, example.hypothesis) for example in examples))
    forward = np.stack([answer.forward for answer in answers])
    backward = np.stack([answer.backward for answer in answers if answer.backward is not None])
    gold = np.array([example.label for example in examples])
    weight = weights((len(example.premise), len(example.hypothesis)) for example in examples)

    def biases(parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        added = np.zeros(len(LABELS))
        added[[ENTAILMENT, CONTRADICTION]] = parameters[1:]
        return added

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        added = biases(parameters)
        return log_loss(probabilities(forward + added, backward + added, float(np.exp(parameters[0])), weight), gold)

    return biases(minimize(loss, np.zeros(3), method="Nelder-Mead").x)


def calibrate(
    detector: Detector,
    examples: Sequence[Example],
    *,
    data: str,
    sha256: str,
    precision: float | None = None,
    prevalence: float | None = None,
    sizes: Sequence[int] | None = None,
) -> Calibration:
    """Fit a detector's temperature and thresholds.

    Args:
        detector: Scores both directions, with the runtime that it will be used with.
        examples: Labelled pairs that trained nothing and that no result is reported on.
        data: What to call them in the record.
        sha256: Their checksum.
        precision: None for the thresholds with the greatest F1; a number for the greatest recall at no less than this
            precision.
        prevalence: Share of pairs that contradict each other where the detector will be used; None for that of the
            examples. Only the thresholds depend on it.
        sizes: Lengths of the sources that the examples come from, one after the other. Each source then counts the
            same for the thresholds, so that one with many easy pairs does not outvote the others. None for one source.

    Returns:
        The calibration, its provenance saying what was fitted on what, when, and what it reached there.

    Raises:
        InputError: If the pairs do not have both contradictions and others, or the precision is out of reach.
    """
    answers = list(detector.logits((example.premise, example.hypothesis) for example in examples))
    forward = np.stack([answer.forward for answer in answers])
    backward = np.stack([answer.backward for answer in answers if answer.backward is not None])
    gold = np.array([example.label for example in examples])
    weight = weights((len(example.premise), len(example.hypothesis)) for example in examples)
    temperature = fit_temperature(forward, backward, gold, weight=weight)
    counts = None if sizes is None else np.repeat([len(examples) / (len(sizes) * size) for size in sizes], sizes)
    thresholds, reached = {}, {}
    for direction, other in (("both", backward), ("forward", None)):
        scores = probabilities(forward, other, temperature, weight)[:, CONTRADICTION]
        thresholds[direction], reached[direction] = fit_threshold(
            scores, gold == CONTRADICTION, precision=precision, prevalence=prevalence, counts=counts
        )
    rule = (
        f"highest within {FLAT:g} of the greatest F1 of contradiction"
        if precision is None
        else f"greatest recall at precision {precision:g}"
    ) + ("" if prevalence is None else f", where {100 * prevalence:.3g}% of pairs are contradictions")
    if sizes is not None and len(sizes) > 1:
        rule += "; each source counts the same"
    provenance = {
        "data": data,
        "rows": len(examples),
        "data_sha256": sha256,
        "temperature_metric": "log loss of both directions",
        "threshold_metric": rule,
        "log_loss": round(log_loss(probabilities(forward, backward, temperature, weight), gold), 4),
        "log_loss_before": round(log_loss(probabilities(forward, backward, 1.0, weight), gold), 4),
        **{f"{name}_{direction}": value for direction, figures in reached.items() for name, value in figures.items()},
        "runtime": detector.runtime_name,
        "date": today(),
    }
    return Calibration(temperature, thresholds, provenance)
