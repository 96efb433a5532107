"""A model's folder: where it is, what lies in it, and what is known of it.

A folder is a standard Hugging Face one. Where nli made it, `detector.json` beside the weights holds what
the standard has no place for: calibration with its provenance, checksums, and the ONNX file with the
agreement that it was measured to have with the float32 model.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nli.calibration import Calibration
from nli.errors import LabelOrderError, MissingExtraError, ModelError
from nli.labels import LABELS, Label, resolve_label_order

BUNDLED = "denial-mpnet"
"""The model that is meant where none is named."""
FAST = "denial-minilm"
"""A model a fifth as large, which ships too."""
SHIPPED = (BUNDLED, FAST)
MODEL_VARIABLE = "NLI_MODEL"
"""Names another model for where none is named."""
MODELS = Path(__file__).parent / "models"
DETECTOR_FILE = "detector.json"
DEFAULT_TOKENS = 512
_PICKLES = ("pytorch_model.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_HUB_PATTERNS = ["*.json", "*.txt", "*.model", "*.safetensors", "LICENSE*", "README.md"]
_HUB_GRAPH = ["onnx/model_*.onnx", "onnx/model_*.bin", "onnx/layout.npz"]
"""What else is fetched of a model that nli made; elsewhere such files have no measured agreement and go unused."""


@dataclass(frozen=True)
class Bundle:
    """A model folder that was found and read.

    Attributes:
        name: What the user called it.
        folder: Where it lies on disk.
        config: `config.json`.
        details: `detector.json`; empty for a model that nli did not make.
    """

    name: str
    folder: Path
    config: Mapping[str, Any]
    details: Mapping[str, Any]

    @property
    def calibration(self) -> Calibration:
        """Temperature and thresholds; unfitted ones where the model has none."""
        if "calibration" not in self.details:
            return Calibration()
        return Calibration.from_dict(self.details["calibration"], str(self.folder / DETECTOR_FILE))

    @property
    def onnx(self) -> Path | None:
        """The ONNX file, if there is one whose measured agreement with the float32 model is good enough."""
        entry = self.details.get("onnx") or {}
        if not (entry.get("agreement") or {}).get("usable"):
            return None
        path = self.folder / str(entry["file"])
        return path if path.is_file() else None

    @property
    def onnx_precision(self) -> str:
        """The precision of the ONNX file's weights, such as "int8"."""
        return str((self.details.get("onnx") or {}).get("precision", "fp32"))

    @property
    def weights(self) -> list[Path]:
        """The safetensors files, or what tells all weights from the files of an int8 graph."""
        return sorted(self.folder.glob("*.safetensors")) or sorted(self.folder.glob("*/layout.npz"))

    @property
    def positions(self) -> int:
        """Most tokens of a pair, special tokens counted, that the model can take at all."""
        positions = int(self.config.get("max_position_embeddings") or DEFAULT_TOKENS)
        # These keep the first positions, up to their padding token's id, for themselves.
        if self.config.get("model_type") in {"roberta", "xlm-roberta", "camembert", "mpnet"}:
            padding = self.config.get("pad_token_id")
            positions -= (1 if padding is None else int(padding)) + 1
        return positions

    @property
    def max_tokens(self) -> int:
        """Most tokens of a pair scored together unless asked (`detector.json`, else its positions up to 512)."""
        return min(int(self.details.get("max_tokens") or DEFAULT_TOKENS), self.positions)

    @property
    def licence(self) -> str:
        """The licence, where the model says it."""
        return str(self.details.get("licence") or self.config.get("license") or "not stated")

    def label_order(self, override: tuple[Label, ...] | None) -> tuple[tuple[Label, ...], str]:
        """Return which class each logit is, and how that is known.

        Raises:
            LabelOrderError: If the names do not settle it and no order is given, or the model is not three-way.
        """
        if override is None:
            return resolve_label_order(self.config, self.name), "names in config.json"
        count = len(self.config.get("id2label") or {}) or int(self.config.get("num_labels") or len(LABELS))
        if count != len(LABELS):
            raise LabelOrderError(
                f"The model {self.name} has {count} class{'es' if count > 1 else ''}, so that a label order of three "
                "cannot be right: choose one with entailment, neutral and contradiction with --model."
            )
        return override, "given by the caller"

    def checksum(self) -> str:
        """Return the SHA-256 of the weights: the recorded one, else that of the safetensors files."""
        recorded = (self.details.get("weights") or {}).get("sha256")
        if recorded:
            return str(recorded)
        digest = hashlib.sha256()
        for path in self.weights:
            with path.open("rb") as file:
                for block in iter(lambda: file.read(2**20), b""):
                    digest.update(block)
        return digest.hexdigest()


def find(name: str | None) -> Bundle:
    """Find a model by name and read what it says of itself.

    Args:
        name: "denial-mpnet" or "denial-minilm", which ship with the package, a folder, or a name on the Hugging Face
            hub (fetched once, then read from its cache; `HF_HUB_OFFLINE=1` keeps to the cache). None for what the
            environment's NLI_MODEL names, and without it for "denial-mpnet".

    Raises:
        ModelError: If there is no such model, or it cannot be read or trusted.
        MissingExtraError: If it is a hub name and the extra is not installed.
    """
    shown = name or os.environ.get(MODEL_VARIABLE) or BUNDLED
    try:
        folder = MODELS / shown if shown in SHIPPED and not Path(shown).is_dir() else Path(shown)
        there = folder.is_dir()
        if not there and folder.exists():
            raise ModelError(f"{shown} is a file, not a model: give the folder that holds config.json and the weights.")
    except OSError as error:  # a folder that is shut, a name that is too long
        raise ModelError(f"The model {shown} cannot be read ({error.strerror}): give another folder or name.") from None
    if not there:
        folder = _from_hub(shown)
    config = _read_json(folder / "config.json", shown)
    details = _read_json(folder / DETECTOR_FILE, shown) if (folder / DETECTOR_FILE).is_file() else {}
    bundle = Bundle(shown, folder, config, details)
    _require_usable_values(bundle)
    _require_safe_weights(bundle)
    return bundle


def _require_usable_values(bundle: Bundle) -> None:
    """Refuse values of a kind that the rest of the program cannot use."""
    onnx = bundle.details.get("onnx") or {}
    entry = onnx if isinstance(onnx, Mapping) else {}
    agreement = entry.get("agreement") or {}
    usable = isinstance(agreement, Mapping) and agreement.get("usable")
    wanted: list[tuple[str, str, Any, type, str]] = [
        ("config.json", name, bundle.config.get(name) or 0, int, "a whole number")
        for name in ("max_position_embeddings", "pad_token_id")
    ]
    wanted += [
        (DETECTOR_FILE, "max_tokens", bundle.details.get("max_tokens") or 0, int, "a whole number"),
        (DETECTOR_FILE, "weights", bundle.details.get("weights") or {}, Mapping, "an object"),
        (DETECTOR_FILE, "onnx", onnx, Mapping, "an object"),
        (DETECTOR_FILE, "onnx.agreement", agreement, Mapping, "an object"),
        (DETECTOR_FILE, "onnx.file", entry.get("file") if usable else "", str, "a name"),
    ]
    for file, name, value, kind, what in wanted:
        if not isinstance(value, kind):
            raise ModelError(
                f"{bundle.folder / file} has {value!r} for {name}, which is not {what}: save the model {bundle.name} "
                "again."
            )


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"The model {name} has no {path.name} in {path.parent}: give the folder that save_pretrained wrote."
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({error}): save the model {name} again.") from error
    if not isinstance(read, dict):
        raise ModelError(f"{path} holds no JSON object: save the model {name} again.")
    return read


def _require_safe_weights(bundle: Bundle) -> None:
    if bundle.weights or bundle.onnx:
        return
    pickles = sorted(path.name for pattern in _PICKLES for path in bundle.folder.glob(pattern))
    if pickles:
        raise ModelError(
            f"The model {bundle.name} has its weights only as a pickle ({pickles[0]}), which can run code when it is "
            "read: convert it where you trust it, with transformers' save_pretrained, which writes model.safetensors."
        )
    raise ModelError(
        f"The model {bundle.name} has no weights (*.safetensors) in {bundle.folder}: give its whole folder, or, if its "
        "weights are a pickle, convert it where you trust it, with transformers' save_pretrained."
    )


def _from_hub(name: str) -> Path:
    if name.count("/") > 1 or name.startswith((".", "/", "~")) or name.endswith("/"):
        raise ModelError(f"There is no model folder {name}: check the path.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingExtraError(
            f"There is no model folder {name}, and fetching it from the Hugging Face hub", "torch"
        ) from error
    try:
        folder = Path(snapshot_download(name, allow_patterns=_HUB_PATTERNS))
        by_nli = (folder / DETECTOR_FILE).is_file()
        return Path(snapshot_download(name, allow_patterns=[*_HUB_PATTERNS, *_HUB_GRAPH])) if by_nli else folder
    except Exception as error:  # the hub client raises its own, httpx's and plain OS errors
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"The model {name} is neither a folder here nor to be had from the Hugging Face hub ({reason}): "
            "check its name and the network, or give the folder of a copy."
        ) from error
