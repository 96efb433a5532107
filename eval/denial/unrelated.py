"""Pairs of statements on different events: neutral, whatever they say."""

from __future__ import annotations

import random
import re
from typing import Any

from nli.eval.denial.cards import pairs
from nli.eval.denial.sets import shipped_rows

_NAME = re.compile(r"[\w,] [A-Z]\w+")


def unrelated(number: int, seed: int) -> list[dict[str, Any]]:
    """Draw pairs of texts of training cards and sets, the two of a pair from different events of one domain.

    Events share no names, so that nothing in the one settles anything in the other. Texts without a name are left out:
    "The ministry denied the charge" can be read as an answer to any charge.

    Args:
        number: How many pairs.
        seed: Draws them.
    """
    rng = random.Random(f"unrelated/{seed}")  # noqa: S311 -- sampling, not secrets
    events: dict[str, dict[str, list[str]]] = {}
    for row in (*pairs("train"), *shipped_rows("train")):
        texts = events.setdefault(row["domain"], {}).setdefault(row["group"], [])
        texts += (text for text in (row["premise"], row["hypothesis"]) if _NAME.search(text))
    groups = {
        domain: {key: sorted(set(texts)) for key, texts in found.items() if texts} for domain, found in events.items()
    }
    domains = sorted(domain for domain, found in groups.items() if len(found) > 1)
    weights = [len(groups[domain]) for domain in domains]
    rows = []
    for domain in rng.choices(domains, weights, k=number):
        one, other = rng.sample(sorted(groups[domain]), 2)
        rows.append(
            {
                "premise": rng.choice(groups[domain][one]),
                "hypothesis": rng.choice(groups[domain][other]),
                "label": "neutral",
            }
        )
    return rows
