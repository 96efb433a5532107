"""A BERT classifier as an ONNX graph made for fast pair scoring on a CPU.

The graph computes what the model computes, with two differences that change nothing or next to nothing:

- In the last layer only the first token's query, attention and feed-forward are computed, since only that
  token is classified. This is exact.
- Linear layers multiply int8 weights (one scale a column) with uint8 activations whose range was measured
  beforehand. Because the range is fixed, a pair's scores do not depend on the pairs it shares a batch with.
  Where a few channels of an input are far larger than the rest, their size is moved into the weights first
  (Xiao et al. 2023, "SmoothQuant").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

MICROSOFT = "com.microsoft"
OPSET = 17
IR_VERSION = 8
WEIGHT_LEVELS = 127
ACTIVATION_LEVELS = 255
SMOOTHING = 0.7
SMOOTH_WIDEST = 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT model that the graph needs."""

    layers: int
    heads: int
    epsilon: float


class _Graph:
    """Nodes and weights under construction."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._count = 0

    def weight(self, value: npt.NDArray[Any], name: str = "w") -> str:
        from onnx import numpy_helper

        self._count += 1
        full = f"{name}_{self._count}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), full))
        return full

    def node(self, operator: str, inputs: Sequence[str], domain: str = "", outputs: int = 1, **attributes: Any) -> str:  # noqa: ANN401
        from onnx import helper

        self._count += 1
        names = [f"{operator}_{self._count}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, domain=domain, **attributes))
        return names[0]


@dataclass(frozen=True, slots=True)
class Ranges:
    """What was measured of the inputs of each linear layer.

    Attributes:
        low: For each layer's name, the smallest value of each input channel, float32 [channels].
        high: For each layer's name, the largest.
        clip: For each layer's name, the range in which nearly all inputs lie.
    """

    low: Mapping[str, Array]
    high: Mapping[str, Array]
    clip: Mapping[str, tuple[float, float]]


def build(weights: Mapping[str, Array], shape: Shape, ranges: Ranges | None, keep_float: frozenset[str]) -> Any:  # noqa: ANN401
    """Build the graph.

    Args:
        weights: The state of a Hugging Face `BertForSequenceClassification`, float32.
        shape: Its sizes.
        ranges: Input ranges for int8; None builds the float32 graph.
        keep_float: Names of linear layers that stay in float32.

    Returns:
        An `onnx.ModelProto` with inputs input_ids, attention_mask and token_type_ids, int64 [n, length], and the
        output logits, float32 [n, classes].
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    linear = _Linear(graph, weights, ranges, keep_float)
    hidden = _embeddings(graph, weights, shape)
    mask = graph.node("Cast", ["attention_mask"], to=TensorProto.INT32)
    for number in range(shape.layers):
        hidden = _layer(graph, linear, weights, shape, hidden, mask, number, last=number == shape.layers - 1)
    pooled = graph.node("Tanh", [linear("bert.pooler.dense", hidden)])
    logits = linear("classifier", pooled)
    graph.nodes.append(helper.make_node("Squeeze", [logits, graph.weight(np.array([1], dtype=np.int64))], ["logits"]))
    names = ("input_ids", "attention_mask", "token_type_ids")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "bert-classifier",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "length"]) for name in names],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", "classes"])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
    )
    model.ir_version = IR_VERSION
    return model


class _Linear:
    """Linear layers, in int8 where their input range is known."""

    def __init__(
        self, graph: _Graph, weights: Mapping[str, Array], ranges: Ranges | None, keep_float: frozenset[str]
    ) -> None:
        self._graph = graph
        self._weights = weights
        self._ranges = ranges
        self._keep_float = keep_float
        self._quantised: dict[str, tuple[str, str, str, Array]] = {}

    def __call__(self, name: str, source: str, *, bias: bool = True, shared: str = "") -> str:
        """Add the layer of that name; layers that read one input may share its quantised form by a common name."""
        graph, weight = self._graph, self._weights[f"{name}.weight"].T
        offset = self._weights[f"{name}.bias"]
        if self._ranges is None or name in self._keep_float or name not in self._ranges.clip:
            product = graph.node("MatMul", [source, graph.weight(weight)])
            return graph.node("Add", [product, graph.weight(offset)]) if bias else product
        quantised, scale, zero, smooth = self._quantise(shared or name, name, source)
        weight = weight * smooth[:, None]
        steps = np.maximum(np.abs(weight).max(axis=0), 1e-8) / WEIGHT_LEVELS
        integers = np.clip(np.rint(weight / steps), -WEIGHT_LEVELS, WEIGHT_LEVELS).astype(np.int8)
        inputs = [
            quantised,
            graph.weight(integers),
            scale,
            graph.weight(steps.astype(np.float32)),
            zero,
            "",
        ]
        if bias:
            inputs.append(graph.weight(offset))
        return graph.node("MatMulIntegerToFloat", inputs if bias else inputs[:-1], MICROSOFT)

    def _quantise(self, key: str, name: str, source: str) -> tuple[str, str, str, Array]:
        """Return the uint8 form of an input, its scale and zero point, and the channel sizes moved into the weights."""
        if key in self._quantised:
            return self._quantised[key]
        assert self._ranges is not None
        graph, (low, high) = self._graph, self._ranges.clip[name]
        smooth = np.ones_like(self._ranges.high[name])
        if len(smooth) <= SMOOTH_WIDEST:
            size = np.maximum(np.abs(self._ranges.low[name]), np.abs(self._ranges.high[name]))
            largest = np.abs(self._weights[f"{name}.weight"]).max(axis=0)
            smooth = np.maximum(size, 1e-5) ** SMOOTHING / np.maximum(largest, 1e-5) ** (1 - SMOOTHING)
            smooth = (smooth / np.exp(np.log(smooth).mean())).astype(np.float32)
            source = graph.node("Mul", [source, graph.weight((1 / smooth).astype(np.float32))])
            low, high = float((self._ranges.low[name] / smooth).min()), float((self._ranges.high[name] / smooth).max())
        step = (max(high, 0.0) - min(low, 0.0)) / ACTIVATION_LEVELS
        scale = graph.weight(np.array(step, dtype=np.float32))
        zero = graph.weight(np.array(round(-min(low, 0.0) / step), dtype=np.uint8))
        self._quantised[key] = graph.node("QuantizeLinear", [source, scale, zero]), scale, zero, smooth
        return self._quantised[key]


def _embeddings(graph: _Graph, weights: Mapping[str, Array], shape: Shape) -> str:
    from onnx import TensorProto

    prefix = "bert.embeddings."
    inputs = [graph.node("Cast", [name], to=TensorProto.INT32) for name in ("input_ids", "token_type_ids")]
    tables = (
        "word_embeddings.weight",
        "position_embeddings.weight",
        "token_type_embeddings.weight",
        "LayerNorm.weight",
        "LayerNorm.bias",
    )
    inputs += [graph.weight(weights[prefix + name]) for name in tables]
    return graph.node("EmbedLayerNormalization", inputs, MICROSOFT, outputs=2, epsilon=shape.epsilon)


def _layer(
    graph: _Graph,
    linear: _Linear,
    weights: Mapping[str, Array],
    shape: Shape,
    hidden: str,
    mask: str,
    number: int,
    *,
    last: bool,
) -> str:
    prefix = f"bert.encoder.layer.{number}."
    attention = prefix + "attention."
    shared = attention + "input"
    first = hidden
    if last:
        begin, end, axis = (graph.weight(np.array([value], dtype=np.int64)) for value in (0, 1, 1))
        first = graph.node("Slice", [hidden, begin, end, axis])
    query = linear(attention + "self.query", first, shared=shared + ".first" if last else shared)
    key = linear(attention + "self.key", hidden, shared=shared)
    value = linear(attention + "self.value", hidden, shared=shared)
    context = graph.node("MultiHeadAttention", [query, key, value, "", mask], MICROSOFT, num_heads=shape.heads)
    attended = _add_and_norm(
        graph, weights, shape, linear(attention + "output.dense", context), first, attention + "output.LayerNorm"
    )
    wide = linear(prefix + "intermediate.dense", attended, bias=False)
    active = graph.node("BiasGelu", [wide, graph.weight(weights[prefix + "intermediate.dense.bias"])], MICROSOFT)
    return _add_and_norm(
        graph, weights, shape, linear(prefix + "output.dense", active), attended, prefix + "output.LayerNorm"
    )


def _add_and_norm(graph: _Graph, weights: Mapping[str, Array], shape: Shape, new: str, residual: str, norm: str) -> str:
    inputs = [new, residual, graph.weight(weights[norm + ".weight"]), graph.weight(weights[norm + ".bias"])]
    return graph.node("SkipLayerNormalization", inputs, MICROSOFT, epsilon=shape.epsilon)
