"""The ONNX graph of any encoder, as PyTorch's exporter traces it; `bert_graph` has a faster one for those like BERT."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

from nli.errors import ModelError


def export_traced(model: Any, path: Path, *, takes_types: bool, precision: str) -> None:  # noqa: ANN401 -- transformers
    """Write a classifier as ONNX with inputs input_ids, attention_mask and, if it has them, token_type_ids.

    Args:
        model: A float32 model of transformers in evaluation mode.
        path: The file.
        takes_types: Whether its tokenizer makes token types.
        precision: "fp32", or "int8" for weights in 8 bits and activations quantised as they come.

    Raises:
        ModelError: If PyTorch cannot export this architecture.
    """
    import torch

    names = ["input_ids", "attention_mask", *(["token_type_ids"] if takes_types else [])]

    class Classifier(torch.nn.Module):  # type: ignore[misc]
        def forward(self, *inputs: Any) -> Any:  # noqa: ANN401
            return model(**dict(zip(names, inputs, strict=True))).logits

    # The mask is not all ones, so that no branch for unpadded batches is traced.
    example = torch.ones((2, 8), dtype=torch.int64)
    mask = example.clone()
    mask[1, 6:] = 0
    inputs = (example, mask, torch.zeros_like(example))[: len(names)]
    batch, tokens = torch.export.Dim("batch", min=1), torch.export.Dim("tokens", min=2)
    exact = path.with_name("exact.onnx") if precision == "int8" else path
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), _quiet("torch.onnx"):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Classifier().eval(),
                inputs,
                str(exact),
                input_names=names,
                output_names=["logits"],
                dynamic_shapes={"inputs": tuple({0: batch, 1: tokens} for _ in names)},
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # the exporter raises whatever a traced operation raises
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"PyTorch cannot export a {model.config.model_type} model to ONNX ({reason}): run it with PyTorch."
        ) from error
    if precision == "int8":
        _quantise(exact, path)
        exact.unlink()


@contextlib.contextmanager
def _quiet(name: str) -> Any:  # noqa: ANN401
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _quantise(exact: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet("root"):
        quantize_dynamic(exact, path, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
