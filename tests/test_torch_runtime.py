"""PyTorch as a runtime: every usual shape of model, read safely and in full precision, or refused in a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli
from nli.errors import InputError, LabelOrderError, MissingExtraError, ModelError
from nli.runtimes.torch import choose_device

SHAPES = ("bert", "roberta", "mpnet", "deberta", "modernbert")
Texts = list[tuple[str, str]]


@pytest.fixture(scope="module")
def folders(models: Any) -> dict[str, Path]:
    return {shape: models.make(shape) for shape in SHAPES}


def answers(detector: nli.Detector, pairs: Texts) -> np.ndarray:
    return np.array([[row.entailment, row.neutral, row.contradiction] for row in detector.stream(pairs)])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_logits_are_those_of_transformers(shape: str, folders: dict[str, Path], pairs: Texts) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folders[shape]).eval()
    tokenizer = AutoTokenizer.from_pretrained(folders[shape])
    detector = nli.load(folders[shape], on_long="truncate")
    short = [pair for pair in pairs if len(tokenizer(*pair)["input_ids"]) <= detector.max_tokens][:12]
    assert len(short) > 10
    for (premise, hypothesis), logits in zip(short, detector.logits(short), strict=True):
        with torch.inference_mode():
            expected = model(**tokenizer(premise, hypothesis, return_tensors="pt")).logits[0].numpy()
        assert logits.forward == pytest.approx(expected, abs=1e-4)
    assert detector.runtime_name == "torch-cpu-float32"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_longest_pairs_fit(shape: str, folders: dict[str, Path]) -> None:
    detector = nli.load(folders[shape])
    assert detector.max_tokens == 64
    long = "children " * 200
    assert detector.score(long, "A man is playing.").window is not None
    with pytest.raises(InputError, match="from 16 to 64"):
        nli.load(folders[shape], max_tokens=65)


@pytest.mark.parametrize("direction", ["both", "forward"])
def test_onnx_and_torch_agree(tiny: Path, tiny_onnx: Path, pairs: Texts, direction: Any) -> None:
    torch_rows = answers(nli.load(tiny, direction=direction), pairs)
    onnx = nli.load(tiny_onnx, direction=direction)
    onnx.calibration = nli.load(tiny).calibration
    assert np.abs(torch_rows - answers(onnx, pairs)).max() <= 1e-4


def test_a_checkpoint_in_half_precision_is_run_in_single(models: Any, tiny: Path, pairs: Texts) -> None:
    from safetensors.torch import load_file, save_file

    half = models.copy(tiny, dtype="float16", torch_dtype="float16")
    weights = {name: tensor.half() for name, tensor in load_file(half / "model.safetensors").items()}
    save_file(weights, half / "model.safetensors", {"format": "pt"})
    single = models.copy(half, dtype="float32", torch_dtype="float32")
    save_file(
        {name: tensor.float() for name, tensor in weights.items()}, single / "model.safetensors", {"format": "pt"}
    )
    detector = nli.load(half)
    assert detector.runtime_name == "torch-cpu-float32"
    assert (answers(detector, pairs) == answers(nli.load(single), pairs)).all()


def test_scores_do_not_depend_on_the_number_of_threads(tiny: Path, pairs: Texts) -> None:
    import torch

    before = torch.get_num_threads()
    try:
        one = answers(nli.load(tiny, threads=1), pairs)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    assert np.abs(one - answers(nli.load(tiny), pairs)).max() <= 1e-5


def damaged(folder: Path, *, weights: bytes | None = None, remove: tuple[str, ...] = (), **files: str) -> Path:
    if weights is not None:
        (folder / "model.safetensors").write_bytes(weights)
    for name in remove:
        (folder / name).unlink()
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("config", "damage", "said"),
    [
        ({}, {"weights": b""}, "cannot be loaded"),
        ({}, {"weights": b"\x08\0\0\0\0\0\0\0{}      "}, ""),
        ({"model_type": "nonesuch"}, {}, ""),
        ({"model_type": None}, {}, ""),
        ({"hidden_size": 64}, {}, "weights do not fit"),
        ({}, {"remove": ("tokenizer.json", "tokenizer_config.json")}, "has no tokenizer"),
        ({}, {"tokenizer": "{"}, "tokenizer of the model"),
        ({}, {"tokenizer": "{}"}, "tokenizer of the model"),
    ],
)
def test_folders_that_cannot_be_loaded(
    models: Any, tiny: Path, config: dict[str, Any], damage: dict[str, Any], said: str
) -> None:
    folder = damaged(models.copy(tiny, **config), **damage)
    with pytest.raises(ModelError) as caught:
        nli.load(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert said in message
    assert "\n" not in message
    assert message.endswith(".")


def test_a_model_that_is_no_classifier_is_refused(models: Any, tiny: Path) -> None:
    from safetensors.torch import load_file, save_file

    encoder = models.copy(tiny)
    weights = load_file(encoder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier")}
    save_file(kept, encoder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"no trained weights for classifier.*not a classifier yet"):
        nli.load(encoder)


@pytest.mark.parametrize("classes", [1, 2, 4])
def test_a_head_of_another_size_is_refused_with_and_without_an_order(models: Any, classes: int) -> None:
    folder = models.make(classes=classes)
    for order in (None, "c,e,n"):
        with pytest.raises(LabelOrderError, match=str(folder)):
            nli.load(folder, label_order=order)


def test_code_from_a_model_is_never_run(models: Any, tiny: Path) -> None:
    classes = {
        "AutoConfig": "evil.Config",
        "AutoModelForSequenceClassification": "evil.Model",
        "AutoTokenizer": ["evil.T", "evil.T"],
    }
    folder = models.copy(tiny, model_type="evil", auto_map=classes)
    (folder / "evil.py").write_text(f"open({str(folder / 'was_here')!r}, 'w')")
    with pytest.raises(ModelError):
        nli.load(folder)
    assert not (folder / "was_here").exists()


def test_a_pickle_is_never_read(models: Any, tiny: Path) -> None:
    import torch

    folder = models.copy(tiny)
    torch.save({"classifier.weight": torch.zeros(3, 32)}, folder / "pytorch_model.bin")
    nli.load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"pickle \(pytorch_model\.bin\)"):
        nli.load(folder)


def test_weights_in_several_files(models: Any, tiny: Path, pairs: Texts) -> None:
    from safetensors.torch import load_file, save_file

    folder = models.copy(tiny)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    parts = {f"model-0000{n}-of-00002.safetensors": names[n - 1 :: 2] for n in (1, 2)}
    for file, held in parts.items():
        save_file({name: weights[name] for name in held}, folder / file, {"format": "pt"})
    index = {"metadata": {}, "weight_map": {name: file for file, held in parts.items() for name in held}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert (answers(nli.load(folder), pairs) == answers(nli.load(tiny), pairs)).all()


def test_a_folder_moved_elsewhere_works(models: Any, tiny: Path, tmp_path: Path) -> None:
    moved = tmp_path / "with space and ünïcode"
    shutil.copytree(tiny, moved)
    assert nli.load(moved).score("A man is playing.", "Children are outside.").label in nli.LABELS


def test_devices() -> None:
    import torch

    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") in {"cuda", "mps", "cpu"}
    with pytest.raises(InputError, match="'tpu'"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match=r"device cuda is not to be had.*--device"):
            choose_device("cuda")


def test_without_torch_the_extra_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find_spec: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find_spec(name, *rest)
    )
    with pytest.raises(MissingExtraError, match=r"pip install 'nli\[torch\]'"):
        nli.load(tiny)
