"""What statements share in words: names, numbers and other rare words, each by how rare it is among the statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Numbers with their point and commas, words without their apostrophes and hyphens.
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_STEM = 5
_RARITY = 1.5
# A word of more statements than this tells next to nothing, and costs the most.
_MOST = 2000
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of a collection of statements.

    Built by `index`. Row by row, `words[starts[i]:starts[i + 1]]` are the words of statement i; word by word,
    `rows[ends[w]:ends[w + 1]]` are the statements that hold word w, and `weights` goes with them.

    Attributes:
        starts: int64, one more than there are statements.
        words: int32, numbers of words.
        ends: int64, one more than there are words.
        rows: int32, numbers of statements, in ascending order for each word.
        weights: float32, the word's share in each of these statements; the squares of a statement's shares add up to
            at most 1, which is why `overlap` of a statement with itself is at most 1.
    """

    starts: NDArray[np.int64]
    words: NDArray[np.int32]
    ends: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]

    def overlap(self, row: int) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
        """Yield, for each word of a statement, who shares it and what that adds to their overlap (0 to 1 in all)."""
        for word in self.words[self.starts[row] : self.starts[row + 1]]:
            start, end = self.ends[word], self.ends[word + 1]
            rows = self.rows[start:end]
            own = self.weights[start + np.searchsorted(rows, row)]
            yield rows, self.weights[start:end] * own

    def add(self, row: int, scores: NDArray[np.float32], weight: float) -> None:
        """Add a statement's overlap with every other to a row of scores, in place."""
        for rows, shares in self.overlap(row):
            scores[rows] += weight * shares


def index(texts: Sequence[str]) -> Lexicon:
    """Index statements by their words.

    A word is known by its first letters, so that forms of a name or a verb are one ("Iran", "Iranian"); a number is
    known whole. Its weight falls with the number of statements that hold it; a word of very many is left out.

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
    statements = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    # Taken before words are left out: a statement full of words that nobody shares has little in common with any.
    lengths = np.sqrt(np.bincount(statements, rarity[words].astype(np.float64) ** 2, minlength=len(starts) - 1))
    useful = ((spread > 1) & (spread <= _MOST))[words]
    words, statements = words[useful], statements[useful]
    order = np.argsort(words, kind="stable")
    rows = statements[order]
    shares = rarity[words[order]] / np.maximum(lengths[rows], _TINY)
    kept = np.zeros(len(starts), np.int64)
    kept[1:] = np.cumsum(np.bincount(statements, minlength=len(starts) - 1))
    ends = np.zeros(len(spread) + 1, np.int64)
    ends[1:] = np.cumsum(np.bincount(words, minlength=len(spread)))
    return Lexicon(kept, words, ends, rows, shares.astype(np.float32))
