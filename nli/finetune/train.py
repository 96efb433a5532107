"""Training: the stages of a recipe, one after the other, on Hugging Face's Trainer.

What the Trainer does not bring stands in `nli.finetune.trainer`: batches of like length, class weights, and what
happens on Ctrl-C or when the loss is no number. A run is a function of recipe, data and seed, and one that was stopped,
however hard, goes on from its last whole checkpoint as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli.errors import ConfigError, InputError, MissingExtraError, OutputError
from nli.finetune.base import freeze, load_base
from nli.finetune.batches import Collator, Encoded, Share, encode, stage_batches
from nli.finetune.faults import explained
from nli.finetune.recipe import Recipe

if TYPE_CHECKING:
    from nli.finetune.mixture import Example

STAGES = "stages"
TRAINED = "fp32"
KEY = "key.txt"
WHOLE = "whole"
"""An empty file in a checkpoint that was written to its end."""
EVALUATIONS = 4
"""Fewest times that dev is scored in a stage."""
FINAL = "final"


def train(
    recipe: Recipe,
    mixtures: Sequence[Sequence[Example]],
    dev: Sequence[tuple[str, Sequence[Example]]],
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
) -> Path | None:
    """Train the recipe's stages and write the model.

    Started by `torchrun` or `accelerate launch`, each process trains its share of the batches.

    Args:
        recipe: The validated recipe.
        mixtures: The examples of each stage, in the order they are shuffled into.
        dev: Named dev sets. Each is scored on the way; the mean of their average precision of contradiction chooses
            the best checkpoint of a stage.
        out: The folder to write to: `log.jsonl`, `stages/` with checkpoints, and at the end `fp32/`.
        device: "cpu", "cuda" or "mps".
        resume: Go on from the checkpoints in `out`.

    Returns:
        The folder of the trained model (float32 safetensors, tokenizer, configuration); None in all processes but the
        first, which have nothing left to do.

    Raises:
        ModelError: If the base model cannot be loaded, or the loss is no longer a number.
        InputError: If the checkpoint belongs to another recipe or other data, or `out` holds a run already.
        InterruptedTrainingError: If it was stopped with Ctrl-C; a checkpoint was saved.
    """
    require_folder(out)
    if (out / STAGES).exists() and not resume:
        raise InputError(f"{out} already holds a run: go on with --resume, or train into another folder with --out.")
    require_reports(recipe)
    model, tokenizer = load_base(recipe, device)
    freeze(model, recipe)
    if recipe.training.gradient_checkpointing:
        # Renamed in transformers 5.
        enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
        enable({"use_reentrant": False})
    encoded_dev = {name: encode(tokenizer, rows, recipe.training.max_tokens).by_length() for name, rows in dev}
    first = True
    for number, stage in enumerate(recipe.stages):
        folder = out / STAGES / f"{number + 1}-{stage.name}"
        rows = encode(tokenizer, mixtures[number], recipe.training.max_tokens)
        if (folder / FINAL).is_dir():
            _require_key(folder, _key(recipe, number, rows))
            _load_weights(model, folder / FINAL)
            continue
        with explained(out):
            first = _stage(recipe, number, model, tokenizer, rows, encoded_dev, folder, device)
    if not first:
        return None
    with explained(out):
        return _save(model, tokenizer, out / TRAINED)


def _stage(
    recipe: Recipe,
    number: int,
    model: Any,  # noqa: ANN401 -- transformers
    tokenizer: Any,  # noqa: ANN401
    rows: Encoded,
    dev: dict[str, Encoded],
    folder: Path,
    device: str,
) -> bool:
    """Train one stage; say whether this is the first process."""
    from nli.finetune.trainer import PairTrainer, arguments

    cut, whole = stage_batches(recipe, number, rows)
    key = _key(recipe, number, rows)
    checkpoint = _last_checkpoint(folder, key)
    settings = arguments(recipe, number, folder, device, every=_interval(recipe, len(cut)))
    mine = Share(cut, settings.process_index, settings.world_size)
    if settings.process_index == 0:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / KEY).write_text(key, encoding="utf-8")
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder / "tensorboard")
    trainer = PairTrainer(
        model=model,
        args=settings,
        recipe=recipe,
        stage=recipe.stages[number],
        plan=mine,
        whole=whole / len(cut),
        log=folder.parent.parent / "log.jsonl",
        train_dataset=rows,
        eval_dataset=dev,
        data_collator=Collator(tokenizer),
    )
    kept = recipe.stages[number].kept
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()} if kept else {}
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    _average(model, before, kept)
    if settings.process_index != 0:
        return False
    _save(model, tokenizer, folder / FINAL)
    for old in folder.glob("checkpoint-*"):
        shutil.rmtree(old)
    return True


def _average(model: Any, before: dict[str, Any], kept: float) -> None:  # noqa: ANN401
    """Move the weights back towards `before` by the share `kept` of the way; in place."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name in before:
                weight.lerp_(before[name].to(weight.device), kept)


def _interval(recipe: Recipe, batches_of_stage: int) -> int:
    """Return after how many steps dev is scored and a checkpoint saved."""
    steps = math.ceil(batches_of_stage / recipe.training.gradient_accumulation_steps)
    return max(1, min(recipe.training.eval_steps, math.ceil(steps / EVALUATIONS)))


def _key(recipe: Recipe, number: int, rows: Encoded) -> str:
    """Return what must be the same for a stage that has begun, or is over, to be taken up; others may be edited."""
    digest = hashlib.sha256(recipe.model_dump_json(include={"seed", "base", "training"}).encode())
    digest.update(recipe.stages[number].model_dump_json().encode())
    digest.update(json.dumps([rows.ids, rows.labels]).encode())
    if rows.teacher is not None:
        digest.update(rows.teacher.tobytes())
    return digest.hexdigest()


def _last_checkpoint(folder: Path, key: str) -> Path | None:
    """Return the newest checkpoint of a stage that was written to its end."""
    whole = [path for path in folder.glob("checkpoint-*") if (path / WHOLE).is_file()]
    if not whole:
        return None
    _require_key(folder, key)
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]))


def _require_key(folder: Path, key: str) -> None:
    """Refuse what another recipe or other data have made in a stage's folder."""
    path = folder / KEY
    if not path.is_file() or path.read_text(encoding="utf-8") != key:
        raise InputError(
            f"What stands in {folder} was made with another recipe or other data: "
            "give the same ones, or train into another folder with --out."
        )


def _load_weights(model: Any, folder: Path) -> None:  # noqa: ANN401
    from safetensors.torch import load_file

    model.load_state_dict(load_file(folder / "model.safetensors"))


def _save(model: Any, tokenizer: Any, folder: Path) -> Path:  # noqa: ANN401
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder


def require_reports(recipe: Recipe) -> None:
    """Refuse a `training.report_to` that cannot be reported to.

    Raises:
        MissingExtraError: If TensorBoard is not installed.
        ConfigError: If transformers does not know another one, or it is not installed.
    """
    from importlib.util import find_spec

    from transformers.integrations import get_available_reporting_integrations

    wanted = recipe.training.report_to
    if "tensorboard" in wanted and find_spec("tensorboard") is None:
        raise MissingExtraError("Reporting to TensorBoard (training.report_to)", "train")
    there = get_available_reporting_integrations()
    unknown = [] if wanted in {("all",), ("none",)} else [name for name in wanted if name not in there]
    if unknown:
        raise ConfigError(
            f"training.report_to names {', '.join(unknown)}, which transformers cannot report to here: install it, or "
            f"name some of {', '.join(sorted(there)) or 'none'}."
        )


def require_folder(out: Path) -> None:
    """Refuse a folder that cannot be made or written into.

    Raises:
        OutputError: If it, or one that it lies in, is a file or may not be written to.
    """
    there = next((folder for folder in (out, *out.absolute().parents) if folder.exists()), out)
    if there.exists() and not there.is_dir():
        raise OutputError(f"--out {out} cannot be a folder, for {there} is a file: name another one.")
    if not os.access(there, os.W_OK):
        raise OutputError(f"--out {out} cannot be written to: name a folder that may be written to.")
