"""Texts as token ids, and pairs of texts as model inputs.

Each text is tokenised once and on its own; the special tokens that a model wants around and between two
texts are learned from its tokenizer's own template. So a text that stands in many pairs, in both
directions or in several windows is never tokenised again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from nli.errors import ModelError


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """The special tokens of a pair, and the token type of each part.

    Attributes:
        before: Ids in front of the first text.
        between: Ids between the texts.
        after: Ids behind the second text.
        types: Token types of before, first text, between, second text, after (one number each).
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, int, int, int, int]

    @property
    def length(self) -> int:
        """Number of special tokens."""
        return len(self.before) + len(self.between) + len(self.after)

    def ids(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        """Return the ids of a pair of tokenised texts."""
        return [*self.before, *first, *self.between, *second, *self.after]

    def type_ids(self, first: int, second: int) -> list[int]:
        """Return the token types of a pair whose texts have so many tokens."""
        counts = (len(self.before), first, len(self.between), second, len(self.after))
        return [kind for kind, count in zip(self.types, counts, strict=True) for _ in range(count)]


class TextTokenizer:
    """A model's tokenizer for single texts, with its template for pairs.

    Args:
        tokenizer: A `tokenizers.Tokenizer`.
        model: The model's name, for messages.

    Raises:
        ModelError: If the tokenizer has no template for a pair of texts.
    """

    def __init__(self, tokenizer: Any, model: str) -> None:  # noqa: ANN401 -- tokenizers has no types
        self._tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.template = _template(tokenizer, model)

    @classmethod
    def from_file(cls, path: Path, model: str) -> TextTokenizer:
        """Read a `tokenizer.json`.

        Raises:
            ModelError: If it is missing or cannot be read.
        """
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust side raises bare Exception
            raise ModelError(
                f"The tokenizer of the model {model} cannot be read from {path} ({error}): "
                "save it again with its save_pretrained."
            ) from error
        return cls(tokenizer, model)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without special tokens."""
        return [row.ids for row in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the first and last-plus-one character of each token of a text."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)


def _template(tokenizer: Any, model: str) -> PairTemplate:  # noqa: ANN401
    row = tokenizer.encode("a", "b")
    parts = [
        (owner, [(row.ids[place], row.type_ids[place]) for place in places])
        for owner, places in (
            (owner, list(group)) for owner, group in groupby(range(len(row.ids)), key=lambda i: row.sequence_ids[i])
        )
    ]
    owners = [owner for owner, _ in parts if owner is not None]
    if owners != [0, 1]:
        raise ModelError(f"The tokenizer of the model {model} does not take pairs of texts: use a sequence classifier.")
    first = next(place for place, (owner, _) in enumerate(parts) if owner == 0)
    second = next(place for place, (owner, _) in enumerate(parts) if owner == 1)
    sections = [
        parts[:first],
        parts[first : first + 1],
        parts[first + 1 : second],
        parts[second : second + 1],
        parts[second + 1 :],
    ]
    tokens = [[token for _, section in parts_ for token in section] for parts_ in sections]
    kinds = [{kind for _, kind in section} or {0} for section in tokens]
    if any(len(kind) > 1 for kind in kinds):
        raise ModelError(f"The tokenizer of the model {model} gives one text two token types, which is not supported.")
    types = [next(iter(kind)) for kind in kinds]
    before, _, between, _, after = (tuple(token for token, _ in section) for section in tokens)
    return PairTemplate(before, between, after, (types[0], types[1], types[2], types[3], types[4]))
