"""From a recipe to a finished model folder: read, train, export, calibrate, compare, describe."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nli.bundle import DETECTOR_FILE
from nli.calibration import Calibration, today
from nli.detector import load
from nli.errors import ModelError
from nli.finetune.base import find_base
from nli.finetune.calibrate import calibrate, fit_biases
from nli.finetune.card import card, save_calibration_plot
from nli.finetune.export import export_onnx, save_float16
from nli.finetune.faults import explained
from nli.finetune.mixture import Loaded, mix
from nli.finetune.recipe import Recipe
from nli.finetune.results import held_out_results, load_before
from nli.finetune.train import train
from nli.runtimes.compact import LAYOUT

MODEL = "model"
RESULTS = "results.json"
SCORED_TOKENS = 256
AGREEMENT_PAIRS = 3000


def finetune(
    recipe: Recipe, loaded: Mapping[str, Loaded], out: Path, *, device: str = "auto", resume: bool = False
) -> Path | None:
    """Train, export, calibrate and describe a model.

    Args:
        recipe: What to do.
        loaded: Its sources, from `nli.finetune.mixture.read_sources`.
        out: Folder for checkpoints, the log and, below `model`, what comes out.
        device: "auto", "cpu", "cuda" or "mps".
        resume: Go on from the last checkpoint in `out`.

    Returns:
        The folder of the finished model; None in all processes but the first, where there are several.

    Raises:
        NliError: If anything it needs is missing or wrong; see the parts.
    """
    from nli.runtimes.torch import choose_device

    chosen = choose_device(device)
    mixtures = [mix(recipe, number, loaded) for number in range(len(recipe.stages))]
    dev = [(name, loaded[name].examples) for name in recipe.dev]
    trained = train(recipe, mixtures, dev, out, device=chosen, resume=resume)
    if trained is None:
        return None
    with explained(out):
        return finish(recipe, loaded, trained, out / MODEL, device=chosen)


def finish(recipe: Recipe, loaded: Mapping[str, Loaded], trained: Path, target: Path, *, device: str = "cpu") -> Path:
    """Make the folder that is used and shipped out of a trained float32 model.

    Args:
        recipe: What it was trained with.
        loaded: The recipe's sources.
        trained: Folder of the float32 model.
        target: The folder to make; it appears under this name only when whole. `results.json` is written beside it.
        device: Where the base model is scored for comparison.

    Returns:
        The folder.
    """
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        found = _make(recipe, loaded, trained, partial, device)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    (target.parent / RESULTS).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.replace(target)
    return target


def _make(recipe: Recipe, loaded: Mapping[str, Loaded], trained: Path, partial: Path, device: str) -> dict[str, Any]:
    """Fill the folder of a model; return the results before and after."""
    fitting = [example for name in recipe.calibration.sources for example in loaded[name].examples]
    biases = fit_biases(load(trained, probe=False), fitting).tolist() if recipe.calibration.biases else None
    save_float16(trained, partial, biases)
    # A recipe without dev chooses nothing on the way; how well int8 agrees is measured on what calibrates.
    measured = recipe.dev or recipe.calibration.sources
    dev = [(example.premise, example.hypothesis) for name in measured for example in loaded[name].examples]
    agreement_pairs = random.Random(recipe.seed).sample(dev, min(AGREEMENT_PAIRS, len(dev)))  # noqa: S311
    details: dict[str, Any] = {
        "schema": 1,
        "name": recipe.name,
        "licence": recipe.licence,
        "base": recipe.base.hub,
        "max_tokens": min(SCORED_TOKENS, _positions(trained)),
        "created": today(),
        "weights": {
            "file": "model.safetensors",
            "dtype": "float16",
            "sha256": hashlib.sha256((partial / "model.safetensors").read_bytes()).hexdigest(),
        },
        **_onnx(partial, agreement_pairs, ", ".join(measured), whole=recipe.compact),
        "calibration": Calibration().as_dict(),
        "training": {name: source.sha256 for name, source in loaded.items()},
    }
    if recipe.compact:
        details["weights"] = _compact(partial, details)
    write_details(partial, details)
    detector = load(partial, probe=False)
    details["probe"] = {"right": detector.probe(), "of": 12}
    digests = [loaded[name].sha256 for name in recipe.calibration.sources]
    details["calibration"] = calibrate(
        detector,
        fitting,
        data=", ".join(recipe.calibration.sources),
        sha256=hashlib.sha256("".join(digests).encode()).hexdigest(),
        precision=recipe.calibration.precision,
        prevalence=recipe.calibration.prevalence,
        sizes=[len(loaded[name].examples) for name in recipe.calibration.sources],
    ).as_dict()
    # An evaluation can tell its own pairs by the checksum of each source, not by that of all together.
    details["calibration"]["provenance"]["sources_sha256"] = ", ".join(digests)
    if biases is not None:
        details["calibration"]["provenance"]["biases_added"] = [round(bias, 4) for bias in biases]
    write_details(partial, details)
    reported = {name: loaded[name] for name in recipe.report or recipe.calibration.sources}
    found = held_out_results(
        load(partial, probe=False), load_before(find_base(recipe), device), reported, seed=recipe.seed
    )
    save_calibration_plot(partial, found, next(iter(reported)))
    (partial / "README.md").write_text(card(recipe, loaded, details, found), encoding="utf-8")
    return found


def _positions(folder: Path) -> int:
    from nli.bundle import find

    return find(str(folder)).positions


def _compact(folder: Path, details: Mapping[str, Any]) -> dict[str, str]:
    """Keep one set of weights: those of the int8 graph if it agrees, else the safetensors; return their entry."""
    onnx = details["onnx"]
    if onnx is None or not onnx["agreement"]["usable"]:
        (folder / "onnx" / LAYOUT).unlink(missing_ok=True)
        return dict(details["weights"])
    (folder / "model.safetensors").unlink()
    digest = hashlib.sha256()
    for path in sorted((folder / "onnx").iterdir()):
        digest.update(path.read_bytes())
    return {"file": f"onnx/{LAYOUT}", "dtype": "int8", "sha256": digest.hexdigest()}


def _onnx(folder: Path, pairs: list[tuple[str, str]], data: str, *, whole: bool) -> dict[str, Any]:
    """Return the entry of the ONNX file, or why there is none; the model runs with PyTorch then."""
    try:
        return {"onnx": export_onnx(folder, folder / "onnx", pairs, data=data, whole=whole)}
    except ModelError as error:
        shutil.rmtree(folder / "onnx", ignore_errors=True)
        return {"onnx": None, "no_onnx": str(error)}


def write_details(folder: Path, details: Mapping[str, Any]) -> None:
    """Write `detector.json` into a model folder."""
    (folder / DETECTOR_FILE).write_text(json.dumps(details, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
