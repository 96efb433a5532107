"""``nli calibrate`` and ``nli export``: for models that exist already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nli

LABELS = ("contradiction", "entailment", "neutral")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """More threads only get into each other's way with models so small."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    path = tmp_path / "dev.csv"
    rows = [f"Ship {n} sank.,Ship {n} is {n % 3}.,{LABELS[n % 3]}" for n in range(30)]
    path.write_text("\n".join(["premise,hypothesis,label", *rows]) + "\n")
    return path


def test_calibrating_a_folder_changes_what_it_says_of_itself(
    run: Callable[..., Any], models: Any, tiny: Path, dev: Path, tmp_path: Path
) -> None:
    done = run("calibrate", tiny, "--dev", dev, "--out", tmp_path / "fitted")
    assert done.code == 0, done.err
    assert done.out.strip() == str(tmp_path / "fitted")
    calibration = nli.load(tmp_path / "fitted", probe=False).calibration
    assert calibration.fitted
    assert calibration.provenance["data"] == "dev.csv"
    assert calibration.provenance["rows"] == 30
    assert f"temperature {calibration.temperature:g}" in done.err
    assert not nli.load(tiny, probe=False).calibration.fitted
    folder = models.copy(tiny)
    assert run("calibrate", folder, "--dev", dev, "--precision", "0.3").code == 0
    stored = json.loads((folder / "detector.json").read_text())["calibration"]["provenance"]
    assert stored["threshold_metric"] == "greatest recall at precision 0.3"
    assert stored["precision_both"] >= 0.3
    rare = run("calibrate", folder, "--dev", dev, "--prevalence", "0.05")
    assert rare.code == 0
    assert "where 5% of pairs are contradictions" in rare.err
    stored = json.loads((folder / "detector.json").read_text())["calibration"]["provenance"]
    assert stored["threshold_metric"].endswith("of contradiction, where 5% of pairs are contradictions")


def test_the_bundled_model_can_be_calibrated_into_a_copy(run: Callable[..., Any], dev: Path, tmp_path: Path) -> None:
    assert run("calibrate", "--dev", dev, "--out", tmp_path / "mine").code == 0
    assert nli.load(tmp_path / "mine").runtime_name == "onnx-cpu-int8"
    assert nli.load(tmp_path / "mine").calibration.provenance["data"] == "dev.csv"


def test_a_label_order_that_was_given_is_written_into_the_copy(
    run: Callable[..., Any], models: Any, dev: Path, tmp_path: Path
) -> None:
    unnamed = models.make(order="c,e,n", id2label=None, label2id=None)
    assert run("calibrate", unnamed, "--dev", dev, "--out", tmp_path / "a", "--label-order", "c,e,n").code == 0
    assert json.loads((tmp_path / "a" / "config.json").read_text())["id2label"]["0"] == "contradiction"


def test_exporting_measures_agreement_and_uses_the_file_or_not(
    run: Callable[..., Any], tiny: Path, dev: Path, tmp_path: Path
) -> None:
    done = run("export", tiny, "--out", tmp_path / "exact", "--dev", dev, "--precision", "fp32")
    assert done.code == 0, done.err
    assert nli.load(tmp_path / "exact", probe=False).runtime_name == "onnx-cpu-fp32"
    rough = run("export", tiny, "--out", tmp_path / "rough", "--dev", dev)
    entry = json.loads((tmp_path / "rough" / "detector.json").read_text())["onnx"]
    assert rough.code == (0 if entry["agreement"]["usable"] else 1)
    used = nli.load(tmp_path / "rough", probe=False, device="cpu").runtime_name
    assert used == ("onnx-cpu-int8" if entry["agreement"]["usable"] else "torch-cpu-float32")
    assert ("below the gate" in rough.err) == (rough.code == 1)


def test_mistakes_are_one_sentence_and_leave_nothing_behind(
    refused: Callable[..., str], tiny: Path, dev: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few.csv"
    few.write_text("premise,hypothesis,label\na b,c d,neutral\n")
    assert "at least 20" in refused("calibrate", tiny, "--dev", few, "--out", tmp_path / "x")
    assert "--out" in refused("calibrate", "--dev", dev)
    assert "--out" in refused("export", "denial-minilm")
    assert "no model folder" in refused("export", "no/such/model/here", "--out", tmp_path / "x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "not empty" in refused("export", tiny, "--out", tmp_path / "full")
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "x.partial").exists()


def test_a_folder_may_be_the_one_at_hand_or_a_link_but_no_file(
    run: Callable[..., Any], refused: Callable[..., str], models: Any, tiny: Path, dev: Path, tmp_path: Path
) -> None:
    folder = models.copy(tiny)
    link = tmp_path / "link"
    link.symlink_to(folder)
    done = run("calibrate", link, "--dev", dev, "--prevalence", "0.004")
    assert done.code == 0, done.err
    assert "where 0.4% of pairs" in done.err
    assert link.is_symlink()
    assert nli.load(folder, probe=False).calibration.fitted
    assert run("calibrate", ".", "--dev", dev, cwd=models.copy(tiny)).code == 0
    assert "is a file" in refused("calibrate", tiny, "--dev", dev, "--out", dev)
