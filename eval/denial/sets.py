"""Minimal sets with long premises: two premises of opposite stand, and five hypotheses that are paired with each.

``test.jsonl`` is the benchmark's test split. Nothing that trains reads it: what must not be trained on is known by the
hashes in ``test.keys``. ``sets.train.jsonl`` and ``sets.dev.jsonl`` are of the same form, on other events;
``sets.neighbours.jsonl`` and ``sets.neighbours_dev.jsonl`` have seven hypotheses a set, of which four only look like
denials. In ``rumours.train.jsonl``, ``rumours.hoaxes.jsonl`` and ``rumours.dev.jsonl`` a set is one rumour: the claim,
paired with eleven headlines on it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nli.errors import InputError
from nli.eval.denial.cards import DOMAINS, TAGS
from nli.eval.leakage import pair_key
from nli.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.abc import Traversable
    from pathlib import Path

_PACKAGE = "nli.eval.denial"
_LABELS = {label.value for label in LABELS}

FIELDS = (
    "id",
    "premise",
    "hypothesis",
    "label",
    "second_label",
    "tags",
    "domain",
    "group",
    "premise_source",
    "hypothesis_source",
)
"""Fields of a row; ``second_label`` is what a reader said who did not see ``label``."""


FILES = {
    "train": "sets.train.jsonl",
    "dev": "sets.dev.jsonl",
    "test": "test.jsonl",
    "neighbours": "sets.neighbours.jsonl",
    "neighbours_dev": "sets.neighbours_dev.jsonl",
    "rumours": "rumours.train.jsonl",
    "hoaxes": "rumours.hoaxes.jsonl",
    "rumours_dev": "rumours.dev.jsonl",
}
"""The shipped file of each split."""


def shipped_rows(split: str) -> list[dict[str, Any]]:
    """Read one of `FILES`.

    Raises:
        InputError: If a line is no row of the form of `FIELDS`.
    """
    return read_rows(files(_PACKAGE) / FILES[split])


def read_rows(path: Path | Traversable) -> list[dict[str, Any]]:
    """Read a file of pairs of minimal sets.

    Returns:
        Its rows, with the fields of `FIELDS`.

    Raises:
        InputError: If a line is no such row.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                row = json.loads(line)
                if tuple(row) != FIELDS:
                    raise ValueError(f"its fields are {', '.join(row)}")
                if row["label"] not in _LABELS or row["domain"] not in DOMAINS or not set(row["tags"]) <= set(TAGS):
                    raise ValueError("its label, domain or a tag is unknown")
            except (ValueError, TypeError) as error:
                raise InputError(f"{path}, line {number}: not a row of a minimal set ({error}); mend it.") from error
            rows.append(row)
    return rows


def held_back_keys() -> set[bytes]:
    """Return the keys (`nli.eval.leakage.pair_key`) of the test split's pairs, without reading a text of it."""
    keys = files(_PACKAGE) / "test.keys"
    return {bytes.fromhex(line) for line in keys.read_text(encoding="ascii").split()}


def keys_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the lines of ``test.keys`` for pairs: hashes in hexadecimal, sorted."""
    return sorted(pair_key(row["premise"], row["hypothesis"]).hex() for row in rows)
