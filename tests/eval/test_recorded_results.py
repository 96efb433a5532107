"""The recorded figures of the model that ships are those that the code gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).parents[2] / "eval" / "results" / "denial.json"


def test_the_denial_cards(run: Callable[..., Any], tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    done = run("eval", "denial", "--out", tmp_path / "run")
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert found["model"]["weights_sha256"] == recorded["model"]["weights_sha256"]
    assert found["model"]["runtime"] == recorded["model"]["runtime"]
    ours, theirs = (rows["datasets"]["denial_dev"] for rows in (found, recorded))
    assert (ours["n"], ours["gold"]) == (theirs["n"], theirs["gold"])
    # Another processor may round the last bit of a product otherwise, which can turn a near tie.
    assert ours["accuracy"]["value"] == pytest.approx(theirs["accuracy"]["value"], abs=0.01)
    for name in ("average_precision", "f1"):
        assert ours["contradiction"][name]["value"] == pytest.approx(theirs["contradiction"][name]["value"], abs=0.01)
