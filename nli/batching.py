"""Rows of tokens put together into batches of like length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Model inputs of one batch.

    Attributes:
        input_ids: Token ids, int64 [n, length].
        attention_mask: 1 for tokens, 0 for padding, int64 [n, length].
        token_type_ids: Token types, int64 [n, length]; None for a model that has none.
    """

    input_ids: npt.NDArray[np.int64]
    attention_mask: npt.NDArray[np.int64]
    token_type_ids: npt.NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One row of model input before padding; `types` is None for a model without token types."""

    ids: list[int]
    types: list[int] | None


_BATCHES_EACH = 6
_FEWEST_TOKENS = 64
"""How many batches each of several threads gets of few rows, so that none waits long for another at the end; and below
how many tokens a batch is not worth its own run."""


def plan(lengths: Sequence[int], batch_tokens: int, parallel: int = 1) -> list[list[int]]:
    """Put rows into batches, longest first, that hold no more than about `batch_tokens` tokens with padding.

    Args:
        lengths: Tokens of each row.
        batch_tokens: Tokens a batch may hold; a row longer than this makes a batch of its own.
        parallel: How many batches are run side by side; few rows are put into smaller batches if there are several.

    Returns:
        The indices of each batch's rows.
    """
    if parallel > 1:
        batch_tokens = min(batch_tokens, max(_FEWEST_TOKENS, sum(lengths) // (_BATCHES_EACH * parallel)))
    batches: list[list[int]] = []
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        # The first row of a batch is its longest, so it sets the width.
        if batch and lengths[batch[0]] * (len(batch) + 1) > batch_tokens:
            batches.append(batch)
            batch = []
        batch.append(row)
    if batch:
        batches.append(batch)
    return batches


def pad(rows: Sequence[TokenRow], pad_id: int) -> TokenBatch:
    """Return rows as rectangular arrays, filled up at the end."""
    shape = (len(rows), max(len(row.ids) for row in rows))
    ids = np.full(shape, pad_id, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    types: npt.NDArray[Any] | None = np.zeros(shape, dtype=np.int64) if rows[0].types is not None else None
    for place, row in enumerate(rows):
        length = len(row.ids)
        ids[place, :length] = row.ids
        mask[place, :length] = 1
        if types is not None and row.types is not None:
            types[place, :length] = row.types
    return TokenBatch(ids, mask, types)
