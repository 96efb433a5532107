"""Two detectors on the same pairs: paired differences with intervals, McNemar tests, and where they disagree.

Both runs are resampled with the same multiplicities, so what is common to them cancels out. McNemar's test is
the exact one (a binomial test on the pairs that just one of the two gets right); it takes pairs as independent,
so where pairs share a cluster trust the interval rather than the p-value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nli.calibration import CONTRADICTION
from nli.errors import InputError
from nli.eval.bootstrap import Bootstrap, Intervals, percentiles
from nli.eval.metrics import calibration, classification, detection
from nli.eval.results_schema import frame
from nli.eval.tables import align

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nli.eval.bootstrap import Mask, Measure
    from nli.eval.results_schema import Decision, Frame, PredictionRow, Task

DIFFERING_PAIRS = 200

_METRICS = ("accuracy", "macro_f1", "contradiction.f1", "contradiction.average_precision", "calibration.ece")
_SLICE_METRICS = ("accuracy", "contradiction.f1", "contradiction.average_precision")
_NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "contradiction.f1": "contradiction F1",
    "contradiction.average_precision": "contradiction AP",
    "calibration.ece": "contradiction ECE",
}
_TESTS = {"accuracy": "labels", "contradiction.f1": "flags"}


def compare_sets(
    name: str,
    rows_a: Sequence[PredictionRow],
    rows_b: Sequence[PredictionRow],
    decision_a: Decision,
    decision_b: Decision,
    *,
    task: Task = "three-way",
    min_slice: int = 10,
    intervals: Intervals | None = None,
) -> dict[str, Any]:
    """Compare two runs on one set.

    Args:
        name: The set's name.
        rows_a: Predictions of run A.
        rows_b: Predictions of run B on the same pairs, in any order.
        decision_a: Temperature, threshold and direction of A.
        decision_b: Temperature, threshold and direction of B.
        task: ``two-way`` where the gold is entailment / not_entailment.
        min_slice: Fewest rows of a tag that is compared as a slice.
        intervals: How intervals are made; by default 1,000 resamples, seed 0, level 0.95.

    Returns:
        ``n``, ``task``; ``differences.<metric path>`` with ``a``, ``b`` and ``difference`` (b - a, as a metric);
        ``mcnemar.{labels,flags}`` with ``only_a_right``, ``only_b_right`` and ``p``; ``slices.<tag>`` with the same
        for the pairs of a tag; ``differing`` with the ``total`` of pairs whose label or flag differs and the ``pairs``
        furthest apart; ``bootstrap``.

    Raises:
        InputError: If the runs do not hold the same ids with the same gold labels.
    """
    how = intervals or Intervals()
    a = frame(name, rows_a, decision_a, task)
    by_id = _matched(name, rows_a, rows_b)
    b = frame(name, [by_id[pair] for pair in a.ids], decision_b, task)
    boot = Bootstrap.of(a.clusters, how, stream=name)
    return {
        "n": len(a.ids),
        "task": task,
        **_contrast(a, b, boot, how.level, _METRICS),
        "slices": {
            tag: {
                "n": int(mask.sum()),
                **_contrast(a.take(mask), b.take(mask), boot.subset(mask), how.level, _SLICE_METRICS),
            }
            for tag, mask in a.slices(min_slice).items()
        },
        "differing": _differing(rows_a, a, b),
        "bootstrap": {"clusters": boot.clusters, "resamples": boot.resamples, "level": how.level, "seed": how.seed},
    }


def format_table(comparisons: Mapping[str, Mapping[str, Any]], names: tuple[str, str] = ("A", "B")) -> str:
    """Return comparisons as plain text for the terminal.

    Args:
        comparisons: Set name -> what `compare_sets` gave.
        names: What to call the runs.

    Returns:
        Aligned lines without a final line break: a line for each metric of each set, slices indented under it.
    """
    lines = [["set", "n", "metric", *names, "difference", "p"]]
    for name, comparison in comparisons.items():
        lines += _lines(name, comparison, _METRICS)
        for tag, part in comparison["slices"].items():
            lines += _lines(f"  {tag}", part, _SLICE_METRICS)
    counts = ", ".join(f"{name}: {comparison['differing']['total']}" for name, comparison in comparisons.items())
    return (
        f"{align(lines, numbers=(1, 3, 4, 6))}\n"
        f"Difference = {names[1]} - {names[0]}, interval in brackets; p = McNemar, exact, on labels and on flags.\n"
        f"Pairs with another label or flag: {counts}."
    )


def _matched(name: str, rows_a: Sequence[PredictionRow], rows_b: Sequence[PredictionRow]) -> dict[str, PredictionRow]:
    """Return B's rows by id, refusing runs that were not made on the same pairs."""
    gold_a = {str(row["id"]): row["gold"] for row in rows_a}
    by_id = {str(row["id"]): row for row in rows_b}
    only_a, only_b = len(gold_a.keys() - by_id.keys()), len(by_id.keys() - gold_a.keys())
    if only_a or only_b or len(by_id) != len(rows_b):
        raise InputError(
            f"The two runs hold different pairs of the set {name!r} ({only_a} ids only in the first, {only_b} only in "
            f"the second, {len(rows_b) - len(by_id)} repeated): evaluate both on the same data with the same limit."
        )
    relabelled = sum(gold_a[pair] != row["gold"] for pair, row in by_id.items())
    if relabelled:
        raise InputError(
            f"The two runs disagree about the gold label of {relabelled} of {len(by_id)} pairs of the set {name!r}: "
            "evaluate both on the same version of the data."
        )
    return by_id


def _contrast(a: Frame, b: Frame, boot: Bootstrap, level: float, metrics: Sequence[str]) -> dict[str, Any]:
    """Return differences and McNemar tests of the same rows in two runs."""
    measured_a, measured_b = _measures(a, boot, metrics), _measures(b, boot, metrics)
    flags: dict[str, Any] = {"only_a_right": None, "only_b_right": None, "p": None}
    if not a.two_way:
        flags = _mcnemar(a.flagged == a.contradicts, b.flagged == b.contradicts)
    return {
        "differences": {path: _difference(measured_a[path], measured_b[path], level) for path in metrics},
        "mcnemar": {"labels": _mcnemar(a.predicted == a.gold, b.predicted == b.gold), "flags": flags},
    }


def _measures(data: Frame, boot: Bootstrap, metrics: Sequence[str]) -> dict[str, Measure]:
    measured = {**classification(data, boot), **detection(data, boot, prevalence=0.5)}
    return {**measured, **calibration(data, boot)} if "calibration.ece" in metrics else measured


def _difference(a: Measure, b: Measure, level: float) -> dict[str, Any]:
    """Return both values and b - a; the interval is that of the paired resamples."""
    values = [one.metric(level)["value"] for one in (a, b)]
    if None in values:
        why = a.why if values[0] is None else b.why
        difference: dict[str, Any] = {"value": None, "low": None, "high": None, "why": why}
    else:
        gained = b.values - a.values
        low, high = percentiles(gained, level, centred=a.centred)
        rounded = [None if number is None else round(number, 6) + 0.0 for number in (float(gained[0]), low, high)]
        difference = dict(zip(("value", "low", "high"), rounded, strict=True))
    return {"a": values[0], "b": values[1], "difference": difference}


def _mcnemar(right_a: Mask, right_b: Mask) -> dict[str, Any]:
    """Test whether two runs are right equally often (McNemar 1947, exact)."""
    from scipy.stats import binomtest

    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return {"only_a_right": only_a, "only_b_right": only_b, "p": p}


def _differing(rows: Sequence[PredictionRow], a: Frame, b: Frame) -> dict[str, Any]:
    """Return the pairs that the runs judge differently, those furthest apart in P(contradiction) first."""
    differs = np.flatnonzero((a.predicted != b.predicted) | (a.flagged != b.flagged))
    apart = np.abs(a.probabilities[:, CONTRADICTION] - b.probabilities[:, CONTRADICTION])
    ranked = sorted(differs.tolist(), key=lambda row: (-apart[row], a.ids[row]))
    return {
        "total": len(ranked),
        "pairs": [
            {
                "id": a.ids[row],
                "gold": rows[row]["gold"],
                "premise": rows[row]["premise"],
                "hypothesis": rows[row]["hypothesis"],
                "a": _judgement(a, row),
                "b": _judgement(b, row),
            }
            for row in ranked[:DIFFERING_PAIRS]
        ],
    }


def _judgement(data: Frame, row: int) -> dict[str, Any]:
    return {
        "label": data.classes[data.predicted[row]],
        "contradiction": round(float(data.probabilities[row, CONTRADICTION]), 6),
        "flagged": bool(data.flagged[row]),
    }


def _lines(name: str, part: Mapping[str, Any], metrics: Sequence[str]) -> list[list[str]]:
    """Return the table lines of a set or slice; name and size stand on the first only."""
    lines: list[list[str]] = []
    for path in metrics:
        entry = part["differences"][path]
        difference = entry["difference"]
        if difference["value"] is None:
            continue
        p = part["mcnemar"][_TESTS[path]]["p"] if path in _TESTS else None
        interval = "" if difference["low"] is None else f" [{difference['low']:+.3f} {difference['high']:+.3f}]"
        lines.append(
            [
                "" if lines else name,
                "" if lines else f"{part['n']:,}",
                _NAMES[path],
                f"{entry['a']:.3f}",
                f"{entry['b']:.3f}",
                f"{difference['value']:+.3f}{interval}",
                "" if p is None else f"{p:.3f}" if p >= 0.001 else "<0.001",  # noqa: PLR2004
            ]
        )
    return lines
