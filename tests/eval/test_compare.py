from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from nli.errors import InputError
from nli.eval.bootstrap import Intervals
from nli.eval.compare import DIFFERING_PAIRS, compare_sets, format_table
from nli.eval.metrics import evaluate_set
from nli.eval.results_schema import Decision, PredictionRow

CLASSES = ("entailment", "neutral", "contradiction")
BOTH = Decision(temperature=1.0, threshold=0.5)
QUICK = Intervals(resamples=200)


def rows(
    count: int = 200, *, noise: float = 1.0, seed: int = 0, clusters: int = 50, data_seed: int = 7
) -> list[PredictionRow]:
    """Return predictions of a model of which only the noise differs between seeds."""
    data = np.random.default_rng(data_seed)
    gold = data.integers(0, 3, size=count)
    shared = 2 * np.eye(3)[gold] + data.normal(size=(count, 3))
    own = np.random.default_rng([seed, 1])
    forward, backward = (shared + noise * own.normal(size=(count, 3)) for _ in range(2))
    return [
        {
            "id": f"r{row}",
            "gold": CLASSES[gold[row]],
            "premise": f"premise {row}",
            "hypothesis": f"hypothesis {row}",
            "forward": forward[row].tolist(),
            "backward": backward[row].tolist(),
            "probabilities": [0.0, 0.0, 0.0],
            "truncated": 0,
            "tags": ["even"] if row % 2 == 0 else ["rare"] if row == 1 else [],
            "cluster": f"c{row % clusters}",
        }
        for row in range(count)
    ]


def compared(a: list[PredictionRow], b: list[PredictionRow], **options: Any) -> dict[str, Any]:
    return compare_sets("example", a, b, BOTH, options.pop("decision_b", BOTH), **{"intervals": QUICK, **options})


def test_values_are_those_of_the_evaluation() -> None:
    a, b = rows(seed=1), rows(seed=2, noise=3)
    warm = Decision(1.5, 0.4)
    comparison = compared(a, b, decision_b=warm)
    for key, run, decision in (("a", a, BOTH), ("b", b, warm)):
        results = evaluate_set("example", run, decision, intervals=Intervals(resamples=0)).results
        for path, entry in comparison["differences"].items():
            node: Any = results
            for part in path.split("."):
                node = node[part]
            assert entry[key] == node["value"]
    for entry in comparison["differences"].values():
        difference = entry["difference"]
        assert difference["value"] == pytest.approx(entry["b"] - entry["a"], abs=2e-6)
        assert difference["low"] <= difference["value"] <= difference["high"]
    assert comparison["differences"]["accuracy"]["difference"]["high"] < 0  # the noise shows
    assert set(comparison["differences"]) == {
        "accuracy",
        "macro_f1",
        "contradiction.f1",
        "contradiction.average_precision",
        "calibration.ece",
    }


def test_a_run_does_not_differ_from_itself() -> None:
    comparison = compared(rows(), rows())
    for entry in comparison["differences"].values():
        assert entry["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert comparison["mcnemar"]["labels"] == {"only_a_right": 0, "only_b_right": 0, "p": 1.0}
    assert comparison["differing"] == {"total": 0, "pairs": []}


def test_swapping_the_runs_turns_the_difference_round() -> None:
    a, b = rows(seed=1), rows(seed=2)
    one, other = (compared(*pair)["differences"]["macro_f1"]["difference"] for pair in ((a, b), (b, a)))
    assert other == {"value": -one["value"], "low": pytest.approx(-one["high"]), "high": pytest.approx(-one["low"])}


def test_pairing_is_surer_than_two_separate_intervals() -> None:
    a, b = rows(seed=1, noise=0.3), rows(seed=2, noise=0.3)
    paired = compared(a, b)["differences"]["accuracy"]["difference"]
    widths = []
    for run in (a, b):
        accuracy = evaluate_set("example", run, BOTH, intervals=QUICK).results["accuracy"]
        widths.append(accuracy["high"] - accuracy["low"])
    assert paired["high"] - paired["low"] < 0.8 * np.hypot(*widths)


def test_rows_are_matched_by_id() -> None:
    a, b = rows(seed=1), rows(seed=2)
    assert compared(a, b) == compared(a, b[::-1])


def test_mcnemar_by_hand() -> None:
    # by argmax a is right on 10 of 12 and b on 3: one pair only b has right, eight only a
    def run(right: list[int]) -> list[PredictionRow]:
        made = rows(12)
        for number, row in enumerate(made):
            row["gold"] = "contradiction" if number < 6 else "neutral"
            wanted = CLASSES.index(row["gold"]) if number in right else 0
            row["forward"] = row["backward"] = [3.0 if index == wanted else 0.0 for index in range(3)]
        return made

    comparison = compared(run([*range(10)]), run([0, 1, 10]))
    # exact, two-sided: 2 (C(9,0) + C(9,1)) / 2^9
    assert comparison["mcnemar"]["labels"] == {"only_a_right": 8, "only_b_right": 1, "p": pytest.approx(20 / 512)}
    # flags are right wherever a neutral pair is not flagged, so only the contradictions count
    assert comparison["mcnemar"]["flags"] == {"only_a_right": 4, "only_b_right": 0, "p": pytest.approx(2 / 16)}


def test_differing_pairs_are_listed_with_their_texts() -> None:
    a, b = rows(seed=1), rows(seed=2)
    b[4]["forward"] = b[4]["backward"] = [0.0, 0.0, 9.0]
    a[4]["forward"] = a[4]["backward"] = [9.0, 0.0, 0.0]
    differing = compared(a, b)["differing"]
    assert differing["total"] == len(differing["pairs"]) > 10
    furthest = differing["pairs"][0]
    assert furthest["id"] == "r4"
    assert furthest["gold"] == a[4]["gold"]
    assert (furthest["premise"], furthest["hypothesis"]) == ("premise 4", "hypothesis 4")
    assert furthest["a"] == {
        "label": "entailment",
        "contradiction": pytest.approx(0.000123, abs=1e-6),
        "flagged": False,
    }
    assert furthest["b"]["label"] == "contradiction"
    assert furthest["b"]["flagged"]
    apart = [abs(pair["a"]["contradiction"] - pair["b"]["contradiction"]) for pair in differing["pairs"]]
    assert apart == sorted(apart, reverse=True)
    for pair in differing["pairs"]:
        assert (pair["a"]["label"], pair["a"]["flagged"]) != (pair["b"]["label"], pair["b"]["flagged"])


def test_a_threshold_alone_makes_pairs_differ() -> None:
    comparison = compared(rows(), rows(), decision_b=Decision(1.0, 0.9))
    assert comparison["differing"]["total"] > 0
    assert comparison["differences"]["accuracy"]["difference"]["value"] == 0.0
    assert comparison["differences"]["contradiction.f1"]["difference"]["value"] != 0.0


def test_the_list_of_differing_pairs_is_capped_and_the_total_is_not() -> None:
    differing = compared(rows(900, seed=1, noise=4), rows(900, seed=2, noise=4))["differing"]
    assert len(differing["pairs"]) == DIFFERING_PAIRS < differing["total"]


def test_slices_are_compared_too() -> None:
    a, b = rows(seed=1), rows(seed=2)
    comparison = compared(a, b)
    assert list(comparison["slices"]) == ["even"]
    even = comparison["slices"]["even"]
    alone = compared([row for row in a if row["tags"] == ["even"]], [row for row in b if row["tags"] == ["even"]])
    assert even["n"] == alone["n"] == 100
    assert even["mcnemar"] == alone["mcnemar"]
    for path, entry in even["differences"].items():
        assert (entry["a"], entry["b"]) == (alone["differences"][path]["a"], alone["differences"][path]["b"])


def test_a_two_way_set_is_compared_by_its_labels() -> None:
    a, b = rows(seed=1), rows(seed=2)
    for row in (*a, *b):
        row["gold"] = "entailment" if row["gold"] == "entailment" else "not_entailment"
    comparison = compared(a, b, task="two-way")
    assert comparison["differences"]["accuracy"]["difference"]["low"] is not None
    f1 = comparison["differences"]["contradiction.f1"]
    assert f1["a"] is f1["b"] is f1["difference"]["value"] is None
    assert f1["difference"]["why"] == "a two-way set does not say which pairs are contradictions"
    assert comparison["mcnemar"]["flags"]["p"] is None
    assert "contradiction" not in format_table({"example": comparison})


def test_different_pairs_are_refused() -> None:
    a, b = rows(20), rows(20)
    with pytest.raises(InputError, match=r"different pairs .*\(5 ids only in the first, 0 only in the second, 0 rep"):
        compared(a, b[:15])
    with pytest.raises(InputError, match=r"\(0 ids only in the first, 8 only in the second, 0 repeated\)"):
        compared(a[:12], b)
    with pytest.raises(InputError, match="1 repeated"):
        compared(a, [*b, b[0]])
    b[3]["gold"] = "neutral" if b[3]["gold"] != "neutral" else "entailment"
    with pytest.raises(InputError, match="disagree about the gold label of 1 of 20 pairs of the set 'example'"):
        compared(a, b)


def test_the_seed_decides_and_all_is_json() -> None:
    a, b = rows(seed=1), rows(seed=2)
    made = [compared(a, b, intervals=Intervals(seed=seed, resamples=50)) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert json.loads(json.dumps(made[0], allow_nan=False)) == made[0]


def test_the_table_is_aligned() -> None:
    comparison = compared(rows(seed=1), rows(seed=2, noise=3))
    lines = format_table({"example": comparison}, ("small", "large")).splitlines()
    assert lines[0].split() == ["set", "n", "metric", "small", "large", "difference", "p"]
    body = lines[2:-2]
    assert body[0].startswith("example")
    assert sum("even" in line for line in body) == 1
    assert len(body) == 5 + 3
    start = lines[0].index("difference")
    for line in body:
        assert line[start] in "+-"
    accuracy = comparison["differences"]["accuracy"]
    assert f"{accuracy['difference']['value']:+.3f} [{accuracy['difference']['low']:+.3f} " in body[0]
    assert "Difference = large - small" in lines[-2]
    assert lines[-1] == f"Pairs with another label or flag: example: {comparison['differing']['total']}."
