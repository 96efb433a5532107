"""A recipe that trains a tiny model in a second."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
            "training": {"max_tokens": 48, "batch_tokens": 400, "eval_steps": 3, "keep_best": False},
            "dev": ["dev"],
            "calibration": {"sources": ["dev"]},
        }
    )
