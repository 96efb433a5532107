"""A classifier built like BERT as an ONNX graph made for fast pair scoring on a CPU.

The graph computes what the model computes, with two differences that change nothing or next to nothing:

- In the last layer only the first token's query, attention and feed-forward are computed, since only that
  token is classified. This is exact.
- Linear layers multiply int8 weights (one scale a column) with uint8 activations whose range was measured
  beforehand. Because the range is fixed, a pair's scores do not depend on the pairs it shares a batch with.

What keeps the int8 products close to the float32 ones:

- Inputs of attention and of feed-forward layers are centred channel by channel, and the size of channels that are
  far larger than the rest is moved into the weights (Xiao et al. 2023, "SmoothQuant"; Wei et al. 2023, "Outlier
  Suppression+"). The centres disappear in biases, and those of attention's result in the projection of values.
- The channels inside a feed-forward layer are computed in groups of like range, each with a scale of its own, and the
  widest sixth (more, where that is not close enough) stays in float32 (after Dettmers et al. 2022, "LLM.int8()").
- Weights are rounded so that the result of a layer, not each weight, changes least (Frantar et al. 2022, "GPTQ").
- Layers that see one token a pair stay in float32: int8 would save nothing there.

Beside int8 layers word embeddings are stored in int8, a scale a word, and what else is large in float16.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nli.finetune.encoders import Encoder

Array = npt.NDArray[np.float32]
Channels = npt.NDArray[np.intp]

TYPES = "bert.embeddings.token_type_embeddings.weight"
MICROSOFT = "com.microsoft"
OPSET = 17
IR_VERSION = 8
WEIGHT_LEVELS = 127
ACTIVATION_LEVELS = 255
SMOOTHING = 0.85
"""How much of a channel's size moves into the weights, where a later multiplication has to undo it."""
WIDE_GROUPS = ((1 / 6, 1 / 6, 1 / 3, 1 / 3), (1 / 3, 1 / 3, 1 / 3), (1 / 2, 1 / 2))
"""Shares of the channels inside a feed-forward layer, widest first; the first share is not quantised. From one choice
to the next more stays in float32: closer to the float32 model, and slower."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model that the graph needs, and one of `WIDE_GROUPS`."""

    layers: int
    heads: int
    epsilon: float
    groups: tuple[float, ...] = WIDE_GROUPS[0]


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a matrix of the model as the graph stores it, so that the matrix can be told from the graph.

    The matrix, [outputs, inputs], has ``(stored * columns / rows[:, None]).T`` where `inputs` and `outputs` say; that
    of the word embeddings is stored as it is, not transposed.

    Attributes:
        name: The matrix's name in `Encoder.weights`.
        tensor: The name of the stored tensor.
        rows: float32, one for each row that is stored.
        columns: float32, one for each column.
        inputs: Channels that the rows are; None for all.
        outputs: Channels that the columns are; None for all.
    """

    name: str
    tensor: str
    rows: Array
    columns: Array
    inputs: Channels | None = None
    outputs: Channels | None = None


class _Graph:
    """Nodes and weights under construction."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.pieces: list[Piece] = []
        self._count = 0

    def weight(self, value: npt.NDArray[Any], name: str = "w") -> str:
        from onnx import numpy_helper

        self._count += 1
        full = f"{name}_{self._count}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), full))
        return full

    def single(self, tensor: str) -> str:
        """Make a weight that is stored in float16 float32; the runtime does it once, as it loads."""
        from onnx import TensorProto

        return self.node("Cast", [tensor], to=TensorProto.FLOAT)

    def node(self, operator: str, inputs: Sequence[str], domain: str = "", outputs: int = 1, **attributes: Any) -> str:  # noqa: ANN401
        from onnx import helper

        self._count += 1
        names = [f"{operator}_{self._count}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, domain=domain, **attributes))
        return names[0]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was measured of the inputs of one linear layer.

    Attributes:
        low: The smallest value of each channel, float32 [channels].
        high: The largest.
        mean: The mean, float64 [channels].
        products: The mean products of channels with each other, float64 [channels, channels].
    """

    low: Array
    high: Array
    mean: npt.NDArray[np.float64]
    products: npt.NDArray[np.float64]

    def moments(self, source: _Source, channels: Channels | None) -> npt.NDArray[np.float64]:
        """Return the mean products of the channels of a tensor that stands for some of these inputs."""
        mean, products = self.mean, self.products
        if channels is not None:
            mean, products = mean[channels], products[np.ix_(channels, channels)]
        mixed = np.outer(source.shift, mean)
        centred = products - mixed - mixed.T + np.outer(source.shift, source.shift)
        return np.asarray(centred / np.outer(source.scale, source.scale), dtype=np.float64)


def build(encoder: Encoder, shape: Shape, measured: Mapping[str, Inputs] | None) -> tuple[Any, list[Piece]]:
    """Build the graph.

    Args:
        encoder: The model.
        shape: Its sizes.
        measured: What was measured of the inputs of each linear layer of the encoder, by its name there, for int8; None
            builds the float32 graph.

    Returns:
        An `onnx.ModelProto` with inputs input_ids, attention_mask and, if the model has more than one token type,
        token_type_ids, int64 [n, length], and the output logits, float32 [n, classes]; and how its large matrices are
        stored in it.
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    logits = _Bert(graph, encoder, shape, measured).logits()
    graph.nodes.append(helper.make_node("Squeeze", [logits, graph.weight(np.array([1], dtype=np.int64))], ["logits"]))
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if TYPES in encoder.weights else [])]
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
    return model, graph.pieces


@dataclass(frozen=True, slots=True)
class _Source:
    """A tensor that linear layers read; the model's own value is `tensor * scale + shift`, channel by channel.

    Attributes:
        tensor: Its name in the graph.
        scale: float32 [channels].
        shift: float32 [channels].
        span: Least and greatest value of the tensor, from which its uint8 form is made; None keeps it in float32.
    """

    tensor: str
    scale: Array
    shift: Array
    span: tuple[float, float] | None = None


class _Linear:
    """Linear layers, in int8 where the span of their source is known."""

    def __init__(self, graph: _Graph, weights: Mapping[str, Array], measured: Mapping[str, Inputs] | None) -> None:
        self._graph = graph
        self._weights = weights
        self._measured = measured or {}
        self._quantised: dict[str, tuple[str, str, str]] = {}

    def __call__(
        self,
        name: str,
        source: _Source,
        *,
        more_bias: Array | None = None,
        inputs: Channels | None = None,
        outputs: Channels | None = None,
        result: _Balance | None = None,
    ) -> str:
        """Add a layer, or the part of one that leads from some of its input channels to some of its outputs.

        Args:
            name: The layer's name in the model's state.
            source: What it reads: the input channels that are asked for.
            more_bias: What to add to the layer's own bias.
            inputs: Input channels; None for all.
            outputs: Output channels; None for all.
            result: Balances the result.
        """
        graph, weight = self._graph, self._weights[f"{name}.weight"].T
        weight = weight if inputs is None else weight[inputs]
        offset = self._weights[f"{name}.bias"] + (0 if more_bias is None else more_bias)
        weight, offset = (weight, offset) if outputs is None else (weight[:, outputs], offset[outputs])
        offset = offset + source.shift @ weight
        weight = weight * source.scale[:, None]
        columns = np.ones(weight.shape[1], np.float32)
        if result is not None:
            weight, offset = weight / result.scale, (offset - result.shift) / result.scale
            columns = columns * result.scale
        if source.span is None:
            stored = graph.weight(weight.astype(np.float16) if self._measured else weight)
            graph.pieces.append(Piece(f"{name}.weight", stored, source.scale, columns, inputs, outputs))
            product = graph.node("MatMul", [source.tensor, graph.single(stored) if self._measured else stored])
            return graph.node("Add", [product, graph.weight(offset.astype(np.float32))])
        quantised, scale, zero = self._quantise(source.tensor, *source.span)
        steps = np.maximum(np.abs(weight).max(axis=0), 1e-8) / WEIGHT_LEVELS
        integers = graph.weight(_rounded(weight, steps, self._measured[name].moments(source, inputs)))
        graph.pieces.append(Piece(f"{name}.weight", integers, source.scale, columns * steps, inputs, outputs))
        rest = [graph.weight(steps.astype(np.float32)), zero, "", graph.weight(offset.astype(np.float32))]
        return graph.node("MatMulIntegerToFloat", [quantised, integers, scale, *rest], MICROSOFT)

    def _quantise(self, tensor: str, low: float, high: float) -> tuple[str, str, str]:
        """Return the uint8 form of a tensor, its scale and its zero point; made once for all layers that read it."""
        if tensor not in self._quantised:
            low, high = min(low, 0.0), max(high, 0.0)
            step = max((high - low) / ACTIVATION_LEVELS, 1e-8)
            scale = self._graph.weight(np.array(step, dtype=np.float32))
            zero = self._graph.weight(np.array(round(-low / step), dtype=np.uint8))
            self._quantised[tensor] = self._graph.node("QuantizeLinear", [tensor, scale, zero]), scale, zero
        return self._quantised[tensor]


def _rounded(
    weight: Array, steps: Array, moments: npt.NDArray[np.float64], damping: float = 0.01
) -> npt.NDArray[np.int8]:
    """Round weights to whole steps so that the layer's result changes least.

    Channel after channel is rounded, and what that costs is made up for by the channels still to come (Frantar et
    al. 2022, "GPTQ").

    Args:
        weight: float32 [inputs, outputs].
        steps: The step of each output, float32 [outputs].
        moments: Mean products of the inputs, float64 [inputs, inputs].
        damping: What is added to the diagonal of the moments, as a share of its mean.
    """
    order = np.argsort(-np.diag(moments), kind="stable")
    hessian = moments[np.ix_(order, order)] + damping * np.diag(moments).mean() * np.eye(len(order))
    follow = np.linalg.cholesky(np.linalg.inv(hessian)).T
    rest = weight[order].astype(np.float64)
    integers = np.empty(weight.shape, dtype=np.int8)
    for place, channel in enumerate(order):
        whole = np.clip(np.rint(rest[place] / steps), -WEIGHT_LEVELS, WEIGHT_LEVELS)
        integers[channel] = whole
        rest[place + 1 :] -= np.outer(follow[place, place + 1 :], (rest[place] - whole * steps) / follow[place, place])
    return integers


@dataclass(frozen=True, slots=True)
class _Balance:
    """What is taken off each channel, what it is divided by, and what it spans then."""

    shift: Array
    scale: Array
    span: tuple[float, float]


def _balance(
    weights: Mapping[str, Array], measured: Mapping[str, Inputs], readers: Sequence[str], smoothing: float
) -> _Balance:
    """Return how to make the channels of a tensor alike.

    Args:
        weights: The model's state.
        measured: What was measured of the inputs of each layer.
        readers: The layers that read the tensor.
        smoothing: From 0, which leaves the sizes of channels as they are, to 1, which makes them all the same.
    """
    low, high = measured[readers[0]].low, measured[readers[0]].high
    half = np.maximum((high - low) / 2, 1e-5)
    largest = np.max([np.abs(weights[f"{name}.weight"]).max(axis=0) for name in readers], axis=0)
    scale = half**smoothing / np.maximum(largest, 1e-5) ** (1 - smoothing)
    scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
    edge = float((half / scale).max())
    return _Balance(((low + high) / 2).astype(np.float32), scale, (-edge, edge))


class _Bert:
    """The parts of the model, each adding its nodes to the graph."""

    def __init__(self, graph: _Graph, encoder: Encoder, shape: Shape, measured: Mapping[str, Inputs] | None) -> None:
        weights = encoder.weights
        self._graph = graph
        self._weights = weights
        self._distances = encoder.distances
        self._shape = shape
        self._measured = measured
        self._linear = _Linear(graph, weights, measured)
        self._ones = np.ones(weights["bert.embeddings.LayerNorm.weight"].shape, dtype=np.float32)
        self._zeros = np.zeros_like(self._ones)

    def logits(self) -> str:
        """Add the whole model and return its logits, [n, 1, classes]."""
        from onnx import TensorProto

        graph, last = self._graph, self._shape.layers - 1
        hidden = self._embeddings()
        mask = graph.node("Cast", ["attention_mask"], to=TensorProto.INT32)
        bias = self._bias()
        for number in range(last + 1):
            hidden = self._layer(hidden, (mask, bias), number, last=number == last)
        pooled = graph.node("Tanh", [self._linear("bert.pooler.dense", hidden)])
        return self._linear("classifier", _Source(pooled, self._ones, self._zeros))

    def _embeddings(self) -> _Source:
        from onnx import TensorProto

        graph, prefix = self._graph, "bert.embeddings."
        words, positions = (self._weights[f"{prefix}{name}_embeddings.weight"] for name in ("word", "position"))
        if self._measured is None:
            word = graph.node("Gather", [graph.weight(words), "input_ids"])
        else:
            steps = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-8) / WEIGHT_LEVELS
            rows = graph.weight(np.rint(words / steps).astype(np.int8))
            flat = np.ones(words.shape[1], np.float32)
            graph.pieces.append(Piece(f"{prefix}word_embeddings.weight", rows, 1 / steps[:, 0], flat))
            word = graph.node("Cast", [graph.node("Gather", [rows, "input_ids"])], to=TensorProto.FLOAT)
            step = graph.node("Gather", [graph.weight(steps.astype(np.float32)), "input_ids"])
            word = graph.node("Mul", [word, step])
        length = graph.node("Shape", ["input_ids"], start=1, end=2)
        begin = graph.weight(np.array([0], dtype=np.int64))
        position = graph.node("Slice", [graph.weight(positions), begin, length, begin])
        if TYPES in self._weights:
            types = graph.node("Gather", [graph.weight(self._weights[TYPES]), "token_type_ids"])
            position = graph.node("Add", [types, position])
        return self._norm(word, position, prefix)

    def _bias(self) -> str:
        """Add what attention scores are raised by, [1, heads, length, length]; empty for a model without."""
        if self._distances is None:
            return ""
        graph = self._graph
        number = {value: graph.weight(np.array(value, dtype=np.int64)) for value in (0, 1)}
        axis = graph.weight(np.array([0], dtype=np.int64))
        length = graph.node("Squeeze", [graph.node("Shape", ["input_ids"], start=1, end=2), axis])
        places = graph.node("Range", [number[0], length, number[1]])
        later = graph.node("Unsqueeze", [places, axis])
        queries = graph.node("Unsqueeze", [places, graph.weight(np.array([1], dtype=np.int64))])
        distance = graph.node("Sub", [later, queries])
        middle = graph.weight(np.array(self._distances.shape[1] // 2, dtype=np.int64))
        bias = graph.node("Gather", [graph.weight(self._distances), graph.node("Add", [distance, middle])], axis=1)
        return graph.node("Unsqueeze", [bias, axis])

    def _layer(self, hidden: _Source, scores: tuple[str, str], number: int, *, last: bool) -> _Source:
        """Add a layer; `scores` are the mask of the attention scores and what they are raised by."""
        mask, bias = scores
        graph, linear, prefix = self._graph, self._linear, f"bert.encoder.layer.{number}."
        attention = prefix + "attention."
        first = hidden
        if last:
            begin, end, axis = (graph.weight(np.array([value], dtype=np.int64)) for value in (0, 1, 1))
            first = replace(hidden, tensor=graph.node("Slice", [hidden.tensor, begin, end, axis]))
            if bias:
                bias = graph.node("Slice", [bias, begin, end, graph.weight(np.array([2], dtype=np.int64))])
        alike = self._alike(hidden, [f"{attention}self.{name}" for name in ("query", "key", "value")])
        query = linear(attention + "self.query", first if last else alike)
        key = linear(attention + "self.key", alike)
        context = None if last else self._balance_of([attention + "output.dense"], 1.0)
        value = linear(attention + "self.value", alike, result=context)
        attended = graph.node(
            "MultiHeadAttention",
            [query, key, value, "", mask, *([bias] if bias else [])],
            MICROSOFT,
            num_heads=self._shape.heads,
        )
        source = _Source(attended, self._ones, self._zeros)
        if context is not None:
            source = _Source(attended, context.scale, context.shift, context.span)
        new = linear(attention + "output.dense", source, more_bias=first.shift)
        middle = self._norm(new, self._unshifted(first), attention + "output.")
        new = self._feed_forward(middle, prefix, last=last)
        return self._norm(new, self._unshifted(middle), prefix + "output.")

    def _feed_forward(self, middle: _Source, prefix: str, *, last: bool) -> str:
        """Add a feed-forward layer; the shift of its input is in what comes out, for the sum that follows."""
        graph, into, out = self._graph, prefix + "intermediate.dense", prefix + "output.dense"
        alike = middle if last else self._alike(middle, [into])
        total = ""
        for number, channels in enumerate(self._groups(out, last=last)):
            active = graph.node("Gelu", [self._linear(into, alike, outputs=channels)], MICROSOFT)
            span = None
            if self._measured is not None and not last and number > 0:
                span = float(self._measured[out].low[channels].min()), float(self._measured[out].high[channels].max())
            ones = np.ones(len(channels), dtype=np.float32)
            source = _Source(active, ones, np.zeros_like(ones), span)
            more = middle.shift if number == 0 else -self._weights[out + ".bias"]
            part = self._linear(out, source, inputs=channels, more_bias=more)
            total = graph.node("Add", [total, part]) if total else part
        return total

    def _groups(self, name: str, *, last: bool) -> list[Channels]:
        """Return the input channels of a layer in groups of like range, widest first; all in one in float32."""
        if self._measured is None or last:
            return [np.arange(self._weights[f"{name}.weight"].shape[1])]
        size = np.maximum(np.abs(self._measured[name].low), np.abs(self._measured[name].high))
        edges = np.rint(np.cumsum(self._shape.groups)[:-1] * len(size)).astype(np.intp)
        return [np.sort(part) for part in np.split(np.argsort(-size, kind="stable"), edges)]

    def _balance_of(self, readers: Sequence[str], smoothing: float) -> _Balance | None:
        return None if self._measured is None else _balance(self._weights, self._measured, readers, smoothing)

    def _norm(self, new: str, residual: str, prefix: str) -> _Source:
        """Add and normalise; the layer's own scale and shift are left to those that read it.

        Written out, for ONNX Runtime's one operator for it is three times slower on a CPU.
        """
        graph = self._graph
        total = graph.node("Add", [new, residual])
        centred = graph.node("Sub", [total, graph.node("ReduceMean", [total], axes=[-1])])
        variance = graph.node("ReduceMean", [graph.node("Mul", [centred, centred])], axes=[-1])
        variance = graph.node("Add", [variance, graph.weight(np.array(self._shape.epsilon, dtype=np.float32))])
        tensor = graph.node("Div", [centred, graph.node("Sqrt", [variance])])
        scale, shift = (self._weights[f"{prefix}LayerNorm.{name}"] for name in ("weight", "bias"))
        return _Source(tensor, scale, shift)

    def _unshifted(self, source: _Source) -> str:
        """Return what is to be added to a sum: the model's own value but for the shift."""
        return self._graph.node("Mul", [source.tensor, self._graph.weight(source.scale)])

    def _alike(self, source: _Source, readers: Sequence[str]) -> _Source:
        """Make the channels of a source alike, for int8."""
        graph, balance = self._graph, self._balance_of(readers, SMOOTHING)
        if balance is None:
            return source
        tensor = graph.node("Mul", [source.tensor, graph.weight(source.scale / balance.scale)])
        tensor = graph.node("Add", [tensor, graph.weight((source.shift - balance.shift) / balance.scale)])
        return _Source(tensor, balance.scale, balance.shift, balance.span)
