"""From logits to probabilities that mean what they say, and to the threshold above which a pair is flagged.

One temperature divides the logits of both directions (Guo et al. 2017, "On Calibration of Modern Neural
Networks"). Temperature and thresholds are fitted on development data and travel with the model, together
with where they come from; nothing here looks at a test set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nli.errors import InputError, ModelError
from nli.labels import LABELS, Label

Floats = npt.NDArray[np.floating[Any]]

ENTAILMENT = LABELS.index(Label.ENTAILMENT)
NEUTRAL = LABELS.index(Label.NEUTRAL)
CONTRADICTION = LABELS.index(Label.CONTRADICTION)
DIRECTIONS = ("both", "forward")
UNFITTED_THRESHOLD = 0.5


@dataclass(frozen=True)
class Calibration:
    """Temperature and thresholds of a model.

    Attributes:
        temperature: Divides the logits; above 1 it makes the model less sure of itself.
        thresholds: P(contradiction) from which a pair is flagged, for each of `DIRECTIONS`.
        provenance: Where the fit comes from: metric, data, split, rows, data_sha256, date. Empty for a model
            that nobody calibrated, whose temperature is 1 and thresholds 0.5.
    """

    temperature: float = 1.0
    thresholds: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(DIRECTIONS, UNFITTED_THRESHOLD))
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fitted(self) -> bool:
        """Whether temperature and thresholds come from data."""
        return bool(self.provenance)

    def as_dict(self) -> dict[str, Any]:
        """Return the form that stands in `detector.json`."""
        return {
            "temperature": self.temperature,
            "thresholds": dict(self.thresholds),
            "provenance": dict(self.provenance),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], where: str) -> Calibration:
        """Read the form that stands in `detector.json`.

        Args:
            stored: The mapping.
            where: The file, for messages.

        Raises:
            ModelError: If a number is missing or impossible.
        """
        try:
            temperature = float(stored["temperature"])
            thresholds = {direction: float(stored["thresholds"][direction]) for direction in DIRECTIONS}
            provenance = dict(stored.get("provenance") or {})
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{where} holds no calibration that can be read ({error}): make it again with nli calibrate."
            ) from error
        if not 0 < temperature < np.inf or not all(0 <= value <= 1 for value in thresholds.values()):
            raise ModelError(
                f"{where} holds a temperature of {temperature} and thresholds of {thresholds}: the temperature must be "
                "above 0 and each threshold between 0 and 1; make it again with nli calibrate."
            )
        return cls(temperature, thresholds, provenance)


def softmax(logits: Floats, temperature: float = 1.0) -> npt.NDArray[np.float64]:
    """Return probabilities, float64 [n, 3], of logits [n, 3] divided by a temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    exponents = np.exp(scaled)
    normalised: npt.NDArray[np.float64] = exponents / exponents.sum(axis=-1, keepdims=True)
    return normalised


def weights(lengths: Iterable[tuple[int, int]]) -> npt.NDArray[np.float64]:
    """Return what each direction of some pairs counts for, [n, 2]: the squares of their lengths.

    Models read a long text against a short one better than the other way round, since that is how pairs are written.

    Args:
        lengths: Characters of premise and hypothesis; an empty one counts as one character.
    """
    array = np.array(list(lengths), dtype=np.float64).reshape(-1, 2)
    return np.asarray(np.maximum(array, 1) ** 2)


def probabilities(
    forward: Floats, backward: Floats | None, temperature: float, weight: Floats | None = None
) -> npt.NDArray[np.float64]:
    """Return the probabilities of the three classes.

    P(contradiction) is the weighted mean of the two directions, so that swapping the texts of a pair leaves it exactly
    equal; entailment and neutral are those of premise -> hypothesis, scaled so that the three sum to 1.

    Args:
        forward: Logits of premise -> hypothesis, [n, 3] in the order of `LABELS`.
        backward: Logits of hypothesis -> premise, [n, 3]; None if only one direction was scored.
        temperature: Divides all logits.
        weight: What the directions count for, [n, 2], from `weights`; None if both count the same.

    Returns:
        Probabilities, float64 [n, 3].
    """
    ahead = softmax(forward, temperature)
    if backward is None:
        return ahead
    one, two = (1.0, 1.0) if weight is None else np.asarray(weight, dtype=np.float64).T
    back = softmax(backward, temperature)[:, CONTRADICTION]
    contradiction = (one * ahead[:, CONTRADICTION] + two * back) / (one + two)
    rest = ahead[:, [ENTAILMENT, NEUTRAL]].sum(axis=1)
    both: npt.NDArray[np.float64] = ahead.copy()
    # Where one direction is certain of contradiction, nothing is left to share out by: split it evenly.
    share = np.divide(ahead[:, ENTAILMENT], rest, out=np.full_like(rest, 0.5), where=rest > 0)
    both[:, CONTRADICTION] = contradiction
    both[:, ENTAILMENT] = (1 - contradiction) * share
    both[:, NEUTRAL] = (1 - contradiction) * (1 - share)
    return both


def log_loss(predicted: Floats, gold: npt.NDArray[np.integer[Any]]) -> float:
    """Return the mean negative log-probability, in nats, of the gold columns [n] under probabilities [n, 3]."""
    chosen = np.asarray(predicted)[np.arange(len(gold)), gold]
    return float(-np.log(np.clip(chosen, 1e-12, 1.0)).mean())


def fit_temperature(
    forward: Floats,
    backward: Floats | None,
    gold: npt.NDArray[np.integer[Any]],
    low: float = 0.05,
    high: float = 20.0,
    weight: Floats | None = None,
) -> float:
    """Return the temperature with the least log loss, by golden-section search on a logarithmic scale.

    Args:
        forward: Logits, [n, 3].
        backward: Logits of the other direction, [n, 3], or None.
        gold: Column of `LABELS` that is right, [n].
        low: Least temperature to consider.
        high: Greatest.
        weight: As `probabilities` has it.

    Raises:
        InputError: If there are no rows.
    """
    if len(gold) == 0:
        raise InputError("A temperature cannot be fitted on no pairs: give a development file with labelled pairs.")
    ratio = (np.sqrt(5) - 1) / 2
    left, right = np.log(low), np.log(high)

    def loss(log_temperature: float) -> float:
        return log_loss(probabilities(forward, backward, float(np.exp(log_temperature)), weight), gold)

    for _ in range(60):
        near, far = right - ratio * (right - left), left + ratio * (right - left)
        if loss(near) <= loss(far):
            right = far
        else:
            left = near
    return round(float(np.exp((left + right) / 2)), 4)


FLAT = 0.002
"""F1 hardly changes near its greatest; thresholds that are so close to it count as equals."""


def fit_threshold(
    scores: Floats,
    is_contradiction: npt.NDArray[np.bool_],
    *,
    precision: float | None = None,
    prevalence: float | None = None,
    counts: Floats | None = None,
) -> tuple[float, dict[str, float]]:
    """Return the threshold on P(contradiction) that serves best, and what it reaches on these pairs.

    Args:
        scores: P(contradiction), [n].
        is_contradiction: Whether each pair is one, [n].
        precision: None for the greatest F1, and of thresholds within `FLAT` of it the highest, which flags fewest
            pairs that only look like contradictions; a number for the greatest recall at no less than this precision.
        prevalence: Share of pairs that contradict each other where the threshold will be used; precision and F1 are
            what they would be there. None for the share that there is among these pairs.
        counts: How many pairs each one stands for, [n]; None for one each.

    Returns:
        The threshold, half-way to the next lower score so that it does not hang on the last digit of one, and
        its precision, recall and F1, at that prevalence.

    Raises:
        InputError: If one of the two classes has no pair, the precision is out of reach, or the prevalence is no share.
    """
    if prevalence is not None and not 0 < prevalence < 1:
        raise InputError(f"A prevalence of {prevalence} is no share of pairs: give a number between 0 and 1.")
    found = int(is_contradiction.sum())
    if found == 0 or found == len(is_contradiction):
        raise InputError(
            "A threshold needs pairs that contradict each other and pairs that do not: the development data has "
            f"{found} contradictions among {len(is_contradiction)} pairs."
        )
    order = np.argsort(-scores, kind="stable")
    sorted_scores = np.asarray(scores, dtype=np.float64)[order]
    right = is_contradiction[order]
    each = np.ones(len(order)) if counts is None else np.asarray(counts, dtype=np.float64)[order]
    hits, false_flags = np.cumsum(each * right), np.cumsum(each * ~right)
    positives, negatives = hits[-1], false_flags[-1]
    # Only where the score changes can a threshold lie.
    last_of_score = np.append(sorted_scores[1:] != sorted_scores[:-1], True)
    if prevalence is not None:
        # Each stands for as many as there would be for as many contradictions as there are here.
        false_flags *= positives * (1 - prevalence) / (negatives * prevalence)
    precisions, recalls = hits / np.maximum(hits + false_flags, 1e-12), hits / positives
    f1 = 2 * precisions * recalls / np.maximum(precisions + recalls, 1e-12)
    if precision is None:
        merit = last_of_score & (f1 >= f1[last_of_score].max() - FLAT)
    else:
        merit = np.where(last_of_score & (precisions >= precision), recalls, -1.0)
        if merit.max() < 0:
            raise InputError(
                f"No threshold reaches a precision of {precision} on the development data (the best is "
                f"{precisions[last_of_score].max():.3f}): ask for less, or train further."
            )
    best = int(merit.argmax())
    following = sorted_scores[best + 1] if best + 1 < len(order) else 0.0
    threshold = round(float((sorted_scores[best] + following) / 2), 4)
    reached = {"precision": float(precisions[best]), "recall": float(recalls[best]), "f1": float(f1[best])}
    return threshold, {name: round(value, 4) for name, value in reached.items()}


def today() -> str:
    """Return the date of a fit, in UTC."""
    return dt.datetime.now(dt.timezone.utc).date().isoformat()
