"""What a larger model says of training pairs, kept in a file that a smaller one learns from beside the labels.

Run with ``python -m nli.finetune.teacher RECIPE --model FOLDER --out FILE``. It scores the pairs of every stage that
gives its teacher a share of the loss, one way, as training sees them. A pair that the file holds is not scored again,
so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nli import configs
from nli.errors import InputError, NliError, OutputError
from nli.labels import LABELS

if TYPE_CHECKING:
    from nli.finetune.mixture import Example
    from nli.finetune.recipe import Recipe

RECIPES = Path(configs.__file__).parent / "recipes"
_SAVED_EVERY = 120.0
"""Seconds between two writes of the file."""
_MEGABATCH = 1024
_KEY_BYTES = 8


def key(premise: str, hypothesis: str) -> int:
    """Return the number that stands for an ordered pair in the file."""
    digest = hashlib.blake2b(json.dumps([premise, hypothesis]).encode(), digest_size=_KEY_BYTES).digest()
    return int.from_bytes(digest, "little")


def locate(file: str, data_root: Path | None) -> Path:
    """Return the path of a recipe's file of logits: below the data folder if it is there, else with the recipes."""
    path = Path(file)
    if data_root is not None and (data_root / path).exists():
        return data_root / path
    return path if path.is_absolute() else RECIPES / path


def read(path: Path) -> dict[int, tuple[float, ...]]:
    """Read a file of logits.

    Returns:
        The logits of each pair's key, in the order of `nli.labels.LABELS`.

    Raises:
        InputError: If it is missing or damaged.
    """
    try:
        # NumPy leaves a file that it has opened itself open if that is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            keys, logits = arrays["keys"], arrays["logits"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"The teacher's logits {path} cannot be read ({error}): make them with python -m nli.finetune.teacher, "
            "or take `teacher` out of the recipe."
        ) from error
    if logits.shape != (len(keys), len(LABELS)):
        raise InputError(f"The teacher's logits {path} are damaged: make them again.")
    return dict(zip(keys.tolist(), map(tuple, logits.tolist()), strict=True))


def write(path: Path, logits: Mapping[int, Sequence[float]]) -> None:
    """Write a file of logits, whole or not at all; float16 is exact enough for them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.partial.npz")
    keys = np.array(sorted(logits), dtype=np.uint64)
    rows = np.array([logits[int(one)] for one in keys], dtype=np.float16).reshape(len(keys), len(LABELS))
    np.savez_compressed(partial, keys=keys, logits=rows)
    partial.replace(path)


def _require_writable(path: Path) -> None:
    """Refuse a file that could not be written after all the scoring."""
    partial = path.with_name(f"{path.stem}.partial.npz")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
        partial.unlink()
    except OSError as error:
        raise OutputError(f"--out {path} cannot be written ({error.strerror}): name another file.") from error


def score(model: Any, tokenizer: Any, examples: Sequence[Example], max_tokens: int) -> NDArray[np.float32]:  # noqa: ANN401
    """Score pairs one way.

    Args:
        model: A classifier of transformers, in evaluation mode, whose logits are in the order of `nli.labels.LABELS`.
        tokenizer: Its tokenizer.
        examples: The pairs.
        max_tokens: Where a pair is cut.

    Returns:
        Logits, float32 of shape (examples, 3).
    """
    import torch

    from nli.finetune.batches import Collator, batches, encode
    from nli.finetune.trainer import has_bfloat16

    rows = encode(tokenizer, examples, max_tokens)
    collate = Collator(tokenizer)
    device = model.device.type
    out = np.zeros((len(rows), len(LABELS)), np.float32)
    with torch.inference_mode(), torch.autocast(device, dtype=torch.bfloat16, enabled=has_bfloat16(device)):
        for batch in batches(rows.lengths, 4096, "teacher"):
            inputs = {name: tensor.to(device) for name, tensor in collate([rows[row] for row in batch]).items()}
            inputs.pop("labels")
            out[batch] = model(**inputs).logits.float().cpu().numpy()
    return out


def wanted(recipe: Recipe, mixtures: Iterable[Sequence[Example]]) -> list[Example]:
    """Return the pairs of the stages whose teacher has a share of the loss, each once."""
    found: dict[int, Example] = {}
    for stage, mixture in zip(recipe.stages, mixtures, strict=True):
        if stage.teacher > 0:
            found.update((key(example.premise, example.hypothesis), example) for example in mixture)
    return list(found.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a recipe's pairs with its teacher."""
    parser = argparse.ArgumentParser(prog="python -m nli.finetune.teacher", description="Score pairs with a teacher.")
    parser.add_argument("recipe", help="name or file of the recipe that will learn from the teacher")
    parser.add_argument("--model", type=Path, required=True, help="folder of the teacher, as nli finetune writes it")
    parser.add_argument("--out", type=Path, required=True, help="file of logits (.npz); what it holds is kept")
    parser.add_argument("--data-root", type=Path, help="folder of the data files that the recipe names")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    options = parser.parse_args(arguments)
    try:
        _score_recipe(options)
    except NliError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    return 0


def _score_recipe(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from nli.eval.datasets import find_data_root
    from nli.finetune.mixture import mix, read_sources
    from nli.finetune.recipe import load_recipe

    recipe, _ = load_recipe(options.recipe)
    loaded = read_sources(recipe.model_copy(update={"teacher": None}), find_data_root(options.data_root))
    pairs = wanted(recipe, [mix(recipe, number, loaded) for number in range(len(recipe.stages))])
    if not pairs:
        raise InputError(f"No stage of the recipe {recipe.name} gives a teacher a share: set `teacher` in a stage.")
    known = read(options.out) if options.out.exists() else {}
    left = [pair for pair in pairs if key(pair.premise, pair.hypothesis) not in known]
    _require_writable(options.out)
    model, tokenizer = _load(options.model, options.device)
    saved = time.monotonic()
    with tqdm(total=len(left), unit="pair", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        for start in range(0, len(left), _MEGABATCH):
            part = left[start : start + _MEGABATCH]
            for pair, logits in zip(part, score(model, tokenizer, part, recipe.training.max_tokens), strict=True):
                known[key(pair.premise, pair.hypothesis)] = tuple(logits.tolist())
            bar.update(len(part))
            if time.monotonic() - saved > _SAVED_EVERY:
                write(options.out, known)
                saved = time.monotonic()
    write(options.out, known)
    sys.stdout.write(f"{options.out}: {len(known):,} pairs, {len(left):,} of them new\n")


def _load(folder: Path, device: str) -> tuple[Any, Any]:
    """Load a teacher that `nli finetune` wrote, and its tokenizer."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    from nli.bundle import find
    from nli.labels import resolve_label_order
    from nli.runtimes.torch import choose_device

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    chosen = choose_device(device)
    found = find(str(folder))
    if tuple(resolve_label_order(found.config, str(folder))) != LABELS:
        raise InputError(
            f"The logits of {folder} are in another order than {', '.join(LABELS)}: fine-tune it with nli."
        )
    model = AutoModelForSequenceClassification.from_pretrained(
        found.folder, dtype="float32", use_safetensors=True, attn_implementation="eager" if chosen == "cpu" else None
    )
    return model.to(chosen).eval(), AutoTokenizer.from_pretrained(found.folder)


if __name__ == "__main__":
    sys.exit(main())
