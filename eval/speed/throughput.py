"""Pairs per second of nli and of what users would pick instead: same machine, weights and pairs, same run.

Run with ``python -m nli.eval.speed.throughput``; rivals that are not installed are named and left out
(``pip install -r eval/speed/requirements.txt`` brings them). Each contender scores every pair in each
round; rounds are interleaved and the best of each contender counts, so that a busy moment hurts none alone.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from nli.bundle import BUNDLED, SHIPPED, find
from nli.labels import LABELS

Pairs = list[tuple[str, str]]
Contender = Callable[[Pairs], Sequence[int]]
"""Scores pairs one way and returns a column of `LABELS` for each."""
BASELINE = "CrossEncoder torch"


def cards_pairs(count: int, seed: int = 1) -> Pairs:
    """Return pairs of mixed length from the shipped development cards, in an order drawn by the seed."""
    from nli.eval.denial.cards import pairs

    rows = [(row["premise"], row["hypothesis"]) for row in pairs("dev")]
    random.Random(seed).shuffle(rows)  # noqa: S311 -- an order, not a secret
    return rows[:count]


def float32_copy(folder: Path, target: Path) -> Path:
    """Write a model folder whose weights are float32, as every rival expects them."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from nli.runtimes.compact import layout_of
    from nli.runtimes.torch import load_compact

    if layout_of(folder) is None:
        model = AutoModelForSequenceClassification.from_pretrained(folder).float()
    else:
        model = load_compact(folder, dtype="float32")
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(folder).save_pretrained(target)
    return target


def contenders(name: str, float32: Path, threads: int) -> dict[str, Callable[[], Contender]]:
    """Return what is compared; each entry loads its contender when it is called."""
    return {
        "nli": lambda: _nli(name, threads),
        BASELINE: lambda: _cross_encoder(float32),
        "CrossEncoder onnx int8": lambda: _cross_encoder_onnx(float32),
        "CrossEncoder openvino": lambda: _cross_encoder(float32, backend="openvino"),
        "CrossEncoder openvino int8": lambda: _cross_encoder_openvino(float32),
        "transformers pipeline": lambda: _pipeline(float32),
    }


def _nli(name: str, threads: int) -> Contender:
    import nli

    detector = nli.load(name, direction="forward", threads=threads)
    columns = {label: column for column, label in enumerate(LABELS)}
    return lambda pairs: [columns[verdict.label] for verdict in detector.stream(pairs)]


def _cross_encoder(folder: Path, **settings: Any) -> Contender:  # noqa: ANN401 -- CrossEncoder's own
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu", **settings)
    return lambda pairs: list(np.asarray(model.predict(pairs, show_progress_bar=False)).argmax(axis=1))


def _cross_encoder_onnx(folder: Path) -> Contender:
    from sentence_transformers import CrossEncoder
    from sentence_transformers.backend import export_dynamic_quantized_onnx_model

    model = CrossEncoder(str(folder), device="cpu", backend="onnx")
    kind = "avx512_vnni" if "avx512_vnni" in _processor_flags() else "avx2"
    export_dynamic_quantized_onnx_model(model, kind, str(folder))
    return _cross_encoder(folder, backend="onnx", model_kwargs={"file_name": f"onnx/model_qint8_{kind}.onnx"})


def _cross_encoder_openvino(folder: Path) -> Contender:
    from sentence_transformers import CrossEncoder
    from sentence_transformers.backend import export_static_quantized_openvino_model

    texts = folder / "texts"
    texts.mkdir(exist_ok=True)
    lines = [json.dumps({"text": premise}) for premise, _ in cards_pairs(300, seed=2)]
    (texts / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    model = CrossEncoder(str(folder), device="cpu", backend="openvino")
    export_static_quantized_openvino_model(
        model,
        None,
        str(folder),
        dataset_name=str(texts),
        dataset_config_name="default",
        dataset_split="train",
        column_name="text",
    )
    return _cross_encoder(
        folder, backend="openvino", model_kwargs={"file_name": "openvino/openvino_model_qint8_quantized.xml"}
    )


def _pipeline(folder: Path) -> Contender:
    from transformers import pipeline

    model = pipeline("text-classification", model=str(folder), device="cpu")
    columns = {label.value: column for column, label in enumerate(LABELS)}

    def score(pairs: Pairs) -> list[int]:
        inputs = [{"text": premise, "text_pair": hypothesis} for premise, hypothesis in pairs]
        return [columns[row["label"]] for row in model(inputs, batch_size=32)]

    return score


def _processor_flags() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@click.command()
@click.option(
    "--model", type=click.Choice(SHIPPED), default=BUNDLED, show_default=True, help="Whose weights all contenders run."
)
@click.option("--pairs", "count", default=1500, show_default=True, help="Pairs scored in each round.")
@click.option("--rounds", default=3, show_default=True, help="Rounds; the best of each contender counts.")
@click.option("--threads", type=int, help="CPU threads of nli.  [default: all cores]")
@click.option("--out", type=click.Path(path_type=Path), help="JSON file to write.")
def main(model: str, count: int, rounds: int, threads: int | None, out: Path | None) -> None:
    """Compare throughput, one way, on the CPU."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    pairs = cards_pairs(count)
    best: dict[str, float] = {}
    answers: dict[str, Sequence[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        float32 = float32_copy(find(model).folder, Path(folder) / "model")
        loaded: dict[str, Contender] = {}
        for name, make in contenders(model, float32, threads or (os.cpu_count() or 1)).items():
            try:
                loaded[name] = make()
                loaded[name](pairs[:64])
            except Exception as error:  # noqa: BLE001 -- a rival that fails to load must not stop the others
                click.echo(f"left out: {name} ({' '.join(str(error).split())[:160]})", err=True)
                loaded.pop(name, None)
        for _ in range(rounds):
            for name, score in loaded.items():
                started = time.perf_counter()
                answers[name] = score(pairs)
                best[name] = min(best.get(name, float("inf")), time.perf_counter() - started)
    if BASELINE not in best:
        click.echo(f"error: {BASELINE} could not be run: pip install -r eval/speed/requirements.txt.", err=True)
        sys.exit(2)
    rows = {
        name: {
            "pairs_per_second": round(count / seconds, 1),
            "ratio": round(best[BASELINE] / seconds, 2),
            "argmax_agreement": round(float((np.array(answers[name]) == np.array(answers[BASELINE])).mean()), 4),
        }
        for name, seconds in best.items()
    }
    click.echo(f"{'':28}{'pairs/s':>9}{'ratio':>8}{'agreement':>11}")
    for name, row in sorted(rows.items(), key=lambda item: -item[1]["ratio"]):
        click.echo(f"{name:28}{row['pairs_per_second']:9.1f}{row['ratio']:8.2f}{row['argmax_agreement']:11.4f}")
    if out is not None:
        from nli.eval.environment import hardware, versions

        report = {
            "model": model,
            "pairs": count,
            "rounds": rounds,
            "results": rows,
            "hardware": hardware(),
            "versions": versions(),
        }
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
