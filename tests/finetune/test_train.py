"""Training, export and calibration end to end on a tiny model, and going on after a stop."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli
from nli.errors import InputError, ModelError
from nli.finetune import train as training
from nli.finetune.pipeline import finetune, plan, read_sources
from nli.finetune.recipe import Recipe

TEXTS = {"entailment": "A man is outside.", "neutral": "The man is a baker.", "contradiction": "Nobody is outside."}


@pytest.fixture(scope="module")
def recipe(models: Any, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("data")
    for name, rows in (("train", 60), ("dev", 30)):
        with (folder / f"{name}.jsonl").open("w") as file:
            for number in range(rows):
                label = list(TEXTS)[number % 3]
                premise = f"A man is playing {name} music {number} times in the field."
                file.write(json.dumps({"premise": premise, "hypothesis": TEXTS[label], "label": label}) + "\n")
    return Recipe.model_validate(
        {
            "name": "tiny",
            "base": {"hub": str(models.make())},
            "sources": {
                "train": {"file": str(folder / "train.jsonl"), "url": "https://example.org/set", "licence": "CC0"},
                "dev": {"file": str(folder / "dev.jsonl")},
            },
            "stages": [
                {"name": "one", "mixture": {"train": 2}, "learning_rate": 1e-3, "final_learning_rate": 5e-4},
                {"name": "two", "mixture": {"train": 1.5}, "learning_rate": 5e-4},
            ],
            "training": {"max_tokens": 48, "batch_tokens": 400, "checkpoint_steps": 3, "dev_steps": 5},
            "dev": ["dev"],
            "calibration": {"sources": ["dev"]},
        }
    )


@pytest.fixture(scope="module")
def finished(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finetune(recipe, tmp_path_factory.mktemp("runs") / "whole", device="cpu")


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def test_the_finished_folder_loads_everywhere_and_says_the_same(finished: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    details = json.loads((finished / "detector.json").read_text())
    assert details["calibration"]["provenance"]["data"] == "dev"
    assert details["onnx"]["agreement"]["pairs"] == 30
    pair = ("A man is playing in the field.", "Nobody is outside.")
    assert nli.load(finished).score(*pair).label in set(nli.Label)
    plain = shutil.copytree(finished, tmp_path / "without-onnx", ignore=shutil.ignore_patterns("*.onnx"))
    detector = nli.load(plain, direction="forward")
    assert detector.runtime_name == "torch-cpu-float32"
    verdict = detector.score(*pair)
    model = AutoModelForSequenceClassification.from_pretrained(finished, dtype="float32").eval()
    tokenizer = AutoTokenizer.from_pretrained(finished)
    logits = model(**tokenizer(*pair, return_tensors="pt")).logits[0] / detector.calibration.temperature
    for number, share in enumerate(logits.softmax(dim=0).tolist()):
        assert getattr(verdict, model.config.id2label[number]) == pytest.approx(share, abs=1e-4)


def test_the_card_names_sources_licences_and_limits(finished: Path) -> None:
    card = (finished / "README.md").read_text()
    for part in (
        "license: apache-2.0",
        "| train | 60 | [example.org/set]",
        "CC0",
        "## Limits",
        "## Calibration",
        "argmax",
    ):
        assert part in card


def test_training_learns_and_logs(finished: Path) -> None:
    log = [json.loads(line) for line in (finished.parent / "log.jsonl").read_text().splitlines()]
    assert {entry["stage"] for entry in log} == {"one", "two"}
    assert log[-1]["loss"] < log[0]["loss"]


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(
    recipe: Recipe, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = training._step, []

    def stops(*args: Any) -> float:
        calls.append(1)
        if len(calls) in {5, 12}:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(training, "_step", stops)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            finetune(recipe, tmp_path / "run", device="cpu", resume=True)
    resumed = finetune(recipe, tmp_path / "run", device="cpu", resume=True)
    whole = weights(finished)
    assert all((value == whole[name]).all() for name, value in weights(resumed).items())


def test_a_checkpoint_of_another_recipe_is_refused(recipe: Recipe, finished: Path) -> None:
    other = recipe.model_copy(update={"seed": 99})
    with pytest.raises(InputError, match="another recipe"):
        finetune(other, finished.parent, device="cpu", resume=True)


def test_a_loss_that_is_no_number_stops_the_run(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_step", lambda *_: float("nan"))
    with pytest.raises(ModelError, match="learning_rate"):
        finetune(recipe, tmp_path / "run", device="cpu")


def test_pairs_of_the_dev_set_train_nothing(recipe: Recipe) -> None:
    sources = dict(recipe.sources)
    sources["train"] = sources["dev"]
    loaded = read_sources(recipe.model_copy(update={"sources": sources}), None)
    assert loaded["train"].examples == ()
    assert loaded["train"].dropped == {"stands in an evaluation set": 30}


def test_the_plan_counts_what_would_train(recipe: Recipe) -> None:
    text = "\n".join(plan(recipe, None))
    assert "train: 60 pairs (20 entailment, 20 neutral, 20 contradiction)" in text
    assert "stage two: 90 pairs" in text


def test_a_base_that_is_not_there_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    base = recipe.base.model_copy(update={"hub": str(tmp_path / "nowhere")})
    with pytest.raises(ModelError, match="cannot be loaded"):
        finetune(recipe.model_copy(update={"base": base}), tmp_path / "run", device="cpu")
