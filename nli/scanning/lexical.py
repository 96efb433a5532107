"""What statements share in words: names, numbers and other rare words, each by how rare it is among the statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Numbers with their point and commas, words without their apostrophes and hyphens.
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_STEM = 7
_RARITY = 1.2
# A word of more statements than this tells next to nothing, and costs the most.
_MOST = 6000
_TINY = np.float32(1e-6)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of a collection of statements.

    Built by `index`. Row by row, `words[starts[i]:starts[i + 1]]` are the words of statement i; word by word,
    `rows[ends[w]:ends[w + 1]]` are the statements that hold word w.

    Attributes:
        starts: int64, one more than there are statements.
        words: int32, numbers of words.
        ends: int64, one more than there are words.
        rows: int32, numbers of statements, in ascending order for each word.
        rarity: float32, the weight of each word.
        lengths: float32, of each statement the root of the sum of its words' squared weights, over the mean of all.
    """

    starts: NDArray[np.int64]
    words: NDArray[np.int32]
    ends: NDArray[np.int64]
    rows: NDArray[np.int32]
    rarity: NDArray[np.float32]
    lengths: NDArray[np.float32]

    def shared(self, row: int) -> Iterator[tuple[NDArray[np.int32], np.float32]]:
        """Yield, for each word of a statement, who shares it and what that adds to how much of the statement they hold.

        A longer statement is not held to have less in common with it for being longer, so that this is not symmetric:
        a long statement may hold all of a short one. `cosine` is.
        """
        for word in self.words[self.starts[row] : self.starts[row + 1]]:
            yield self.rows[self.ends[word] : self.ends[word + 1]], self.rarity[word] ** 2 / self.lengths[row]

    def add(self, row: int, scores: NDArray[np.float32], weight: float) -> None:
        """Add how much every statement holds of one to a row of scores, in place."""
        for rows, share in self.shared(row):
            scores[rows] += np.float32(weight) * share

    def cosine(self, held: NDArray[np.float32], others: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the symmetric overlap (0 to 1) with statements that hold so much of one."""
        return held / self.lengths[others]


def index(texts: Sequence[str]) -> Lexicon:
    """Index statements by their words.

    A word is known by its first letters, so that forms of a name or a verb are one ("Portugal", "Portuguese"); a number
    is known whole. Its weight falls with the number of statements that hold it; a word of very many is left out.

    Args:
        texts: The statements.

    Returns:
        The index, whose size grows with the words of the statements.
    """
    numbers: dict[str, int] = {}
    starts = np.zeros(len(texts) + 1, np.int64)
    parts: list[NDArray[np.int32]] = []
    for row, text in enumerate(texts):
        found = {numbers.setdefault(word, len(numbers)) for word in _words(text)}
        parts.append(np.fromiter(sorted(found), np.int32, len(found)))
        starts[row + 1] = starts[row] + len(found)
    words = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    spread = np.bincount(words, minlength=len(numbers))
    rarity = (np.log((len(texts) + 1) / np.maximum(spread, 1)) ** _RARITY).astype(np.float32)
    return _kept(starts, words, spread, rarity)


def _words(text: str) -> Iterable[str]:
    for word in _WORD.findall(text.casefold()):
        yield word if word[0].isdigit() else word[:_STEM]


def _kept(
    starts: NDArray[np.int64],
    words: NDArray[np.int32],
    spread: NDArray[np.int64],
    rarity: NDArray[np.float32],
) -> Lexicon:
    """Leave out the words of very many statements and of one alone, and turn the rest round."""
    count = len(starts) - 1
    statements = np.repeat(np.arange(count, dtype=np.int32), np.diff(starts))
    # Taken before words are left out: a statement full of words that nobody shares has little in common with any.
    lengths = np.sqrt(np.bincount(statements, rarity[words].astype(np.float64) ** 2, minlength=count))
    useful = ((spread > 1) & (spread <= _MOST))[words]
    words, statements = words[useful], statements[useful]
    order = np.argsort(words, kind="stable")
    kept = np.zeros(count + 1, np.int64)
    kept[1:] = np.cumsum(np.bincount(statements, minlength=count))
    ends = np.zeros(len(spread) + 1, np.int64)
    ends[1:] = np.cumsum(np.bincount(words, minlength=len(spread)))
    scale = np.float32(max(lengths.mean(), _TINY)) if count else _TINY
    return Lexicon(
        kept,
        words,
        ends,
        statements[order],
        rarity / scale,
        np.maximum((lengths / scale).astype(np.float32), _TINY),
    )
