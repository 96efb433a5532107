"""Sources of labelled pairs, read, filtered and put together as a recipe says."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nli.errors import InputError
from nli.finetune.recipe import Recipe, Source
from nli.labels import LABELS, label_named

HELD_OUT_FRACTION = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled pair as training sees it; `label` is a column of `nli.labels.LABELS`."""

    premise: str
    hypothesis: str
    label: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rows of one source, and what was left out on the way."""

    name: str
    examples: tuple[Example, ...]
    dropped: Mapping[str, int]
    sha256: str

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each class."""
        counted = Counter(example.label for example in self.examples)
        return {label.value: counted[index] for index, label in enumerate(LABELS)}


def is_held_out(tags: Sequence[str], prefix: str) -> bool:
    """Say whether a row belongs to the fifth that is kept from training, by the hash of its group tag."""
    group = next((tag for tag in tags if tag.startswith(prefix)), None)
    return group is not None and int(hashlib.sha256(group.encode()).hexdigest(), 16) % HELD_OUT_FRACTION == 0


def load_source(name: str, source: Source, *, data_root: Path | None, seed: int, forbidden: frozenset[str]) -> Loaded:
    """Read one source.

    Args:
        name: Its name in the recipe.
        source: What the recipe says of it.
        data_root: The folder that relative files are found in.
        seed: Draws the rows where the source is capped, and makes the compositional pairs.
        forbidden: Keys (`pair_key`) of pairs that must not be trained on, such as evaluation sets.

    Returns:
        The rows in a fixed order, with counts of those left out.

    Raises:
        InputError: If its file is missing or a row cannot be used.
    """
    dropped: Counter[str] = Counter()
    examples: list[Example] = []
    for row in _rows(name, source, data_root, seed):
        tags = row.get("tags") or ()
        label = label_named(str(row.get("label") or ""))
        if label is None:
            dropped["no three-way label"] += 1
        elif not _wanted(tags, source):
            dropped["tag"] += 1
        elif source.hold_out_tag and is_held_out(tags, source.hold_out_tag):
            dropped["held out"] += 1
        elif pair_key(row["premise"], row["hypothesis"]) in forbidden:
            dropped["stands in an evaluation set"] += 1
        else:
            examples.append(Example(row["premise"], row["hypothesis"], LABELS.index(label)))
    if source.cap is not None and len(examples) > source.cap:
        dropped["over the cap"] = len(examples) - source.cap
        examples = random.Random(f"{seed}/{name}").sample(examples, source.cap)  # noqa: S311 -- sampling, not secrets
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([example.premise, example.hypothesis, example.label]).encode())
    return Loaded(name, tuple(examples), dict(dropped), digest.hexdigest())


def _wanted(tags: Sequence[str], source: Source) -> bool:
    if any(tag in source.without_tags for tag in tags):
        return False
    return not source.only_tags or any(tag in source.only_tags for tag in tags)


def pair_key(premise: str, hypothesis: str) -> str:
    """Return one key for both orders of a pair, blind to case, white space and punctuation."""
    texts = sorted(
        " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split()) for text in (premise, hypothesis)
    )
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def mix(recipe: Recipe, stage: int, loaded: Mapping[str, Loaded]) -> list[Example]:
    """Put the sources of one stage together, each repeated as the mixture says, in an order drawn by the seed.

    A source that is seen 2.5 times gives all its rows twice and a drawn half of them once more.
    """
    examples: list[Example] = []
    for name, passes in recipe.stages[stage].mixture.items():
        rows = loaded[name].examples
        whole = int(passes)
        part = random.Random(f"{recipe.seed}/{stage}/{name}").sample(rows, round((passes - whole) * len(rows)))  # noqa: S311
        examples += [*rows * whole, *part]
    random.Random(f"{recipe.seed}/{stage}").shuffle(examples)  # noqa: S311 -- an order, not a secret
    return examples


def _rows(name: str, source: Source, data_root: Path | None, seed: int) -> Iterable[Mapping[str, Any]]:
    if source.cards is not None:
        return _card_rows(source)
    if source.compose is not None:
        from nli.eval.denial.compose import compose

        return compose(source.compose, seed, source.compose_split)
    if source.counts is not None:
        from nli.eval.denial.counts import counts

        return counts(source.counts, seed, source.compose_split)
    return _file_rows(name, source, data_root)


def _card_rows(source: Source) -> Iterator[Mapping[str, Any]]:
    from nli.eval.datasets import in_half
    from nli.eval.denial.cards import expand, shipped

    for card in shipped(source.cards or "train"):
        if source.half is None or in_half(card.id, source.half):
            yield from expand(card, both_orders=source.both_orders)


def _file_rows(name: str, source: Source, data_root: Path | None) -> Iterator[Mapping[str, Any]]:
    path = Path(source.file or "")
    if not path.is_absolute():
        if data_root is None:
            raise InputError(
                f"The source {name!r} reads {source.file}, but no data folder is given: "
                "pass --data-root DIR or set NLI_DATA to the folder that holds it."
            )
        path = data_root / path
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    row = json.loads(line)
                    if not (isinstance(row["premise"], str) and isinstance(row["hypothesis"], str)):
                        raise TypeError
                except (ValueError, KeyError, TypeError) as error:
                    raise InputError(
                        f"{path}, line {number}: not a JSON object with the texts premise and hypothesis; mend it."
                    ) from error
                yield row
    except FileNotFoundError as error:
        hint = f" (the hub has it as {source.hub})" if source.hub else ""
        raise InputError(f"The source {name!r} needs {path}, which does not exist{hint}.") from error
