"""The test split of the denial benchmark: hand-written sets of two premises and five hypotheses each.

Nothing that trains reads ``test.jsonl``: what must not be trained on is known by the hashes in ``test.keys``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, Any

from nli.errors import InputError
from nli.eval.denial.cards import DOMAINS, TAGS
from nli.eval.leakage import pair_key
from nli.labels import LABELS

if TYPE_CHECKING:
    from importlib.abc import Traversable
    from pathlib import Path

_PACKAGE = "nli.eval.denial"
_LABELS = tuple(label.value for label in LABELS)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A text that is paired with each premise of its set.

    Attributes:
        text: The text.
        source: The party that speaks, empty where nobody is named.
        labels: The label with each premise.
        tags: The phenomena of the pair with each premise.
    """

    text: str
    source: str
    labels: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class PairSet:
    """One invented event.

    Attributes:
        id: Unique name, also the group that its pairs belong to.
        domain: One of `nli.eval.denial.cards.DOMAINS`.
        premises: Text and speaker of each premise.
        hypotheses: The texts that are compared with them.
    """

    id: str
    domain: str
    premises: tuple[tuple[str, str], ...]
    hypotheses: tuple[Hypothesis, ...]


def read_sets(path: Path | Traversable) -> list[PairSet]:
    """Read a file of sets, one JSON object a line.

    Raises:
        InputError: If a line is not a set of the form that README.md shows.
    """
    sets = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                sets.append(_set(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(f"{path}, line {number}: not a set ({error}); mend it as README.md shows.") from error
    return sets


def _set(row: dict[str, Any]) -> PairSet:
    premises = tuple((str(each["text"]), str(each["source"])) for each in row["premises"])
    hypotheses = tuple(
        Hypothesis(h["text"], h["source"], tuple(h["labels"]), tuple(tuple(tags) for tags in h["tags"]))
        for h in row["hypotheses"]
    )
    for each in hypotheses:
        if len(each.labels) != len(premises) or len(each.tags) != len(premises):
            raise ValueError(f"labels or tags of {each.text!r} are not one for each premise")
        wrong = [label for label in each.labels if label not in _LABELS]
        wrong += [tag for tags in each.tags for tag in tags if tag not in TAGS]
        if wrong or not all(each.tags):
            raise ValueError(f"unknown or missing labels or tags of {each.text!r}: {wrong}")
    if row["domain"] not in DOMAINS:
        raise ValueError(f"no domain {row['domain']!r}")
    return PairSet(row["id"], row["domain"], premises, hypotheses)


def expand_set(one: PairSet) -> list[dict[str, Any]]:
    """Return the pairs of a set: every premise with every hypothesis, in the fields of a pairs file."""
    return [
        {
            "id": f"{one.id}-a{first + 1}-b{second + 1}",
            "premise": premise,
            "hypothesis": hypothesis.text,
            "label": hypothesis.labels[first],
            "tags": list(hypothesis.tags[first]),
            "domain": one.domain,
            "group": one.id,
            "premise_source": source,
            "hypothesis_source": hypothesis.source,
        }
        for (first, (premise, source)), (second, hypothesis) in product(
            enumerate(one.premises), enumerate(one.hypotheses)
        )
    ]


def held_back_keys() -> set[bytes]:
    """Return the keys (`nli.eval.leakage.pair_key`) of the test split's pairs, without reading a text of it."""
    keys = files(_PACKAGE) / "test.keys"
    return {bytes.fromhex(line) for line in keys.read_text(encoding="ascii").split()}


def keys_of(rows: list[dict[str, Any]]) -> list[str]:
    """Return the lines of ``test.keys`` for pairs: hashes in hexadecimal, sorted."""
    return sorted(pair_key(row["premise"], row["hypothesis"]).hex() for row in rows)
