"""What is written for use: ONNX files that say what the model says, and how well int8 agrees is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli
from nli.errors import InputError
from nli.finetune.export import AGREEMENT_GATE, agreement_of, export_onnx, save_float16

Texts = list[tuple[str, str]]


def answers(folder: Path, pairs: Texts, **options: Any) -> np.ndarray:
    detector = nli.load(folder, direction="forward", probe=False, **options)
    return np.array([[row.entailment, row.neutral, row.contradiction] for row in detector.stream(pairs)])


def with_onnx(models: Any, tiny: Path, pairs: Texts, precision: str) -> tuple[Path, dict[str, Any]]:
    folder = models.copy(tiny)
    entry = export_onnx(folder, folder / "onnx", pairs, data="test pairs", precision=precision)
    (folder / "detector.json").write_text(json.dumps({"onnx": entry, "probe": {"right": 0, "of": 12}}))
    return folder, entry


def test_the_float32_graph_gives_the_probabilities_of_the_model(models: Any, tiny: Path, pairs: Texts) -> None:
    folder, entry = with_onnx(models, tiny, pairs, "fp32")
    assert nli.load(folder).runtime_name == "onnx-cpu-fp32"
    assert np.abs(answers(folder, pairs) - answers(tiny, pairs)).max() <= 1e-4
    assert entry["agreement"]["argmax"] == 1
    assert entry["agreement"]["max_abs_p"] <= 1e-4


def test_int8_scores_do_not_depend_on_the_batch(models: Any, tiny: Path, pairs: Texts) -> None:
    folder, entry = with_onnx(models, tiny, pairs, "int8")
    entry["agreement"]["usable"] = True  # a random model is close to ties everywhere; what it says is not at stake here
    (folder / "detector.json").write_text(json.dumps({"onnx": entry, "probe": {"right": 0, "of": 12}}))
    assert nli.load(folder).runtime_name == "onnx-cpu-int8"
    expected = answers(folder, pairs)
    for budget in (1, 100, 100_000):
        assert np.abs(answers(folder, pairs, batch_tokens=budget) - expected).max() <= 1e-5
    assert np.abs(answers(folder, pairs[::-1])[::-1] - expected).max() <= 1e-5


def test_int8_comes_close_and_says_how_close(models: Any, tiny: Path, pairs: Texts) -> None:
    folder, entry = with_onnx(models, tiny, pairs, "int8")
    agreement = entry["agreement"]
    assert agreement["pairs"] == len(pairs)
    assert (agreement["with"], agreement["data"]) == ("torch float32", "test pairs")
    assert agreement["usable"] == (agreement["argmax"] >= AGREEMENT_GATE)
    entry["agreement"] = {**agreement, "usable": True}
    (folder / "detector.json").write_text(json.dumps({"onnx": entry, "probe": {"right": 0, "of": 12}}))
    gap = np.abs(answers(folder, pairs) - answers(tiny, pairs))
    assert gap.mean() <= 0.04
    assert float(gap.max()) == pytest.approx(agreement["max_abs_p"], abs=1e-4)


def test_agreement() -> None:
    exact = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.0, 0.1, 0.2], [5.0, 0.0, 0.0]], dtype=np.float32)
    other = exact.copy()
    other[2] = [0.0, 0.2, 0.1]
    found = agreement_of(exact, other)
    assert (found["pairs"], found["argmax"], found["usable"]) == (4, 0.75, False)
    assert found["max_abs_p"] == pytest.approx(0.035, abs=0.002)
    assert agreement_of(exact, exact) == {
        "pairs": 4,
        "argmax": 1.0,
        "max_abs_p": 0.0,
        "mean_abs_p": 0.0,
        "gate": AGREEMENT_GATE,
        "usable": True,
    }


@pytest.mark.parametrize("shape", ["roberta", "mpnet", "modernbert"])
def test_the_graph_of_other_encoders_gives_the_probabilities_of_the_model(
    models: Any, pairs: Texts, shape: str
) -> None:
    plain = models.make(shape)
    folder, entry = with_onnx(models, plain, pairs, "fp32")
    assert entry["token_types"] is False
    assert nli.load(folder).runtime_name == "onnx-cpu-fp32"
    assert np.abs(answers(folder, pairs) - answers(plain, pairs)).max() <= 1e-4


def test_an_export_needs_pairs(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without pairs"):
        export_onnx(tiny, tmp_path, [], data="nothing")


def test_half_precision_weights_are_those_of_the_model(tiny: Path, tmp_path: Path, pairs: Texts) -> None:
    from safetensors.numpy import load_file

    save_float16(tiny, tmp_path / "half")
    stored = load_file(tmp_path / "half" / "model.safetensors")
    assert {array.dtype for array in stored.values()} == {np.dtype("float16")}
    assert np.abs(answers(tmp_path / "half", pairs) - answers(tiny, pairs)).max() <= 0.01
    others = {path.name for path in tiny.iterdir()}
    assert {path.name for path in (tmp_path / "half").iterdir()} == others


@pytest.mark.parametrize("shape", ["bert", "roberta", "mpnet"])
def test_a_whole_model_is_told_from_the_files_of_its_int8_graph(
    models: Any, pairs: Texts, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nli.finetune.compact.LARGEST", 5_000)
    plain = models.make(shape)
    folder = models.copy(plain)
    entry = export_onnx(folder, folder / "onnx", pairs, data="test pairs", whole=True)
    entry["agreement"]["usable"] = True  # a random model is close to ties everywhere
    (folder / "model.safetensors").unlink()
    (folder / "detector.json").write_text(json.dumps({"onnx": entry, "probe": {"right": 0, "of": 12}}))
    files = sorted(path.name for path in (folder / "onnx").iterdir())
    assert {"layout.npz", "model_int8.1.bin", "model_int8.2.bin", "model_int8.onnx"} <= set(files)
    assert nli.load(folder).runtime_name == "onnx-cpu-int8"
    exact = answers(plain, pairs)
    assert np.abs(answers(folder, pairs) - exact).mean() <= 0.05
    (folder / "detector.json").unlink()
    assert nli.load(folder, probe=False).runtime_name == "torch-cpu-float32"
    assert np.abs(answers(folder, pairs) - exact).mean() <= 0.03
