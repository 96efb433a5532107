"""Pairs as token ids, and batches of like length that hold about as many tokens each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nli.errors import ModelError
from nli.labels import LABELS

if TYPE_CHECKING:
    from nli.finetune.mixture import Example
    from nli.finetune.recipe import Recipe

MEGABATCH = 4096
"""Pairs that are ordered by length together; the order among such windows stays the mixture's."""


Row = tuple[list[int], list[int], int, NDArray[np.float32] | None]
"""Token ids, token types, label, and a teacher's logits if there is one."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of many pairs, as the base model's tokenizer makes them; rows are ragged.

    Attributes:
        ids: Token ids of each pair.
        types: Token types of each.
        labels: The label of each, a column of `nli.labels.LABELS`.
        teacher: A teacher's logits, float32 of shape (pairs, 3), NaN where it has none; None without a teacher.
    """

    ids: list[list[int]]
    types: list[list[int]]
    labels: list[int]
    teacher: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Row:
        return self.ids[row], self.types[row], self.labels[row], None if self.teacher is None else self.teacher[row]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each pair."""
        return [len(row) for row in self.ids]

    def by_length(self) -> Encoded:
        """Return the same pairs, shortest first."""
        order = sorted(range(len(self)), key=lambda row: (len(self.ids[row]), row))
        return Encoded(
            [self.ids[row] for row in order],
            [self.types[row] for row in order],
            [self.labels[row] for row in order],
            None if self.teacher is None else self.teacher[order],
        )


def encode(tokenizer: Any, examples: Sequence[Example], max_tokens: int) -> Encoded:  # noqa: ANN401 -- transformers
    """Tokenise pairs; the longer text of a pair loses tokens first where both do not fit.

    Raises:
        ModelError: If the tokenizer is not of the fast kind.
    """
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ModelError(
            "The base model has no fast tokenizer (tokenizer.json): choose a base that has one, or convert it with "
            "transformers' AutoTokenizer and save_pretrained."
        )
    fast.no_padding()
    fast.enable_truncation(max_tokens, strategy="longest_first")
    ids: list[list[int]] = []
    types: list[list[int]] = []
    for start in range(0, len(examples), MEGABATCH):
        part = examples[start : start + MEGABATCH]
        for row in fast.encode_batch([(example.premise, example.hypothesis) for example in part]):
            ids.append(row.ids)
            types.append(row.type_ids)
    return Encoded(ids, types, [example.label for example in examples], _teacher(examples))


def _teacher(examples: Sequence[Example]) -> NDArray[np.float32] | None:
    if all(example.teacher is None for example in examples):
        return None
    unknown = (np.nan,) * len(LABELS)
    return np.array([example.teacher or unknown for example in examples], dtype=np.float32)


def batches(lengths: Sequence[int], batch_tokens: int, seed: str) -> list[list[int]]:
    """Cut rows into batches of like length that hold about `batch_tokens` tokens, in an order drawn by the seed."""
    cut: list[list[int]] = []
    for start in range(0, len(lengths), MEGABATCH):
        window = sorted(range(start, min(start + MEGABATCH, len(lengths))), key=lambda row: (lengths[row], row))
        batch: list[int] = []
        for row in window:
            if batch and lengths[row] * (len(batch) + 1) > batch_tokens:
                cut.append(batch)
                batch = []
            batch.append(row)
        cut.append(batch)
    random.Random(seed).shuffle(cut)  # noqa: S311 -- an order, not a secret
    return cut


def stage_batches(recipe: Recipe, number: int, rows: Encoded) -> tuple[list[list[int]], int]:
    """Return the batches of one stage of a recipe, as far as the stage goes, and how many the whole would have."""
    cut = batches(rows.lengths, recipe.training.batch_tokens, f"{recipe.seed}/{number}")
    return cut[: max(1, round(recipe.stages[number].stop_at * len(cut)))], len(cut)


class Share:
    """The batches of one process: every `processes`-th, as many for each process.

    Where they do not divide evenly the first ones come again at the end, so that no process waits for another.
    """

    def __init__(self, cut: Sequence[list[int]], process: int, processes: int) -> None:
        missing = -len(cut) % processes
        self._mine = [*cut, *(cut[index % len(cut)] for index in range(missing))][process::processes]

    def __len__(self) -> int:
        return len(self._mine)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._mine)


class Collator:
    """Pads rows of `Encoded` into the arrays that a model takes."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401
        self._pad_id = int(tokenizer.pad_token_id or 0)
        self._takes_types = "token_type_ids" in tokenizer.model_input_names

    def __call__(self, rows: Sequence[Row]) -> Mapping[str, Any]:
        """Return input_ids, attention_mask, labels and, where the model has them, token_type_ids, as int64 tensors.

        With a teacher there are its logits too, float32 of shape (rows, 3).
        """
        import torch

        longest = max(len(ids) for ids, _, _, _ in rows)
        arrays = {
            "input_ids": np.full((len(rows), longest), self._pad_id, dtype=np.int64),
            "attention_mask": np.zeros((len(rows), longest), dtype=np.int64),
        }
        if self._takes_types:
            arrays["token_type_ids"] = np.zeros((len(rows), longest), dtype=np.int64)
        for place, (ids, types, _, _) in enumerate(rows):
            arrays["input_ids"][place, : len(ids)] = ids
            arrays["attention_mask"][place, : len(ids)] = 1
            if self._takes_types:
                arrays["token_type_ids"][place, : len(ids)] = types
        arrays["labels"] = np.array([label for _, _, label, _ in rows], dtype=np.int64)
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        logits = [teacher for _, _, _, teacher in rows if teacher is not None]
        if logits:
            tensors["teacher"] = torch.from_numpy(np.stack(logits))
        return tensors
