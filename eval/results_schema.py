"""The shape of what an evaluation reads and writes: prediction rows, their arrays, and keys of the results."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

import numpy as np

from nli.calibration import CONTRADICTION, probabilities, weights
from nli.errors import InputError
from nli.labels import LABELS, Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nli.eval.bootstrap import Array, Index, Mask

Task: TypeAlias = Literal["three-way", "two-way", "stance"]

THREE_WAY: tuple[str, ...] = tuple(label.value for label in LABELS)
TWO_WAY: tuple[str, ...] = (Label.ENTAILMENT.value, "not_entailment")

_SHOWN = 5


class _Line(TypedDict):
    """One line of ``predictions/<set>.jsonl.gz``; arrays are in the order entailment, neutral, contradiction."""

    id: str
    gold: str  # entailment, neutral, contradiction or not_entailment
    premise: str
    hypothesis: str
    forward: list[float]  # raw logits, premise -> hypothesis
    backward: list[float] | None  # raw logits, hypothesis -> premise; None where scored one way
    probabilities: list[float]
    truncated: int  # tokens cut
    tags: list[str]
    cluster: str  # pairs of one cluster are not independent


class PredictionRow(_Line, total=False):
    """A line as it is read; `lengths` are the characters of premise and hypothesis where the texts were left out."""

    lengths: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """How a detector turns logits into probabilities and flags.

    Attributes:
        temperature: Divides the logits, above 0.
        threshold: A pair is flagged where P(contradiction) is at least this.
        direction: Whether P(contradiction) is the mean of both directions or that of premise -> hypothesis.
    """

    temperature: float
    threshold: float
    direction: Literal["both", "forward"] = "both"


@dataclass(frozen=True, slots=True)
class Frame:
    """The predictions of one set as arrays; row i of each is pair i.

    Attributes:
        classes: The classes of the gold: three, or entailment and not_entailment.
        ids: Ids, all different.
        gold: [n] index into ``classes``.
        predicted: [n] index into ``classes``: the most probable class; of two, entailment where P(entailment) >= 0.5.
        probabilities: [n, 3] calibrated.
        uncalibrated: [n, 3] the same at temperature 1.
        flagged: [n] whether the detector calls the pair a contradiction.
        gap: [n] |P(contradiction) one way - the other way|, calibrated, or None where only one was scored.
        truncated: [n] tokens cut.
        tags: Tags of each row.
        clusters: Cluster of each row.
    """

    classes: tuple[str, ...]
    ids: tuple[str, ...]
    gold: Index
    predicted: Index
    probabilities: Array
    uncalibrated: Array
    flagged: Mask
    gap: Array | None
    truncated: Index
    tags: tuple[tuple[str, ...], ...]
    clusters: tuple[str, ...]

    @property
    def two_way(self) -> bool:
        """Whether the gold only says if the hypothesis follows."""
        return self.classes == TWO_WAY

    @property
    def contradicts(self) -> Mask:
        """[n] whether the gold says contradiction; all False in a two-way set, which does not know."""
        return np.asarray(np.logical_and(not self.two_way, self.gold == CONTRADICTION))

    @property
    def innocent(self) -> Mask:
        """[n] whether the gold rules a contradiction out; in a two-way set entailment alone does."""
        entailed = self.gold == self.classes.index(Label.ENTAILMENT.value)
        return np.asarray(entailed if self.two_way else self.gold != CONTRADICTION)

    def slices(self, smallest: int) -> dict[str, Mask]:
        """Return tag -> rows that carry it [n], for every tag with enough rows, in alphabetical order."""
        rows: dict[str, list[int]] = {}
        for row, tags in enumerate(self.tags):
            for tag in set(tags):
                rows.setdefault(tag, []).append(row)
        masks = {}
        for tag in sorted(tag for tag, members in rows.items() if len(members) >= smallest):
            masks[tag] = np.zeros(len(self.ids), dtype=np.bool_)
            masks[tag][rows[tag]] = True
        return masks

    def take(self, rows: Mask) -> Frame:
        """Return some of the rows (a mask of shape [n]) in the same order."""
        kept = np.flatnonzero(rows)
        return Frame(
            classes=self.classes,
            ids=tuple(self.ids[row] for row in kept),
            gold=self.gold[rows],
            predicted=self.predicted[rows],
            probabilities=self.probabilities[rows],
            uncalibrated=self.uncalibrated[rows],
            flagged=self.flagged[rows],
            gap=None if self.gap is None else self.gap[rows],
            truncated=self.truncated[rows],
            tags=tuple(self.tags[row] for row in kept),
            clusters=tuple(self.clusters[row] for row in kept),
        )


def collapse(three: Array, classes: tuple[str, ...]) -> Array:
    """Return probabilities of a set's own classes.

    Args:
        three: [n, 3] entailment, neutral, contradiction.
        classes: The classes of the set.

    Returns:
        [n, 3] unchanged, or [n, 2] with P(not_entailment) = P(neutral) + P(contradiction).
    """
    return np.stack([three[:, 0], three[:, 1] + three[:, 2]], axis=1) if classes == TWO_WAY else three


def frame(name: str, rows: Sequence[PredictionRow], decision: Decision, task: Task = "three-way") -> Frame:
    """Turn the prediction rows of a set into arrays, probabilities recomputed from the logits.

    Args:
        name: The set's name, for messages.
        rows: Its predictions.
        decision: Temperature, threshold and direction.
        task: ``two-way`` where the gold is entailment / not_entailment; the others have the three classes.

    Returns:
        The arrays, rows in the given order.

    Raises:
        InputError: If there are no rows, or a row is incomplete, has a label foreign to the task, an id that occurred
            before, logits that are not three finite numbers, or lacks a direction that is asked for.
    """
    if not rows:
        raise InputError(f"The set {name!r} has no predictions to evaluate: check what was dropped or its limit.")
    for line, row in enumerate(rows, start=1):
        missing = sorted(PredictionRow.__required_keys__ - row.keys())
        if missing:
            raise InputError(
                f"Prediction {line} of the set {name!r} lacks {', '.join(missing)}: evaluate this set again."
            )
    ids = tuple(str(row["id"]) for row in rows)
    twice = [pair for pair, count in Counter(ids).items() if count > 1]
    if twice:
        raise InputError(
            f"The set {name!r} has {len(twice)} ids more than once ({_some(twice)}): give every pair an id of its own."
        )
    classes = TWO_WAY if task == "two-way" else THREE_WAY
    foreign = Counter(row["gold"] for row in rows if row["gold"] not in classes)
    if foreign:
        raise InputError(
            f"The set {name!r} has gold labels that a {task} set cannot have ({_some(list(foreign))}): "
            f"use {', '.join(classes)}, or correct the set's task."
        )
    forward = _logits(name, rows, "forward")
    two_directions = [row for row in rows if row["backward"] is not None]
    if decision.direction == "both" and len(two_directions) < len(rows):
        raise InputError(
            f"{len(rows) - len(two_directions)} of {len(rows)} predictions of the set {name!r} were scored one way "
            "only: evaluate with the direction 'forward', or score them again in both."
        )
    backward = _logits(name, rows, "backward") if len(two_directions) == len(rows) else None
    used = backward if decision.direction == "both" else None
    weight = weights(row.get("lengths", (len(row["premise"]), len(row["hypothesis"]))) for row in rows)
    calibrated = probabilities(forward, used, decision.temperature, weight)
    own = collapse(calibrated, classes)
    return Frame(
        classes=classes,
        ids=ids,
        gold=np.array([classes.index(row["gold"]) for row in rows], dtype=np.intp),
        predicted=own.argmax(axis=1),  # the first of equals, so entailment at exactly 0.5 of two
        probabilities=calibrated,
        uncalibrated=probabilities(forward, used, 1.0, weight),
        flagged=calibrated[:, CONTRADICTION] >= decision.threshold,
        gap=None if backward is None else _gap(forward, backward, decision.temperature),
        truncated=np.array([row["truncated"] for row in rows], dtype=np.intp),
        tags=tuple(tuple(row["tags"]) for row in rows),
        clusters=tuple(str(row["cluster"]) for row in rows),
    )


def is_metric(node: object) -> bool:
    """Return whether a node of the results is a metric: a mapping with ``value``, ``low`` and ``high``."""
    return isinstance(node, Mapping) and {"value", "low", "high"} <= node.keys()


def metric_paths(results: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return every metric of a results file by its key, such as ``denial.contradiction.f1``.

    Args:
        results: A parsed ``results.json``.

    Returns:
        Key to metric: ``<set>.<path>`` for the sets, ``suite.<path>`` for the means over the sets, which also
        answer to the suite's own name unless a set has it.
    """
    found: dict[str, Mapping[str, Any]] = {}
    own_name = results.get("suite")
    for name in ("suite", own_name) if isinstance(own_name, str) else ("suite",):
        found.update(_walk(name, results.get("summary", {})))
    for name, entry in results["datasets"].items():
        found.update(_walk(name, entry))
    return found


def lookup(results: Mapping[str, Any], key: str) -> float:
    """Return the value of one metric, as a gate such as ``denial.contradiction.f1=0.85`` needs it.

    Args:
        results: A parsed ``results.json``.
        key: ``<set or suite>.<metric path>``, for example ``denial.contradiction.f1``.

    Returns:
        The metric's value.

    Raises:
        InputError: If there is no such metric, naming the keys nearest to it, or if it has no value here.
    """
    metrics = metric_paths(results)
    if key not in metrics:
        near = difflib.get_close_matches(key, metrics, n=_SHOWN)
        hint = f"nearest are {', '.join(near)}" if near else f"the sets are {', '.join(results['datasets'])}"
        raise InputError(f"There is no metric {key!r} in the results; {hint}.")
    metric = metrics[key]
    if metric["value"] is None:
        raise InputError(f"The metric {key!r} has no value in these results: {metric.get('why', 'it is undefined')}.")
    return float(metric["value"])


def _logits(name: str, rows: Sequence[PredictionRow], key: Literal["forward", "backward"]) -> Array:
    """Return one direction's logits [n, 3], refusing any that are not three finite numbers."""
    broken = [row["id"] for row in rows if not _is_logits(row[key])]
    if broken:
        raise InputError(
            f"The set {name!r} has {len(broken)} predictions whose {key} logits are not three finite numbers "
            f"({_some(broken)}): run the evaluation again, in full precision if the model overflows."
        )
    return np.array([row[key] for row in rows], dtype=np.float64)


def _is_logits(numbers: list[float] | None) -> bool:
    return numbers is not None and len(numbers) == len(LABELS) and all(map(math.isfinite, numbers))


def _gap(forward: Array, backward: Array, temperature: float) -> Array:
    """Return |P(contradiction) premise -> hypothesis - the other way| [n]."""
    one, other = (probabilities(logits, None, temperature)[:, CONTRADICTION] for logits in (forward, backward))
    return np.asarray(np.abs(one - other))


def _some(names: Sequence[str]) -> str:
    """Return the first few names for a message."""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def _walk(path: str, node: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every metric at or under a node with its dotted path."""
    if not isinstance(node, Mapping):
        return
    if is_metric(node):
        yield path, node
    else:
        for key, child in node.items():
            yield from _walk(f"{path}.{key}", child)
