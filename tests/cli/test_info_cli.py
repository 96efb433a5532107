"""`nli info`: what a model is, from its files alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nli.bundle import find


def test_the_model_that_ships(run: Callable[..., Any]) -> None:
    done = run("info", env={"PYTHONPROFILEIMPORTTIME": ""})
    assert (done.code, done.err) == (0, "")
    facts = dict(line.split("  ", 1) for line in done.out.splitlines())
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    assert facts["model"] == "denial-minilm"
    assert facts["licence"] == "apache-2.0"
    assert facts["label order"].startswith("entailment, neutral, contradiction (")
    assert facts["runtime"] == "onnxruntime, int8, on the CPU"
    assert "cards_dev" in facts["calibrated on"]
    assert json.loads(run("info", "--json", env={"NLI_MODEL": ""}).out)["model"] == "denial-mpnet"
    weights = (find(None).folder / "model.safetensors").read_bytes()
    assert facts["weights sha256"] == hashlib.sha256(weights).hexdigest()


def test_as_json(run: Callable[..., Any], tiny_onnx: Path) -> None:
    done = run("info", tiny_onnx, "--json")
    facts = json.loads(done.out)
    assert facts["label_order"] == ["entailment", "neutral", "contradiction"]
    assert facts["calibration"]["temperature"] == 2.0
    assert facts["size_bytes"] == sum(path.stat().st_size for path in tiny_onnx.rglob("*") if path.is_file())


def test_a_model_of_others(run: Callable[..., Any], models: Any) -> None:
    done = run("info", models.make("roberta", order="c,n,e"))
    assert done.code == 0
    assert "contradiction, neutral, entailment (" in done.out
    assert "PyTorch (extra: torch)" in done.out
    assert "nothing: probabilities are raw" in done.out


def test_classes_without_names(run: Callable[..., Any], refused: Callable[..., str], models: Any) -> None:
    nameless = models.make(id2label={str(n): f"LABEL_{n}" for n in range(3)}, label2id=None)
    said = refused("info", nameless)
    assert "LABEL_0" in said
    assert "--label-order" in said
    assert "given" in run("info", nameless, "--label-order", "c,n,e").out
