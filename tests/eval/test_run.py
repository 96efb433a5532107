"""Run folders: what is written, how a killed run goes on, what is refused."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass

import numpy as np
import pytest
import yaml

from nli import bundle
from nli.calibration import Calibration, probabilities, weights
from nli.errors import InputError, ModelError
from nli.eval import store
from nli.eval.datasets import data_sha256, dev_half, prepare
from nli.eval.leakage import check_leakage, leakage_lines, normalised
from nli.eval.results_schema import PredictionRow, lookup
from nli.eval.run import BLIND_PREMISE, compare_runs, evaluate, refuse_fitted
from nli.eval.store import read_json, read_predictions, read_results
from nli.eval.suite import SetSpec, Suite, load_suite
from nli.finetune.mixture import Given, load_source
from nli.finetune.recipe import Source


@dataclass(frozen=True)
class Scored:
    forward: np.ndarray
    backward: np.ndarray | None
    truncated: int = 0


class Toy:
    """A detector whose logits follow from the texts alone."""

    def __init__(self, *, direction="both", provenance=None, name="toy", stop_after=None, salt=""):
        self.name = name
        self.direction = direction
        self.runtime_name = "toy-cpu-fp32"
        self.weights_sha256 = hashlib.sha256(f"{name}{salt}".encode()).hexdigest()
        self.calibration = Calibration(2.0, {"both": 0.4, "forward": 0.6}, provenance or {})
        self.stop_after = stop_after
        self.salt = salt
        self.asked = []

    @property
    def threshold(self):
        return self.calibration.thresholds[self.direction]

    def identity(self):
        return {"model": self.weights_sha256, "direction": self.direction}

    def logits(self, pairs):
        for premise, hypothesis in pairs:
            if self.stop_after is not None and len(self.asked) >= self.stop_after:
                raise KeyboardInterrupt
            self.asked.append((premise, hypothesis))
            backward = self._one(hypothesis, premise) if self.direction == "both" else None
            yield Scored(self._one(premise, hypothesis), backward, int(len(premise) > 30))

    def _one(self, first, second):
        digest = hashlib.sha256(f"{self.salt}|{first}|{second}".encode()).digest()
        return np.frombuffer(digest[:6], dtype=np.uint16).astype(np.float32) / 10000


LABELS = ("entailment", "neutral", "contradiction")


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """Two small sets from files."""
    monkeypatch.delenv("NLI_DATA", raising=False)
    monkeypatch.setattr(store, "WINDOW", 8)
    return make_suite(tmp_path)


def make_suite(folder, size=30):
    (folder / "data").mkdir(exist_ok=True)
    specs = []
    for name, task in (("alpha", "three-way"), ("beta", "two-way")):
        rows = [
            {
                "id": f"{name}{number}",
                "premise": f"{name} says {number // 2} things" + " and more" * (number % 3),
                "hypothesis": f"{name} said {number} things",
                "label": LABELS[number % 3] if number < size - 1 else None,
                "tags": ["odd" if number % 2 else "even"],
            }
            for number in range(size)
        ]
        with gzip.open(folder / "data" / f"{name}.test.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        specs.append(
            SetSpec(
                name=name,
                task=task,
                split="test",
                licence="MIT",
                domain="d",
                source="s",
                url="https://example.org",
                cluster="premise",
            )
        )
    return Suite(name="mini", description="Two sets.", sets=tuple(specs))


def run(suite, tmp_path, detector=None, out="run", **options):
    options = {"data_root": tmp_path / "data", "resamples": 20, **options}
    return evaluate(suite, detector or Toy(), tmp_path / out, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "predictions").iterdir())}


def predictions(folder):
    return {name: data for name, data in contents(folder).items() if name.endswith(".jsonl.gz")}


def test_run_folder(suite, tmp_path):
    detector = Toy(provenance={"metric": "f1", "data": "elsewhere", "split": "dev"})
    results = run(suite, tmp_path, detector, command="nli eval mini")
    out = tmp_path / "run"
    assert json.loads((out / "results.json").read_text()) == results == read_results(out)
    assert sorted(contents(out)) == ["alpha.jsonl.gz", "alpha.meta.json", "beta.jsonl.gz", "beta.meta.json"]
    assert (results["suite"], results["command"], results["schema_version"]) == ("mini", "nli eval mini", 1)
    assert results["model"] == {
        "name": "toy",
        "weights_sha256": detector.weights_sha256,
        "runtime": "toy-cpu-fp32",
        "precision": "fp32",
        "direction": "both",
        "temperature": 2.0,
        "threshold": 0.4,
        "thresholds": {"both": 0.4, "forward": 0.6},
        "provenance": {"metric": "f1", "data": "elsewhere", "split": "dev"},
        "identity": {"model": detector.weights_sha256, "direction": "both"},
    }
    assert {"python", "numpy", "nli"} <= results["versions"].keys()
    assert results["hardware"]["cpu"]
    assert results["hardware"]["cores"] >= 1
    assert results["peak_rss_mb"] is None or results["peak_rss_mb"] > 1
    for name in ("alpha", "beta"):
        entry = results["datasets"][name]
        assert (entry["n"], entry["dropped"]) == (29, {"no gold label": 1})
        assert entry["data"]["sha256"] == prepare_one(suite, tmp_path, name).data_sha256
        assert entry["data"]["source"] == f"file {name}.test.jsonl.gz"
        assert entry["slices"].keys() == {"even", "odd"}
        assert entry["truncated"]["pairs"] == sum(len(premise) > 30 for premise, _ in detector.asked if name in premise)
    assert results["datasets"]["beta"]["contradiction"]["f1"]["value"] is None
    assert lookup(results, "mini.accuracy") == results["summary"]["accuracy"]["value"]
    assert str(tmp_path) not in (out / "results.json").read_text()


def prepare_one(suite, tmp_path, name, **options):
    return prepare(next(spec for spec in suite.sets if spec.name == name), data_root=tmp_path / "data", **options)


def test_prediction_rows(suite, tmp_path):
    run(suite, tmp_path)
    rows = read_predictions(tmp_path / "run" / "predictions" / "alpha.jsonl.gz")
    pairs = list(prepare_one(suite, tmp_path, "alpha").rows())
    assert [row["id"] for row in rows] == [pair.id for pair in pairs]
    for row, pair in zip(rows, pairs, strict=True):
        assert row.keys() == PredictionRow.__required_keys__
        assert (row["gold"], row["premise"], row["cluster"]) == (pair.gold, pair.premise, pair.cluster)
        weight = weights([(len(row["premise"]), len(row["hypothesis"]))])
        expected = probabilities(np.array([row["forward"]]), np.array([row["backward"]]), 2.0, weight)[0]
        assert row["probabilities"] == pytest.approx(expected, abs=1e-6)
    meta = read_json(tmp_path / "run" / "predictions" / "alpha.meta.json")
    assert (meta["set"], meta["task"], meta["n"]) == ("alpha", "three-way", 29)
    assert meta["pairs_per_second"] is None or meta["pairs_per_second"] > 0


def test_one_way(suite, tmp_path):
    results = run(suite, tmp_path, Toy(direction="forward"))
    assert results["model"]["threshold"] == 0.6
    assert results["datasets"]["alpha"]["direction_gap"]["mean"]["value"] is None
    rows = read_predictions(tmp_path / "run" / "predictions" / "alpha.jsonl.gz", texts=False)
    assert all(row["backward"] is None and row["premise"] == "" for row in rows)


def test_model_index(suite, tmp_path):
    run(suite, tmp_path)
    card = yaml.safe_load((tmp_path / "run" / "model-index.yaml").read_text())
    assert [entry["dataset"]["name"] for entry in card["model-index"][0]["results"]] == ["alpha", "beta"]


@pytest.mark.parametrize("stop_after", [0, 7, 8, 20, 29, 40, 57])
def test_an_interrupted_run_goes_on_and_ends_the_same(suite, tmp_path, stop_after):
    run(suite, tmp_path, out="whole")
    with pytest.raises(KeyboardInterrupt):
        run(suite, tmp_path, Toy(stop_after=stop_after))
    assert not (tmp_path / "run" / "results.json").exists()
    again = Toy()
    run(suite, tmp_path, again)
    assert predictions(tmp_path / "run") == predictions(tmp_path / "whole")
    assert sorted(contents(tmp_path / "run")) == sorted(contents(tmp_path / "whole"))
    in_set = stop_after if stop_after < 29 else stop_after - 29
    done = (29 if stop_after >= 29 else 0) + in_set - in_set % 8
    assert len(again.asked) == 2 * 29 - done


def test_a_finished_run_is_only_measured_again(suite, tmp_path):
    first = run(suite, tmp_path)
    again = Toy()
    second = run(suite, tmp_path, again, resamples=10, prevalence=0.2)
    assert again.asked == []
    assert second["prevalence"] == 0.2
    assert second["datasets"]["alpha"]["accuracy"]["value"] == first["datasets"]["alpha"]["accuracy"]["value"]


def test_a_finished_run_takes_ids_groups_and_tags_from_the_file_as_it_is_now(suite, tmp_path):
    run(suite, tmp_path)
    path = tmp_path / "data" / "alpha.test.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [{**row, "id": f"new {row['id']}", "tags": ["all"], "group": f"g{n % 4}"} for n, row in enumerate(rows)]
    rows.append({"premise": "No label.", "hypothesis": "None."})
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    sets = tuple(spec.model_copy(update={"cluster": "group"}) if spec.name == "alpha" else spec for spec in suite.sets)
    changed, again = suite.model_copy(update={"sets": sets}), Toy()
    entry = run(changed, tmp_path, again)["datasets"]["alpha"]
    assert again.asked == []
    assert (entry["dropped"], set(entry["slices"])) == ({"no gold label": 2}, {"all"})
    assert entry["bootstrap"]["clusters"] == 4
    run(changed, tmp_path, out="whole")
    assert predictions(tmp_path / "run") == predictions(tmp_path / "whole")


@pytest.mark.parametrize("damage", [lambda data: data[:-3], lambda data: data + b"half a window", lambda data: b""])
def test_a_damaged_tail_is_scored_again(suite, tmp_path, damage):
    run(suite, tmp_path, out="whole")
    with pytest.raises(KeyboardInterrupt):
        run(suite, tmp_path, Toy(stop_after=20))
    part = tmp_path / "run" / "predictions" / "alpha.jsonl.gz.part"
    part.write_bytes(damage(part.read_bytes()))
    run(suite, tmp_path)
    assert predictions(tmp_path / "run") == predictions(tmp_path / "whole")


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_run
from nli.eval import store
store.WINDOW = 8

class Slow(test_run.Toy):
    def logits(self, pairs):
        for scored in super().logits(pairs):
            time.sleep(0.01)
            yield scored

folder = Path({folder!r})
test_run.run(test_run.make_suite(folder, size=400), folder, Slow())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_process_is_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.delenv("NLI_DATA", raising=False)
    monkeypatch.setattr(store, "WINDOW", 8)
    script = textwrap.dedent(KILLED).format(tests=os.path.dirname(__file__), folder=str(tmp_path))  # noqa: PTH120
    process = subprocess.Popen([sys.executable, "-c", script])
    journal = tmp_path / "run" / "predictions" / "alpha.journal"
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if journal.is_file() and journal.read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    suite = make_suite(tmp_path, size=400)
    again = Toy()
    run(suite, tmp_path, again)
    assert 2 * 399 - 399 < len(again.asked) <= 2 * 399 - 3 * 8
    run(suite, tmp_path, out="whole")
    assert predictions(tmp_path / "run") == predictions(tmp_path / "whole")


@pytest.mark.parametrize(
    "other", [{"detector": Toy(name="another")}, {"limit": 5}, {"detector": Toy(direction="forward")}]
)
def test_a_folder_of_another_run_is_refused(suite, tmp_path, other):
    run(suite, tmp_path)
    before = contents(tmp_path / "run")
    with pytest.raises(InputError, match=r"holds another run \(suite mini, model toy"):
        run(suite, tmp_path, **other)
    assert contents(tmp_path / "run") == before


def test_a_folder_with_other_files_is_refused(suite, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("dear")
    with pytest.raises(InputError, match="holds other files and no run"):
        run(suite, tmp_path)


def test_blind_run_stands_beside(suite, tmp_path):
    detector = Toy()
    results = run(suite, tmp_path, detector, blind=True)
    entry = results["blind"]["alpha"]
    rows = read_predictions(tmp_path / "run" / "predictions" / "alpha.blind.jsonl.gz")
    assert entry["premise"] == BLIND_PREMISE
    assert {row["premise"] for row in rows} == {BLIND_PREMISE}
    right = np.mean([LABELS[int(np.argmax(row["probabilities"]))] == row["gold"] for row in rows])
    assert entry["accuracy"]["value"] == pytest.approx(right, abs=1e-6)
    assert entry["majority"] == pytest.approx(10 / 29, abs=1e-6)
    assert (
        results["datasets"]["alpha"]["accuracy"] == run(suite, tmp_path, out="other")["datasets"]["alpha"]["accuracy"]
    )
    assert read_json(tmp_path / "run" / "predictions" / "alpha.blind.meta.json")["blind_premise"] == BLIND_PREMISE
    assert len(detector.asked) == 4 * 29


def test_blind_may_be_added_to_a_run(suite, tmp_path):
    assert run(suite, tmp_path)["blind"] == {}
    again = Toy()
    assert run(suite, tmp_path, again, blind=True)["blind"].keys() == {"alpha", "beta"}
    assert {premise for premise, _ in again.asked} == {BLIND_PREMISE}


def test_samples_are_stated(suite, tmp_path):
    results = run(suite, tmp_path, limit=10, seed=3)
    entry = results["datasets"]["alpha"]
    assert (entry["n"], entry["data"]["available"], entry["data"]["limit"], entry["data"]["seed"]) == (10, 29, 10, 3)
    drawn = [pair.id for pair in prepare_one(suite, tmp_path, "alpha", limit=10, seed=3).rows()]
    assert [row["id"] for row in read_predictions(tmp_path / "run/predictions/alpha.jsonl.gz")] == drawn


@pytest.mark.parametrize("limit", [0, -4])
def test_a_limit_must_leave_rows(suite, tmp_path, limit):
    with pytest.raises(InputError, match="is not above 0"):
        run(suite, tmp_path, limit=limit)


def provenances(loaded):
    return [
        {"data": "somewhere", "data_sha256": loaded.full_sha256},
        {"data": ["x.dev", "alpha.test"]},
        {"data": "x.dev, alpha.test.jsonl.gz"},
        {"data": {"alpha.test": "0" * 64}},
        {"data": "alpha", "split": "test"},
        {"data": "mixed", "data_sha256": {"x": "1" * 64, "y": loaded.full_sha256}},
    ]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("limit", [None, 5])
def test_fitting_and_reporting_on_one_split_is_refused(suite, tmp_path, number, limit):
    provenance = provenances(prepare_one(suite, tmp_path, "alpha"))[number]
    detector = Toy(provenance=provenance)
    with pytest.raises(InputError, match="The set alpha is what this model's temperature and threshold were fitted on"):
        run(suite, tmp_path, detector, limit=limit)
    assert detector.asked == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "provenance",
    [{}, {"data": "alpha", "split": "dev"}, {"data": "alpha.dev", "data_sha256": "0" * 64}, {"data": "alphabet.test"}],
)
def test_fitting_on_other_data_is_fine(suite, tmp_path, provenance):
    refuse_fitted([prepare_one(suite, tmp_path, "alpha")], provenance)


def write_pairs(path, labels=LABELS):
    path.parent.mkdir(exist_ok=True)
    rows = [
        {"premise": f"P {number // 2}.", "hypothesis": f"H {number}.", "label": labels[number % 3]}
        for number in range(9)
    ]
    rows += [rows[3], rows[1] | {"label": labels[0]}, rows[2] | {"label": None}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def recorded(path):
    return load_source("dev", Source(given="dev"), data_root=None, seed=0, given=Given(dev=path)).sha256


@pytest.mark.parametrize("limit", [None, 3])
def test_a_file_fitted_on_is_told_by_the_checksum_that_calibration_records(tmp_path, limit):
    found = recorded(write_pairs(tmp_path / "dev.jsonl"))
    alone = hashlib.sha256(found.encode()).hexdigest()
    loaded = prepare(load_suite(str(write_pairs(tmp_path / "renamed.jsonl"))).sets[0], limit=limit)
    for provenance in (
        {"data": "dev.jsonl", "data_sha256": found},
        {"data": "new_dev", "data_sha256": alone},
        {"data": "new_dev, cards", "data_sha256": "0" * 64, "sources_sha256": f"{found}, {'1' * 64}"},
    ):
        with pytest.raises(InputError, match="The set renamed is what this model"):
            refuse_fitted([loaded], provenance)
    other = prepare(load_suite(str(write_pairs(tmp_path / "other.jsonl", LABELS[::-1]))).sets[0], limit=limit)
    refuse_fitted([other], {"data": "dev.jsonl", "data_sha256": found, "sources_sha256": found})


@pytest.mark.parametrize("name", ["dev.jsonl", "my dev.jsonl"])
def test_a_file_called_like_the_one_fitted_on_is_refused_from_any_folder(tmp_path, name):
    loaded = prepare(load_suite(str(write_pairs(tmp_path / "data" / name))).sets[0])
    with pytest.raises(InputError, match=r"dev\.jsonl is called like the one"):
        refuse_fitted([loaded], {"data": name, "data_sha256": "0" * 64})


@pytest.mark.parametrize("name", ["denial-minilm", "denial-mpnet"])
def test_the_models_that_ship_may_be_measured_on_what_ships(name):
    sets = [prepare(spec) for spec in load_suite("denial").sets]
    refuse_fitted(sets, bundle.find(name).calibration.provenance)


def test_the_halves_of_the_development_cards(suite):
    loaded = prepare(load_suite("denial").sets[1])
    refuse_fitted([loaded], {"data": "denial_dev.calibrate", "data_sha256": data_sha256(dev_half("calibrate"))})
    for provenance in (
        {"data_sha256": data_sha256(dev_half("report"))},
        {"data": "denial", "split": "dev"},
        {"data": "denial_dev.report"},
    ):
        with pytest.raises(InputError, match="denial_dev is what this model"):
            refuse_fitted([loaded], provenance)


def test_missing_sets_stop_the_run_or_are_listed(suite, tmp_path):
    (tmp_path / "data" / "beta.test.jsonl.gz").unlink()
    with pytest.raises(InputError, match=r"beta has no copy on the hub: make beta\.test\.jsonl\.gz"):
        run(suite, tmp_path)
    results = run(suite, tmp_path, skip_missing=True)
    assert results["datasets"].keys() == {"alpha"}
    assert "beta.test.jsonl.gz" in results["missing"]["beta"]
    (tmp_path / "data" / "alpha.test.jsonl.gz").unlink()
    with pytest.raises(InputError, match="Not one set of the suite mini can be had"):
        run(suite, tmp_path, out="other", skip_missing=True)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_not_finite_are_refused(suite, tmp_path, value):
    class Broken(Toy):
        def _one(self, first, second):
            return np.array([0.0, value, 0.0]) if "3 things" in first else super()._one(first, second)

    with pytest.raises(ModelError, match=r"toy \(toy-cpu-fp32\) gave logits that are not finite for the pair 'alpha"):
        run(suite, tmp_path, Broken())


def test_a_detector_that_loses_pairs_is_refused(suite, tmp_path):
    class Lossy(Toy):
        def logits(self, pairs):
            return list(super().logits(pairs))[:-1]

    with pytest.raises(ModelError, match="7 scores for 8 pairs"):
        run(suite, tmp_path, Lossy())


def test_leakage_is_found_in_both_directions(suite, tmp_path):
    pair = next(iter(prepare_one(suite, tmp_path, "alpha").rows()))
    train = tmp_path / "train.jsonl"
    rows = [
        {"premise": f"  {pair.hypothesis.upper()}!! ", "hypothesis": pair.premise.replace(" ", ",  ")},
        {"premise": pair.premise, "hypothesis": "Something else."},
        {"premise": "", "hypothesis": "Nothing."},
    ]
    train.write_text("".join(json.dumps(row) + "\n" for row in rows))
    results = run(suite, tmp_path, leakage_files=[train])
    found = results["leakage"]["train.jsonl"]
    assert (found["rows"], found["unreadable"]) == (2, 1)
    assert found["sets"]["alpha"] == {"n": 29, "pairs": 1, "texts": 1, "examples": [pair.id]}
    assert found["sets"]["beta"]["pairs"] == found["sets"]["beta"]["texts"] == 0
    assert "train.jsonl (2 rows) and alpha: 1 of 29 pairs" in "\n".join(leakage_lines(results["leakage"]))


def test_training_files_of_one_name_are_told_apart_by_their_paths(suite, tmp_path):
    files = [tmp_path / folder / "train.csv" for folder in ("one", "two")]
    for rows, file in enumerate(files, start=1):
        file.parent.mkdir()
        file.write_text("premise,hypothesis\n" + "A.,B.\n" * rows)
    report = check_leakage(files, [prepare_one(suite, tmp_path, "alpha")])
    assert {name: found["rows"] for name, found in report.items()} == {str(files[0]): 1, str(files[1]): 2}


def test_no_leakage_is_said(suite, tmp_path):
    train = tmp_path / "train.csv"
    train.write_text("premise,hypothesis\nA,B\n")
    report = check_leakage([train], [prepare_one(suite, tmp_path, "alpha")])
    assert leakage_lines(report) == ["train.csv (1 rows) shares no text with any set."]


@pytest.mark.parametrize("text", ["It's 5 o'clock.", "it s  5 O'CLOCK", "\u201cIt\u2019s\u20145 o\u2019clock\u201d"])
def test_normalised(text):
    assert normalised(text) == "it s 5 o clock"


def test_compare_runs(suite, tmp_path):
    run(suite, tmp_path, out="a")
    run(suite, tmp_path, Toy(name="other", salt="x"), out="b")
    comparisons = compare_runs(tmp_path / "a", tmp_path / "b", resamples=20)
    assert comparisons.keys() == {"alpha", "beta"}
    assert comparisons["alpha"]["n"] == 29
    same = compare_runs(tmp_path / "a", tmp_path / "a", resamples=20)
    assert same["alpha"]["differing"]["total"] == 0


def test_compare_needs_finished_runs_with_a_common_set(suite, tmp_path):
    run(suite, tmp_path, out="a")
    with pytest.raises(InputError, match="holds no finished evaluation"):
        compare_runs(tmp_path / "a", tmp_path)
    run(suite.chosen(("alpha",)), tmp_path, out="b")
    run(suite.chosen(("beta",)), tmp_path, out="c")
    with pytest.raises(InputError, match="have no set in common"):
        compare_runs(tmp_path / "b", tmp_path / "c")


def test_results_of_another_schema_are_refused(suite, tmp_path):
    run(suite, tmp_path)
    path = tmp_path / "run" / "results.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    with pytest.raises(InputError, match="schema version 99, not 1"):
        read_results(tmp_path / "run")


def test_damaged_predictions_are_named(suite, tmp_path):
    run(suite, tmp_path)
    path = tmp_path / "run" / "predictions" / "alpha.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"predictions .*alpha\.jsonl\.gz cannot be read"):
        read_predictions(path)
