"""``nli eval`` from the command line, with a toy detector in the place of a model."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from nli.calibration import Calibration
from nli.cli.main import main
from nli.errors import ModelError

LABELS = ("entailment", "neutral", "contradiction")
LOADED = []


@dataclass(frozen=True)
class Scored:
    forward: np.ndarray
    backward: np.ndarray | None
    truncated: int = 0


class Toy:
    """Logits from the texts alone; another name gives other logits."""

    runtime_name = "toy-cpu-fp32"

    def __init__(self, name, direction):
        self.name, self.direction = name, direction
        self.weights_sha256 = hashlib.sha256(name.encode()).hexdigest()
        self.calibration = Calibration()
        self.threshold = 0.5

    def identity(self):
        return {"model": self.weights_sha256, "direction": self.direction}

    def logits(self, pairs):
        for premise, hypothesis in pairs:
            yield Scored(
                self._one(premise, hypothesis), self._one(hypothesis, premise) if self.direction == "both" else None
            )

    def _one(self, first, second):
        digest = hashlib.sha256(f"{self.name}|{first}|{second}".encode()).digest()
        return np.frombuffer(digest[:6], dtype=np.uint16).astype(np.float32) / 10000


def load(name=None, *, device="auto", direction="both", **options):
    if name == "nobody/nothing":
        raise ModelError("There is no model nobody/nothing: check the name.")
    LOADED.append((name, device, direction, {key: value for key, value in options.items() if value is not None}))
    return Toy(name or "bundled", direction)


@pytest.fixture(autouse=True)
def world(tmp_path, monkeypatch):
    """An empty working folder, no data folder, and the toy for every model."""
    monkeypatch.setattr("nli.detector.load", load)
    monkeypatch.delenv("NLI_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    LOADED.clear()


@pytest.fixture
def nli_eval(capsys):
    """Run ``nli eval …``; returns the exit code, and what was printed on both streams."""

    def run(*words):
        with pytest.raises(SystemExit) as caught:
            main(["eval", *map(str, words)])
        printed = capsys.readouterr()
        return caught.value.code, printed.out + printed.err

    return run


def pairs(path, labels=LABELS * 10, **more):
    rows = [
        {"premise": f"P {number // 2}.", "hypothesis": f"H {number}.", "label": label, **more}
        for number, label in enumerate(labels)
    ]
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def results(folder):
    return json.loads((folder / "results.json").read_text())


def test_a_pairs_file_to_a_run_folder(nli_eval, tmp_path):
    code, output = nli_eval(
        pairs(tmp_path / "mine.jsonl"), "--out", "run", "--resamples", 20, "--limit", 12, "--seed", 4
    )
    assert code == 0
    assert "mine" in output
    assert "mine: 12 drawn of 30 rows, seed 4." in output
    found = results(tmp_path / "run")
    assert found["command"] == f"nli eval {tmp_path}/mine.jsonl --out run --resamples 20 --limit 12 --seed 4"
    assert (found["suite"], found["datasets"]["mine"]["n"], found["seed"]) == ("mine", 12, 4)
    assert (tmp_path / "run" / "report.html").is_file()
    assert LOADED == [(None, "auto", "both", {"on_long": "window"})]


def test_default_folder_and_options_before_the_suite(nli_eval, tmp_path):
    words = ["--one-way", "--device", "cpu", "--resamples", 0, "--model", "org/model-x", "--label-order", "c,e,n"]
    code, _ = nli_eval(*words, pairs(tmp_path / "mine.jsonl"))
    assert code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("mine-model-x-2")
    assert results(folder)["model"]["direction"] == "forward"
    assert LOADED == [("org/model-x", "cpu", "forward", {"label_order": "c,e,n", "on_long": "window"})]


def test_shipped_denial_suite_runs_offline(nli_eval, tmp_path):
    code, output = nli_eval("denial", "--limit", 60, "--resamples", 10, "--out", "run", "--quiet")
    assert code == 0
    assert "denial_dev: 60 drawn of" in output
    assert "run/report.html" in output


def test_several_suites_make_one_run(nli_eval, tmp_path):
    code, _ = nli_eval(pairs(tmp_path / "a.jsonl"), pairs(tmp_path / "b.jsonl"), "--out", "run", "--resamples", 0)
    assert code == 0
    assert results(tmp_path / "run")["suite"] == "a+b"


def test_several_models_are_compared(nli_eval, tmp_path):
    words = ["--model", "x/one", "--model", "two", "--model", "y/one", "--out", "all", "--resamples", 10]
    code, output = nli_eval(pairs(tmp_path / "mine.jsonl"), *words)
    assert code == 0
    assert {folder.name for folder in (tmp_path / "all").iterdir()} == {"one", "two", "one-2"}
    assert not (tmp_path / "all" / "one" / "comparison.json").exists()
    comparison = json.loads((tmp_path / "all" / "two" / "comparison.json").read_text())
    assert comparison["sets"]["mine"]["n"] == 30
    assert (tmp_path / "all" / "two" / "comparison.html").is_file()
    assert output.count("McNemar") == 2


def test_fail_under(nli_eval, tmp_path):
    file = pairs(tmp_path / "mine.jsonl")
    words = [file, "--out", "run", "--resamples", 0]
    assert nli_eval(*words, "--fail-under", "mine.accuracy=0")[0] == 0
    code, output = nli_eval(*words, "--fail-under", "mine.accuracy=0", "--fail-under", "suite.macro_f1=1.01")
    assert code == 1
    assert "suite.macro_f1 is 0." in output
    assert "below 1.01" in output
    code, message = nli_eval(*words, "--fail-under", "mine.acuracy=0.5")
    assert code == 2
    assert "mine.accuracy" in message
    LOADED.clear()
    assert nli_eval(*words, "--fail-under", "snli.accuracy=0.5")[0] == 2
    assert nli_eval(*words, "--fail-under", "mine.accuracy")[0] == 2
    for number in ("nan", "inf", "-inf"):
        code, message = nli_eval(*words, "--fail-under", f"mine.accuracy={number}")
        assert (code, "is not KEY=VALUE" in message) == (2, True)
    assert LOADED == []


def test_blind_leakage_drops_and_missing_are_said(nli_eval, tmp_path):
    (tmp_path / "data").mkdir()
    pairs(tmp_path / "data" / "gqnli.test.jsonl.gz", [*LABELS, None])
    train = pairs(tmp_path / "train.jsonl")
    code, output = nli_eval(
        "stress:gqnli,nope", "--data-root", "data", "--skip-missing", "--blind", "premise", "--check-leakage", train,
        "--out", "run", "--resamples", 10,
    )  # fmt: skip
    assert code == 0
    assert "gqnli: left out: no gold label (1)." in output
    assert "nope: not scored. The set nope has no copy on the hub" in output
    assert "without premises" in output
    assert "train.jsonl (30 rows) and gqnli: 3 of 3 pairs stand in both" in output


def test_label_names(nli_eval, tmp_path):
    file = pairs(tmp_path / "ints.jsonl", [0, 1, 2] * 3)
    assert nli_eval(file, "--out", "run", "--resamples", 0, "--label-names", "c,e,n")[0] == 0
    assert results(tmp_path / "run")["datasets"]["ints"]["gold"] == dict.fromkeys(LABELS, 3)


def test_report_and_compare_need_no_model(nli_eval, tmp_path):
    file = pairs(tmp_path / "mine.jsonl")
    for model in ("one", "two"):
        assert nli_eval(file, "--model", model, "--out", model, "--resamples", 10)[0] == 0
    LOADED.clear()
    (tmp_path / "one" / "report.html").unlink()
    assert nli_eval("report", "one") == (0, "one/report.html\n")
    assert (tmp_path / "one" / "report.html").is_file()
    code, output = nli_eval("compare", "one", "two", "--resamples", 10, "--show", 2, "-o", "comparison.json")
    assert code == 0
    assert "Difference = B - A" in output
    assert output.count("P(contradiction)") == 4
    assert json.loads((tmp_path / "comparison.json").read_text())["sets"].keys() == {"mine"}
    assert nli_eval("compare", "one", "two", "--resamples", 10, "-o", "comparison.html")[0] == 0
    assert "<html" in (tmp_path / "comparison.html").read_text()
    assert LOADED == []


def test_list(nli_eval, tmp_path):
    (tmp_path / "data").mkdir()
    pairs(tmp_path / "data" / "snli.test.jsonl.gz")
    code, output = nli_eval("list", "--data-root", "data")
    assert code == 0
    lines = {line.split()[0]: line for line in output.splitlines() if line}
    assert "local file" in lines["snli"]
    assert "in the package" in lines["denial_dev"]
    assert "not at hand" in lines["gqnli"]
    assert "evaluation only" in lines["anli"]
    assert "hub facebook/anli" in lines["anli"]
    assert "(36 sets)" in lines["all:"]


def test_help_shows_options_and_commands(nli_eval):
    code, output = nli_eval("--help")
    assert code == 0
    assert "nli eval [OPTIONS] SUITE..." in output
    for word in ("--fail-under", "--check-leakage", "--blind", "report", "compare", "list"):
        assert word in output
    assert nli_eval("compare", "--help")[0] == 0


def bad_yaml(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: bad\nshape: round\nsets: [{name: a}]\n")
    return path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["standrd"], "There is no suite called 'standrd'"),
        (["standard:snlii"], "The suite standard has no set 'snlii'"),
        (["nowhere.yaml"], "There is no file nowhere.yaml"),
        (["nowhere.jsonl"], "There is no file nowhere.jsonl"),
        ([bad_yaml], "shape: there is no such key"),
        ([lambda tmp: pairs(tmp / "x.jsonl", [None, None])], "has no labels"),
        ([lambda tmp: pairs(tmp / "x.jsonl", ["neutral", "odd"])], "the label 'odd'"),
        ([lambda tmp: pairs(tmp / "x.jsonl", [0, 1])], "nothing says what it means"),
        (["denial", "--label-names", "e,n,c"], "--label-names is for a pairs file"),
        ([lambda tmp: pairs(tmp / "x.jsonl", [0, 1]), "--label-names", "e,n,x"], "has 'x'"),
        (["denial", "--model", "nobody/nothing"], "There is no model nobody/nothing"),
        (["standard:snli", "--data-root", "nowhere"], "--data-root names nowhere"),
        (["stress:gqnli"], "make gqnli.test.jsonl.gz from"),
        (["denial", "--check-leakage", "nowhere.jsonl"], "There is no file nowhere.jsonl"),
        (["denial", "--fail-under", "snli.accuracy=1"], "names no set of this run"),
        (["denial", "--limit", "0"], "--limit"),
        (["denial", "--blind", "hypothesis"], "--blind"),
        (["denial", "--prevalence", "1"], "--prevalence"),
        (["report", "nowhere"], "nowhere"),
        (["compare", "nowhere", "elsewhere"], "nowhere holds no finished evaluation"),
        (["list", "--data-root", "nowhere"], "--data-root names nowhere"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(nli_eval, tmp_path, words, said):
    code, output = nli_eval(*(word(tmp_path) if callable(word) else word for word in words))
    assert code == 2
    assert said in output


def test_hub_out_of_reach_names_the_local_file(nli_eval, monkeypatch):
    datasets = pytest.importorskip("datasets")

    def load_dataset(*_, **__):
        raise ConnectionError("offline")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    code, message = nli_eval("standard:snli")
    assert code == 2
    assert "stanfordnlp/snli (offline): put snli.test.jsonl.gz" in message


def test_a_folder_of_another_run_is_refused(nli_eval, tmp_path):
    file = pairs(tmp_path / "mine.jsonl")
    assert nli_eval(file, "--out", "run", "--resamples", 0)[0] == 0
    code, message = nli_eval(file, "--out", "run", "--model", "other")
    assert code == 2
    assert "holds another run" in message


def test_importing_the_command_loads_nothing_heavy():
    heavy = ("torch", "datasets", "sklearn", "scipy", "matplotlib", "pydantic", "yaml", "numpy", "transformers")
    code = f"import sys, nli.cli.eval; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
