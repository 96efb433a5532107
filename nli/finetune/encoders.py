"""Encoders that are built like BERT, in BERT's names, so that one graph serves them all.

BERT, RoBERTa (with XLM-RoBERTa and CamemBERT) and MPNet differ in the names of their parts, in where positions start,
and MPNet adds to each attention score a bias that hangs on how far apart two tokens are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_MPNET = (
    (r"\.attention\.attn\.q\.", ".attention.self.query."),
    (r"\.attention\.attn\.k\.", ".attention.self.key."),
    (r"\.attention\.attn\.v\.", ".attention.self.value."),
    (r"\.attention\.attn\.o\.", ".attention.output.dense."),
    (r"\.attention\.LayerNorm\.", ".attention.output.LayerNorm."),
)
_HEAD = ((r"^classifier\.dense\.", "bert.pooler.dense."), (r"^classifier\.out_proj\.", "classifier."))
_NAMES = {
    "bert": (),
    "roberta": ((r"^roberta\.", "bert."), *_HEAD),
    "xlm-roberta": ((r"^roberta\.", "bert."), *_HEAD),
    "camembert": ((r"^roberta\.", "bert."), *_HEAD),
    "mpnet": ((r"^mpnet\.", "bert."), *_MPNET, *_HEAD),
}
_POSITIONS = "bert.embeddings.position_embeddings.weight"
_TYPES = "bert.embeddings.token_type_embeddings.weight"
_DISTANCES = "bert.encoder.relative_attention_bias.weight"


@dataclass(frozen=True, slots=True)
class Encoder:
    """A classifier's weights.

    Attributes:
        weights: Its state in the names of `BertForSequenceClassification`, float32, without token types where it has
            one type alone.
        distances: What is added to the attention scores of each head, float32 [heads, 2 * positions - 1], by the place
            of the key less that of the query; None where nothing is.
        renamed: Gives a module's name in the model its name in `weights`.
        state: The model's own state, in its own names.
    """

    weights: dict[str, Array]
    distances: Array | None
    renamed: Callable[[str], str]
    state: dict[str, Array]


def is_like_bert(config: Any) -> bool:  # noqa: ANN401 -- transformers
    """Say whether a model's configuration is that of an encoder built like BERT."""
    absolute = getattr(config, "position_embedding_type", None) in (None, "absolute")
    return config.model_type in _NAMES and config.hidden_act == "gelu" and absolute


def encoder(model: Any) -> Encoder:  # noqa: ANN401
    """Read a classifier of transformers that `is_like_bert`."""
    config = model.config

    def renamed(name: str) -> str:
        name += "."
        for pattern, new in _NAMES[config.model_type]:
            name = re.sub(pattern, new, name)
        return name.removesuffix(".")

    state = {name: np.asarray(tensor.float().numpy()) for name, tensor in model.state_dict().items()}
    weights = {renamed(name): array for name, array in state.items()}
    distances = None
    if config.model_type != "bert":
        # Positions are counted from the one after that of padding.
        weights[_POSITIONS] = weights[_POSITIONS][model.config.pad_token_id + 1 :]
        if _TYPES in weights:
            weights[_POSITIONS] = weights[_POSITIONS] + weights.pop(_TYPES)[0]
    if _DISTANCES in weights:
        distances = _by_distance(model, len(weights[_POSITIONS]), weights.pop(_DISTANCES))
    return Encoder(weights, distances, renamed, state)


def _by_distance(model: Any, positions: int, table: Array) -> Array:  # noqa: ANN401
    import torch

    distances = torch.arange(-positions + 1, positions)
    buckets = model.mpnet.encoder.relative_position_bucket(distances, num_buckets=len(table))
    return np.ascontiguousarray(table[buckets.numpy()].T)
