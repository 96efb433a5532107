"""A trained model as the files that are shipped: float16 safetensors, and int8 ONNX that earned its place.

The int8 file is used only if its classes agree with those of the float32 model on enough pairs; the
agreement is measured here and stored beside it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nli.batching import TokenBatch, TokenRow, pad, plan
from nli.bundle import find
from nli.calibration import softmax
from nli.errors import InputError, ModelError
from nli.finetune.bert_graph import WIDE_GROUPS, Inputs, Shape, build
from nli.finetune.compact import save_compact
from nli.finetune.encoders import encoder, is_like_bert
from nli.finetune.traced_graph import export_traced
from nli.runtimes import Runtime
from nli.runtimes.compact import layout_of
from nli.runtimes.onnx import OnnxRuntime
from nli.tokens import TextTokenizer

AGREEMENT_GATE = 0.99
"""Least share of pairs that must keep their class for the int8 file to be used."""
BATCH_TOKENS = 4096
MEASURED_PAIRS = 1500
LONGEST = 512
"""Tokens that a pair is cut at for measuring."""

_HEADS = ("classifier.bias", "classifier.out_proj.bias")
"""The last layer's biases, by the names that transformers gives them."""

Pairs = Sequence[tuple[str, str]]


def save_float16(trained: Path, target: Path, biases: Sequence[float] | None = None) -> None:
    """Write a trained float32 model with float16 weights, its configuration and its tokenizer.

    Args:
        trained: Folder of the float32 model.
        target: Folder to write into.
        biases: What to add to the biases of its last layer, one for each logit.
    """
    from safetensors.torch import load_file, save_file

    target.mkdir(parents=True, exist_ok=True)
    weights = load_file(trained / "model.safetensors")
    if biases is not None:
        name = next(name for name in _HEADS if name in weights)
        weights[name] += weights[name].new_tensor(biases)
    save_file({name: tensor.half() for name, tensor in weights.items()}, target / "model.safetensors", {"format": "pt"})
    for path in sorted(trained.iterdir()):
        if path.is_file() and path.suffix != ".safetensors":
            shutil.copyfile(path, target / path.name)
    # safetensors makes files that only their owner may read, which a package must not carry.
    (target / "model.safetensors").chmod(0o644)


def export_onnx(
    folder: Path, target: Path, pairs: Pairs, *, data: str, precision: str = "int8", whole: bool = False
) -> dict[str, Any]:
    """Export a model to ONNX and measure how well the file agrees with the float32 model.

    Args:
        folder: A Hugging Face folder of a classifier with safetensors.
        target: Folder to write `model_<precision>.onnx` into.
        pairs: Pairs to measure on; a part of them also sets ranges and rounding of int8, so that the agreement is a
            little optimistic.
        data: What to call those pairs in the report.
        precision: "int8" or "fp32".
        whole: Whether the files hold all of the model, so that its safetensors are not needed; see
            `nli.finetune.compact`.

    Returns:
        The entry for `detector.json`: file, precision, checksum, and the agreement with `usable` saying whether the
        gate is passed.

    Raises:
        ModelError: If PyTorch cannot export this architecture.
        InputError: If there are no pairs to measure on.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    from nli.runtimes.torch import load_compact, load_tokenizer

    if not pairs:
        raise InputError(
            "An ONNX file cannot be measured without pairs: give a dev source with at least a few hundred."
        )
    if layout_of(folder) is not None:
        model = load_compact(folder, dtype="float32", attention="eager").eval()
    else:
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype="float32", use_safetensors=True, attn_implementation="eager"
        ).eval()
    if whole and not (is_like_bert(model.config) and precision == "int8"):
        raise ModelError(f"Only the int8 graph of an encoder like BERT holds a whole model: {folder} is kept as it is.")
    backend, takes_types, pad_id = load_tokenizer(folder, str(folder))
    tokenizer = TextTokenizer(backend, str(folder))
    rows = _rows(tokenizer, pairs, find(str(folder)).positions, takes_types=takes_types)
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"model_{precision}.onnx"
    with torch.inference_mode():
        exact = _answers(_Exact(model), rows, pad_id)
    if is_like_bert(model.config):
        writers = _bert_writers(model, rows, pad_id, path, precision, whole=whole)
    else:
        writers = [partial(export_traced, model, path, takes_types=takes_types, precision=precision)]
    for write in writers:
        write()
        agreement = agreement_of(exact, _answers(OnnxRuntime(path, precision=precision, threads=None), rows, pad_id))
        if agreement["usable"]:
            break
    return {
        "file": f"{target.name}/{path.name}",
        "precision": precision,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "token_types": takes_types,
        "agreement": {"with": "torch float32", "data": data, **agreement},
    }


def _bert_writers(
    model: Any,  # noqa: ANN401
    rows: Sequence[TokenRow],
    pad_id: int,
    path: Path,
    precision: str,
    *,
    whole: bool,
) -> list[Callable[[], None]]:
    """Return what writes the graph, each with more in float32 than the one before it, until one is close enough."""
    import onnx

    config = model.config
    read = encoder(model)
    measured = None
    if precision == "int8":
        found = _measure(model, rows[:: max(1, len(rows) // MEASURED_PAIRS)], pad_id)
        measured = {read.renamed(name): inputs for name, inputs in found.items()}

    def write(groups: tuple[float, ...]) -> None:
        shape = Shape(config.num_hidden_layers, config.num_attention_heads, config.layer_norm_eps, groups)
        graph, pieces = build(read, shape, measured)
        if whole:
            save_compact(graph, pieces, read, path)
        else:
            onnx.save(graph, path)

    return [partial(write, groups) for groups in (WIDE_GROUPS if measured is not None else WIDE_GROUPS[:1])]


def agreement_of(exact: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Compare two models' logits [n, classes] on the same pairs.

    Returns:
        Number of pairs, share with the same class, largest and mean difference of a probability, the gate, and whether
        it is passed.
    """
    gap = np.abs(softmax(exact) - softmax(other))
    same = float((exact.argmax(axis=1) == other.argmax(axis=1)).mean())
    return {
        "pairs": len(exact),
        "argmax": round(same, 4),
        "max_abs_p": round(float(gap.max()), 6),
        "mean_abs_p": round(float(gap.mean()), 6),
        "gate": AGREEMENT_GATE,
        "usable": same >= AGREEMENT_GATE,
    }


class _Exact:
    """A torch model behind the protocol of runtimes."""

    name = "torch-cpu-float32"
    batch_tokens = BATCH_TOKENS
    parallel = 1

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        self._model = model

    def logits(self, batch: TokenBatch) -> npt.NDArray[np.float32]:
        """Return the logits, float32 [n, classes]."""
        return np.asarray(self._model(**_tensors(batch)).logits.numpy())


def _rows(tokenizer: TextTokenizer, pairs: Pairs, limit: int, *, takes_types: bool) -> list[TokenRow]:
    limit = min(limit, LONGEST)
    template = tokenizer.template
    firsts, seconds = (tokenizer.encode(texts) for texts in zip(*pairs, strict=True))
    half = (limit - template.length) // 2
    return [
        TokenRow(
            template.ids(first[:half], second[:half]),
            template.type_ids(len(first[:half]), len(second[:half])) if takes_types else None,
        )
        for first, second in zip(firsts, seconds, strict=True)
    ]


def _batches(rows: Sequence[TokenRow], pad_id: int) -> Iterator[tuple[list[int], TokenBatch]]:
    for indices in plan([len(row.ids) for row in rows], BATCH_TOKENS):
        yield indices, pad([rows[index] for index in indices], pad_id)


def _answers(runtime: Runtime, rows: Sequence[TokenRow], pad_id: int) -> npt.NDArray[np.float32]:
    parts = [(indices, runtime.logits(batch)) for indices, batch in _batches(rows, pad_id)]
    out = np.empty((len(rows), parts[0][1].shape[1]), dtype=np.float32)
    for indices, logits in parts:
        out[indices] = logits
    return out


def _tensors(batch: TokenBatch) -> Mapping[str, Any]:
    import torch

    arrays = {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask,
        "token_type_ids": batch.token_type_ids,
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items() if array is not None}


def _measure(model: Any, rows: Sequence[TokenRow], pad_id: int) -> dict[str, Inputs]:  # noqa: ANN401
    """Run pairs through the float32 model and note what the inputs of each linear layer of the encoder are like."""
    import torch

    sums: dict[str, list[npt.NDArray[Any]]] = {}
    mask = torch.empty(0)

    def watch(name: str) -> Any:  # noqa: ANN401
        def note(_module: object, inputs: tuple[Any, ...]) -> None:
            # Padding is multiplied too, but nothing depends on what comes of it.
            values = inputs[0][mask].numpy()
            total = values.sum(axis=0, dtype=np.float64)
            new = [values.min(axis=0), values.max(axis=0), total, (values.T @ values).astype(np.float64)]
            if name in sums:
                low, high, total, products = sums[name]
                new = [np.minimum(low, new[0]), np.maximum(high, new[1]), total + new[2], products + new[3]]
            sums[name] = new

        return note

    handles = [
        module.register_forward_pre_hook(watch(name))
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and ".encoder." in name
    ]
    try:
        with torch.inference_mode():
            for _, batch in _batches(rows, pad_id):
                mask = torch.from_numpy(batch.attention_mask).bool()
                model(**_tensors(batch))
    finally:
        for handle in handles:
            handle.remove()
    tokens = sum(len(row.ids) for row in rows)
    return {name: Inputs(low, high, total / tokens, mixed / tokens) for name, (low, high, total, mixed) in sums.items()}
