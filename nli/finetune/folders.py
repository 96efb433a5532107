"""Models that exist already: an ONNX file, or a calibration, for any of them, without training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli import bundle
from nli.calibration import Calibration
from nli.detector import load
from nli.errors import InputError, OutputError
from nli.finetune.calibrate import calibrate
from nli.finetune.export import export_onnx
from nli.finetune.mixture import Given, check_examples, load_source
from nli.finetune.recipe import Source
from nli.finetune.train import require_folder
from nli.labels import parse_label_names, parse_label_order

if TYPE_CHECKING:
    from typing_extensions import Self


def calibrate_model(
    name: str | None,
    dev: Path,
    out: Path | None,
    *,
    precision: float | None = None,
    prevalence: float | None = None,
    label_names: str | None = None,
    label_order: str | None = None,
    device: str = "auto",
) -> tuple[Path, Calibration]:
    """Fit a model's temperature and thresholds and store them with it.

    Args:
        name: A folder, a hub name, or None for the one that scores by default.
        dev: Labelled pairs that trained nothing.
        out: Folder that gets a copy of the model; None to change the folder `name` itself.
        precision: None for the greatest F1, a number for the greatest recall at no less than this precision.
        prevalence: Share of pairs that contradict each other where the model will be used; None for that in `dev`.
        label_names: Class of the labels 0, 1, 2 in `dev`, such as "e,n,c".
        label_order: Class of logits 0, 1, 2, where the model does not say; it is written into the copy.
        device: Where the model runs.

    Returns:
        The folder and the calibration.

    Raises:
        NliError: If model or pairs cannot be used.
    """
    names = None if label_names is None else tuple(label.value for label in parse_label_names(label_names))
    read = load_source(
        "dev", Source.model_validate({"given": "dev"}), data_root=None, seed=0, given=Given(dev=dev, label_names=names)
    )
    check_examples("dev", read)
    with _Changed(name, out, label_order) as folder:
        detector = load(folder.work, device=device)
        fitted = calibrate(
            detector, read.examples, data=dev.name, sha256=read.sha256, precision=precision, prevalence=prevalence
        )
        folder.details["calibration"] = fitted.as_dict()
    return folder.final, fitted


def export_model(
    name: str | None,
    out: Path | None,
    *,
    dev: Path | None = None,
    precision: str = "int8",
    label_order: str | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Give a model an ONNX file and measure how well that agrees with the float32 model.

    Args:
        name: A folder, a hub name, or None for the model that ships with nli.
        out: Folder that gets a copy of the model; None to change the folder `name` itself.
        dev: Pairs to measure on, labels are not needed; None for the denial cards of dev.
        precision: "int8" or "fp32".
        label_order: Class of logits 0, 1, 2, where the model does not say; it is written into the copy.

    Returns:
        The folder and the entry of its `detector.json`, whose agreement says whether the file is used.

    Raises:
        NliError: If the model cannot be used or exported.
    """
    pairs, data = _pairs(dev)
    with _Changed(name, out, label_order) as folder:
        entry = export_onnx(folder.work, folder.work / "onnx", pairs, data=data, precision=precision)
        folder.details["onnx"] = entry
    return folder.final, entry


def _pairs(dev: Path | None) -> tuple[Sequence[tuple[str, str]], str]:
    if dev is None:
        from nli.eval.denial.cards import pairs

        return [(row["premise"], row["hypothesis"]) for row in pairs("dev")], "denial cards of dev"
    from nli.pairs import read_pairs

    return [(pair.premise, pair.hypothesis) for pair in read_pairs(dev, on_reject=lambda _: None)], dev.name


class _Changed:
    """A model folder, or a copy of one, in the making; nothing is changed unless all goes well."""

    def __init__(self, name: str | None, out: Path | None, label_order: str | None) -> None:
        self._found = bundle.find(name)
        in_place = name is not None and Path(name).is_dir()
        if out is None and not in_place:
            raise InputError(f"The model {self._found.name} is not a folder of yours: name one for a copy with --out.")
        self.final = out if out is not None else Path(str(name))
        # What a link leads to is changed, not the link; and "." has a name only then.
        self._target = self.final.resolve()
        if out is not None:
            require_folder(self._target)
            if out.exists() and any(out.iterdir()):
                raise OutputError(f"{out} is not empty: name a folder that does not exist yet with --out.")
        self.work = self._target.with_name(self._target.name + ".partial")
        self.details: dict[str, Any] = dict(self._found.details)
        self._order = None if label_order is None else parse_label_order(label_order)

    def __enter__(self) -> Self:
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self._found.folder, self.work)
        config = dict(self._found.config)
        if self._order is not None:
            config["id2label"] = {str(index): label.value for index, label in enumerate(self._order)}
            config["label2id"] = {label.value: index for index, label in enumerate(self._order)}
            (self.work / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        if not (self.work / "tokenizer.json").is_file():
            from transformers import AutoTokenizer

            AutoTokenizer.from_pretrained(self.work).save_pretrained(self.work)
        self.details.setdefault("schema", 1)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            text = json.dumps(self.details, indent=2, ensure_ascii=False) + "\n"
            (self.work / bundle.DETECTOR_FILE).write_text(text, encoding="utf-8")
            shutil.rmtree(self._target, ignore_errors=True)
            self.work.replace(self._target)
        else:
            shutil.rmtree(self.work, ignore_errors=True)
