"""Statement lists: statements on one invented event, every pair of them labelled.

A line of ``articles.train.jsonl`` has what a scanner takes out of one article; most of its pairs are neutral, as in
life. A line of ``disputes.train.jsonl`` or ``disputes.dev.jsonl`` has ten statements on one dispute, half of them long,
chosen so that many pairs conflict, agree or only look so; ``disputes.lookalikes.jsonl`` has more of them for training,
on what is easily taken for a denial. All say which pairs contradict, which entail (premise first) and which are left
open. All other pairs are neutral.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from nli.errors import InputError
from nli.eval.denial.cards import DOMAINS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.abc import Traversable
    from pathlib import Path

Kind = Literal["articles", "disputes"]
Split = Literal["train", "lookalikes", "dev"]
_FIELDS = ("id", "domain", "statements", "contradictions", "entailments", "open")


@dataclass(frozen=True, slots=True)
class Article:
    """Statements on one invented event.

    Attributes:
        id: Its name.
        domain: One of `nli.eval.denial.cards.DOMAINS`.
        statements: The statements in their order.
        contradictions: Pairs that cannot both stand, as sets of two places in `statements`.
        entailments: Ordered pairs: the second must be true if the first is.
        open: Pairs that readers may judge either way.
    """

    id: str
    domain: str
    statements: tuple[str, ...]
    contradictions: frozenset[frozenset[int]]
    entailments: frozenset[tuple[int, int]]
    open: frozenset[frozenset[int]]


def shipped(kind: Kind = "articles", split: Split = "train") -> list[Article]:
    """Read the statement lists of one kind that ship; all articles are for training.

    Raises:
        InputError: If a line is no such list.
    """
    return read_articles(files("nli.eval.denial") / f"{kind}.{split}.jsonl")


def read_articles(path: Path | Traversable) -> list[Article]:
    """Read a file of statement lists.

    Raises:
        InputError: If a line is no such article; it says which and why.
    """
    articles = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                articles.append(_article(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise InputError(f"{path}, line {number}: not a list of statements ({error}); mend it.") from error
    return articles


def _article(row: Any) -> Article:  # noqa: ANN401 -- any JSON
    if not isinstance(row, dict) or tuple(row) != _FIELDS:
        raise ValueError(f"its fields must be {', '.join(_FIELDS)}")
    texts = row["statements"]
    if row["domain"] not in DOMAINS:
        raise ValueError(f"the domain {row['domain']!r} is unknown")
    if not all(isinstance(text, str) and text.strip() for text in texts) or len(set(texts)) != len(texts):
        raise ValueError("a statement is empty or stands twice")
    marked = {name: [tuple(pair) for pair in row[name]] for name in _FIELDS[3:]}
    for name, pairs in marked.items():
        for pair in pairs:
            if len(set(pair)) != 2 or not all(isinstance(at, int) and 0 <= at < len(texts) for at in pair):  # noqa: PLR2004
                raise ValueError(f"{list(pair)} under {name} does not name two of the {len(texts)} statements")
    sets = {name: frozenset(frozenset(pair) for pair in pairs) for name, pairs in marked.items()}
    for one, other in combinations(sets, 2):
        if both := sets[one] & sets[other]:
            raise ValueError(f"{sorted(next(iter(both)))} stands under {one} and under {other}")
    return Article(
        row["id"],
        row["domain"],
        tuple(texts),
        sets["contradictions"],
        frozenset((pair[0], pair[1]) for pair in marked["entailments"]),
        sets["open"],
    )


def expand(article: Article, *, judged: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the labelled pairs of a list.

    A contradiction comes in both orders, an entailment in its own. Of neutral pairs one order is given, in turns the
    one and the other.

    Args:
        article: The list.
        judged: Whether both orders of each pair were judged, as those of disputes were: the swapped order of an
            entailment that is none itself is neutral then. Else it is left out.
    """
    entailing = {frozenset(pair) for pair in article.entailments}
    for turn, (one, other) in enumerate(combinations(range(len(article.statements)), 2)):
        pair = frozenset((one, other))
        if pair in article.open:
            continue
        if pair in article.contradictions:
            yield _row(article, one, other, "contradiction")
            yield _row(article, other, one, "contradiction")
        elif pair in entailing:
            for premise, hypothesis in ((one, other), (other, one)):
                if (premise, hypothesis) in article.entailments:
                    yield _row(article, premise, hypothesis, "entailment")
                elif judged:
                    yield _row(article, premise, hypothesis, "neutral")
        else:
            yield _row(article, *((one, other) if turn % 2 else (other, one)), "neutral")


def disputes(split: Split) -> Iterator[dict[str, Any]]:
    """Yield the labelled pairs of the disputes of a split."""
    for dispute in shipped("disputes", split):
        yield from expand(dispute, judged=True)


def _row(article: Article, premise: int, hypothesis: int, label: str) -> dict[str, Any]:
    return {
        "id": f"{article.id}-{premise}-{hypothesis}",
        "premise": article.statements[premise],
        "hypothesis": article.statements[hypothesis],
        "label": label,
    }
