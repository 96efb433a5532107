"""Training pairs per second of `nli finetune` and of sentence-transformers' NLI example: same pairs, same encoder.

Run with ``python -m nli.eval.speed.training``; it needs the extra [train] and sentence-transformers. The rival has
the settings of the example script for cross-encoders on natural-language inference: batches of 64 in the order drawn,
bfloat16, all weights trained, a tenth of the steps to warm up, the Trainer's own learning rate. Each contender is a
process of its own and sees the same pairs once; what counts is the time that the Trainer says it took for its steps.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from nli.labels import LABELS

BATCH = 64
WARMUP = 0.1


def rows(count: int, dev: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return pairs to train on, from cards and composed ones half and half, and pairs of dev cards."""
    from nli.eval.denial.cards import pairs
    from nli.eval.denial.compose import compose

    drawn = random.Random(1)  # noqa: S311 -- an order, not a secret
    cards, held = list(pairs("train")), list(pairs("dev"))
    train = [*drawn.sample(cards, min(count // 2, len(cards))), *compose(count - count // 2, 1, "train")]
    drawn.shuffle(train)
    return train, drawn.sample(held, min(dev, len(held)))


def train_nli(folder: Path, base: str) -> dict[str, float]:
    """Train with `nli finetune`'s own steps."""
    from nli.finetune.mixture import mix, read_sources
    from nli.finetune.recipe import Recipe
    from nli.finetune.train import train

    recipe = Recipe.model_validate(
        {
            "name": "speed",
            "base": {"hub": base},
            "sources": {"train": {"file": str(folder / "train.jsonl")}, "dev": {"file": str(folder / "dev.jsonl")}},
            "stages": [{"name": "one", "mixture": {"train": 1}, "learning_rate": 1.5e-4}],
            "training": {"eval_steps": 100_000, "keep_best": False},
            "calibration": {"sources": ["dev"]},
        }
    )
    loaded = read_sources(recipe, None)
    mixture = mix(recipe, 0, loaded)
    trained = train(recipe, [mixture], [], folder / "nli")
    log = [json.loads(line) for line in (folder / "nli" / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    seconds = next(entry["train_runtime"] for entry in reversed(log) if "train_runtime" in entry)
    return {"pairs_per_second": len(mixture) / seconds, "accuracy": _accuracy(str(trained), folder)}


def train_rival(folder: Path, base: str) -> dict[str, float]:
    """Train with CrossEncoderTrainer as the example does."""
    import datasets
    from sentence_transformers.cross_encoder import CrossEncoder
    from sentence_transformers.cross_encoder.losses import CrossEntropyLoss
    from sentence_transformers.cross_encoder.trainer import CrossEncoderTrainer
    from sentence_transformers.cross_encoder.training_args import CrossEncoderTrainingArguments

    lines = [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    names = [label.value for label in LABELS]
    train = datasets.Dataset.from_dict(
        {
            "premise": [row["premise"] for row in lines],
            "hypothesis": [row["hypothesis"] for row in lines],
            "label": [names.index(row["label"]) for row in lines],
        }
    )
    config = {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}
    model = CrossEncoder(base, num_labels=len(names), device="cpu", config_kwargs=config)
    arguments = CrossEncoderTrainingArguments(
        output_dir=str(folder / "rival"),
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        warmup_steps=WARMUP,
        bf16=True,
        use_cpu=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = CrossEncoderTrainer(model=model, args=arguments, train_dataset=train, loss=CrossEntropyLoss(model))
    seconds = trainer.train().metrics["train_runtime"]
    model.save_pretrained(str(folder / "rival" / "model"))
    return {"pairs_per_second": len(lines) / seconds, "accuracy": _accuracy(str(folder / "rival" / "model"), folder)}


def _accuracy(model: str, folder: Path) -> float:
    from nli.detector import load

    lines = [json.loads(line) for line in (folder / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    detector = load(model, direction="forward", device="cpu", probe=False)
    verdicts = detector.stream((row["premise"], row["hypothesis"]) for row in lines)
    return float(np.mean([verdict.label.value == row["label"] for verdict, row in zip(verdicts, lines, strict=True)]))


CONTENDERS = {"nli": train_nli, "sentence-transformers": train_rival}


@click.command()
@click.option("--pairs", default=8000, show_default=True, help="Pairs to train on.")
@click.option("--dev", default=1500, show_default=True, help="Pairs of dev cards to measure on.")
@click.option("--base", help="Encoder to start from.  [default: all-MiniLM-L6-v2]")
@click.option("--only", type=click.Choice(list(CONTENDERS)), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
@click.option("--out", type=click.Path(path_type=Path), help="File for the figures as JSON.")
def main(pairs: int, dev: int, base: str | None, only: str | None, folder: Path | None, out: Path | None) -> None:
    """Compare training speed and what is learnt from the same pairs."""
    start = base or _default_base()
    if only is not None and folder is not None:
        click.echo(json.dumps(CONTENDERS[only](folder, start)))
        return
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for split, part in zip(("train", "dev"), rows(pairs, dev), strict=True):
            text = "".join(
                json.dumps({key: row[key] for key in ("premise", "hypothesis", "label")}) + "\n" for row in part
            )
            (work / f"{split}.jsonl").write_text(text, encoding="utf-8")
        found = {}
        for contender in CONTENDERS:
            command = [sys.executable, "-m", "nli.eval.speed.training", "--only", contender, "--folder", name]
            done = subprocess.run([*command, "--base", start], capture_output=True, text=True, check=True)  # noqa: S603
            found[contender] = json.loads(done.stdout.strip().splitlines()[-1])
            shown = found[contender]
            click.echo(f"{contender}: {shown['pairs_per_second']:.0f} pairs/s, dev accuracy {shown['accuracy']:.3f}")
    ratio = found["nli"]["pairs_per_second"] / found["sentence-transformers"]["pairs_per_second"]
    click.echo(f"ratio {ratio:.2f}")
    if out is not None:
        from nli.eval import environment

        figures = {
            "pairs": pairs, "dev": dev, "base": Path(start).name, "contenders": found, "ratio": round(ratio, 3),
            "date": time.strftime("%Y-%m-%d"), "versions": environment.versions(), "hardware": environment.hardware(),
        }  # fmt: skip
        out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _default_base() -> str:
    from nli.finetune.base import find_base
    from nli.finetune.recipe import load_recipe

    return find_base(load_recipe("smoke")[0])


if __name__ == "__main__":
    main()
