"""The recorded figures of the models that ship are those that the code gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nli.bundle import SHIPPED, find

RECORDED = Path(__file__).parents[2] / "eval" / "results"


@pytest.mark.parametrize(
    ("model", "file", "options"),
    [("denial-minilm", "minilm-denial.json", []), ("denial-mpnet", "denial-80.json", ["--limit", "80"])],
)
def test_denials_again(run: Callable[..., Any], tmp_path: Path, model: str, file: str, options: list[str]) -> None:
    recorded = json.loads((RECORDED / file).read_text(encoding="utf-8"))
    done = run("eval", "denial:denial_dev", "--model", model, "--out", tmp_path / "run", *options)
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert found["model"]["runtime"] == recorded["model"]["runtime"]
    ours, theirs = (rows["datasets"]["denial_dev"] for rows in (found, recorded))
    assert (ours["n"], ours["gold"]) == (theirs["n"], theirs["gold"])
    # Another processor may round the last bit of a product otherwise, which can turn a near tie.
    assert ours["accuracy"]["value"] == pytest.approx(theirs["accuracy"]["value"], abs=0.03 if options else 0.01)
    for name in ("average_precision", "f1"):
        assert ours["contradiction"][name]["value"] == pytest.approx(theirs["contradiction"][name]["value"], abs=0.01)


def test_all_recorded_runs_are_of_the_weights_that_ship() -> None:
    weights = {find(name).checksum(): name for name in SHIPPED}
    runs = {path.name: json.loads(path.read_text(encoding="utf-8")).get("model") for path in RECORDED.glob("*.json")}
    named = {file: weights[model["weights_sha256"]] for file, model in runs.items() if isinstance(model, dict)}
    assert len(named) == 9
    for file, name in named.items():
        assert file.startswith("minilm-") == (name == "denial-minilm"), file
