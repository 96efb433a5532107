"""Checks the shipped cards: ``python -m nli.eval.denial check``."""

from __future__ import annotations

import re
import sys
from collections import Counter
from itertools import product

import click

from nli.errors import NliError
from nli.eval.denial.cards import DOMAINS, SIZES, SPLITS, Card, expand, shipped

LEAST_DEV_CARDS = 60
MOST_OVERLAP = 0.25
"""Share of their words that the claims of a train and a dev card may have in common at most."""


def problems(cards: dict[str, list[Card]]) -> list[str]:
    """Looks for what would make the split dishonest.

    Args:
        cards: The cards of each split.

    Returns:
        One sentence for each problem; none if all is well.
    """
    found = [f"{name} stands more than once." for name, count in _ids(cards).items() if count > 1]
    for split, members in cards.items():
        missing = [domain for domain in DOMAINS if all(card.domain != domain for card in members)]
        found += [f"{split} has no card of the domain {domain}." for domain in missing]
        for card in members:
            texts = Counter(text for text, _ in _texts(card))
            found += [f"{card.id} says twice: {text}" for text, count in texts.items() if count > 1]
    if len(cards["dev"]) < LEAST_DEV_CARDS:
        found.append(f"dev has {len(cards['dev'])} cards, fewer than {LEAST_DEV_CARDS}.")
    found += _leaks(cards["train"], cards["dev"])
    return found


def _ids(cards: dict[str, list[Card]]) -> Counter[str]:
    return Counter(card.id for members in cards.values() for card in members)


def _texts(card: Card) -> list[tuple[str, str]]:
    parts = {"claim": card.claim, "deny": card.deny, "affirm": card.affirm, "open": card.open}
    return [(statement.text, part) for part in SIZES for statement in parts[part]]


def _leaks(train: list[Card], dev: list[Card]) -> list[str]:
    found = []
    known = {text: card.id for card in train for text, _ in _texts(card)}
    for card in dev:
        found += [f"{card.id} shares a text with {known[text]}." for text, _ in _texts(card) if text in known]
    words = {card.id: _words(card) for card in [*train, *dev]}
    for one, other in product(train, dev):
        shared = len(words[one.id] & words[other.id]) / len(words[one.id] | words[other.id])
        if shared > MOST_OVERLAP:
            found.append(f"{one.id} (train) and {other.id} (dev) tell the same story: {shared:.0%} of their words.")
    return found


def _words(card: Card) -> frozenset[str]:
    # words of four letters and more, since the short ones say nothing of the event
    return frozenset(re.findall(r"[^\W\d_]{4,}", " ".join(claim.text for claim in card.claim).lower()))


@click.group()
def main() -> None:
    """Keeps the denial cards in order."""


@main.command()
def check() -> None:
    """Reads the shipped cards and reports every problem."""
    try:
        cards = {split: shipped(split) for split in SPLITS}
    except NliError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    found = problems(cards)
    for problem in found:
        click.echo(f"error: {problem}", err=True)
    if found:
        sys.exit(2)
    for split, members in cards.items():
        labels = Counter(row["label"] for card in members for row in expand(card))
        counts = ", ".join(f"{count} {label}" for label, count in sorted(labels.items()))
        click.echo(f"{split}: {len(members)} cards, {sum(labels.values())} pairs ({counts})")


if __name__ == "__main__":
    main(prog_name="python -m nli.eval.denial")
