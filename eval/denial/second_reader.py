"""The second reading of the cards: a sheet that shows no label, and how far its reader agrees with the authors.

Whoever did not write a card gets its claims and its other texts, shuffled, and labels every product of a claim and a
text by ``GUIDELINES.md``. ``second_reading.jsonl`` keeps the answers, in the order of the card's texts: one string of
letters for a text, one letter for a claim. ``mended`` names the texts that were written anew after a dispute; the
answer is to the text that stood there before.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from importlib.abc import Traversable
    from pathlib import Path

    from nli.eval.denial.cards import Card

LETTERS = {"c": "contradiction", "e": "entailment", "n": "neutral"}
GOLD = {"deny": "c", "affirm": "e", "open": "n"}
"""The letter that the author of a card gives to each product of a claim and a text of this part."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two readers agree on the same pairs.

    Attributes:
        pairs: Number of pairs read twice.
        share: Share with the same label.
        kappa: Cohen's kappa (Cohen 1960, "A coefficient of agreement for nominal scales").
    """

    pairs: int
    share: float
    kappa: float


def agreement(labels: Iterable[tuple[str, str]]) -> Agreement:
    """Return the agreement of two readers' labels, pair by pair.

    Raises:
        InputError: If there are none.
    """
    pairs = list(labels)
    if not pairs:
        raise InputError("Nothing was read twice: give labels of two readers.")
    share = sum(one == other for one, other in pairs) / len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    return Agreement(len(pairs), share, 1.0 if chance == 1 else (share - chance) / (1 - chance))


def sheet(card: Card) -> str:
    """Return a card for the second reader: claims, then the other texts in an order that says nothing."""
    claims = [f"  A{number} {claim.text}" for number, claim in enumerate(card.claim, start=1)]
    texts = [f"  {number:>2}. {text}" for number, (_, _, text) in enumerate(_shuffled(card), start=1)]
    return "\n".join([card.id, *claims, *texts])


def answers_of(card: Card, words: Sequence[str]) -> dict[str, Any]:
    """Put the answers to a sheet back into the order of the card.

    Args:
        card: The card.
        words: For each text of the sheet one letter (c, e, n) for each claim.

    Returns:
        A row of ``second_reading.jsonl``.

    Raises:
        InputError: If the answers do not fit the card.
    """
    order = _shuffled(card)
    if [len(word) for word in words] != [len(card.claim)] * len(order) or set("".join(words)) - set(LETTERS):
        raise InputError(
            f"The answer to {card.id} does not fit: it needs {len(order)} words of {len(card.claim)} letters c, e or n."
        )
    by_place = {(part, index): word for (part, index, _), word in zip(order, words, strict=True)}
    found = {part: [by_place[part, index] for index in range(len(getattr(card, part)))] for part in GOLD}
    return {"id": card.id, **found, "mended": []}


def _shuffled(card: Card) -> list[tuple[str, int, str]]:
    texts = [(part, index, s.text) for part in GOLD for index, s in enumerate(getattr(card, part))]
    return sorted(texts, key=lambda text: hashlib.sha256(f"{card.id}\n{text[2]}".encode()).digest())


def read_readings(path: Path | Traversable | None = None) -> dict[str, dict[str, Any]]:
    """Read the second readings by the card's id; None for the file that ships."""
    path = path if path is not None else files("nli.eval.denial") / "second_reading.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["id"]: row for row in rows}


def labels_of(reading: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the author's and the reader's letter for each product of a card."""
    return [(gold, letter) for part, gold in GOLD.items() for word in reading[part] for letter in word]


def disputed(reading: Mapping[str, Any]) -> list[str]:
    """Return the texts of a card, such as deny0, that a reader labelled otherwise and that were not mended since."""
    return [
        f"{part}{index}"
        for part, gold in GOLD.items()
        for index, word in enumerate(reading[part])
        if set(word) != {gold} and f"{part}{index}" not in reading["mended"]
    ]
