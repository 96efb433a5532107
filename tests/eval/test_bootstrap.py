from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.errors import InputError
from nli.eval import bootstrap as module
from nli.eval.bootstrap import (
    Bootstrap,
    Intervals,
    Measure,
    equal_mass_bins,
    percentiles,
    ranking,
    undefined,
    weighted_quantile,
)


def weights_of(boot: Bootstrap) -> np.ndarray:
    """[1 + resamples, rows] how often each row stands in each resample."""
    return np.concatenate([weights for _, weights in boot.weights(np.arange(len(boot.codes)))])


def sample(rows: int = 120, clusters: int = 40, seed: int = 3) -> tuple[np.ndarray, np.ndarray, Bootstrap]:
    rng = np.random.default_rng(seed)
    positive = rng.random(rows) < 0.4
    scores = np.round(rng.random(rows) * 0.7 + positive * 0.3, 2)  # rounded, so that many tie
    boot = Bootstrap.of([f"c{rng.integers(clusters)}" for _ in range(rows)], Intervals(seed=1, resamples=60))
    return scores, positive, boot


def test_every_resample_draws_as_many_clusters_as_there_are() -> None:
    boot = Bootstrap.of([str(row % 7) for row in range(30)], Intervals(resamples=50))
    assert boot.clusters == 7
    assert boot.resamples == 50
    assert (boot.counts.sum(axis=1) == 7).all()
    assert (boot.counts[0] == 1).all()
    assert (boot.counts[1:] != 1).any()


def test_rows_of_a_cluster_are_drawn_together() -> None:
    boot = Bootstrap.of(["a", "b", "a", "c", "b"], Intervals(resamples=20))
    weights = weights_of(boot)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 4]).all()


def test_draws_follow_seed_and_stream_and_nothing_else() -> None:
    names = [str(row) for row in range(50)]

    def draws(order: list[str], seed: int, stream: str) -> np.ndarray:
        return Bootstrap.of(order, Intervals(seed=seed, resamples=5), stream=stream).counts

    assert (draws(names, 4, "snli") == draws(names[::-1], 4, "snli")).all()
    assert (draws(names, 4, "snli") != draws(names, 5, "snli")).any()
    assert (draws(names, 4, "snli") != draws(names, 4, "anli")).any()


def test_sums_are_weighted_sums() -> None:
    _, positive, boot = sample()
    columns = np.stack([positive, np.arange(len(positive)) / 7], axis=1)
    assert boot.sums(columns) == pytest.approx(weights_of(boot) @ columns)
    assert boot.sums(columns)[0] == pytest.approx(columns.sum(axis=0))


def test_a_subset_keeps_the_draws() -> None:
    _, positive, boot = sample()
    ones = np.ones((len(positive), 1))
    part = boot.subset(positive)
    assert part.sums(ones[positive]) == pytest.approx(boot.sums(positive[:, None]))
    assert part.clusters == boot.clusters_among(positive) <= boot.clusters
    assert (weights_of(part) == weights_of(boot)[:, positive]).all()


def test_ranking_agrees_with_scikit_learn_in_every_resample() -> None:
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

    scores, positive, boot = sample()
    found = ranking(scores, positive, boot, precision_goal=0.75)
    assert len(found.auroc) == 61
    for row, weights in enumerate(weights_of(boot)):
        average = average_precision_score(positive, scores, sample_weight=weights)
        assert found.average_precision[row] == pytest.approx(average)
        assert found.auroc[row] == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights))
        precision, recall, _ = precision_recall_curve(positive, scores, sample_weight=weights)
        expected = recall[:-1][precision[:-1] >= 0.75].max(initial=0.0)
        assert found.recall_at_precision[row] == pytest.approx(expected)


def test_chunks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, positive, boot = sample()
    whole = ranking(scores, positive, boot)
    gaps, sums = weighted_quantile(scores, 0.9, boot), boot.sums(positive[:, None])
    monkeypatch.setattr(module, "_CHUNK_CELLS", 500)
    parts = ranking(scores, positive, boot)
    assert (parts.average_precision == whole.average_precision).all()
    assert (parts.auroc == whole.auroc).all()
    assert (weighted_quantile(scores, 0.9, boot) == gaps).all()
    assert (boot.sums(positive[:, None]) == sums).all()


def test_ranking_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    positive = np.array([True, True, False, True, False])
    found = ranking(scores, positive, Bootstrap.of(list("abcde"), Intervals(resamples=0)), precision_goal=0.9)
    assert found.average_precision == pytest.approx([(1 + 1 + 3 / 4) / 3])
    assert found.auroc == pytest.approx([5 / 6])
    assert found.recall_at_precision == pytest.approx([2 / 3])


def test_recall_is_zero_where_no_cut_off_is_precise_enough() -> None:
    boot = Bootstrap.of(["a", "b"], Intervals(resamples=0))
    assert ranking(np.array([0.9, 0.1]), np.array([False, True]), boot).recall_at_precision == [0.0]


def test_a_resample_without_both_classes_has_no_ranking() -> None:
    boot = Bootstrap.of(["a", "b"], Intervals(seed=0, resamples=40))
    found = ranking(np.array([0.9, 0.1]), np.array([True, False]), boot)
    lacking = (boot.counts == 0).any(axis=1)
    assert lacking.any()
    assert (np.isnan(found.average_precision) == lacking).all()
    assert (np.isnan(found.auroc) == lacking).all()


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 5)), min_size=2, max_size=40),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_ranking_stays_in_bounds(rows: list[tuple[int, bool, int]], seed: int) -> None:
    scores, positive, clusters = (np.array(column) for column in zip(*rows, strict=True))
    boot = Bootstrap.of([str(cluster) for cluster in clusters], Intervals(seed=seed, resamples=20))
    found = ranking(scores / 10, positive, boot)
    for values in (found.average_precision, found.auroc, found.recall_at_precision):
        defined = values[np.isfinite(values)]
        assert ((defined >= 0) & (defined <= 1 + 1e-12)).all()


def test_a_weighted_quantile_is_that_of_the_rows_repeated() -> None:
    scores, _, boot = sample()
    found = weighted_quantile(scores, 0.95, boot)
    for row, weights in enumerate(weights_of(boot)):
        repeated = np.repeat(scores, weights.astype(int))
        assert found[row] == np.quantile(repeated, 0.95, method="inverted_cdf")


def test_equal_mass_bins_hold_about_as_many_each() -> None:
    scores = np.random.default_rng(0).random(1000)
    bins = equal_mass_bins(scores)
    sizes = np.bincount(bins)
    assert len(sizes) == 15
    assert sizes.min() >= 66
    assert sizes.max() <= 67
    assert (np.diff(bins[np.argsort(scores)]) >= 0).all()


@given(st.lists(st.integers(0, 12), min_size=1, max_size=80))
@settings(deadline=None, derandomize=True)
def test_equal_mass_bins_never_split_ties(numbers: list[int]) -> None:
    bins = equal_mass_bins(np.array(numbers) / 12, bins=5)
    assert sorted(set(bins.tolist())) == list(range(bins.max() + 1))
    by_number: dict[int, set[int]] = {}
    for number, position in zip(numbers, bins.tolist(), strict=True):
        by_number.setdefault(number, set()).add(position)
    assert all(len(found) == 1 for found in by_number.values())


def test_the_clustered_interval_covers_what_a_row_bootstrap_misses() -> None:
    rng = np.random.default_rng(11)
    trials, clusters, size, truth = 150, 40, 10, 0.6
    covered = {"clusters": 0, "rows": 0}
    for trial in range(trials):
        # pairs of a cluster mostly fail or succeed together
        chance = rng.beta(3 * truth, 3 * (1 - truth), size=clusters)
        right = (rng.random((clusters, size)) < chance[:, None]).ravel()
        widths = {}
        for kind, names in (
            ("clusters", [str(row // size) for row in range(clusters * size)]),
            ("rows", [str(row) for row in range(clusters * size)]),
        ):
            boot = Bootstrap.of(names, Intervals(seed=trial, resamples=200))
            totals = boot.sums(np.stack([right, np.ones_like(right)], axis=1))
            low, high = percentiles(totals[:, 0] / totals[:, 1], 0.95)
            assert low is not None
            assert high is not None
            widths[kind] = high - low
            covered[kind] += low <= truth <= high
        assert widths["clusters"] > widths["rows"]
    assert covered["clusters"] / trials > 0.88
    assert covered["rows"] / trials < 0.8


def test_large_sets_get_fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CELL_BUDGET", 30_000)
    assert Bootstrap.of([str(row) for row in range(100)], Intervals(resamples=1000)).resamples == 300
    assert Bootstrap.of([str(row) for row in range(1000)], Intervals(resamples=1000)).resamples == 200
    assert Bootstrap.of([str(row) for row in range(1000)], Intervals(resamples=50)).resamples == 50


def test_an_undefined_measure_says_why() -> None:
    assert undefined("no such pair").metric(0.95) == {"value": None, "low": None, "high": None, "why": "no such pair"}


def test_a_measure_is_value_and_percentiles() -> None:
    values = np.concatenate([[0.5], np.arange(101) / 100])
    assert Measure(values).metric(0.9) == {"value": 0.5, "low": 0.05, "high": 0.95}
    assert Measure(values[:1]).metric(0.9) == {"value": 0.5, "low": None, "high": None}


def test_no_interval_where_most_resamples_are_undefined() -> None:
    values = np.array([0.5, 0.4, 0.6, np.nan, np.nan, np.nan])
    assert Measure(values).metric(0.95) == {"value": 0.5, "low": None, "high": None}
    assert Measure(values[:5]).metric(0.95)["low"] is not None


def test_a_proportion_at_its_end_gets_the_exact_bound() -> None:
    from scipy.stats import binomtest

    always = np.ones(100)
    exact = binomtest(12, 12).proportion_ci(0.95, method="exact")
    assert Measure(always, trials=12).metric(0.95) == {"value": 1.0, "low": round(exact.low, 6), "high": 1.0}
    none = binomtest(0, 12).proportion_ci(0.95, method="exact")
    assert Measure(always * 0, trials=12).metric(0.95) == {"value": 0.0, "low": 0.0, "high": round(none.high, 6)}
    assert Measure(always).metric(0.95) == {"value": 1.0, "low": None, "high": None}
    assert Measure(always / 2, trials=12).metric(0.95) == {"value": 0.5, "low": None, "high": None}


def test_a_centred_interval_surrounds_the_value() -> None:
    values = np.concatenate([[0.02], 0.03 + np.linspace(0, 0.02, 200)])  # every resample above the value
    metric = Measure(values, centred=True).metric(0.95)
    assert metric["low"] < 0.02 < metric["high"]
    assert metric["high"] - metric["low"] == pytest.approx(0.019, abs=1e-4)
    assert Measure(values - 0.015, centred=True).metric(0.95)["low"] == 0.0


@pytest.mark.parametrize(
    ("field", "number", "said"),
    [("seed", -1, "seed -1"), ("resamples", -5, "resamples -5"), ("level", 95, "level 95"), ("level", 0.0, "level 0")],
)
def test_senseless_settings_are_refused(field: str, number: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Intervals(**{field: number})
