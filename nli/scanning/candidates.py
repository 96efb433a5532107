"""Statements -> the pairs worth scoring: those that speak of the same thing.

Two statements are near where their embeddings are and where they share names, numbers and other rare words. Nearness
has no upper bound: a denial is nearly identical with what it denies. The candidates of a statement are those that hold
most of it, since a long one may hold all of a short one that it is not near to: in words and as a whole first, token by
token among the best of these. A short statement on an event may share next to nothing with a long one, but both with a
third: some of the places of each statement are kept for those that its best candidates lead to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nli.errors import InputError, MissingExtraError
from nli.scanning import embedding, lexical
from nli.scanning.matching import Matcher

if TYPE_CHECKING:
    from nli.scanning.lexical import Lexicon

PER_STATEMENT = 50
"""Candidates of each statement unless asked."""
EXACT_UP_TO = 120_000
"""Statements up to which every one is compared with every other; beyond, an index finds the nearest."""

_NEAR_BY_WORDS = 3.0  # what shared words count for in nearness, where the embedding counts for 1
_HELD_WORDS, _HELD_TOKENS = 2.2, 4.0  # what is held in words, and token by token, where the embedding counts for 1
_WIDER = 3  # how many times the candidates asked for are compared token by token
_CELLS = 2**24  # scores held at once: 64 MB
_STRIDE = 32
_ROWS = 256
_REACH = 2  # how many times the statements wanted an index is asked for, as some are of the wrong group
_NOWHERE = -np.inf
_LED_SHARE = 3  # one in so many places of a statement is kept for those that its nearest lead to
_LED_FROM = 5  # candidates of a statement from which on some places are kept
_LEADING, _LED = 16, 10  # how many of its nearest lead on, and to how many of theirs

Rows = NDArray[np.int64]
"""Positions of statements."""


def candidates(
    statements: Sequence[str],
    *,
    groups: Sequence[int] | None = None,
    per_statement: int = PER_STATEMENT,
    across: bool | None = None,
    of: Sequence[int] | None = None,
    exact_up_to: int = EXACT_UP_TO,
) -> Iterator[tuple[int, int, float]]:
    """Choose the pairs of statements that are worth scoring.

    A pair is chosen if one of the two is among the `per_statement` best candidates of the other. Where that many are no
    fewer than all pairs, as in one article, all are chosen. Time grows with the square of the number of statements up
    to `exact_up_to`, about in proportion beyond; memory grows in proportion throughout. The same statements give the
    same pairs.

    Args:
        statements: The statements.
        groups: A number for each statement, such as that of its document.
        per_statement: Statements that are taken for each.
        across: True for pairs across groups only, False for pairs within a group only, None for all.
        of: Positions of the statements whose candidates are wanted, such as those of a new document; None for all.
        exact_up_to: Statements up to which every one is compared with every other.

    Returns:
        An iterator of (i, j, nearness) with i < j, each pair once; nearness is 0 to 4, seldom a little below 0. Pairs
        come by the statement that found them, and for each the best candidate first, the nearest where all are chosen;
        those that others led to come last, and their nearness is the lesser of the two on the way.

    Raises:
        InputError: If `per_statement` is below 1, `groups` is not as long as `statements`, `across` is given without
            `groups`, or `of` names a position that is not there.
        MissingExtraError: (from the iterator) If there are more than `exact_up_to` statements and usearch is not
            installed.
    """
    if per_statement < 1:
        raise InputError(f"{per_statement} candidates a statement leave nothing to score: ask for 1 or more.")
    if groups is None and across is not None:
        raise InputError("To choose pairs within or across documents, pass groups: the document of each statement.")
    if groups is not None and len(groups) != len(statements):
        raise InputError(f"There are {len(groups)} groups for {len(statements)} statements: give each its own.")
    count = len(statements)
    chosen = np.arange(count) if of is None else np.unique(np.asarray(of, dtype=np.int64))
    if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < count:
        raise InputError(f"There is no statement at {chosen[0] if chosen[0] < 0 else chosen[-1]}: there are {count}.")
    if groups is None or across is None:
        return _pairs(statements, chosen, None, per_statement, exact_up_to)
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int32)
    if across:
        return _pairs(statements, chosen, numbers, per_statement, exact_up_to)
    return _within(statements, chosen, numbers, per_statement, exact_up_to)


def _within(
    statements: Sequence[str], chosen: Rows, groups: NDArray[np.int32], per_statement: int, exact_up_to: int
) -> Iterator[tuple[int, int, float]]:
    order = np.argsort(groups, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        wanted = np.flatnonzero(np.isin(members, chosen))
        texts = [statements[member] for member in members]
        for one, other, score in _pairs(texts, wanted, None, per_statement, exact_up_to):
            yield int(members[one]), int(members[other]), score


def _pairs(
    statements: Sequence[str], chosen: Rows, groups: NDArray[np.int32] | None, per_statement: int, exact_up_to: int
) -> Iterator[tuple[int, int, float]]:
    count = len(statements)
    if count < 2 or not len(chosen):  # noqa: PLR2004 -- a pair takes two
        return
    # n statements have n (n - 1) / 2 pairs, no more than n * k as long as n is at most 2 k + 1.
    nearest = count - 1 if count <= 2 * per_statement + 1 else per_statement
    encoder = embedding.load()
    tokens = encoder.tokens(statements)
    vectors, words = encoder.mean(tokens), lexical.index(statements)
    matcher = Matcher(encoder, tokens) if nearest < count - 1 else None
    search = _compare_all if count <= exact_up_to else _look_up
    found = np.full((count, nearest), -1, np.int32)
    scores = np.full((count, nearest), _NOWHERE, np.float32)
    for row, others, held in search(vectors, words, chosen, groups, min(_WIDER * nearest, count - 1)):
        whole = vectors[others] @ vectors[row]
        nearness = whole + _NEAR_BY_WORDS * words.cosine((held - whole) / _HELD_WORDS, others)
        rank = nearness if matcher is None else held + _HELD_TOKENS * matcher.said_by(row, others)
        best = np.argsort(-rank, kind="stable")[:nearest]
        found[row, : len(best)] = others[best]
        scores[row, : len(best)] = nearness[best]
    if _LED_FROM <= nearest < count - 1:
        _lead_on(found, scores, groups)
    yield from _once(found, scores)


def _lead_on(found: NDArray[np.int32], scores: NDArray[np.float32], groups: NDArray[np.int32] | None) -> None:
    """Give some places of each statement to those near its nearest, in place.

    Args:
        found: The candidates of each statement, the best first, -1 where there is none, of shape (statements, nearest).
        scores: How near they are.
        groups: A number for each statement; two of one group are no pair.
    """
    places = found.shape[1]
    keep = places - places // _LED_SHARE
    leading = found[:, :_LED].copy()
    nearness = np.where(leading >= 0, scores[:, :_LED], 0)
    for row in np.flatnonzero(found[:, 0] >= 0):
        middles = found[row, :_LEADING]
        middles = middles[middles >= 0]
        first, second = scores[row, : len(middles), None], nearness[middles]
        others = leading[middles].ravel()
        order = np.lexsort((others, -(first * second).ravel()))
        if groups is not None:
            order = order[groups[others[order]] != groups[row]]
        taken = {-1, int(row), *found[row, :keep].tolist()}
        lesser = np.minimum(first, second).ravel()[order].tolist()
        led: list[tuple[int, float]] = []
        for other, score in zip(others[order].tolist(), lesser, strict=True):
            if other not in taken:
                taken.add(other)
                led.append((other, score))
                if len(led) == places - keep:
                    break
        rest = zip(found[row, keep:].tolist(), scores[row, keep:].tolist(), strict=True)
        kept = [(one, score) for one, score in rest if one not in taken][: places - keep - len(led)]
        kept += led
        kept += [(-1, _NOWHERE)] * (places - keep - len(kept))
        found[row, keep:], scores[row, keep:] = zip(*kept, strict=True)


def _compare_all(
    vectors: NDArray[np.float32], words: Lexicon, chosen: Rows, groups: NDArray[np.int32] | None, nearest: int
) -> Iterator[tuple[int, Rows, NDArray[np.float32]]]:
    """Yield those that hold most of each chosen statement, a block of statements against all at a time."""
    height = max(1, _CELLS // len(vectors))
    for start in range(0, len(chosen), height):
        rows = chosen[start : start + height]
        scores = vectors[rows] @ vectors.T
        for line, row in zip(scores, rows, strict=True):
            words.add(row, line, _HELD_WORDS)
            line[row] = _NOWHERE
        if groups is not None:
            scores[groups[rows, None] == groups] = _NOWHERE
        for row, line, bound in zip(rows, scores, _bounds(scores, nearest), strict=True):
            others = np.flatnonzero(line >= bound)
            yield row, *_best(others, line[others], nearest)


def _bounds(scores: NDArray[np.float32], nearest: int) -> NDArray[np.float32]:
    """Return, for each row, a score that at least `nearest` of it reach, and few more.

    The maxima of strides are scores of the row too, so that their `nearest`-th is low enough. It is found in a small
    part of the time that partitioning whole rows takes.
    """
    width = scores.shape[1] // _STRIDE
    if width >= nearest:
        scores = scores[:, : width * _STRIDE].reshape(len(scores), _STRIDE, width).max(axis=1)
    place = scores.shape[1] - nearest
    return np.asarray(np.partition(scores, place, axis=1)[:, place])


def _best(others: Rows, scores: NDArray[np.float32], nearest: int) -> tuple[Rows, NDArray[np.float32]]:
    """Return the nearest that may be taken, by falling score; of equals, the one that stands first in `others`."""
    order = np.argsort(-scores, kind="stable")[:nearest]
    order = order[scores[order] > _NOWHERE]
    return others[order], scores[order]


def _look_up(
    vectors: NDArray[np.float32], words: Lexicon, chosen: Rows, groups: NDArray[np.int32] | None, nearest: int
) -> Iterator[tuple[int, Rows, NDArray[np.float32]]]:
    """Yield about those that hold most of each chosen statement, from an index of embeddings and from shared words."""
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtraError(f"Searching {len(vectors):,} statements", "scan") from error
    # One thread adds, as the order of adding shapes the graph.
    index = Index(
        ndim=vectors.shape[1], metric="ip", dtype="f16", connectivity=16, expansion_add=64, expansion_search=64
    )
    index.add(np.arange(len(vectors)), vectors, threads=1)
    asked = min(len(vectors), _REACH * nearest)
    for start in range(0, len(chosen), _ROWS):
        rows = chosen[start : start + _ROWS]
        # At least two rows are asked for: the answer to one has another shape.
        matches: Any = index.search(np.concatenate([vectors[rows], vectors[:1]]), asked)
        for row, keys, found in zip(rows, matches.keys, matches.counts, strict=False):
            sharing, shares = _sharing(words, row)
            most = np.argsort(-shares, kind="stable")[:asked]
            others = np.union1d(keys[:found].astype(np.int64), sharing[most])
            allowed = others != row if groups is None else groups[others] != groups[row]
            others = others[allowed]
            held = np.zeros(len(others), np.float32)
            place = np.searchsorted(sharing, others)
            known = np.append(sharing, -1)[place] == others
            held[known] = shares[place[known]]
            yield row, *_best(others, vectors[others] @ vectors[row] + _HELD_WORDS * held, nearest)


def _sharing(words: Lexicon, row: int) -> tuple[Rows, NDArray[np.float32]]:
    """Return the statements that share words with one, in ascending order, and how much of it they hold."""
    parts = list(words.shared(row))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    rows, inverse = np.unique(np.concatenate([part for part, _ in parts]), return_inverse=True)
    held = np.bincount(inverse, np.repeat([share for _, share in parts], [len(part) for part, _ in parts]))
    return rows.astype(np.int64), held.astype(np.float32)


def _once(found: NDArray[np.int32], scores: NDArray[np.float32]) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs that were found, those that were found from both sides at the first alone."""
    height = max(1, _CELLS // found.shape[1] ** 2)
    for start in range(0, len(found), height):
        block = found[start : start + height]
        rows = np.arange(start, start + len(block))[:, None]
        mutual = (found[block] == rows[:, :, None]).any(axis=2)
        lines, places = np.nonzero((block >= 0) & ((block > rows) | ~mutual))
        ones, others = lines + start, block[lines, places]
        nearness = scores[start : start + height][lines, places]
        lower, higher = np.minimum(ones, others), np.maximum(ones, others)
        yield from zip(lower.tolist(), higher.tolist(), nearness.tolist(), strict=True)
