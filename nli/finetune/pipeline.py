"""From a recipe to a finished model folder: read, train, export, calibrate, describe."""

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
from nli.finetune.calibrate import calibrate
from nli.finetune.card import card
from nli.finetune.export import export_onnx, save_float16
from nli.finetune.mixture import Loaded, load_source, mix, pair_key
from nli.finetune.recipe import Recipe
from nli.finetune.train import train

MODEL = "model"
SCORED_TOKENS = 256
AGREEMENT_PAIRS = 3000


def plan(recipe: Recipe, data_root: Path | None) -> list[str]:
    """Read everything that a recipe names and say what would be done.

    Raises:
        InputError: If a file is missing or a row cannot be used.
    """
    loaded = read_sources(recipe, data_root)
    lines = [f"recipe {recipe.name}: {len(recipe.stages)} stages, seed {recipe.seed}"]
    for name, source in loaded.items():
        counts = ", ".join(f"{count:,} {label}" for label, count in source.counts.items())
        dropped = "".join(f"; {count:,} left out ({reason})" for reason, count in source.dropped.items())
        lines.append(f"  {name}: {len(source.examples):,} pairs ({counts}){dropped}")
    for number, stage in enumerate(recipe.stages):
        rows = mix(recipe, number, loaded)
        lines.append(f"stage {stage.name}: {len(rows):,} pairs, learning rate {stage.learning_rate:g}")
    return lines


def read_sources(recipe: Recipe, data_root: Path | None) -> dict[str, Loaded]:
    """Read all sources of a recipe; pairs of its dev sets are left out of what trains, in either order."""
    held_back = {*recipe.dev, *recipe.calibration.sources}
    loaded: dict[str, Loaded] = {}
    for name in sorted(recipe.sources, key=lambda name: (name not in held_back, name)):
        forbidden = frozenset(
            pair_key(example.premise, example.hypothesis)
            for other in held_back & loaded.keys()
            for example in loaded[other].examples
            if name not in held_back
        )
        loaded[name] = load_source(
            name, recipe.sources[name], data_root=data_root, seed=recipe.seed, forbidden=forbidden
        )
    return {name: loaded[name] for name in recipe.sources}


def finetune(
    recipe: Recipe, out: Path, *, data_root: Path | None = None, device: str = "auto", resume: bool = False
) -> Path:
    """Train, export and calibrate a model.

    Args:
        recipe: What to do.
        out: Folder for checkpoints, the log and, below `model`, what comes out.
        data_root: Folder of the files that the recipe names.
        device: "auto", "cpu", "cuda" or "mps".
        resume: Go on from the last checkpoint in `out`.

    Returns:
        The folder of the finished model.

    Raises:
        NliError: If anything it needs is missing or wrong; see the parts.
    """
    from nli.runtimes.torch import choose_device

    loaded = read_sources(recipe, data_root)
    mixtures = [mix(recipe, number, loaded) for number in range(len(recipe.stages))]
    dev = [(name, loaded[name].examples) for name in recipe.dev]
    trained = train(recipe, mixtures, dev, out, device=choose_device(device), resume=resume)
    return finish(recipe, loaded, trained, out / MODEL)


def finish(recipe: Recipe, loaded: Mapping[str, Loaded], trained: Path, target: Path) -> Path:
    """Make the folder that is used and shipped out of a trained float32 model.

    Args:
        recipe: What it was trained with.
        loaded: The recipe's sources.
        trained: Folder of the float32 model.
        target: The folder to make; it appears under this name only when whole.

    Returns:
        The folder.
    """
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_float16(trained, partial)
    fitting = [example for name in recipe.calibration.sources for example in loaded[name].examples]
    dev = [(example.premise, example.hypothesis) for name in recipe.dev for example in loaded[name].examples]
    agreement_pairs = random.Random(recipe.seed).sample(dev, min(AGREEMENT_PAIRS, len(dev)))  # noqa: S311
    entry = export_onnx(partial, partial / "onnx", agreement_pairs, data=", ".join(recipe.dev))
    details: dict[str, Any] = {
        "schema": 1,
        "name": recipe.name,
        "licence": "Apache-2.0",
        "base": recipe.base.hub,
        "max_tokens": SCORED_TOKENS,
        "created": today(),
        "weights": {
            "file": "model.safetensors",
            "dtype": "float16",
            "sha256": hashlib.sha256((partial / "model.safetensors").read_bytes()).hexdigest(),
        },
        "onnx": entry,
        "calibration": Calibration().as_dict(),
        "training": {name: source.sha256 for name, source in loaded.items()},
    }
    _write(partial, details)
    detector = load(partial, threads=None, probe=False)
    details["probe"] = {"right": detector.probe(), "of": 12}
    digest = hashlib.sha256("".join(loaded[name].sha256 for name in recipe.calibration.sources).encode()).hexdigest()
    details["calibration"] = calibrate(
        detector, fitting, data=", ".join(recipe.calibration.sources), sha256=digest
    ).as_dict()
    _write(partial, details)
    (partial / "README.md").write_text(card(recipe, loaded, details), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.replace(target)
    return target


def _write(folder: Path, details: Mapping[str, Any]) -> None:
    (folder / DETECTOR_FILE).write_text(json.dumps(details, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
