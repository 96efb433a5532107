"""The second reading of cards and test sets: sheets that show no label, and how far the answers agree.

Whoever did not write a card gets its claims and its other texts, shuffled, and labels every product of a claim and a
text by ``GUIDELINES.md``. Agreement is over products of the three classes; kappa is Cohen's (Cohen 1960, "A coefficient
of agreement for nominal scales").
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from nli.eval.denial.cards import Card
    from nli.eval.denial.test_split import PairSet

LETTERS = {"c": "contradiction", "e": "entailment", "n": "neutral"}
_GOLD = {"deny": "contradiction", "affirm": "entailment", "open": "neutral"}


@dataclass(frozen=True, slots=True)
class Item:
    """What is read at a time: premises, and hypotheses in the order of the sheet, with the labels their author gave.

    Attributes:
        id: Id of the card or set.
        premises: Texts; the claims of a card.
        hypotheses: The other texts, shuffled.
        gold: For each hypothesis the author's label for each premise.
    """

    id: str
    premises: tuple[str, ...]
    hypotheses: tuple[str, ...]
    gold: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A pair that two readers label differently."""

    id: str
    premise: str
    hypothesis: str
    author: str
    reader: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the second reader agrees with the authors.

    Attributes:
        pairs: Number of pairs read twice.
        share: Share with the same label.
        kappa: Cohen's kappa.
        disputes: The others.
    """

    pairs: int
    share: float
    kappa: float
    disputes: tuple[Dispute, ...]


def items_of_cards(cards: Iterable[Card]) -> list[Item]:
    """Return cards as they are read, every text but the claims shuffled by its hash."""
    items = []
    for card in cards:
        texts = [(s.text, _GOLD[part]) for part in _GOLD for s in getattr(card, part)]
        items.append(_item(card.id, [claim.text for claim in card.claim], [(t, (g,) * 3) for t, g in texts]))
    return items


def items_of_sets(sets: Iterable[PairSet]) -> list[Item]:
    """Return test sets as they are read, hypotheses shuffled."""
    return [
        _item(one.id, [text for text, _ in one.premises], [(h.text, h.labels) for h in one.hypotheses]) for one in sets
    ]


def _item(name: str, premises: Sequence[str], texts: Sequence[tuple[str, tuple[str, ...]]]) -> Item:
    ordered = sorted(texts, key=lambda pair: hashlib.sha256(f"{name}\n{pair[0]}".encode()).digest())
    return Item(name, tuple(premises), tuple(text for text, _ in ordered), tuple(gold for _, gold in ordered))


def sheet(item: Item) -> str:
    """Return an item for the reader, without labels."""
    premises = [f"  A{number} {text}" for number, text in enumerate(item.premises, start=1)]
    hypotheses = [f"  {number:>2}. {text}" for number, text in enumerate(item.hypotheses, start=1)]
    return "\n".join([item.id, *premises, *hypotheses])


def read_answers(path: Path) -> dict[str, list[str]]:
    """Read a file of answers, one JSON object a line: id, and labels, a string of c, e and n for each hypothesis.

    Raises:
        InputError: If a line is not of that form.
    """
    answers: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                row: Any = json.loads(line)
                labels = [str(word) for word in row["labels"]]
                if set("".join(labels)) - set(LETTERS):
                    raise ValueError("a letter is none of c, e, n")
                answers[str(row["id"])] = labels
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}, line {number}: no answer ({error}); write id and labels.") from error
    return answers


def agreement(items: Iterable[Item], answers: Mapping[str, Sequence[str]]) -> Agreement:
    """Compare the authors' labels with the second reader's.

    Args:
        items: What was read; those without an answer are passed over.
        answers: Id -> for each hypothesis of the sheet one letter for each premise.

    Raises:
        InputError: If an answer does not fit its item.
    """
    pairs: list[tuple[str, str]] = []
    disputes = []
    for item in items:
        given = answers.get(item.id)
        if given is None:
            continue
        if [len(word) for word in given] != [len(item.premises)] * len(item.hypotheses):
            raise InputError(
                f"The answer to {item.id} does not fit: it needs {len(item.hypotheses)} words of {len(item.premises)} "
                "letters."
            )
        for hypothesis, gold, word in zip(item.hypotheses, item.gold, given, strict=True):
            for premise, label, letter in zip(item.premises, gold, word, strict=True):
                pairs.append((label, LETTERS[letter]))
                if label != LETTERS[letter]:
                    disputes.append(Dispute(item.id, premise, hypothesis, label, LETTERS[letter]))
    if not pairs:
        raise InputError("No answer belongs to what was read: give the answers to these cards.")
    share = sum(one == other for one, other in pairs) / len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    kappa = 1.0 if chance == 1 else (share - chance) / (1 - chance)
    return Agreement(len(pairs), share, kappa, tuple(disputes))
