"""A light encoder of statements: the mean of their tokens' vectors, which come from a sentence encoder.

It reads nothing but numpy arrays, and encodes some ten thousand statements a second on one core.
``python -m nli.finetune.distil`` made its vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nli.bundle import FAST, MODELS
from nli.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FOLDER = MODELS / "static-minilm"
"""Where the vectors that ship with the package lie; the tokenizer is that of denial-minilm."""
TOKENIZER = MODELS / FAST / "tokenizer.json"
VECTORS_FILE = "vectors.npz"
_BATCH = 1024


@dataclass(frozen=True)
class StaticEncoder:
    """Vectors of tokens, and the tokenizer that they belong to.

    Attributes:
        tokenizer: Splits texts into tokens, without padding and truncation.
        vectors: int8, of shape (tokens of the vocabulary, dimensions).
        scale: float32, of shape (dimensions,); a token's vector is `vectors[token] * scale`.
    """

    tokenizer: Tokenizer
    vectors: NDArray[np.int8]
    scale: NDArray[np.float32]

    def tokens(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Return the tokens of each text, each token once, in ascending order."""
        found = []
        for start in range(0, len(texts), _BATCH):
            batch = self.tokenizer.encode_batch_fast(list(texts[start : start + _BATCH]), add_special_tokens=False)
            found += [np.array(sorted(set(encoding.ids)), np.int32) for encoding in batch]
        return found

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text, of shape (texts, dimensions); zeros for a text without tokens."""
        return self.mean(self.tokens(texts))

    def mean(self, tokens: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
        """Return a row of length 1 for the tokens of each text, as `encode` does for the texts."""
        rows = np.zeros((len(tokens), self.vectors.shape[1]), np.float32)
        for row, ids in enumerate(tokens):
            rows[row] = self.vectors[ids].sum(axis=0, dtype=np.float32)
        rows *= self.scale
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        np.divide(rows, lengths, out=rows, where=lengths > 0)
        return rows


def tokenizer(path: Path = TOKENIZER) -> Tokenizer:
    """Load the tokenizer, without padding and truncation.

    Raises:
        ModelError: If it cannot be read.
    """
    from tokenizers import Tokenizer

    try:
        loaded = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise ModelError(f"The tokenizer {path} cannot be read ({error}): install nli again.") from error
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


@cache
def load(folder: Path = FOLDER) -> StaticEncoder:
    """Load an encoder once.

    Args:
        folder: Holds `VECTORS_FILE`.

    Raises:
        ModelError: If a file is missing or damaged, or the vectors were made for another vocabulary.
    """
    try:
        with np.load(folder / VECTORS_FILE, allow_pickle=False) as arrays:
            vectors, scale = arrays["vectors"], arrays["scale"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The encoder in {folder} cannot be read ({error}): install nli again, or make it with "
            "python -m nli.finetune.distil."
        ) from error
    splitter = tokenizer()
    if len(vectors) != splitter.get_vocab_size():
        raise ModelError(
            f"The encoder in {folder} has vectors for {len(vectors)} tokens, but {TOKENIZER} knows "
            f"{splitter.get_vocab_size()}: make it again with python -m nli.finetune.distil."
        )
    return StaticEncoder(splitter, vectors, scale)


def save(vectors: NDArray[np.float32], folder: Path) -> StaticEncoder:
    """Write vectors as int8, each dimension with a scale of its own, and return them as they will be read.

    Args:
        vectors: One for each token, of shape (tokens, dimensions).
        folder: Where `VECTORS_FILE` goes; it is made if it is not there.
    """
    scale = np.maximum(np.abs(vectors).max(axis=0), np.finfo(np.float32).tiny).astype(np.float32) / np.float32(127)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / VECTORS_FILE, vectors=np.rint(vectors / scale).astype(np.int8), scale=scale)
    load.cache_clear()
    return load(folder)
