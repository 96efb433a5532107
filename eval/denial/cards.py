"""Event cards: hand-written statements about one event that expand into labelled pairs.

A card holds texts that assert a claim, deny it, follow from it and leave it open; ``FORMAT.md`` describes
the fields and ``GUIDELINES.md`` what the labels mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

from nli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.abc import Traversable
    from pathlib import Path

DOMAINS: tuple[str, ...] = (
    "geopolitics",
    "defence",
    "sanctions",
    "politics",
    "courts",
    "police",
    "company",
    "finance",
    "product-safety",
    "health",
    "sport",
    "accident",
    "environment",
    "labour",
    "science",
    "technology",
    "culture",
    "local",
)
"""The domains that a card may come from."""

TAGS: tuple[str, ...] = (
    "direct-denial",
    "rejected-as-false",
    "indirect-denial",
    "counter-claim",
    "rival-outcome",
    "antonym",
    "number",
    "time",
    "quantifier",
    "kind-member",
    "role-swap",
    "place",
    "modality",
    "part-admission",
    "non-denial",
    "counter-accusation",
    "other-object",
    "conditional",
    "double-negation",
    "nested-attribution",
    "confirmation",
    "paraphrase",
    "agreeing-denials",
    "unrelated",
    "world-knowledge",
)
"""The phenomena that a text may be tagged with."""

SIZES: dict[str, int] = {"claim": 3, "deny": 4, "affirm": 3, "open": 5}
"""How many texts of each part a card holds."""

SPLITS: tuple[str, ...] = ("train", "dev")
"""The shipped files of cards."""

# A text with one of these may say more than the claim does (a higher count, a wider kind, a fuller admission), so that
# the claim could follow from it although it does not follow from the claim.
_MAY_SAY_MORE = frozenset(
    {
        "confirmation",
        "counter-claim",
        "double-negation",
        "indirect-denial",
        "kind-member",
        "nested-attribution",
        "number",
        "part-admission",
        "quantifier",
        "rejected-as-false",
        "rival-outcome",
        "role-swap",
        "world-knowledge",
        "antonym",
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One text of a card.

    Args:
        text: The sentence or sentences.
        tags: Phenomena of ``TAGS``; empty for a claim.
        source: The party that speaks, empty where nobody is named.
    """

    text: str
    tags: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One event and what is said of it.

    Args:
        id: Unique name of the card, also the group that its pairs belong to.
        domain: One of ``DOMAINS``.
        claim: Texts that assert the same claim.
        deny: Texts that contradict every claim.
        affirm: Texts that every claim entails.
        open: Texts that are neutral to every claim.
    """

    id: str
    domain: str
    claim: tuple[Statement, ...]
    deny: tuple[Statement, ...]
    affirm: tuple[Statement, ...]
    open: tuple[Statement, ...]


def read_cards(path: Path | Traversable) -> list[Card]:
    """Reads a file of cards, one JSON object a line.

    Args:
        path: The file; empty lines are skipped.

    Returns:
        The cards, in the order of the file.

    Raises:
        InputError: The file cannot be read, or a line is not a card as ``FORMAT.md`` describes it.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text ({error}); name a file of cards.") from error
    cards: list[Card] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        card = _card(line, where)
        if card.id in seen:
            raise InputError(f"{where}: the id {card.id} stands in line {seen[card.id]} too; give each card its own.")
        seen[card.id] = number
        cards.append(card)
    return cards


def expand(card: Card, *, both_orders: bool = False) -> list[dict[str, Any]]:
    """Expands a card into labelled pairs.

    The label of a pair follows from the parts that its texts stand in: claim and deny contradict each other in
    either order, a claim entails an affirm text and any other claim, an open text is neutral to a claim.

    With ``both_orders`` an open text is also the premise of a claim. That is neutral as well: contradiction is
    symmetric, so an open text that no claim contradicts contradicts no claim, and it entails none as long as it
    speaks of something else (another object, time or place, a question, a condition, a charge in return). It could
    entail one where it says more than the claim (a higher number, a wider kind, a fuller admission); open texts with a
    tag of that sort are left out. An affirm text is often weaker than the claim and sometimes equal to it, so that
    affirm -> claim has no label that follows from the card and is never made.

    Args:
        card: The card.
        both_orders: Whether to add the pairs from open text to claim.

    Returns:
        Rows with id, premise, hypothesis, label, tags (of both texts), domain, group (id of the card),
        premise_source and hypothesis_source.
    """
    parts = {"claim": card.claim, "deny": card.deny, "affirm": card.affirm, "open": card.open}
    named = {part: [(f"{part}{index}", text) for index, text in enumerate(parts[part])] for part in SIZES}
    rows: list[dict[str, Any]] = []
    for claim, deny in product(named["claim"], named["deny"]):
        rows.append(_row(card, claim, deny, "contradiction"))
        rows.append(_row(card, deny, claim, "contradiction"))
    rows += [_row(card, claim, affirm, "entailment") for claim, affirm in product(named["claim"], named["affirm"])]
    rows += [_row(card, one, other, "entailment") for one, other in permutations(named["claim"], 2)]
    for claim, open_text in product(named["claim"], named["open"]):
        rows.append(_row(card, claim, open_text, "neutral"))
        if both_orders and not _MAY_SAY_MORE.intersection(open_text[1].tags):
            rows.append(_row(card, open_text, claim, "neutral"))
    return rows


def pairs(split: str, *, both_orders: bool = False) -> Iterator[dict[str, Any]]:
    """Yields the pairs of the shipped cards.

    Args:
        split: "train" or "dev".
        both_orders: As in ``expand``.

    Yields:
        The rows of ``expand``, card by card in the order of the file.

    Raises:
        InputError: There is no such split.
    """
    for card in shipped(split):
        yield from expand(card, both_orders=both_orders)


def shipped(split: str) -> list[Card]:
    """Reads the shipped cards of a split.

    Args:
        split: "train" or "dev".

    Returns:
        The cards, in the order of the file.

    Raises:
        InputError: There is no such split.
    """
    from importlib.resources import files

    if split not in SPLITS:
        raise InputError(f"There are no cards for the split {split!r}; choose one of {', '.join(SPLITS)}.")
    return read_cards(files("nli.eval.denial") / f"cards.{split}.jsonl")


def _row(card: Card, premise: tuple[str, Statement], hypothesis: tuple[str, Statement], label: str) -> dict[str, Any]:
    return {
        "id": f"{card.id}-{premise[0]}-{hypothesis[0]}",
        "premise": premise[1].text,
        "hypothesis": hypothesis[1].text,
        "label": label,
        "tags": list(dict.fromkeys(premise[1].tags + hypothesis[1].tags)),
        "domain": card.domain,
        "group": card.id,
        "premise_source": premise[1].source,
        "hypothesis_source": hypothesis[1].source,
    }


def _card(line: str, where: str) -> Card:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not a JSON object ({error}); write one card a line.") from error
    if not isinstance(found, dict):
        raise InputError(f"{where}: not a JSON object; write one card a line.")
    wanted = {"id", "domain", *SIZES}
    if set(found) != wanted:
        wrong = ", ".join(sorted(set(found) ^ wanted))
        raise InputError(f"{where}: missing or unknown fields ({wrong}); a card has {', '.join(sorted(wanted))}.")
    if not isinstance(found["id"], str) or not found["id"]:
        raise InputError(f"{where}: the id is not a text; write one such as c0001.")
    if found["domain"] not in DOMAINS:
        raise InputError(f"{where}: {found['domain']!r} is not a domain; choose one of {', '.join(DOMAINS)}.")
    return Card(found["id"], found["domain"], *(_part(found[part], part, where) for part in SIZES))


def _part(found: object, part: str, where: str) -> tuple[Statement, ...]:
    if not isinstance(found, list) or len(found) != SIZES[part]:
        raise InputError(f"{where}: {part} is not a list of {SIZES[part]} texts; write just as many.")
    read = _claim if part == "claim" else _statement
    return tuple(read(entry, f"{where}: {part} {index}") for index, entry in enumerate(found))


def _claim(found: object, where: str) -> Statement:
    return Statement(_text(found, where))


def _statement(found: object, where: str) -> Statement:
    if not isinstance(found, dict) or set(found) != {"text", "tags", "source"}:
        raise InputError(f"{where} is not an object of text, tags and source; write it as FORMAT.md shows.")
    tags, source = found["tags"], found["source"]
    if not isinstance(tags, list) or not tags:
        raise InputError(f"{where} has no list of tags; give it at least one.")
    unknown = [str(tag) for tag in tags if tag not in TAGS]
    if unknown:
        raise InputError(f"{where} has unknown tags ({', '.join(unknown)}); choose from those of GUIDELINES.md.")
    if source is not None and not isinstance(source, str):
        raise InputError(f"{where} has a source that is not a text; leave it empty where nobody speaks.")
    return Statement(_text(found["text"], where), tuple(tags), source or "")


def _text(found: object, where: str) -> str:
    if not isinstance(found, str) or not found.strip() or found != found.strip():
        raise InputError(f"{where} is not a text without blanks at its ends; write a sentence.")
    return found
