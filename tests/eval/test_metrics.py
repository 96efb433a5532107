from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.calibration import probabilities, weights
from nli.errors import InputError
from nli.eval.bootstrap import Intervals
from nli.eval.metrics import CURVE_POINTS, evaluate_set, summarise
from nli.eval.model_index import model_index
from nli.eval.results_schema import Decision, PredictionRow, lookup, metric_paths
from nli.eval.tables import format_metric, format_results_table

if TYPE_CHECKING:
    from collections.abc import Sequence

CLASSES = ("entailment", "neutral", "contradiction")
PLAIN = Decision(temperature=1.0, threshold=0.5, direction="forward")
NO_INTERVALS = Intervals(resamples=0)

# the gold label, then the probabilities of the three classes
EIGHT: tuple[tuple[str, tuple[float, float, float]], ...] = (
    ("contradiction", (0.05, 0.05, 0.90)),
    ("contradiction", (0.10, 0.20, 0.70)),
    ("contradiction", (0.15, 0.40, 0.45)),  # most probable, yet below the threshold
    ("contradiction", (0.20, 0.70, 0.10)),
    ("entailment", (0.80, 0.15, 0.05)),
    ("entailment", (0.30, 0.10, 0.60)),
    ("neutral", (0.10, 0.75, 0.15)),
    ("neutral", (0.55, 0.25, 0.20)),
)


def prediction(
    pair: str,
    gold: str,
    forward: Sequence[float],
    backward: Sequence[float] | None = None,
    *,
    tags: Sequence[str] = (),
    cluster: str | None = None,
    truncated: int = 0,
) -> PredictionRow:
    """Return a prediction row from probabilities."""
    return {
        "id": pair,
        "gold": gold,
        "premise": f"premise {pair}",
        "hypothesis": f"hypothesis {pair}",
        "forward": np.log(forward).tolist(),
        "backward": None if backward is None else np.log(backward).tolist(),
        "probabilities": list(forward),
        "truncated": truncated,
        "tags": list(tags),
        "cluster": pair if cluster is None else cluster,
    }


def eight(*, golds: Sequence[str] | None = None, tags: Sequence[str] = ()) -> list[PredictionRow]:
    rows = [prediction(f"p{number}", gold, given, tags=tags) for number, (gold, given) in enumerate(EIGHT)]
    for row, gold in zip(rows, golds or (), strict=bool(golds)):
        row["gold"] = gold
    return rows


def random_rows(count: int, seed: int = 0, *, clusters: int | None = None, skill: float = 1.5) -> list[PredictionRow]:
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 3, size=count)
    forward = rng.normal(size=(count, 3)) + skill * np.eye(3)[gold]
    backward = forward + rng.normal(scale=0.5, size=(count, 3))
    return [
        prediction(
            f"r{row}",
            CLASSES[gold[row]],
            np.exp(forward[row]).tolist(),
            np.exp(backward[row]).tolist(),
            tags=("even",) if row % 2 == 0 else ("odd", "by-three") if row % 3 == 0 else (),
            cluster=None if clusters is None else f"c{row % clusters}",
            truncated=row % 5 == 0,
        )
        for row in range(count)
    ]


def value(results: Any, path: str) -> float | None:
    for key in path.split("."):
        results = results[key]
    return results["value"]


def measured(rows: list[PredictionRow], decision: Decision = PLAIN, **options: Any) -> dict[str, Any]:
    return evaluate_set("example", rows, decision, **{"intervals": NO_INTERVALS, **options}).results


def test_eight_pairs_by_hand() -> None:
    results = measured(eight(), dropped={"no gold label": 2}, pairs_per_second=120.5)
    expected = {
        "accuracy": 5 / 8,
        "accuracy_restricted": 5 / 8,
        "per_class.contradiction.precision": 3 / 4,
        "per_class.contradiction.recall": 3 / 4,
        "per_class.contradiction.f1": 3 / 4,
        "per_class.entailment.precision": 1 / 2,
        "per_class.entailment.recall": 1 / 2,
        "per_class.neutral.f1": 1 / 2,
        "macro_f1": (3 / 4 + 1 / 2 + 1 / 2) / 3,
        "contradiction.precision": 2 / 3,
        "contradiction.recall": 1 / 2,
        "contradiction.f1": 4 / 7,
        "contradiction.average_precision": (1 + 1 + 3 / 4 + 4 / 7) / 4,
        "contradiction.auroc": (4 + 4 + 3 + 1) / 16,
        "contradiction.recall_at_90_precision": 1 / 2,
        "contradiction.flagged_rate": 3 / 8,
        "contradiction.false_flag_rate": 1 / 4,
        "contradiction.precision_at_prevalence": 0.05 * 0.5 / (0.05 * 0.5 + 0.95 * 0.25),
        "pairs_per_second": 120.5,
    }
    assert {path: value(results, path) for path in expected} == pytest.approx(expected, abs=1e-6)
    assert results["confusion"] == {"labels": list(CLASSES), "counts": [[1, 0, 1], [1, 1, 0], [0, 1, 3]]}
    assert results["n"] == 8
    assert results["gold"] == {"entailment": 2, "neutral": 2, "contradiction": 4}
    assert results["dropped"] == {"no gold label": 2}
    # wrong are p3 (0.70 sure), p5 (0.60) and p7 (0.55)
    assert results["worst_errors"] == ["p3", "p5", "p7"]


def test_brier_and_log_loss_by_hand() -> None:
    rows = [prediction("a", "entailment", (0.7, 0.2, 0.1)), prediction("b", "contradiction", (0.5, 0.3, 0.2))]
    results = measured(rows)
    assert value(results, "calibration.brier") == pytest.approx((0.09 + 0.04 + 0.01 + 0.25 + 0.09 + 0.64) / 2)
    assert value(results, "calibration.log_loss") == pytest.approx(-(math.log(0.7) + math.log(0.2)) / 2, abs=1e-6)
    # each pair is a bin of its own: |0.1 - 0| and |0.2 - 1|, and for the top label |0.7 - 1| and |0.5 - 0|
    assert value(results, "calibration.ece") == pytest.approx((0.1 + 0.8) / 2)
    assert value(results, "calibration.ece_top") == pytest.approx((0.3 + 0.5) / 2)


def test_agreement_with_scikit_learn() -> None:
    from sklearn import metrics as sk

    rows = random_rows(400)
    decision = Decision(temperature=1.7, threshold=0.4)
    results = measured(rows, decision)
    given = probabilities(
        np.array([row["forward"] for row in rows]),
        np.array([row["backward"] for row in rows]),
        decision.temperature,
        weights((len(row["premise"]), len(row["hypothesis"])) for row in rows),
    )
    gold = np.array([CLASSES.index(row["gold"]) for row in rows])
    predicted, contradiction = given.argmax(axis=1), given[:, 2]
    positive, flagged = gold == 2, contradiction >= 0.4
    precision, recall, f1, _ = sk.precision_recall_fscore_support(gold, predicted)
    expected = {
        "accuracy": sk.accuracy_score(gold, predicted),
        "macro_f1": sk.f1_score(gold, predicted, average="macro"),
        **{f"per_class.{label}.precision": precision[index] for index, label in enumerate(CLASSES)},
        **{f"per_class.{label}.recall": recall[index] for index, label in enumerate(CLASSES)},
        **{f"per_class.{label}.f1": f1[index] for index, label in enumerate(CLASSES)},
        "contradiction.precision": sk.precision_score(positive, flagged),
        "contradiction.recall": sk.recall_score(positive, flagged),
        "contradiction.f1": sk.f1_score(positive, flagged),
        "contradiction.average_precision": sk.average_precision_score(positive, contradiction),
        "contradiction.auroc": sk.roc_auc_score(positive, contradiction),
        "calibration.log_loss": sk.log_loss(gold, given),
        "calibration.brier": ((given - np.eye(3)[gold]) ** 2).sum(axis=1).mean(),
    }
    assert {path: value(results, path) for path in expected} == pytest.approx(expected, abs=1e-6)
    assert results["confusion"]["counts"] == sk.confusion_matrix(gold, predicted).tolist()


def test_before_temperature_is_temperature_one() -> None:
    rows = random_rows(200)
    warm, plain = measured(rows, Decision(2.5, 0.5)), measured(rows, Decision(1.0, 0.5))
    for metric in ("ece", "ece_top", "brier", "log_loss"):
        before = warm["calibration"]["before_temperature"][metric]
        assert before == plain["calibration"][metric]
        assert before != warm["calibration"][metric]
    assert warm["reliability_before_temperature"] == plain["reliability"]


def test_expected_calibration_error_is_the_gap_of_the_reliability_bins() -> None:
    results = measured(random_rows(300), Decision(1.3, 0.5))
    bins = results["reliability"]
    assert len(bins) == 15
    assert sum(one["n"] for one in bins) == 300
    error = sum(one["n"] * abs(one["predicted"] - one["observed"]["value"]) for one in bins) / 300
    assert value(results, "calibration.ece") == pytest.approx(error, abs=1e-5)


def test_both_directions_and_one() -> None:
    rows = [
        prediction("a", "contradiction", (0.2, 0.1, 0.7), (0.3, 0.4, 0.3)),
        prediction("b", "neutral", (0.1, 0.8, 0.1), (0.2, 0.4, 0.4)),
    ]
    both, forward = measured(rows, Decision(1.0, 0.6)), measured(rows, Decision(1.0, 0.6, "forward"))
    assert value(both, "contradiction.recall") == 0.0  # (0.7 + 0.3) / 2 is below 0.6
    assert value(forward, "contradiction.recall") == 1.0
    for results in (both, forward):
        assert value(results, "direction_gap.mean") == pytest.approx(0.35)
        assert value(results, "direction_gap.p95") == pytest.approx(0.4)
        assert value(results, "direction_gap.max") == pytest.approx(0.4)


def test_one_way_predictions_have_no_direction_gap_and_no_both() -> None:
    metric = measured(eight())["direction_gap"]["mean"]
    assert metric == {"value": None, "low": None, "high": None, "why": "the pairs were scored one way only"}
    with pytest.raises(InputError, match="8 of 8 predictions of the set 'example' were scored one way"):
        measured(eight(), Decision(1.0, 0.5, "both"))


def test_a_two_way_set() -> None:
    golds = ["not_entailment"] * 3 + ["entailment"] * 3 + ["not_entailment"] * 2
    rows = eight(golds=golds)
    results = measured(rows, task="two-way")
    # P(entailment) >= 0.5 holds for p4 and p7
    assert results["confusion"] == {"labels": ["entailment", "not_entailment"], "counts": [[1, 2], [1, 4]]}
    assert value(results, "accuracy") == 5 / 8
    assert value(results, "macro_f1") == pytest.approx((2 / 5 + 8 / 11) / 2, abs=1e-6)
    assert set(results["per_class"]) == {"entailment", "not_entailment"}
    assert value(results, "calibration.brier") == pytest.approx(
        np.mean([2 * ((given[0] - (gold == "entailment")) ** 2) for (_, given), gold in zip(EIGHT, golds, strict=True)])
    )
    why = "a two-way set does not say which pairs are contradictions"
    for metric in ("precision", "recall", "f1", "average_precision", "auroc", "precision_at_prevalence"):
        assert results["contradiction"][metric]["value"] is None
        assert results["contradiction"][metric]["why"] == why
    assert results["calibration"]["ece"]["why"] == why
    assert value(results, "contradiction.flagged_rate") == 3 / 8
    assert value(results, "contradiction.false_flag_rate") == pytest.approx(1 / 3, abs=1e-6)  # p5 among p3, p4, p5
    assert results["reliability"] == []
    assert results["pr_curve"] == []


def test_an_even_split_of_two_is_entailment() -> None:
    rows = [prediction("a", "entailment", (0.5, 0.25, 0.25)), prediction("b", "not_entailment", (0.4, 0.3, 0.3))]
    assert value(measured(rows, task="two-way"), "accuracy") == 1.0


def test_a_set_without_contradictions_still_shows_false_flags() -> None:
    results = measured(eight(golds=["entailment"] * 4 + ["neutral"] * 4))
    assert results["contradiction"]["precision"]["why"] == "no pair here is a contradiction"
    for metric in ("precision", "recall", "f1", "average_precision", "auroc", "recall_at_90_precision"):
        assert results["contradiction"][metric]["value"] is None
    assert results["per_class"]["contradiction"]["f1"]["why"] == "no pair here is contradiction"
    assert value(results, "contradiction.false_flag_rate") == value(results, "contradiction.flagged_rate") == 3 / 8
    assert value(results, "accuracy") == 1 / 8  # p6 alone
    assert value(results, "accuracy_restricted") == 2 / 8  # p0, where the first of two equals wins, and p6
    assert value(results, "calibration.ece") == pytest.approx(np.mean([given[2] for _, given in EIGHT]), abs=1e-6)


def test_a_set_without_neutral_pairs_is_also_scored_between_the_two() -> None:
    results = measured(eight(golds=["contradiction"] * 4 + ["entailment"] * 4), task="stance")
    assert value(results, "accuracy") == 5 / 8
    assert value(results, "accuracy_restricted") == 5 / 8  # p3 and p6 move, p3 to the wrong side
    assert results["per_class"]["neutral"]["recall"]["value"] is None
    assert value(results, "macro_f1") == pytest.approx((6 / 8 + 4 / 6) / 2, abs=1e-6)


def test_where_all_are_contradictions_only_recall_means_something() -> None:
    results = measured(eight(golds=["contradiction"] * 8))
    assert value(results, "contradiction.recall") == 3 / 8
    for metric in ("precision", "f1", "average_precision", "auroc", "precision_at_prevalence"):
        assert results["contradiction"][metric]["why"] == "every pair here is a contradiction"
    assert results["contradiction"]["false_flag_rate"]["value"] is None
    assert results["accuracy_restricted"]["value"] is None


def test_nothing_flagged() -> None:
    results = measured(eight(), Decision(1.0, 0.99, "forward"))
    for metric in ("precision", "precision_at_prevalence"):
        assert results["contradiction"][metric]["why"] == "nothing here was flagged"
    assert value(results, "contradiction.recall") == 0.0
    assert value(results, "contradiction.f1") == 0.0
    assert not any(point["stored"] for point in results["pr_curve"])


def test_the_threshold_itself_is_flagged() -> None:
    exact = [prediction("a", "contradiction", (0.25, 0.25, 0.5)), prediction("b", "neutral", (0.4, 0.4, 0.2))]
    given = float(probabilities(np.array([exact[0]["forward"]]), None, 1.0)[0, 2])
    assert value(measured(exact, Decision(1.0, given, "forward")), "contradiction.recall") == 1.0


@pytest.mark.parametrize("prevalence", [0.01, 0.3])
def test_precision_at_a_prevalence(prevalence: float) -> None:
    results = measured(eight(), prevalence=prevalence)
    expected = prevalence * 0.5 / (prevalence * 0.5 + (1 - prevalence) * 0.25)
    assert value(results, "contradiction.precision_at_prevalence") == pytest.approx(expected, abs=1e-6)
    assert results["contradiction"]["prevalence"] == prevalence


def test_the_own_share_of_contradictions_restates_nothing() -> None:
    results = measured(eight(), prevalence=0.5)
    assert value(results, "contradiction.precision_at_prevalence") == value(results, "contradiction.precision")


def test_the_curve_is_thinned_and_keeps_the_threshold() -> None:
    results = measured(random_rows(3000), Decision(1.0, 0.4321))
    curve = results["pr_curve"]
    assert len(curve) <= CURVE_POINTS
    stored = [point for point in curve if point["stored"]]
    assert len(stored) == 1
    assert stored[0]["threshold"] == 0.4321
    assert stored[0]["precision"] == pytest.approx(value(results, "contradiction.precision"), abs=1e-6)
    assert stored[0]["recall"] == pytest.approx(value(results, "contradiction.recall"), abs=1e-6)
    recalls = [point["recall"] for point in curve]
    assert recalls == sorted(recalls)
    assert recalls[-1] == 1.0
    assert max(np.diff(recalls)) < 0.02


def test_slices_are_tags_with_enough_rows() -> None:
    rows = eight()
    for row, tags in zip(rows, [["a", "b"], ["a"], ["a"], ["a"], ["a", "b"], ["b"], ["b", "c"], ["b"]], strict=True):
        row["tags"] = tags
    slices = measured(rows, min_slice=5)["slices"]
    assert list(slices) == ["a", "b"]
    assert slices["a"]["n"] == 5
    assert slices["a"]["gold"] == {"entailment": 1, "neutral": 0, "contradiction": 4}
    assert value(slices["a"], "accuracy") == 4 / 5
    assert value(slices["a"], "contradiction.precision") == 1.0
    assert value(slices["a"], "contradiction.recall") == 1 / 2
    assert value(slices["b"], "contradiction.false_flag_rate") == 1 / 4
    assert set(slices["a"]["contradiction"]) == {"precision", "recall", "f1", "false_flag_rate", "average_precision"}
    assert measured(rows)["slices"] == {}


def test_a_slice_of_all_pairs_has_the_numbers_of_the_set() -> None:
    rows = random_rows(80, clusters=20)
    for row in rows:
        row["tags"] = ["all"]
    results = measured(rows, Decision(1.0, 0.5), intervals=Intervals(resamples=100))
    assert results["slices"]["all"]["accuracy"] == results["accuracy"]
    for metric, found in results["slices"]["all"]["contradiction"].items():
        assert found == results["contradiction"][metric]


def test_truncation_is_counted() -> None:
    rows = eight()
    rows[1]["truncated"], rows[4]["truncated"] = 7, 30
    assert measured(rows)["truncated"] == {"pairs": 2, "tokens": 37}


def test_everything_survives_json() -> None:
    for rows, task in ((random_rows(60), "three-way"), (eight(golds=["entailment"] * 8), "two-way")):
        decision = Decision(1.0, 0.5, "both" if rows[0]["backward"] else "forward")
        results = evaluate_set("example", rows, decision, task=task, intervals=Intervals(resamples=50)).results
        assert json.loads(json.dumps(results, allow_nan=False)) == results


def test_each_metric_has_an_interval_around_it() -> None:
    results = evaluate_set("example", random_rows(300, clusters=60), Decision(1.4, 0.45)).results
    without = {"pairs_per_second", "direction_gap.max"}
    for path, metric in metric_paths({"datasets": {"x": results}}).items():
        if path.removeprefix("x.") in without:
            assert metric["low"] is metric["high"] is None
        else:
            assert metric["low"] <= metric["value"] <= metric["high"], path
    assert results["bootstrap"] == {"clusters": 60, "resamples": 1000, "level": 0.95, "seed": 0}


def test_the_seed_decides() -> None:
    rows = random_rows(100)

    def made(seed: int) -> dict[str, Any]:
        return evaluate_set("example", rows, Decision(1.0, 0.5), intervals=Intervals(seed=seed, resamples=50)).results

    assert made(3) == made(3)
    assert made(3)["accuracy"]["value"] == made(4)["accuracy"]["value"]
    assert made(3)["accuracy"] != made(4)["accuracy"]


triples = st.tuples(*[st.integers(1, 30)] * 3).map(lambda parts: [part / sum(parts) for part in parts])
pairs = st.lists(
    st.tuples(st.sampled_from(CLASSES), triples, triples, st.integers(0, 9), st.sampled_from(["x", "y"])),
    min_size=1,
    max_size=40,
)


def rows_of(drawn: list[Any]) -> list[PredictionRow]:
    return [
        prediction(f"p{number}", gold, forward, backward, cluster=f"c{cluster}", tags=[tag])
        for number, (gold, forward, backward, cluster, tag) in enumerate(drawn)
    ]


@given(pairs, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_order_of_rows_changes_nothing(drawn: list[Any], random: Any) -> None:
    rows = rows_of(drawn)
    shuffled = random.sample(rows, len(rows))
    decision, how = Decision(1.2, 0.4), Intervals(seed=2, resamples=20)
    first, second = (
        evaluate_set("example", order, decision, min_slice=3, intervals=how).results for order in (rows, shuffled)
    )
    flat = [metric_paths({"datasets": {"x": results}}) for results in (first, second)]
    assert flat[0].keys() == flat[1].keys()
    for path, metric in flat[0].items():
        for end in ("value", "low", "high"):
            assert flat[1][path][end] == pytest.approx(metric[end], abs=2e-6), path
    for key in ("confusion", "worst_errors", "pr_curve", "gold"):
        assert first[key] == second[key]


@given(pairs)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_metrics_stay_in_bounds_and_intervals_around_accuracy(drawn: list[Any]) -> None:
    how = Intervals(seed=1, resamples=200)
    results = evaluate_set("example", rows_of(drawn), Decision(1.0, 0.4), min_slice=3, intervals=how).results
    for path, metric in metric_paths({"datasets": {"x": results}}).items():
        if metric["value"] is None:
            assert metric["why"]
            continue
        highest = math.inf if path.endswith("log_loss") else 2 if path.endswith("brier") else 1
        for end in ("value", "low", "high"):
            assert metric[end] is None or 0 <= metric[end] <= highest, path
    accuracy = results["accuracy"]
    assert accuracy["low"] is None or accuracy["low"] <= accuracy["value"] <= accuracy["high"]


def test_bad_rows_are_refused() -> None:
    def broken(**changes: Any) -> list[PredictionRow]:
        rows = eight()
        rows[2].update(changes)  # type: ignore[typeddict-item]
        return rows

    with pytest.raises(InputError, match="'example' has no predictions"):
        measured([])
    with pytest.raises(InputError, match=r"1 ids more than once \('p1'\)"):
        measured(broken(id="p1"))
    with pytest.raises(InputError, match=r"gold labels that a three-way set cannot have \('not_entailment'\)"):
        measured(broken(gold="not_entailment"))
    with pytest.raises(InputError, match="a two-way set cannot have"):
        measured(eight(), task="two-way")
    for logits in ([0.1, math.nan, 0.2], [0.1, 0.2], [0.1, math.inf, 0.2], None):
        with pytest.raises(InputError, match=r"1 predictions whose forward logits .* \('p2'\)"):
            measured(broken(forward=logits))
    incomplete = eight()
    del incomplete[4]["tags"]  # type: ignore[misc]
    with pytest.raises(InputError, match="Prediction 5 of the set 'example' lacks tags"):
        measured(incomplete)
    with pytest.raises(InputError, match="prevalence 5 is not between 0 and 1"):
        measured(eight(), prevalence=5)


def suite() -> dict[str, Any]:
    """Return the results of a suite of three sets, one of them two-way."""
    how = Intervals(resamples=200)
    evaluations = [
        evaluate_set("easy", random_rows(90, seed=1, skill=3), Decision(1.0, 0.5), intervals=how),
        evaluate_set("hard", random_rows(150, seed=2, skill=0.5), Decision(1.0, 0.5), intervals=how),
        evaluate_set("two", eight(golds=["entailment", "not_entailment"] * 4), PLAIN, task="two-way", intervals=how),
    ]
    return {
        "suite": "mixed",
        "summary": summarise(evaluations),
        "datasets": {one.name: one.results for one in evaluations},
    }


def test_the_suite_is_the_plain_mean_of_its_sets() -> None:
    results = suite()
    sets, summary = results["datasets"], results["summary"]
    assert summary["sets"] == 3
    assert summary["accuracy"]["sets"] == 3
    accuracies = [value(sets[name], "accuracy") for name in ("easy", "hard", "two")]
    assert value(summary, "accuracy") == pytest.approx(np.mean(accuracies), abs=1e-6)
    for metric in ("f1", "average_precision"):
        found = summary["contradiction"][metric]
        assert found["sets"] == 2  # the two-way set has none
        both = [value(sets[name], f"contradiction.{metric}") for name in ("easy", "hard")]
        assert found["value"] == pytest.approx(np.mean(both), abs=1e-6)
        assert found["low"] < found["value"] < found["high"]


def test_a_mean_over_independent_sets_is_surer_than_its_sets() -> None:
    sets = [evaluate_set(f"s{number}", random_rows(200, seed=number), Decision(1.0, 0.5)) for number in range(4)]
    mean = summarise(sets)["accuracy"]
    widths = [one.results["accuracy"]["high"] - one.results["accuracy"]["low"] for one in sets]
    # a quarter of the variance: half the width. Resamples shared between the sets would leave it whole.
    assert mean["high"] - mean["low"] == pytest.approx(np.mean(widths) / 2, rel=0.2)


def test_a_suite_without_a_defined_metric_says_so() -> None:
    two = evaluate_set("two", eight(golds=["entailment", "not_entailment"] * 4), PLAIN, task="two-way")
    f1 = summarise([two])["contradiction"]["f1"]
    assert f1 == {"value": None, "low": None, "high": None, "why": "no set of the suite has it", "sets": 0}


def test_lookup_finds_sets_slices_and_the_suite() -> None:
    results = suite()
    easy = results["datasets"]["easy"]
    assert lookup(results, "easy.contradiction.f1") == value(easy, "contradiction.f1")
    assert lookup(results, "easy.slices.odd.accuracy") == value(easy["slices"]["odd"], "accuracy")
    mean = value(results["summary"], "contradiction.f1")
    assert lookup(results, "suite.contradiction.f1") == lookup(results, "mixed.contradiction.f1") == mean
    # a set goes before a suite of the same name
    assert lookup({**results, "suite": "hard"}, "hard.accuracy") == value(results["datasets"]["hard"], "accuracy")


def test_lookup_of_an_unknown_key_names_the_nearest() -> None:
    results = suite()
    with pytest.raises(InputError, match=r"no metric 'easy\.contradiction\.F1'.*nearest are easy\.contradiction\.f1"):
        lookup(results, "easy.contradiction.F1")
    with pytest.raises(InputError, match=r"no metric 'zzz'.*the sets are easy, hard, two"):
        lookup(results, "zzz")
    with pytest.raises(InputError, match=r"'two\.contradiction\.f1' has no value .* a two-way set"):
        lookup(results, "two.contradiction.f1")


def test_the_table_has_a_line_for_each_set_and_the_mean() -> None:
    results = suite()
    lines = format_results_table(results).splitlines()
    assert lines[0].split()[:2] == ["set", "n"]
    assert set(lines[1]) == {"-"}
    assert [line.split("  ")[0] for line in lines[2:6]] == ["easy", "hard", "two", "mean of sets"]
    easy = results["datasets"]["easy"]
    assert format_metric(easy["contradiction"]["f1"]) in lines[2]
    column = lines[0].index("accuracy")
    for line, entry in zip(lines[2:6], [*results["datasets"].values(), results["summary"]], strict=True):
        assert line[column:].startswith(format_metric(entry["accuracy"]))
    alone = {"datasets": {"easy": easy}, "summary": {"sets": 1}}
    assert "mean" not in format_results_table(alone)


def test_metrics_in_compact_form() -> None:
    assert format_metric({"value": 0.7834, "low": 0.7501, "high": 0.8149}) == "0.783 [0.75\u20130.81]"
    assert format_metric({"value": 0.5, "low": None, "high": None}) == "0.500"
    assert format_metric({"value": None, "low": None, "high": None, "why": "x"}) == "\u2013"
    assert format_metric(None) == "\u2013"


def test_the_model_index_is_what_the_hub_reads() -> None:
    from huggingface_hub.repocard_data import model_index_to_eval_results

    results = suite()
    results["datasets"]["easy"] |= {"hub": "owner/easy", "split": "test"}
    name, found = model_index_to_eval_results(model_index(results, "detector"))
    assert name == "detector"
    first = found[0]
    assert (first.task_type, first.dataset_type, first.dataset_name) == ("text-classification", "owner/easy", "easy")
    assert first.dataset_split == "test"
    assert (first.metric_type, first.metric_value) == ("accuracy", value(results["datasets"]["easy"], "accuracy"))
    assert first.metric_name.startswith("Accuracy (95% interval 0.")
    two = [one for one in found if one.dataset_name == "two"]
    assert {one.metric_type for one in two} == {"accuracy", "f1"}
    assert {one.dataset_type for one in two} == {"two"}
    json.dumps(model_index(results, "detector"), allow_nan=False)
