"""``nli finetune`` on the command line: the plan, what is refused, kills, Ctrl-C, several processes, new pairs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli

HYPOTHESES = {
    "entailment": "A man is outside.",
    "neutral": "The man is a baker.",
    "contradiction": "Nobody is outside.",
}
HEAD = "premise,hypothesis,label\n"


def write(path: Path, rows: int, *, word: str = "field", labels: tuple[str, ...] = tuple(HYPOTHESES)) -> Path:
    lines = []
    for number in range(rows):
        label = labels[number % len(labels)]
        lines.append(f"A man is playing {number} times in the {word}.,{HYPOTHESES[label]},{label}\n")
    path.write_text(HEAD + "".join(lines))
    return path


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """More threads only get into each other's way with models so small."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def recipe(models: Any, tmp_path: Path) -> Path:
    """A recipe of some hundred small steps on a tiny model."""
    path = tmp_path / "tiny.yaml"
    settings = {
        "name": "tiny",
        "base": {"hub": str(models.make())},
        "sources": {"train": {"given": "train"}, "dev": {"given": "dev"}},
        "stages": [{"name": "one", "mixture": {"train": 4}, "learning_rate": 1e-3}],
        "training": {"max_tokens": 48, "batch_tokens": 200, "eval_steps": 60},
        "dev": ["dev"],
        "calibration": {"sources": ["dev"]},
    }
    path.write_text(json.dumps(settings))
    write(tmp_path / "train.csv", 900)
    write(tmp_path / "dev.csv", 30, word="garden")
    return path


def options(recipe: Path, out: Path) -> list[object]:
    folder = recipe.parent
    return [recipe, "--train", folder / "train.csv", "--dev", folder / "dev.csv", "--out", out, "--device", "cpu"]


def weights(run: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(run / "fp32" / "model.safetensors")


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return all((value == second[name]).all() for name, value in first.items())


def last_checkpoint(run: Path) -> int:
    return max((int(path.parent.name.split("-")[1]) for path in run.glob("stages/*/checkpoint-*/whole")), default=0)


def until_checkpoint(process: subprocess.Popen[bytes], run: Path, after: int = 0) -> None:
    deadline = time.monotonic() + 100
    while last_checkpoint(run) <= after:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_was_killed_or_stopped_goes_on_to_the_same_model(
    run: Callable[..., Any], start: Callable[..., subprocess.Popen[bytes]], recipe: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = start("finetune", *options(recipe, broken))
    until_checkpoint(process, broken)
    process.kill()
    process.communicate()
    process = start("finetune", *options(recipe, broken), "--resume")
    until_checkpoint(process, broken, after=last_checkpoint(broken))
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 130, told
    assert b"a checkpoint was saved: go on with --resume" in told
    assert b"Traceback" not in told
    done = run("finetune", *options(recipe, broken), "--resume")
    assert done.code == 0, done.err
    assert run("finetune", *options(recipe, whole)).code == 0
    assert same(whole, broken)


def test_two_processes_train_one_model(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "both"
    words = [str(word) for word in options(recipe, out)]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, "-m", "nli", "finetune", *words], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out / "model")
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    alone = done.stderr.count("recipe tiny")
    assert alone == 1
    steps = int(done.stderr.split(" pairs in ")[1].split()[0])
    assert log[-1]["of"] == -(-steps // 2)
    assert nli.load(out / "model", probe=False).score("A man is outside.", "Nobody is outside.")


def test_new_pairs_make_the_bundled_model_better_and_say_by_how_much(run: Callable[..., Any], tmp_path: Path) -> None:
    train, dev = write(tmp_path / "train.csv", 60), write(tmp_path / "dev.csv", 30, word="garden")
    settings = ["--set", "sources.replay.cap=60", "--set", "stages.0.mixture.new=1"]
    reported = ["--set", "sources.denial_report.cap=40", "--set", "sources.denial_dev.cap=40"]
    done = run("finetune", "new-pairs", "--train", train, "--dev", dev, "--out", tmp_path / "run", *settings, *reported)
    assert done.code == 0, done.err
    assert done.out.strip() == str(tmp_path / "run" / "model")
    lines = done.err.splitlines()
    assert any(line.startswith("new_dev") and "contradiction average precision" in line for line in lines)
    assert any(line.startswith("denial_report") and "[" in line for line in lines)
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert "denial-minilm, which ships with nli" in card
    assert nli.load(tmp_path / "run" / "model").calibration.provenance["data"] == "new_dev"


def test_a_dry_run_prints_the_plan_and_trains_nothing(run: Callable[..., Any], tiny: Path, tmp_path: Path) -> None:
    settings = ("sources.compositional.compose=60", "base.package=null", f"base.hub={tiny}", "training.max_tokens=48")
    options = [word for setting in settings for word in ("--set", setting)]
    done = run("finetune", "smoke", "--dry-run", "--out", tmp_path / "run", *options)
    assert done.code == 0, done.err
    assert "compositional: 60 pairs" in done.err
    assert "GB of memory" in done.err
    assert not (tmp_path / "run").exists()


def test_conflicts_and_duplicates_are_told(run: Callable[..., Any], recipe: Path) -> None:
    train = recipe.parent / "train.csv"
    with train.open("a") as file:
        file.write("A man is playing 0 times in the field.,A man is outside.,entailment\n")
        file.write("A man is playing 1 times in the field.,The man is a baker.,contradiction\n")
    done = run("finetune", *options(recipe, recipe.parent / "run"), "--dry-run")
    assert done.code == 0, done.err
    assert "train: 899 pairs" in done.err
    assert "2 left out standing twice" in done.err
    assert f"two labels for one pair: {train}, row 2 and {train}, row 902" in done.err


def test_mistakes_of_recipes_are_one_sentence(refused: Callable[..., str]) -> None:
    assert "smoke" in refused("finetune", "no-such-recipe")
    assert "--data-root" in refused("finetune", "denial-minilm", "--dry-run")
    assert "KEY=VALUE" in refused("finetune", "smoke", "--set", "nonsense")
    assert "training.nothing" in refused("finetune", "smoke", "--set", "training.nothing=1")
    assert "--train" in refused("finetune", "new-pairs")
    assert "no place for --train" in refused("finetune", "smoke", "--train", "x.csv")


def test_mistakes_in_data_are_one_sentence(refused: Callable[..., str], recipe: Path, tmp_path: Path) -> None:
    def told(train: str | Path, dev: Path | None = None) -> str:
        if isinstance(train, str):
            (tmp_path / "bad.csv").write_text(train)
            train = tmp_path / "bad.csv"
        return refused(
            "finetune", recipe, "--train", train, "--dev", dev or tmp_path / "dev.csv", "--out", tmp_path / "run"
        )

    assert "no column label" in told("premise,hypothesis\na b,c d\n")
    assert "row 1" in told(HEAD + "a b,c d,maybe\n")
    assert "--label-names" in told(HEAD + "a b,c d,2\n")
    assert "at least 20" in told(write(tmp_path / "few.csv", 19))
    assert "at least two classes" in told(write(tmp_path / "one.csv", 30, labels=("neutral",)))
    assert "labelled contradiction" in told(write(tmp_path / "none.csv", 30, labels=("neutral", "entailment")))
    (tmp_path / "empty.csv").write_text(HEAD)
    assert "holds no rows" in told(tmp_path / "train.csv", tmp_path / "empty.csv")
    assert "give dev other pairs" in told(tmp_path / "dev.csv")
    assert "nowhere.csv" in told(tmp_path / "nowhere.csv")
    assert not (tmp_path / "run").exists()


def test_a_data_folder_that_is_not_there_is_refused(refused: Callable[..., str], recipe: Path, tmp_path: Path) -> None:
    command = ["finetune", *options(recipe, tmp_path / "run"), "--dry-run"]
    assert "--data-root names" in refused(*command, "--data-root", tmp_path / "drot")
    assert "NLI_DATA names" in refused(*command, env={"NLI_DATA": str(tmp_path / "drot")})


def test_what_would_fail_late_is_told_first(refused: Callable[..., str], recipe: Path, tmp_path: Path) -> None:
    command = ["finetune", *options(recipe, tmp_path / "run"), "--dry-run"]
    assert "report_to names foo" in refused(*command, "--set", "training.report_to=[foo]")
    assert "--label-names e,n does not" in refused(*command, "--label-names", "e,n")
    (tmp_path / "file").touch()
    assert "is a file" in refused(*command[:-4], tmp_path / "file", "--dry-run")
    train = write(tmp_path / "some.csv", 60)
    assert "20 in a file of their own with --dev" in refused("finetune", recipe, "--train", train, "--dry-run")
