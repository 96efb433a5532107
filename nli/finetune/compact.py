"""An int8 graph as files that hold the whole model: PyTorch reads its weights out of them too.

The graph's large tensors stand in files of their own, none larger than code hosts take. `layout.npz` beside them says
how the model's matrices are told from them, and has all that is not in them; `nli.runtimes.compact` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nli.runtimes.compact import LAYOUT, PIECES, REST

if TYPE_CHECKING:
    from nli.finetune.bert_graph import Piece
    from nli.finetune.encoders import Encoder

LARGEST = 90 * 2**20
"""Bytes of one file; code hosts refuse more than 100 MB."""
_SMALL = 1024
"""Bytes up to which a tensor stays in the graph's own file."""


def save_compact(model: Any, pieces: Sequence[Piece], encoder: Encoder, path: Path) -> None:  # noqa: ANN401
    """Write a graph, its tensors, and the layout.

    Args:
        model: The graph, an `onnx.ModelProto`; its large tensors are moved out of it.
        pieces: How the model's matrices are stored in it.
        encoder: The model.
        path: The graph's file; the others are written beside it.
    """
    import onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    places = _save_tensors(model, path, {piece.tensor for piece in pieces})
    onnx.save(model, path)
    own = {encoder.renamed(name): name for name in encoder.state}
    arrays: dict[str, Any] = {}
    entries = []
    for number, piece in enumerate(pieces):
        entry = {"name": own[piece.name], "transposed": "embeddings" not in piece.name, **places[piece.tensor]}
        for field in ("rows", "columns", "inputs", "outputs"):
            value = getattr(piece, field)
            if value is not None:
                arrays[f"{number}.{field}"] = value.astype(np.int32 if value.dtype.kind == "i" else np.float32)
        entries.append(entry)
    stored = {entry["name"] for entry in entries}
    arrays |= {f"{REST}{name}": array for name, array in encoder.state.items() if name not in stored}
    shapes = {name: list(encoder.state[name].shape) for name in sorted(stored)}
    text = json.dumps({"pieces": entries, "shapes": shapes})
    arrays[PIECES] = np.frombuffer(text.encode(), dtype=np.uint8)
    np.savez(path.parent / LAYOUT, **arrays)


def _save_tensors(model: Any, path: Path, needed: AbstractSet[str]) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    """Move the large tensors of a graph, and those that are needed outside it, into files; return where each is."""
    from onnx import TensorProto
    from onnx.external_data_helper import set_external_data

    types = {TensorProto.INT8: "int8", TensorProto.FLOAT16: "float16", TensorProto.FLOAT: "float32"}
    places: dict[str, dict[str, Any]] = {}
    number, size = 0, LARGEST
    for tensor in model.graph.initializer:
        data = tensor.raw_data
        if len(data) <= _SMALL and tensor.name not in needed:
            continue
        if size + len(data) > LARGEST:
            number, size = number + 1, 0
        file = f"{path.stem}.{number}.bin"
        with (path.parent / file).open("ab" if size else "wb") as out:
            out.write(data)
        places[tensor.name] = {
            "file": file,
            "offset": size,
            "dtype": types[tensor.data_type],
            "shape": list(tensor.dims),
        }
        set_external_data(tensor, file, offset=size, length=len(data))
        tensor.ClearField("raw_data")
        size += len(data)
    return places
