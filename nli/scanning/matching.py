"""How much of a statement another says too, token by token.

The mean of a long statement's token vectors drowns what it has in common with a short one. Here each token of a
statement looks for its best match among the other's tokens, as in ColBERT (Khattab and Zaharia 2020, "ColBERT:
Efficient and Effective Passage Search via Contextualized Late Interaction over BERT"), though with vectors that know no
context.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nli.scanning.embedding import StaticEncoder

_DIMENSIONS = 96
"""Of a token's vector those of greatest variance; fewer find less, more find no more and take longer."""
_LEAST = 0.4  # weight of a token below which it is left out: articles, conjunctions, marks
_TINY = 1e-9


class Matcher:
    """The tokens of a collection of statements.

    Args:
        encoder: Gives the tokens their vectors. A token weighs as much as its vector is long: the encoder learnt short
            ones for words that say little.
        tokens: The tokens of each statement, from `StaticEncoder.tokens`.
    """

    def __init__(self, encoder: StaticEncoder, tokens: Sequence[NDArray[np.int32]]) -> None:
        vectors = encoder.vectors * encoder.scale
        self._weights = np.linalg.norm(vectors, axis=1)
        tokens = [ids[self._weights[ids] >= _LEAST] for ids in tokens]
        _, axes = np.linalg.eigh(vectors.T @ vectors)  # ascending
        vectors = vectors @ axes[:, -_DIMENSIONS:]
        self._vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _TINY)
        self._lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
        self._starts = np.cumsum(self._lengths) - self._lengths
        self._tokens = np.concatenate([*tokens, np.zeros(0, np.int32)])

    def said_by(self, row: int, others: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return how much of one statement others say too: 1 if they have all its tokens, about 0 if nothing alike.

        Args:
            row: The statement.
            others: Statements to compare it with.

        Returns:
            For each of them the mean, over the statement's tokens by weight, of the cosine of the most similar token.
        """
        own = self._tokens[self._starts[row] : self._starts[row] + self._lengths[row]]
        found = np.zeros(len(others), np.float32)
        filled = np.flatnonzero(self._lengths[others])
        if not len(own) or not len(filled):
            return found
        lengths = self._lengths[others[filled]]
        first = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(self._starts[others[filled]] - first, lengths)
        similar = self._vectors[self._tokens[places]] @ self._vectors[own].T
        weights = self._weights[own]
        found[filled] = np.maximum.reduceat(similar, first, axis=0) @ (weights / max(weights.sum(), _TINY))
        return found
