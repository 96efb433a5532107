"""Finding a model and reading what it says of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from nli.bundle import BUNDLED, MODELS, SHIPPED, find
from nli.errors import LabelOrderError, MissingExtraError, ModelError
from nli.labels import LABELS, Label

THREE_WAY = {"id2label": {"0": "contradiction", "1": "entailment", "2": "neutral"}}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a model's folder out of empty files, a config.json and perhaps a detector.json."""

    def make(*files: str, config: object = THREE_WAY, details: object = None) -> Path:
        target = tmp_path / "model"
        target.mkdir()
        for name in files or ("model.safetensors",):
            (target / name).parent.mkdir(exist_ok=True)
            (target / name).write_bytes(name.encode())
        (target / "config.json").write_text(json.dumps(config))
        if details is not None:
            (target / "detector.json").write_text(json.dumps(details))
        return target

    return make


def refused(name: str | Path) -> str:
    with pytest.raises(ModelError) as caught:
        find(str(name))
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_the_model_that_is_meant_where_none_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Callable[..., Path]
) -> None:
    other = str(folder())
    monkeypatch.setenv("NLI_MODEL", other)
    assert find(None).name == other
    for unset in ("", None):
        monkeypatch.delenv("NLI_MODEL") if unset is None else monkeypatch.setenv("NLI_MODEL", unset)
        assert find(None).name == BUNDLED


@pytest.mark.parametrize("name", SHIPPED)
def test_the_models_that_ship_with_the_package(name: str) -> None:
    bundle = find(name)
    assert bundle.name == name
    assert bundle.folder == MODELS / name
    assert bundle.licence == "apache-2.0"
    assert bundle.onnx is not None
    assert bundle.onnx_precision == "int8"
    assert bundle.calibration.fitted
    assert {"data", "data_sha256", "rows", "date"} <= bundle.calibration.provenance.keys()
    assert bundle.label_order(None)[1] == "names in config.json"
    entry = bundle.details["onnx"]
    assert hashlib.sha256(bundle.onnx.read_bytes()).hexdigest() == entry["sha256"]
    assert entry["agreement"]["argmax"] >= 0.99
    weights = sorted(bundle.folder.glob("*.safetensors")) or sorted(bundle.onnx.parent.iterdir())
    assert hashlib.sha256(b"".join(path.read_bytes() for path in weights)).hexdigest() == bundle.checksum()
    assert max(path.stat().st_size for path in bundle.folder.rglob("*")) < 95 * 2**20  # code hosts refuse more


def test_a_folder_without_a_detector_file_has_safe_defaults(folder: Callable[..., Path]) -> None:
    bundle = find(str(folder()))
    assert not bundle.calibration.fitted
    assert bundle.onnx is None
    assert bundle.licence == "not stated"
    assert bundle.max_tokens == 512
    assert bundle.checksum() == hashlib.sha256(b"model.safetensors").hexdigest()


def test_label_order_by_name_or_by_the_caller(folder: Callable[..., Path]) -> None:
    bundle = find(str(folder()))
    assert bundle.label_order(None)[0] == (Label.CONTRADICTION, Label.ENTAILMENT, Label.NEUTRAL)
    assert bundle.label_order(LABELS) == (LABELS, "given by the caller")


def test_a_given_order_does_not_turn_a_two_way_model_into_another(folder: Callable[..., Path]) -> None:
    bundle = find(str(folder(config={"id2label": {"0": "entailment", "1": "not_entailment"}})))
    with pytest.raises(LabelOrderError, match="2 classes"):
        bundle.label_order(LABELS)


@pytest.mark.parametrize(
    ("config", "tokens", "positions"),
    [
        ({"max_position_embeddings": 128}, 128, 128),
        ({"max_position_embeddings": 8192, "model_type": "modernbert"}, 512, 8192),
        ({"max_position_embeddings": 514, "model_type": "roberta", "pad_token_id": 1}, 512, 512),
        ({"max_position_embeddings": 514, "model_type": "xlm-roberta"}, 512, 512),
        ({"max_position_embeddings": 514, "model_type": "mpnet", "pad_token_id": 1}, 512, 512),
        ({"max_position_embeddings": 130, "model_type": "roberta", "pad_token_id": 0}, 129, 129),
        ({}, 512, 512),
    ],
)
def test_longest_pair(folder: Callable[..., Path], config: dict[str, Any], tokens: int, positions: int) -> None:
    bundle = find(str(folder(config={**THREE_WAY, **config})))
    assert (bundle.max_tokens, bundle.positions) == (tokens, positions)


def test_longest_pair_as_stored_with_the_model(folder: Callable[..., Path]) -> None:
    bundle = find(str(folder(config={**THREE_WAY, "max_position_embeddings": 512}, details={"max_tokens": 256})))
    assert (bundle.max_tokens, bundle.positions) == (256, 512)


@pytest.mark.parametrize(
    ("agreement", "usable"),
    [({"usable": True}, True), ({"usable": False, "argmax": 0.98}, False), ({}, False), (None, False)],
)
def test_an_onnx_file_counts_only_with_a_measured_agreement(
    folder: Callable[..., Path], agreement: dict[str, Any] | None, usable: bool
) -> None:
    entry = {"file": "onnx/model_int8.onnx", "precision": "int8", "agreement": agreement}
    bundle = find(str(folder("model.safetensors", "onnx/model_int8.onnx", details={"onnx": entry})))
    assert (bundle.onnx is not None) == usable


def test_an_onnx_file_that_is_not_there_is_not_used(folder: Callable[..., Path]) -> None:
    entry = {"file": "onnx/gone.onnx", "agreement": {"usable": True}}
    assert find(str(folder(details={"onnx": entry}))).onnx is None


def test_a_pickle_is_refused_with_the_way_to_convert_it(folder: Callable[..., Path]) -> None:
    message = refused(folder("pytorch_model.bin"))
    assert "pytorch_model.bin" in message
    assert "save_pretrained" in message
    assert "model.safetensors" in message


def test_a_pickle_beside_safetensors_is_not_looked_at(folder: Callable[..., Path]) -> None:
    assert [path.name for path in find(str(folder("pytorch_model.bin", "model.safetensors"))).weights] == [
        "model.safetensors"
    ]


def test_folders_that_are_no_models(folder: Callable[..., Path], tmp_path: Path) -> None:
    made = folder("README.md")
    assert "no weights (*.safetensors)" in refused(made)
    (made / "config.json").write_text("{")
    assert "config.json cannot be read as JSON" in refused(made)
    (made / "config.json").write_text("[]")
    assert "holds no JSON object" in refused(made)
    (made / "config.json").write_bytes(b"\xff\xfe")
    assert "cannot be read as JSON" in refused(made)
    (made / "config.json").unlink()
    assert "has no config.json" in refused(made)
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"")
    assert "is a file, not a model" in refused(file)


@pytest.mark.parametrize(
    ("config", "details", "said"),
    [
        ({"max_position_embeddings": "abc"}, {}, "config.json has 'abc' for max_position_embeddings"),
        ({"pad_token_id": "x"}, {}, "config.json has 'x' for pad_token_id"),
        ({}, {"max_tokens": "x"}, "detector.json has 'x' for max_tokens"),
        ({}, {"weights": "abc"}, "detector.json has 'abc' for weights"),
        ({}, {"onnx": ["x"]}, "detector.json has ['x'] for onnx"),
        ({}, {"onnx": {"agreement": "x"}}, "detector.json has 'x' for onnx.agreement"),
        ({}, {"onnx": {"agreement": {"usable": True}}}, "detector.json has None for onnx.file"),
    ],
)
def test_values_of_a_wrong_kind_are_refused(
    folder: Callable[..., Path], config: dict[str, Any], details: dict[str, Any], said: str
) -> None:
    assert said in refused(folder(config={**THREE_WAY, **config}, details=details))


def test_a_name_that_is_too_long_is_refused() -> None:
    assert "cannot be read" in refused("m" * 300)


def test_a_detector_file_that_cannot_be_read_is_refused(folder: Callable[..., Path]) -> None:
    made = folder(details={"calibration": {"temperature": "warm"}})
    with pytest.raises(ModelError, match=r"detector\.json holds no calibration that can be read"):
        _ = find(str(made)).calibration
    (made / "detector.json").write_text("?")
    assert "detector.json cannot be read as JSON" in refused(made)


@pytest.mark.parametrize("name", ["./models/none", "/models/none", "~/models/none", "models/none/", "a/b/c"])
def test_a_path_that_is_not_there_is_not_looked_for_on_the_hub(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: pytest.fail("asked the hub"))
    assert refused(name) == f"There is no model folder {name}: check the path."


def test_a_name_that_is_nowhere() -> None:
    message = refused("nobody/nothing")
    assert message.startswith("The model nobody/nothing is neither a folder here nor to be had")


def test_a_hub_name_is_read_from_the_cache_offline(
    folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    revision = "0" * 40
    repository = tmp_path / "hub" / "models--acme--nli"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    (repository / "snapshots").mkdir()
    folder().rename(repository / "snapshots" / revision)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    bundle = find("acme/nli")
    assert bundle.name == "acme/nli"
    assert bundle.folder.name == revision


@pytest.mark.parametrize("by_nli", [True, False])
def test_of_a_hub_model_that_nli_made_the_graph_is_fetched_too(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, by_nli: bool
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    made = folder("model.safetensors", details={} if by_nli else None)
    asked: list[list[str]] = []

    def fetch(_: str, *, allow_patterns: list[str]) -> str:
        asked.append(allow_patterns)
        return str(made)

    monkeypatch.setattr(hub, "snapshot_download", fetch)
    assert find("acme/nli").folder == made
    files = ["config.json", "tokenizer.json", "onnx/model_int8.onnx", "onnx/model_int8.0.bin", "onnx/layout.npz"]
    fetched = [file for file in files if any(fnmatch(file, pattern) for pattern in asked[-1])]
    assert fetched == (files if by_nli else files[:2])
    assert not any(fnmatch("pytorch_model.bin", pattern) for pattern in asked[-1])


def test_a_hub_name_without_the_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"nobody/nothing.*pip install 'nli\[torch\]'"):
        find("nobody/nothing")
