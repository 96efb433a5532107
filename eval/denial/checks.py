"""What keeps the benchmark honest: splits that share nothing, balance, a second reading without open disputes."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Any

from nli.eval.denial.baselines import CUES
from nli.eval.denial.cards import DOMAINS, SIZES, TAGS, Card, expand
from nli.eval.denial.second_reader import disputed
from nli.eval.denial.sets import held_back_keys, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEAST_CARDS = 800
LEAST_DEV_CARDS = 60
LEAST_TEST_PAIRS = 900
LEAST_TEXTS_OF_TAG = 40
MOST_OVERLAP = 0.25
"""Share of their words that the claims of a train and a dev card may have in common at most."""
MOST_CUE_GAP = 0.1
"""How much more often a negative word may stand in texts that deny than in others of cards, or the other way round."""
_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+(?: [A-Z]\w+)+")


def problems_of_cards(cards: Mapping[str, Sequence[Card]]) -> list[str]:
    """Look for what would make the cards dishonest.

    Args:
        cards: The cards of each split.

    Returns:
        One sentence for each problem; none if all is well.
    """
    everything = [card for members in cards.values() for card in members]
    ids = Counter(card.id for card in everything)
    found = [f"{name} stands more than once." for name, count in ids.items() if count > 1]
    for split, members in cards.items():
        missing = [domain for domain in DOMAINS if all(card.domain != domain for card in members)]
        found += [f"{split} has no card of the domain {domain}." for domain in missing]
        for card in members:
            texts = Counter(text for text, _ in texts_of(card))
            found += [f"{card.id} says twice: {text}" for text, count in texts.items() if count > 1]
    if len(cards["dev"]) < LEAST_DEV_CARDS:
        found.append(f"dev has {len(cards['dev'])} cards, fewer than {LEAST_DEV_CARDS}.")
    return found + _leaks(cards["train"], cards["dev"])


def problems_of_balance(cards: Iterable[Card]) -> list[str]:
    """Look for tags with few texts, too few cards, and negative words that give a part away."""
    everything = list(cards)
    found = [] if len(everything) >= LEAST_CARDS else [f"There are {len(everything)} cards, fewer than {LEAST_CARDS}."]
    tags = tag_counts(everything)
    found += [
        f"The tag {tag} is on {tags[tag]} texts, fewer than {LEAST_TEXTS_OF_TAG}."
        for tag in TAGS
        if tags[tag] < LEAST_TEXTS_OF_TAG
    ]
    gap = cue_share(everything, "deny") - cue_share(everything, "affirm", "open")
    if abs(gap) > MOST_CUE_GAP:
        found.append(f"A negative word is {abs(gap):.0%} {'more' if gap > 0 else 'less'} frequent in texts that deny.")
    return found


def problems_of_reading(cards: Iterable[Card], readings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Look for cards that nobody read twice, and for disputes that nobody settled."""
    found = []
    for card in cards:
        if card.id not in readings:
            found.append(f"{card.id} was not read by a second reader.")
        else:
            found += [f"{card.id}: readers dispute {text}." for text in disputed(readings[card.id])]
    return found


def problems_of_sets(rows: Mapping[str, Sequence[Mapping[str, Any]]], cards: Iterable[Card]) -> list[str]:
    """Look for what would make the minimal sets dishonest: open disputes, names or texts of other splits, stale hashes.

    Args:
        rows: The rows of each of `nli.eval.denial.sets.FILES`.
        cards: The cards of all splits.

    Returns:
        One sentence for each problem; none if all is well.
    """
    found = []
    test = rows["test"]
    if len(test) < LEAST_TEST_PAIRS:
        found.append(f"The test split has {len(test)} pairs, fewer than {LEAST_TEST_PAIRS}.")
    everything = [row for part in rows.values() for row in part]
    ids = Counter(row["id"] for row in everything)
    found += [f"{name} stands more than once." for name, count in ids.items() if count > 1]
    found += [
        f"{row['id']}: one reader says {row['label']}, the other {row['second_label']}."
        for row in everything
        if row["label"] != row["second_label"]
    ]
    known = {text: card.id for card in cards for text, _ in texts_of(card)}
    for split in rows.keys() - {"test"}:
        known |= {text: row["group"] for row in rows[split] for text in (row["premise"], row["hypothesis"])}
    names = {name: known[text] for text in known for name in _NAME.findall(text)}
    for row in test:
        for text in (row["premise"], row["hypothesis"]):
            if text in known:
                found.append(f"{row['id']} shares a text with {known[text]}.")
            shared = sorted({name for name in _NAME.findall(text) if name in names} - REAL_NAMES)
            found += [f"{row['id']} shares the name {name} with {names[name]}." for name in shared]
    if set(keys_of(test)) != {key.hex() for key in held_back_keys()}:
        found.append("test.keys does not fit test.jsonl: write it anew with keys_of.")
    return list(dict.fromkeys(found))


REAL_NAMES = frozenset({"New Year", "Red Crescent"})
"""Names that both may have, since nobody invented them."""


def tag_counts(cards: Iterable[Card]) -> Counter[str]:
    """Return how many texts bear each tag."""
    return Counter(
        tag for card in cards for part in SIZES if part != "claim" for text in getattr(card, part) for tag in text.tags
    )


def cue_share(cards: Iterable[Card], *parts: str) -> float:
    """Return the share of texts of some parts in which a negative word stands."""
    texts = [text for card in cards for text, part in texts_of(card) if part in parts]
    return sum(bool(CUES.search(text)) for text in texts) / max(1, len(texts))


def texts_of(card: Card) -> list[tuple[str, str]]:
    """Return all texts of a card, each with the part that it stands in."""
    return [(statement.text, part) for part in SIZES for statement in getattr(card, part)]


def _leaks(train: Sequence[Card], dev: Sequence[Card]) -> list[str]:
    found = []
    known = {text: card.id for card in train for text, _ in texts_of(card)}
    for card in dev:
        found += [f"{card.id} shares a text with {known[text]}." for text, _ in texts_of(card) if text in known]
    words = {card.id: _words(card) for card in [*train, *dev]}
    for one, other in product(train, dev):
        shared = len(words[one.id] & words[other.id]) / len(words[one.id] | words[other.id])
        if shared > MOST_OVERLAP:
            found.append(f"{one.id} (train) and {other.id} (dev) tell the same story: {shared:.0%} of their words.")
    return found


def _words(card: Card) -> frozenset[str]:
    # words of four letters and more, since the short ones say nothing of the event
    return frozenset(re.findall(r"[^\W\d_]{4,}", " ".join(claim.text for claim in card.claim).lower()))


def label_counts(cards: Iterable[Card]) -> Counter[str]:
    """Return how many pairs of each label cards expand to."""
    return Counter(row["label"] for card in cards for row in expand(card))
