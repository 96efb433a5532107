"""Pairs of texts on one event that have no label: a teacher labels them.

A minimal set pairs its premises with its hypotheses, a card its claims with everything else. The other ordered pairs of
their texts, two denials or two hypotheses, say as much about how statements on one event bear on each other.
"""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

from nli.eval.denial.cards import pairs
from nli.eval.denial.sets import shipped_rows


def crossed(number: int, seed: int) -> list[dict[str, Any]]:
    """Draw ordered pairs of texts of one training set or card that stand in none of its labelled pairs.

    Args:
        number: How many; half come from sets and half from cards as far as there are so many.
        seed: Draws them.

    Returns:
        Rows with premise, hypothesis, domain and group.
    """
    rng = random.Random(f"crossed/{seed}")  # noqa: S311 -- sampling, not secrets
    sets, cards = (_unlabelled(rows) for rows in (shipped_rows("train"), list(pairs("train", both_orders=True))))
    rng.shuffle(sets)
    rng.shuffle(cards)
    some = sets[: max(number // 2, number - len(cards))]
    return [*some, *cards[: number - len(some)]]


def _unlabelled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    texts: dict[tuple[str, str], dict[str, None]] = {}
    labelled = {(row["premise"], row["hypothesis"]) for row in rows}
    for row in rows:
        texts.setdefault((row["group"], row["domain"]), {}).update(dict.fromkeys((row["premise"], row["hypothesis"])))
    return [
        {"premise": premise, "hypothesis": hypothesis, "domain": domain, "group": group}
        for (group, domain), members in texts.items()
        for premise, hypothesis in permutations(members, 2)
        if (premise, hypothesis) not in labelled
    ]
