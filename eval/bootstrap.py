"""Confidence intervals by a seeded cluster bootstrap, without a loop over rows.

Pairs that stem from one event, article or premise are not independent, so whole clusters are drawn
with replacement (Field and Welsh 2007, "Bootstrapping clustered data"). A resample is nothing but a
multiplicity for each cluster. Sums over rows are then one matrix product for all resamples at once, and
rank statistics are computed with the multiplicities as row weights.

Row 0 of the multiplicities is all ones: the sample itself. Every statistic is therefore one array,
element 0 the value and the rest its bootstrap distribution, computed by the same code.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Index: TypeAlias = npt.NDArray[np.intp]

_CELL_BUDGET = 64_000_000
"""Most rows x resamples worked through; a larger set gets fewer resamples, and the results say how many."""

_FEWEST_RESAMPLES = 200
_CHUNK_CELLS = 1_000_000
_SAME = 1e-12  # numbers no further apart are equal but for the order of summation


@dataclass(frozen=True, slots=True)
class Intervals:
    """How confidence intervals are made.

    Attributes:
        seed: Seed of the resampling, 0 or more.
        resamples: Bootstrap resamples; 0 makes no intervals.
        level: Coverage aimed at, between 0 and 1.
    """

    seed: int = 0
    resamples: int = 1000
    level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse settings that make no interval.

        Raises:
            InputError: If a field is out of range.
        """
        if self.seed < 0:
            raise InputError(f"The seed {self.seed} is negative: give 0 or a positive whole number.")
        if self.resamples < 0:
            raise InputError(f"The number of resamples {self.resamples} is negative: give 0 for no intervals, or 1000.")
        if not 0 < self.level < 1:
            raise InputError(f"The interval level {self.level} is not between 0 and 1: give for example 0.95.")


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The resamples of one set of rows.

    Attributes:
        codes: [rows] cluster of each row, 0 to clusters - 1; every cluster has a row.
        counts: uint8 [1 + resamples, clusters] how often each cluster was drawn; row 0 is all ones.
    """

    codes: Index
    counts: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, clusters: Sequence[str], intervals: Intervals, *, stream: str = "") -> Bootstrap:
        """Draw the resamples.

        Args:
            clusters: Name of each row's cluster. The order of the rows has no bearing on the draws.
            intervals: Seed and number of resamples.
            stream: Keeps sets apart that share a seed, so that their resamples are independent: the set's name.

        Returns:
            The resamples; fewer than asked for where the set is very large.
        """
        names, codes = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
        affordable = max(_FEWEST_RESAMPLES, _CELL_BUDGET // max(1, len(codes)))
        resamples = min(intervals.resamples, affordable)
        rng = np.random.default_rng([intervals.seed, zlib.crc32(stream.encode())])
        # uint8 is enough: a count is at most the number of clusters, and above 255 clusters it is all but
        # Poisson(1), whose chance of passing 255 is below 1e-500.
        counts = np.ones((1 + resamples, len(names)), dtype=np.uint8)
        for row in range(1, 1 + resamples):
            drawn = rng.integers(0, len(names), size=len(names))
            counts[row] = np.bincount(drawn, minlength=len(names))
        return cls(codes.astype(np.intp), counts)

    @property
    def resamples(self) -> int:
        """Number of resamples, the sample itself not counted."""
        return len(self.counts) - 1

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return int(self.counts.shape[1])

    def subset(self, rows: Mask) -> Bootstrap:
        """Return the same resamples seen through some of the rows.

        Args:
            rows: [rows] True for the rows that stay.

        Returns:
            Resamples over the clusters that still have a row; the size of a slice varies between resamples, as it
            should.
        """
        present, codes = np.unique(self.codes[rows], return_inverse=True)
        return Bootstrap(codes.astype(np.intp), self.counts[:, present])

    def clusters_among(self, rows: Mask) -> int:
        """Return how many clusters have at least one of the rows (a mask of shape [rows])."""
        return int(np.count_nonzero(np.bincount(self.codes[rows], minlength=self.clusters)))

    def sums(self, columns: npt.NDArray[Any]) -> Array:
        """Sum columns over the rows of every resample.

        Args:
            columns: [rows, k] numbers or truth values.

        Returns:
            [1 + resamples, k] sums.
        """
        order = np.argsort(self.codes, kind="stable")
        starts = np.searchsorted(self.codes[order], np.arange(self.clusters))
        by_cluster = np.add.reduceat(columns[order].astype(np.float64), starts, axis=0)
        out = np.empty((len(self.counts), columns.shape[1]))
        step = max(1, _CHUNK_CELLS // self.clusters)
        for start in range(0, len(self.counts), step):
            part = slice(start, start + step)
            out[part] = self.counts[part].astype(np.float64) @ by_cluster
        return out

    def weights(self, order: Index) -> Iterator[tuple[slice, Array]]:
        """Yield the weight of each row in every resample, some resamples at a time.

        Args:
            order: [m] rows, in the order in which their weights are wanted.

        Yields:
            Which resamples, and their weights [resamples in the part, m].
        """
        codes = self.codes[order]
        step = max(1, _CHUNK_CELLS // max(1, len(codes)))
        for start in range(0, len(self.counts), step):
            part = slice(start, min(start + step, len(self.counts)))
            yield part, np.take(self.counts[part], codes, axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Measure:
    """A statistic of the sample and of its resamples.

    Attributes:
        values: [1 + resamples]; element 0 is the value, NaN where the statistic is undefined.
        why: What is said where the value is undefined.
        trials: For a proportion, the clusters it rests on; 0 for anything else.
        centred: Whether the interval is moved so that its distribution has the value as its mean. Meant for
            calibration error, which no noise can lower below zero: resampling adds noise, so the raw percentiles
            lie too high and may leave the value out.
    """

    values: Array
    why: str = "it is undefined on these pairs"
    trials: int = 0
    centred: bool = False

    def metric(self, level: float) -> dict[str, Any]:
        """Return the statistic as it stands in the results: value, low and high, rounded to six decimals.

        The interval runs between the percentiles of the resamples in which the statistic is defined, and is left
        out where fewer than half are. Where the percentiles fall together the bootstrap knows nothing of the
        spread: a proportion of 0 or 1 then gets the exact binomial bound (Clopper and Pearson 1934) with
        clusters as trials, anything else gets no interval.

        Args:
            level: Coverage aimed at, between 0 and 1.

        Returns:
            A mapping with ``value``, ``low``, ``high``, and ``why`` where the value is None.
        """
        value = float(self.values[0])
        if not np.isfinite(value):
            return {"value": None, "low": None, "high": None, "why": self.why}
        low, high = percentiles(self.values, level, centred=self.centred)
        if low is not None and high is not None and high - low < _SAME:
            low, high = _exact_bounds(value, self.trials, level)
        elif self.centred and low is not None and high is not None:
            low, high = max(0.0, low), min(1.0, high)
        return {"value": _rounded(value), "low": _rounded(low), "high": _rounded(high)}


def undefined(why: str) -> Measure:
    """Return a measure that has no value, with the reason."""
    return Measure(np.full(1, np.nan), why=why)


def percentiles(values: Array, level: float, *, centred: bool = False) -> tuple[float | None, float | None]:
    """Return the percentile interval of a bootstrap distribution.

    Args:
        values: [1 + resamples]; element 0 is the value of the sample.
        level: Coverage aimed at, between 0 and 1.
        centred: Whether to move the distribution so that its mean is the value.

    Returns:
        Low and high, or None twice where there are no resamples or most of them leave the statistic undefined.
    """
    draws = values[1:]
    defined = draws[np.isfinite(draws)]
    if not len(defined) or 2 * len(defined) < len(draws):
        return None, None
    shift = float(values[0] - defined.mean()) if centred else 0.0
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low) + shift, float(high) + shift


def ratio(numerator: Array, denominator: Array) -> Array:
    """Divide element by element; NaN where the denominator is 0."""
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    out = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=out, where=np.broadcast_to(denominator, shape) != 0)
    return out


def _exact_bounds(value: float, trials: int, level: float) -> tuple[float | None, float | None]:
    """Return the Clopper-Pearson interval of a proportion that is 0 or 1 in every one of its trials."""
    if not trials or value not in {0.0, 1.0}:
        return None, None
    reach = ((1 - level) / 2) ** (1 / trials)
    return (reach, 1.0) if value == 1.0 else (0.0, 1 - reach)


def _rounded(number: float | None) -> float | None:
    """Round for the results file, where more digits would only differ between machines."""
    return None if number is None else round(number, 6) + 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well scores rank positives above negatives, for the sample and each resample.

    Attributes:
        average_precision: [1 + resamples] sum over distinct scores of (recall gained) x precision, not interpolated.
        auroc: [1 + resamples] chance that a positive scores above a negative, ties counting half.
        recall_at_precision: [1 + resamples] highest recall at any cut-off with the wanted precision; 0 if none has it.
    """

    average_precision: Array
    auroc: Array
    recall_at_precision: Array


def ranking(scores: Array, positive: Mask, bootstrap: Bootstrap, *, precision_goal: float = 0.9) -> Ranking:
    """Compute rank statistics of every resample, with multiplicities as row weights.

    The definitions are those of scikit-learn's ``average_precision_score`` and ``roc_auc_score`` with
    ``sample_weight``; doing all resamples of a chunk at once is what makes a thousand of them affordable.

    Args:
        scores: [rows] higher means more surely positive.
        positive: [rows] the truth.
        bootstrap: The resamples of these rows.
        precision_goal: The precision at which recall is read off.

    Returns:
        The statistics; NaN in a resample that lacks positives or negatives.
    """
    order = np.argsort(-scores, kind="stable")
    ends = tie_ends(scores[order])
    truth = positive[order]
    out = np.full((3, len(bootstrap.counts)), np.nan)
    for part, weights in bootstrap.weights(order):
        seen = np.cumsum(weights, axis=1)[:, ends]
        hits = np.cumsum(weights * truth, axis=1)[:, ends]
        misses = seen - hits
        positives, negatives = hits[:, -1], misses[:, -1]
        both = np.where(negatives > 0, positives, 0.0)
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        gained = np.diff(hits, axis=1, prepend=0.0)
        out[0, part] = ratio((gained * precision).sum(axis=1), both)
        area = (np.diff(misses, axis=1, prepend=0.0) * (hits - gained / 2)).sum(axis=1)
        out[1, part] = ratio(area, both * negatives)
        out[2, part] = ratio(np.where(precision >= precision_goal, hits, 0.0).max(axis=1), both)
    return Ranking(out[0], out[1], out[2])


def tie_ends(ordered: Array) -> Index:
    """Return the last position of each run of equal numbers in a sorted array, for cut-offs that split no tie."""
    return np.flatnonzero(np.append(np.diff(ordered) != 0, True))


def weighted_quantile(numbers: Array, quantile: float, bootstrap: Bootstrap) -> Array:
    """Return a quantile of every resample: the smallest number that at least that share of the rows do not pass.

    Args:
        numbers: [rows].
        quantile: Between 0 and 1.
        bootstrap: The resamples of these rows.

    Returns:
        [1 + resamples]; NaN in a resample without rows.
    """
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    out = np.full(len(bootstrap.counts), np.nan)
    for part, weights in bootstrap.weights(order):
        reached = np.cumsum(weights, axis=1)
        total = reached[:, -1]
        # a tolerance, since quantile x total is rarely exact
        first = (reached >= (quantile * total)[:, None] - 1e-9).argmax(axis=1)
        out[part] = np.where(total > 0, ordered[first], np.nan)
    return out


def equal_mass_bins(scores: Array, bins: int = 15) -> Index:
    """Sort scores into bins of about equally many, never splitting equal scores.

    Args:
        scores: [rows].
        bins: Most bins made; ties may leave fewer.

    Returns:
        [rows] bin of each row, from 0 (lowest scores) without gaps.
    """
    ordered = np.sort(scores)
    edges = np.unique(ordered[(np.arange(1, bins) * len(ordered)) // bins])
    _, codes = np.unique(np.searchsorted(edges, scores, side="right"), return_inverse=True)
    return codes.astype(np.intp)
