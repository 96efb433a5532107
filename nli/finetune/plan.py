"""What a recipe would do, said before anything is trained: rows, steps, time and memory."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nli.finetune.base import freeze, load_base
from nli.finetune.batches import Collator, encode, stage_batches
from nli.finetune.faults import explained
from nli.finetune.mixture import Loaded, mix
from nli.finetune.recipe import Recipe

TIMED_STEPS = 4
LONG_SHARE = 0.01
FEW_CONTRADICTIONS = 0.05
OPTIMISER_BYTES = 8
"""The two moments of AdamW for each trained weight, float32."""


def plan(recipe: Recipe, loaded: Mapping[str, Loaded], device: str) -> list[str]:
    """Say what would be done.

    Args:
        recipe: The recipe.
        loaded: Its sources.
        device: "cpu", "cuda" or "mps"; a few batches are run on it to estimate time and memory.

    Returns:
        Lines for people.

    Raises:
        ModelError: If the base model cannot be loaded.
    """
    lines = [f"recipe {recipe.name}: {len(recipe.stages)} stages, seed {recipe.seed}, base {recipe.base.hub}"]
    for name, source in loaded.items():
        counts = ", ".join(f"{count:,} {label}" for label, count in source.counts.items())
        dropped = "".join(f"; {count:,} left out {reason}" for reason, count in source.dropped.items())
        lines.append(f"  {name}: {len(source.examples):,} pairs ({counts}){dropped}")
        lines += [f"    {note}" for note in source.notes]
        if recipe.sources[name].given is not None:
            lines += _remarks(source)
    model, tokenizer = load_base(recipe, device)
    freeze(model, recipe)
    seconds = 0.0
    for number, stage in enumerate(recipe.stages):
        rows = encode(tokenizer, mix(recipe, number, loaded), recipe.training.max_tokens)
        cut, _ = stage_batches(recipe, number, rows)
        steps = math.ceil(len(cut) / recipe.training.gradient_accumulation_steps)
        full = sum(length >= recipe.training.max_tokens for length in rows.lengths)
        long = f"; {full:,} are cut at {recipe.training.max_tokens} tokens" if full > LONG_SHARE * len(rows) else ""
        seen = sum(map(len, cut))
        rate = stage.learning_rate
        lines.append(f"stage {stage.name}: {seen:,} pairs in {steps:,} steps, learning rate {rate:g}{long}")
        parts = [[rows[row] for row in batch] for batch in cut[:TIMED_STEPS]]
        with explained(Path()):
            seconds += _seconds(model, parts, Collator(tokenizer), device) * len(cut)
    lines.append(f"about {_duration(seconds)} on {device}, and {_memory(model, device) / 1e9:.1f} GB of memory")
    return lines


def _remarks(source: Loaded) -> list[str]:
    total = max(1, len(source.examples))
    rare = source.counts["contradiction"] / total
    if rare < FEW_CONTRADICTIONS:
        return [f"    only {rare:.1%} are contradictions: training.class_weights=balanced may help"]
    return []


def _seconds(model: Any, parts: Sequence[Any], collate: Collator, device: str) -> float:  # noqa: ANN401
    """Return the seconds that a batch takes, by running some forth and back."""
    import torch

    from nli.finetune.trainer import has_bfloat16

    model.to(device).train()
    spent = []
    for part in parts:
        start = time.perf_counter()
        inputs = {name: tensor.to(device) for name, tensor in collate(part).items()}
        with torch.autocast(device, dtype=torch.bfloat16, enabled=has_bfloat16(device)):
            model(**inputs).loss.backward()
        model.zero_grad()
        if device == "cuda":
            torch.cuda.synchronize()
        spent.append(time.perf_counter() - start)
    # The first batch pays for what is set up once.
    usual = spent[1:] or spent
    return sum(usual) / len(usual)


def _memory(model: Any, device: str) -> int:  # noqa: ANN401
    """Return the most bytes used so far, and those that the optimiser will add."""
    import torch

    from nli.eval.environment import peak_rss_mb

    used = torch.cuda.max_memory_allocated() if device == "cuda" else (peak_rss_mb() or 0) * 2**20
    return int(used + OPTIMISER_BYTES * sum(p.numel() for p in model.parameters() if p.requires_grad))


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 1:
        return f"{hours:.1f} hours"
    return f"{minutes:.0f} minutes" if minutes >= 1 else f"{max(1, round(seconds))} seconds"
