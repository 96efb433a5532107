"""What the pages of a report show: one record a set, figures found by path, texts clipped, results put in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from nli.eval.results_schema import TWO_WAY, PredictionRow, is_metric
from nli.labels import LABELS

if TYPE_CHECKING:
    from markupsafe import Markup

CLIP = 500
"""Characters of a text that are shown at once; the rest opens on request."""

_SHOWN_METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "contradiction.precision": "precision",
    "contradiction.recall": "recall",
    "contradiction.f1": "F1 of contradiction",
    "contradiction.average_precision": "average precision",
    "contradiction.auroc": "AUROC",
    "contradiction.precision_at_prevalence": "precision at a base rate",
    "calibration.ece": "calibration error of contradiction",
    "direction_gap.mean": "change when the texts are swapped",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a pair, clipped.

    Attributes:
        start: What is shown at once.
        rest: What opens on request; empty for most texts.
    """

    start: str
    rest: str

    @classmethod
    def of(cls, whole: str) -> Text:
        """Clip a text at a word, unless little would be left over."""
        if len(whole) <= CLIP * 1.2:
            return cls(whole, "")
        edge = whole.rfind(" ", CLIP // 2, CLIP)
        edge = edge if edge > 0 else CLIP
        return cls(whole[:edge], whole[edge:])


@dataclass(frozen=True, slots=True)
class Wrong:
    """A pair that the detector got wrong.

    Attributes:
        id: Its id.
        gold: The right class.
        predicted: The most probable class.
        flagged: Whether P(contradiction) reaches the threshold.
        entailment: P(entailment).
        contradiction: P(contradiction).
        tags: Its tags.
        premise: First text.
        hypothesis: Second text.
    """

    id: str
    gold: str
    predicted: str
    flagged: bool
    entailment: float
    contradiction: float
    tags: tuple[str, ...]
    premise: Text
    hypothesis: Text

    @classmethod
    def of(cls, row: PredictionRow, threshold: float, *, two_way: bool) -> Wrong:
        """Show a saved prediction.

        Args:
            row: The prediction.
            threshold: P(contradiction) from which a pair is flagged.
            two_way: Whether the set only knows entailment and not_entailment.
        """
        entailment, neutral, contradiction = row["probabilities"]
        three = zip(row["probabilities"], LABELS, strict=True)
        likeliest = max(three, key=lambda pair: pair[0])[1].value
        if two_way:
            likeliest = TWO_WAY[0] if entailment >= neutral + contradiction else TWO_WAY[1]
        return cls(
            id=row["id"],
            gold=row["gold"],
            predicted=likeliest,
            flagged=contradiction >= threshold,
            entailment=entailment,
            contradiction=contradiction,
            tags=tuple(row["tags"]),
            premise=Text.of(row["premise"]),
            hypothesis=Text.of(row["hypothesis"]),
        )


@dataclass(frozen=True, slots=True)
class SetView:
    """One set as the page shows it.

    Attributes:
        name: The set.
        entry: What stands under ``datasets.<set>`` in the results.
        blind: What stands under ``blind.<set>``, or None.
        reliability: Drawing, or None where the set has no contradictions to be calibrated on.
        precision_recall: Drawing, or None.
        errors: The worst errors with their texts.
        anchors: Published figures for this set, as in ``anchors.yaml``.
    """

    name: str
    entry: Mapping[str, Any]
    blind: Mapping[str, Any] | None
    reliability: Markup | None
    precision_recall: Markup | None
    errors: tuple[Wrong, ...]
    anchors: Sequence[Mapping[str, Any]]

    @property
    def anchor(self) -> str:
        """Its id within the page."""
        return anchor_of(self.name)

    @property
    def n(self) -> int:
        """Pairs scored."""
        return int(self.entry["n"])

    @property
    def sampled(self) -> bool:
        """Whether only a sample of the set was scored."""
        return (self.entry.get("data") or {}).get("seed") is not None

    @property
    def contradictions(self) -> int:
        """Pairs whose gold is contradiction."""
        return int(self.entry.get("gold", {}).get("contradiction", 0))

    @property
    def composition(self) -> str:
        """How many pairs have which gold label, in words."""
        gold = self.entry.get("gold", {})
        return ", ".join(f"{count:,} {label.replace('_', ' ')}" for label, count in gold.items())

    @property
    def confusion(self) -> dict[str, Any] | None:
        """Labels, and rows of (gold label, [(count, share of the row)])."""
        table = self.entry.get("confusion")
        if not table:
            return None
        rows = [[(count, count / max(1, sum(row))) for count in row] for row in table["counts"]]
        return {"labels": table["labels"], "rows": list(zip(table["labels"], rows, strict=True))}

    @property
    def slices(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Tags with their figures, the lowest accuracy first."""
        found = self.entry.get("slices") or {}
        return sorted(found.items(), key=lambda item: (item[1]["accuracy"]["value"], item[0]))

    @property
    def slice_low(self) -> float:
        """Where the axis of the slices starts: a quarter at or below all that is drawn on it."""
        ends = [end for _, part in self.slices for end in (part["accuracy"]["value"], part["accuracy"]["low"])]
        return min(0.5, *(int(4 * end) / 4 for end in ends if end is not None))

    @property
    def error_ids(self) -> list[str]:
        """Ids of the worst errors."""
        return list(self.entry.get("worst_errors") or ())

    @property
    def undefined(self) -> dict[str, list[str]]:
        """Why -> metrics that the page shows and the set does not define."""
        reasons: dict[str, list[str]] = {}
        for path, name in _SHOWN_METRICS.items():
            metric = self.metric(path)
            if metric is not None and not known(metric):
                reasons.setdefault(metric.get("why", "it is undefined"), []).append(name)
        return reasons

    @property
    def sentence(self) -> str:
        """The set's result in words."""
        return " ".join(_told(self))

    def metric(self, path: str) -> Mapping[str, Any] | None:
        """Return the metric at a dotted path (``blind.…`` in the blind run), or None if there is none."""
        return metric_at({**self.entry, "blind": self.blind}, path)


def known(metric: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    """Return whether there is such a metric and it has a value."""
    return metric is not None and metric["value"] is not None


def metric_at(entry: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """Return the metric at a dotted path, or None if there is none."""
    node: Any = entry
    for key in path.split("."):
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if is_metric(node) else None


@dataclass(frozen=True, slots=True)
class Differing:
    """A pair that two runs judge differently.

    Attributes:
        pair: The pair with both judgements, as ``differing.pairs`` has it.
        premise: First text.
        hypothesis: Second text.
    """

    pair: Mapping[str, Any]
    premise: Text
    hypothesis: Text


@dataclass(frozen=True, slots=True)
class ComparedSet:
    """One set of a comparison as the page shows it.

    Attributes:
        name: The set.
        part: What `nli.eval.compare.compare_sets` gave.
    """

    name: str
    part: Mapping[str, Any]

    @property
    def anchor(self) -> str:
        """Its id within the page."""
        return anchor_of(self.name)

    @property
    def slices(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Tags with their differences, the largest loss of accuracy first."""
        found = self.part.get("slices") or {}
        return sorted(found.items(), key=lambda item: (_difference(item[1], "accuracy")["value"], item[0]))

    def difference(self, path: str) -> Mapping[str, Any]:
        """Return B - A in a metric."""
        return _difference(self.part, path)

    def tendency(self, path: str) -> str:
        """Return whether B is ``higher`` or ``lower`` than A by the interval, else ``open`` or ``undefined``."""
        difference = self.difference(path)
        if difference["value"] is None:
            return "undefined"
        if difference["low"] is None or difference["low"] <= 0 <= difference["high"]:
            return "open"
        return "higher" if difference["low"] > 0 else "lower"

    @property
    def reach(self) -> float:
        """Half the width of the axis on which the slices' differences are drawn."""
        return reach(_difference(part, "accuracy") for _, part in self.slices)

    @property
    def differing(self) -> list[Differing]:
        """The pairs judged differently, those furthest apart first."""
        pairs = self.part["differing"]["pairs"]
        return [Differing(pair, Text.of(pair["premise"]), Text.of(pair["hypothesis"])) for pair in pairs]


def anchor_of(name: str) -> str:
    """Return the id under which a set stands in a page."""
    return "set-" + re.sub(r"[^\w-]", "_", name)


def share(number: float) -> str:
    """Return a measured share as a percentage with one decimal."""
    return f"{100 * number:.1f}%"


def estimate(metric: Mapping[str, Any]) -> str:
    """Return a metric that is a share in running text, with its interval: ``84.2% (80.1 to 87.9%)``, with a dash."""
    if metric["low"] is None:
        return share(metric["value"])
    return f"{share(metric['value'])} ({share(metric['low']).rstrip('%')}\N{EN DASH}{share(metric['high'])})"


def reach(differences: Iterable[Mapping[str, Any]]) -> float:
    """Return half the width of an axis about zero that holds differences and their intervals, in twentieths."""
    ends = [abs(node[end]) for node in differences for end in ("value", "low", "high") if node[end] is not None]
    return max(1, math.ceil(20 * max(ends, default=0))) / 20


def _difference(part: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Return B - A in a metric of a set or slice."""
    difference: Mapping[str, Any] = part["differences"][path]["difference"]
    return difference


def _told(view: SetView) -> Iterator[str]:
    """Say a set's result in a few sentences."""
    yield from _flags_told(view)
    accuracy, blind = view.metric("accuracy"), view.metric("blind.accuracy")
    if known(accuracy):
        yield f"Of all pairs {estimate(accuracy)} get their right class."
    if view.blind is not None and known(blind):
        yield (
            f"With the premise hidden it is {estimate(blind)}; "
            f"always naming the commonest label would give {share(view.blind['majority'])}."
        )


def _flags_told(view: SetView) -> Iterator[str]:
    """Say what is flagged, by what the set knows of contradictions."""
    recall, precision = view.metric("contradiction.recall"), view.metric("contradiction.precision")
    flagged, false_flags = view.metric("contradiction.flagged_rate"), view.metric("contradiction.false_flag_rate")
    if view.contradictions and known(recall):
        hits = round(recall["value"] * view.contradictions)
        yield f"Of {view.contradictions:,} contradictions it flags {hits:,}: {estimate(recall)}."
        if known(precision) and known(flagged):
            flags = round(flagged["value"] * view.n)
            yield f"Of the {flags:,} pairs that it flags {hits:,} are contradictions: {estimate(precision)}."
    elif known(false_flags) and view.entry["task"] == "two-way":
        yield (
            "The set does not say which pairs are contradictions; of those whose hypothesis follows, so that they "
            f"are none, {estimate(false_flags)} are flagged all the same."
        )
    elif known(false_flags):
        yield f"No pair here is a contradiction; {estimate(false_flags)} are flagged all the same."
