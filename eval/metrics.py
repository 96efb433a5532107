"""From saved predictions to numbers with intervals; no model is needed and no file is read.

What is measured, with P(.) the calibrated probabilities:

- *accuracy*, *confusion*, *per_class*, *macro_f1*: by the most probable class. Macro F1 is the mean over the
  classes that stand in the gold. *accuracy_restricted* chooses only among those classes, for sets that have
  no neutral pairs or no contradictions.
- *contradiction*: by the detector's own rule, P(contradiction) >= threshold. *flagged_rate* is the share of
  pairs flagged, *false_flag_rate* the share of pairs flagged among those that are no contradictions.
  *precision_at_prevalence* restates precision where only a share pi of pairs are contradictions,
  pi TPR / (pi TPR + (1 - pi) FPR) (Axelsson 2000, "The base-rate fallacy and the difficulty of intrusion
  detection"). Average precision, AUROC and *recall_at_90_precision* do not depend on the threshold.
- *calibration*: expected calibration error over 15 bins of equally many pairs (Guo et al. 2017, "On
  calibration of modern neural networks"; equal-mass bins are the less biased choice, Roelofs et al. 2022,
  "Mitigating bias in calibration error estimation"): *ece* of P(contradiction) against being one, *ece_top*
  of the predicted class's probability against being right; *brier*, the squared distance between the
  probabilities and the truth summed over the classes, 0 to 2 (Brier 1950); *log_loss* in nats.
- *direction_gap*: |P(contradiction) one way - the other way|.

A two-way set (entailment, not_entailment) has P(not_entailment) = P(neutral) + P(contradiction); it does not
say what is a contradiction, so those metrics have no value there and say why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nli.calibration import CONTRADICTION
from nli.errors import InputError
from nli.eval.bootstrap import (
    Bootstrap,
    Intervals,
    Measure,
    equal_mass_bins,
    ranking,
    ratio,
    tie_ends,
    undefined,
    weighted_quantile,
)
from nli.eval.results_schema import collapse, frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nli.eval.bootstrap import Array, Index, Mask
    from nli.eval.results_schema import Decision, Frame, PredictionRow, Task

Measures: TypeAlias = dict[str, Measure]

PRECISION_GOAL = 0.9
CURVE_POINTS = 200
WORST_ERRORS = 25

_DETECTION_METRICS = (
    "precision",
    "recall",
    "f1",
    "average_precision",
    "auroc",
    "precision_at_prevalence",
    "recall_at_90_precision",
)
_SLICE_METRICS = ("precision", "recall", "f1", "false_flag_rate", "average_precision")
_SUMMARY_METRICS = ("accuracy", "macro_f1", "contradiction.f1", "contradiction.average_precision")


@dataclass(frozen=True, slots=True)
class SetEvaluation:
    """The numbers of one set.

    Attributes:
        name: The set.
        results: What stands under ``datasets.<set>`` in the results.
        summary_measures: The measures that the mean over a suite is made of, with their resamples.
    """

    name: str
    results: dict[str, Any]
    summary_measures: Mapping[str, Measure]


def evaluate_set(
    name: str,
    rows: Sequence[PredictionRow],
    decision: Decision,
    *,
    task: Task = "three-way",
    dropped: Mapping[str, int] | None = None,
    pairs_per_second: float | None = None,
    prevalence: float = 0.05,
    min_slice: int = 10,
    intervals: Intervals | None = None,
) -> SetEvaluation:
    """Compute everything that is reported of one set.

    Args:
        name: The set's name. It also keeps its resamples apart from those of other sets.
        rows: Its predictions, ids all different.
        decision: Temperature, threshold and direction of the detector.
        task: ``two-way`` where the gold is entailment / not_entailment.
        dropped: Reason -> number of rows left out before scoring, passed on.
        pairs_per_second: Measured speed, passed on.
        prevalence: Share of contradictions at which precision is restated, between 0 and 1.
        min_slice: Fewest rows of a tag that is reported as a slice.
        intervals: How intervals are made; by default 1,000 resamples, seed 0, level 0.95.

    Returns:
        The results mapping, every metric as ``{"value", "low", "high"}``, and what the suite's mean needs.

    Raises:
        InputError: If a row cannot be used or the prevalence is out of range.
    """
    if not 0 < prevalence < 1:
        raise InputError(f"The prevalence {prevalence} is not between 0 and 1: give for example 0.05.")
    how = intervals or Intervals()
    data = frame(name, rows, decision, task)
    boot = Bootstrap.of(data.clusters, how, stream=name)
    measures = {
        **classification(data, boot),
        **detection(data, boot, prevalence),
        **calibration(data, boot),
        **_direction_gap(data, boot),
    }
    measures["pairs_per_second"] = _fact(pairs_per_second, "it was not measured")
    results: dict[str, Any] = {
        "n": len(rows),
        "dropped": dict(dropped or {}),
        "task": task,
        "gold": {label: int(np.sum(data.gold == index)) for index, label in enumerate(data.classes)},
        **_nested({path: measure.metric(how.level) for path, measure in measures.items()}),
        "confusion": {
            "labels": list(data.classes),
            "counts": _confusion(data, boot)[0].astype(int).tolist(),
        },
        "reliability": _reliability(data, data.probabilities, boot, how.level),
        "reliability_before_temperature": _reliability(data, data.uncalibrated, boot, how.level),
        "pr_curve": _curve(data, decision.threshold),
        "truncated": {"pairs": int(np.sum(data.truncated > 0)), "tokens": int(data.truncated.sum())},
        "slices": {
            tag: _slice(data.take(mask), boot.subset(mask), how.level) for tag, mask in data.slices(min_slice).items()
        },
        "worst_errors": _worst_errors(data),
        "bootstrap": {
            "clusters": boot.clusters,
            "resamples": boot.resamples,
            "level": how.level,
            "seed": how.seed,
        },
    }
    results["contradiction"]["prevalence"] = prevalence
    return SetEvaluation(name, results, {path: measures[path] for path in _SUMMARY_METRICS})


def summarise(evaluations: Sequence[SetEvaluation], *, level: float = 0.95) -> dict[str, Any]:
    """Average a suite: the plain mean over its sets, each set weighing the same.

    The interval comes from the bootstrap within the sets; it says how well the mean over these very sets is known,
    not how another set would turn out.

    Args:
        evaluations: The sets of the suite.
        level: Coverage of the intervals.

    Returns:
        ``sets`` (their number), and accuracy, macro_f1, contradiction.f1 and contradiction.average_precision as
        metrics, each with the number of ``sets`` in which it is defined.
    """
    summary: dict[str, dict[str, Any]] = {}
    for path in _SUMMARY_METRICS:
        known = [one.summary_measures[path].values for one in evaluations]
        known = [values for values in known if np.isfinite(values[0])]
        measure = undefined("no set of the suite has it")
        if known:
            shortest = min(len(values) for values in known)
            measure = Measure(np.mean([values[:shortest] for values in known], axis=0))
        summary[path] = {**measure.metric(level), "sets": len(known)}
    return {"sets": len(evaluations), **_nested(summary)}


def classification(data: Frame, boot: Bootstrap) -> Measures:
    """Measure the most probable class against the gold.

    Args:
        data: The predictions.
        boot: The resamples of its rows.

    Returns:
        ``accuracy``, ``accuracy_restricted``, ``macro_f1`` and ``per_class.<class>.{precision,recall,f1}``.
    """
    counts = _confusion(data, boot)
    hits = np.diagonal(counts, axis1=1, axis2=2)
    of_gold, of_predicted = counts.sum(axis=2), counts.sum(axis=1)
    present = of_gold[0] > 0
    measures = {
        "accuracy": Measure(ratio(hits.sum(axis=1), counts.sum(axis=(1, 2))), trials=boot.clusters),
        "accuracy_restricted": _restricted_accuracy(data, boot, present),
    }
    f1 = ratio(2 * hits, of_gold + of_predicted)
    # a class that a resample happens to miss counts there no more than one that the gold never had
    in_gold = of_gold > 0
    macro = ratio(np.where(in_gold, np.nan_to_num(f1), 0.0).sum(axis=1), in_gold.sum(axis=1).astype(np.float64))
    measures["macro_f1"] = Measure(macro)
    for index, label in enumerate(data.classes):
        path = f"per_class.{label}"
        if not present[index]:
            why = f"no pair here is {label}"
            measures |= {f"{path}.{metric}": undefined(why) for metric in ("precision", "recall", "f1")}
            continue
        measures[f"{path}.precision"] = Measure(
            ratio(hits[:, index], of_predicted[:, index]),
            why=f"no pair here was predicted to be {label}",
            trials=boot.clusters_among(data.predicted == index),
        )
        measures[f"{path}.recall"] = Measure(
            ratio(hits[:, index], of_gold[:, index]), trials=boot.clusters_among(data.gold == index)
        )
        measures[f"{path}.f1"] = Measure(np.where(in_gold[:, index], f1[:, index], np.nan))
    return measures


def detection(data: Frame, boot: Bootstrap, prevalence: float) -> Measures:
    """Measure contradiction as the detector decides it, and how well P(contradiction) ranks.

    Where all pairs are contradictions there is nothing to tell them from: precision would be 1 whatever the
    detector does, so it has no value, and neither has what builds on it.

    Args:
        data: The predictions.
        boot: The resamples of its rows.
        prevalence: Share of contradictions at which precision is restated.

    Returns:
        ``contradiction.{precision,recall,f1,average_precision,auroc,precision_at_prevalence,
        recall_at_90_precision,flagged_rate,false_flag_rate}``.
    """
    positive, innocent, flagged = data.contradicts, data.innocent, data.flagged
    columns = np.stack([np.ones_like(flagged), flagged, positive, innocent, positive & flagged, innocent & flagged], 1)
    n, flags, positives, innocents, hits, false_flags = boot.sums(columns).T
    rates = {
        "flagged_rate": Measure(ratio(flags, n), trials=boot.clusters),
        "false_flag_rate": Measure(
            ratio(false_flags, innocents),
            why="no pair here is known not to be a contradiction",
            trials=boot.clusters_among(innocent),
        ),
    }
    recall = Measure(ratio(hits, positives), trials=boot.clusters_among(positive))
    why = _no_detection(data)
    if why is not None:
        found = {metric: undefined(why) for metric in _DETECTION_METRICS}
        if positive.any():
            found["recall"] = recall
        return {f"contradiction.{metric}": measure for metric, measure in (found | rates).items()}
    unflagged = "nothing here was flagged"
    true_rate, false_rate = recall.values, ratio(false_flags, innocents)
    expected_hits, expected_false = prevalence * true_rate, (1 - prevalence) * false_rate
    ranks = ranking(data.probabilities[:, CONTRADICTION], positive, boot, precision_goal=PRECISION_GOAL)
    found = {
        "precision": Measure(ratio(hits, flags), why=unflagged, trials=boot.clusters_among(flagged)),
        "recall": recall,
        "f1": Measure(np.where(positives > 0, ratio(2 * hits, flags + positives), np.nan)),
        "average_precision": Measure(ranks.average_precision),
        "auroc": Measure(ranks.auroc),
        "precision_at_prevalence": Measure(ratio(expected_hits, expected_hits + expected_false), why=unflagged),
        "recall_at_90_precision": Measure(ranks.recall_at_precision),
    }
    return {f"contradiction.{metric}": measure for metric, measure in (found | rates).items()}


def calibration(data: Frame, boot: Bootstrap) -> Measures:
    """Measure how far the probabilities can be taken at their word, with and without the temperature.

    The bins are those of the whole sample in every resample. Calibration error is never below zero and noise only
    adds to it; its interval is therefore centred on the value.

    Args:
        data: The predictions.
        boot: The resamples of its rows.

    Returns:
        ``calibration.{ece,ece_top,brier,log_loss}`` and the same under ``calibration.before_temperature``.
    """
    return {
        **_calibration(data, data.probabilities, boot, "calibration"),
        **_calibration(data, data.uncalibrated, boot, "calibration.before_temperature"),
    }


def _calibration(data: Frame, three: Array, boot: Bootstrap, path: str) -> Measures:
    own = collapse(three, data.classes)
    truth = np.eye(len(data.classes))[data.gold]
    # not data.predicted: averaging two directions, a temperature may change which class is the likeliest
    top = own.argmax(axis=1)
    assured = np.clip(own[np.arange(len(own)), data.gold], np.finfo(np.float64).eps, 1.0)
    losses = np.stack([((own - truth) ** 2).sum(axis=1), -np.log(assured), np.ones(len(own))], axis=1)
    brier, log_loss, n = boot.sums(losses).T
    ece = undefined(_TWO_WAY_WHY)
    if not data.two_way:
        ece = _calibration_error(three[:, CONTRADICTION], data.contradicts, boot)
    return {
        f"{path}.ece": ece,
        f"{path}.ece_top": _calibration_error(own.max(axis=1), top == data.gold, boot),
        f"{path}.brier": Measure(ratio(brier, n)),
        f"{path}.log_loss": Measure(ratio(log_loss, n)),
    }


def _calibration_error(confidence: Array, happened: Mask, boot: Bootstrap) -> Measure:
    bins = _one_hot(equal_mass_bins(confidence))
    sums = boot.sums(np.concatenate([bins * (confidence - happened)[:, None], np.ones((len(bins), 1))], axis=1))
    return Measure(ratio(np.abs(sums[:, :-1]).sum(axis=1), sums[:, -1]), centred=True)


def _direction_gap(data: Frame, boot: Bootstrap) -> Measures:
    """Measure by how much the order of the two texts changes P(contradiction).

    The 95th percentile is the smallest gap that at least 95% of the pairs do not pass. The largest gap gets no
    interval: a resample can never show a larger one.
    """
    if data.gap is None:
        why = "the pairs were scored one way only"
        return {f"direction_gap.{metric}": undefined(why) for metric in ("mean", "p95", "max")}
    total, n = boot.sums(np.stack([data.gap, np.ones(len(data.gap))], axis=1)).T
    return {
        "direction_gap.mean": Measure(ratio(total, n)),
        "direction_gap.p95": Measure(weighted_quantile(data.gap, 0.95, boot)),
        "direction_gap.max": _fact(float(data.gap.max()), ""),
    }


def _slice(data: Frame, boot: Bootstrap, level: float) -> dict[str, Any]:
    """Return what is reported of the rows that share a tag."""
    found = {**classification(data, boot), **detection(data, boot, prevalence=0.5)}
    kept = {"accuracy": found["accuracy"]}
    kept |= {path: found[path] for path in (f"contradiction.{metric}" for metric in _SLICE_METRICS)}
    return {
        "n": len(data.ids),
        "gold": {label: int(np.sum(data.gold == index)) for index, label in enumerate(data.classes)},
        **_nested({path: measure.metric(level) for path, measure in kept.items()}),
    }


def _reliability(data: Frame, three: Array, boot: Bootstrap, level: float) -> list[dict[str, Any]]:
    """Return the bins of P(contradiction): how many pairs, their mean probability, the share of contradictions."""
    if data.two_way:
        return []
    confidence = three[:, CONTRADICTION]
    bins = _one_hot(equal_mass_bins(confidence))
    width = bins.shape[1]
    sums = boot.sums(np.concatenate([bins, bins * data.contradicts[:, None]], axis=1))
    counts, share = sums[:, :width], ratio(sums[:, width:], sums[:, :width])
    return [
        {
            "n": int(counts[0, index]),
            "predicted": round(float(confidence[bins[:, index]].mean()), 6),
            "observed": Measure(share[:, index], trials=boot.clusters_among(bins[:, index])).metric(level),
        }
        for index in range(width)
    ]


def _curve(data: Frame, threshold: float) -> list[dict[str, Any]]:
    """Return precision against recall at falling cut-offs, thinned evenly by recall.

    Every point is a cut-off that occurs; the one of the stored threshold is kept (unless it flags nothing) and
    marked. The curve ends where every contradiction is found.
    """
    if _no_detection(data) is not None:
        return []
    scores = data.probabilities[:, CONTRADICTION]
    order = np.argsort(-scores, kind="stable")
    ends = tie_ends(scores[order])
    hits = np.cumsum(data.contradicts[order])[ends]
    recall, precision = hits / hits[-1], hits / (ends + 1)
    cuts = scores[order][ends]
    chosen = set(np.searchsorted(recall, np.linspace(0, 1, CURVE_POINTS - 1)).tolist())
    marked = int(np.sum(cuts >= threshold)) - 1
    if marked >= 0:
        chosen.add(marked)
    return [
        {
            "threshold": round(threshold if index == marked else float(cuts[index]), 6),
            "precision": round(float(precision[index]), 6),
            "recall": round(float(recall[index]), 6),
            "stored": index == marked,
        }
        for index in sorted(chosen)
    ]


def _worst_errors(data: Frame) -> list[str]:
    """Return the ids of the wrong predictions that the model was surest of, the surest first."""
    own = collapse(data.probabilities, data.classes)
    wrong = np.flatnonzero(data.predicted != data.gold)
    surest = sorted((-float(own[row, data.predicted[row]]), data.ids[row]) for row in wrong)
    return [pair for _, pair in surest[:WORST_ERRORS]]


def _confusion(data: Frame, boot: Bootstrap) -> Array:
    """Return counts [1 + resamples, gold, predicted]."""
    size = len(data.classes)
    cells = np.arange(size * size) == (data.gold * size + data.predicted)[:, None]
    return boot.sums(cells).reshape(-1, size, size)


def _restricted_accuracy(data: Frame, boot: Bootstrap, present: Mask) -> Measure:
    """Return accuracy with the choice confined to the classes that stand in the gold."""
    if np.sum(present) == 1:
        return undefined("the gold here has a single class, so there is no choice to make")
    if data.two_way:
        return undefined("a two-way set has no class to leave out")
    choice = np.where(present, data.probabilities, -1.0).argmax(axis=1)
    right, n = boot.sums(np.stack([choice == data.gold, np.ones(len(choice), dtype=np.bool_)], axis=1)).T
    return Measure(ratio(right, n), trials=boot.clusters)


_TWO_WAY_WHY = "a two-way set does not say which pairs are contradictions"


def _no_detection(data: Frame) -> str | None:
    """Return why contradictions cannot be told from other pairs here, or None if they can."""
    if data.two_way:
        return _TWO_WAY_WHY
    if not data.contradicts.any():
        return "no pair here is a contradiction"
    return "every pair here is a contradiction" if data.contradicts.all() else None


def _one_hot(codes: Index) -> Mask:
    return np.asarray(np.arange(int(codes.max()) + 1) == codes[:, None])


def _fact(number: float | None, why: str) -> Measure:
    """Return a measure without an interval."""
    return undefined(why) if number is None else Measure(np.array([number]))


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted paths into nested mappings, keys in order of first appearance."""
    tree: dict[str, Any] = {}
    for path, leaf in flat.items():
        *parents, last = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = leaf
    return tree
