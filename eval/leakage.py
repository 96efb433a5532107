"""Whether evaluation pairs stand in training files."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from nli.pairs import read_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nli.eval.datasets import LoadedSet
    from nli.pairs import Reject

EXAMPLES = 10
"""Ids of overlapping pairs that are kept for each file and set."""

HELD_OUT_FRACTION = 5
"""Of the groups of a set that training is kept from in part, one in so many is held out."""

_BYTES = 8
_NOT_WORDS = re.compile(r"[\W_]+")


def normalised(text: str) -> str:
    """Return a text blind to case, punctuation and white space."""
    return _NOT_WORDS.sub(" ", text.casefold()).strip()


def pair_key(premise: str, hypothesis: str) -> bytes:
    """Return one key for both orders of a pair, blind to case, punctuation and white space."""
    return _key(b"".join(_keys(premise, hypothesis)))


def is_held_out(tags: Sequence[str], prefix: str) -> bool:
    """Say whether a row belongs to the fifth that is kept from training, by the hash of its group's tag.

    Args:
        tags: The row's tags.
        prefix: How the tag that names its group starts, such as ``claim:``.
    """
    group = next((tag for tag in tags if tag.startswith(prefix)), None)
    return group is not None and int(hashlib.sha256(group.encode()).hexdigest(), 16) % HELD_OUT_FRACTION == 0


def labelled_sha256(pairs: Iterable[tuple[str, str, int]]) -> str:
    """Return the checksum that the record of a calibration has of its pairs.

    Args:
        pairs: Premise, hypothesis and the label's place in `nli.labels.LABELS`; each pair once.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps(list(pair)).encode())
    return digest.hexdigest()


def check_leakage(files: Sequence[Path], sets: Iterable[LoadedSet]) -> dict[str, Any]:
    """Compare training files with every set, by normalised text and in both directions.

    Args:
        files: Pairs files; labels are not needed.
        sets: The sets that are evaluated; only the rows that are scored count.

    Returns:
        File name (the path as given, where several have one name) -> ``rows``, ``unreadable`` and ``sets``: set ->
        ``n``; ``pairs``, the rows whose two texts stand together in a row of the file, in whichever order;
        ``texts``, the rows with at least one text that stands anywhere in the file, which a shared premise is enough
        for; ``examples``, ids of overlapping pairs.

    Raises:
        InputError: If a file cannot be read.
    """
    sets = list(sets)
    report: dict[str, Any] = {}
    names = Counter(file.name for file in dict.fromkeys(files))
    for file in files:
        unreadable: list[Reject] = []
        pairs: set[bytes] = set()
        texts: set[bytes] = set()
        rows = 0
        for pair in read_pairs(file, on_reject=unreadable.append):
            rows += 1
            keys = _keys(pair.premise, pair.hypothesis)
            pairs.add(_key(b"".join(keys)))
            texts.update(keys)
        report[file.name if names[file.name] == 1 else str(file)] = {
            "rows": rows,
            "unreadable": len(unreadable),
            "sets": {loaded.name: _overlap(loaded, pairs, texts) for loaded in sets},
        }
    return report


def leakage_lines(report: dict[str, Any]) -> list[str]:
    """Return the findings as sentences, one for each file and set that overlap."""
    lines = []
    for file, found in report.items():
        touched = [(name, entry) for name, entry in found["sets"].items() if entry["pairs"] or entry["texts"]]
        lines += [
            f"{file} ({found['rows']:,} rows) and {name}: {entry['pairs']:,} of {entry['n']:,} pairs stand in both, "
            f"{entry['texts']:,} share a text."
            for name, entry in touched
        ]
        if not touched:
            lines.append(f"{file} ({found['rows']:,} rows) shares no text with any set.")
    return lines


def _overlap(loaded: LoadedSet, pairs: set[bytes], texts: set[bytes]) -> dict[str, Any]:
    """Count a set's rows that stand in a file."""
    both, either = 0, 0
    examples: list[str] = []
    for row in loaded.rows():
        keys = _keys(row.premise, row.hypothesis)
        either += not texts.isdisjoint(keys)
        if _key(b"".join(keys)) in pairs:
            both += 1
            if len(examples) < EXAMPLES:
                examples.append(row.id)
    return {"n": loaded.n, "pairs": both, "texts": either, "examples": examples}


def _keys(premise: str, hypothesis: str) -> list[bytes]:
    """Return the hashes of both texts in an order that does not depend on which is the premise."""
    return sorted(_key(normalised(text).encode()) for text in (premise, hypothesis))


def _key(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_BYTES).digest()
