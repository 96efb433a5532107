"""A model's weights told from the files of its int8 graph, which `nli.finetune.compact` wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nli.errors import ModelError

LAYOUT = "layout.npz"
PIECES = "pieces"
REST = "rest."


def layout_of(folder: Path) -> Path | None:
    """Return the folder that holds the files of a model's int8 graph and their layout, if the model has them."""
    return next((path.parent for path in sorted(folder.glob(f"*/{LAYOUT}"))), None)


def state(folder: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return the state of a model, in the names that transformers gives it.

    Matrices are those that the graph multiplies with, so that they differ from the trained ones by what int8 costs.

    Args:
        folder: Holds `LAYOUT` and the graph's files.

    Raises:
        ModelError: If a file is missing or damaged.
    """
    try:
        with np.load(folder / LAYOUT, allow_pickle=False) as arrays:
            described = json.loads(arrays[PIECES].tobytes())
            found = {name.removeprefix(REST): arrays[name] for name in arrays.files if name.startswith(REST)}
            found |= {name: np.zeros(shape, np.float32) for name, shape in described["shapes"].items()}
            for number, piece in enumerate(described["pieces"]):
                own = {name: arrays[key] for name in _PARTS if (key := f"{number}.{name}") in arrays}
                stored = _stored(folder, piece) * own["columns"] / own["rows"][:, None]
                matrix = found[piece["name"]]
                if not piece["transposed"]:
                    matrix[:] = stored
                    continue
                outputs = own.get("outputs", np.arange(matrix.shape[0]))
                inputs = own.get("inputs", np.arange(matrix.shape[1]))
                matrix[np.ix_(outputs, inputs)] = stored.T
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The weights in {folder} cannot be read ({error}): install nli, or the model, again."
        ) from error
    return found


_PARTS = ("rows", "columns", "inputs", "outputs")


def _stored(folder: Path, piece: Mapping[str, Any]) -> npt.NDArray[np.float32]:
    data = np.memmap(folder / piece["file"], piece["dtype"], "r", piece["offset"], tuple(piece["shape"]))
    return np.asarray(data, dtype=np.float32)
