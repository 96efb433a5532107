"""Sources of labelled pairs, read, checked, filtered and put together as a recipe says."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nli.errors import InputError
from nli.eval.datasets import find_data_root
from nli.eval.leakage import is_held_out, labelled_sha256, pair_key
from nli.eval.suite import Hub
from nli.finetune import teacher
from nli.finetune.recipe import Recipe, Source
from nli.labels import LABELS, Label, label_named
from nli.pairs import Reject, read_pairs
from nli.readers import format_of

UNLABELLED = -1
DEV_SHARE = 0.2
"""Share of the given pairs that is kept for dev where no dev file is given."""
FEWEST_PAIRS = 20
NO_GOLD = {"", "-", "-1"}
"""How sets mark pairs that their annotators did not agree on."""
_SHOWN = 3
_FORBIDDEN = "standing in dev or an evaluation set"


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled pair as training sees it.

    Attributes:
        premise: The first text.
        hypothesis: The second.
        label: A column of `nli.labels.LABELS`; `UNLABELLED` for a pair that a teacher is to label.
        teacher: A teacher's logits, if it has scored the pair.
    """

    premise: str
    hypothesis: str
    label: int
    teacher: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Files on the command line.

    Attributes:
        train: Files of labelled pairs.
        dev: A file of pairs that choose and calibrate; None to keep some of `train` for that.
        label_names: Names of the labels 0, 1, 2 in them, where they are numbers.
    """

    train: tuple[Path, ...] = ()
    dev: Path | None = None
    label_names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rows of one source, and what was left out on the way."""

    name: str
    examples: tuple[Example, ...]
    dropped: Mapping[str, int]
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each class."""
        counted = Counter(example.label for example in self.examples)
        return {label.value: counted[index] for index, label in enumerate(LABELS)}


@dataclass(slots=True)
class _Row:
    """A row on its way to becoming an example."""

    premise: str
    hypothesis: str
    label: object
    where: str
    tags: tuple[str, ...] = field(default=())


def read_sources(recipe: Recipe, data_root: Path | None, given: Given | None = None) -> dict[str, Loaded]:
    """Read all sources of a recipe.

    Pairs that stand in a source that chooses, calibrates or reports, in either order, are left out of what trains, as
    are pairs of any evaluation set at hand (`forbidden_keys`).

    Args:
        recipe: The recipe.
        data_root: The folder that relative files are found in.
        given: The files on the command line.

    Returns:
        The sources by name, in the recipe's order.

    Raises:
        InputError: If a file is missing, a row cannot be used, or the given files cannot train or choose a model.
    """
    given = given or Given()
    _check_given(recipe, given)
    if data_root is not None:
        # In a folder that is not there no evaluation set would be found, and all of them would be trained on.
        data_root = find_data_root(data_root)
    held_back = {*recipe.dev, *recipe.calibration.sources, *recipe.report}
    loaded: dict[str, Loaded] = {}
    for name in sorted(held_back, key=list(recipe.sources).index):
        loaded[name] = load_source(name, recipe.sources[name], data_root=data_root, seed=recipe.seed, given=given)
    own = {pair_key(example.premise, example.hypothesis) for part in loaded.values() for example in part.examples}
    training = [name for name in recipe.sources if name not in held_back]
    trained_files = {recipe.sources[name].file for name in training}
    notes: list[str] = []
    forbidden = frozenset(own | forbidden_keys(data_root, trained_files, on_unread=notes.append))
    for name in training:
        loaded[name] = load_source(
            name, recipe.sources[name], data_root=data_root, seed=recipe.seed, forbidden=forbidden, given=given
        )
    if recipe.teacher is not None:
        logits = teacher.read(teacher.locate(recipe.teacher.file, data_root))
        loaded.update({name: _taught(loaded[name], logits) for name in training})
    for name in training[:1]:
        loaded[name] = replace(loaded[name], notes=(*loaded[name].notes, *notes))
    loaded = {name: loaded[name] for name in recipe.sources}
    _check_loaded(recipe, loaded, given)
    return loaded


def _taught(part: Loaded, logits: Mapping[int, tuple[float, ...]]) -> Loaded:
    """Give the pairs of a source the teacher's logits, and its class to those without a label.

    A pair without a label that the teacher has not scored either is left out.
    """
    taught = []
    for example in part.examples:
        row = logits.get(teacher.key(example.premise, example.hypothesis))
        if example.label != UNLABELLED:
            taught.append(replace(example, teacher=row))
        elif row is not None:
            taught.append(replace(example, label=row.index(max(row)), teacher=row))
    missing = len(part.examples) - len(taught)
    dropped = {**part.dropped, "without the teacher's logits": missing} if missing else part.dropped
    return replace(part, examples=tuple(taught), dropped=dropped)


def _check_given(recipe: Recipe, given: Given) -> None:
    wanted = {source.given for source in recipe.sources.values()}
    if "train" in wanted and not given.train:
        raise InputError(f"The recipe {recipe.name} trains on your pairs: name them with --train FILE.")
    if given.train and "train" not in wanted:
        raise InputError(
            f"The recipe {recipe.name} has no place for --train: start from new-pairs, or give it a source with "
            "`given: train`."
        )
    if given.dev is not None and "dev" not in wanted:
        raise InputError(
            f"The recipe {recipe.name} has no place for --dev: start from new-pairs, or give it a source with "
            "`given: dev`."
        )


def _check_loaded(recipe: Recipe, loaded: Mapping[str, Loaded], given: Given) -> None:
    """Refuse pairs that no model can be trained, chosen or calibrated with."""
    for name, part in loaded.items():
        kind = recipe.sources[name].given
        if kind == "train" and part.dropped.get(_FORBIDDEN, 0) and not part.examples:
            raise InputError(
                "Every training pair stands in the dev file or in an evaluation set too: give dev other pairs."
            )
        if kind is not None:
            check_examples("training" if kind == "train" else "dev", part, split=kind == "dev" and given.dev is None)
    _check_stages(recipe, loaded)
    _check_held_back(recipe, loaded)


def _check_stages(recipe: Recipe, loaded: Mapping[str, Loaded]) -> None:
    """Refuse a stage that would have nothing to train on."""
    for number, stage in enumerate(recipe.stages):
        rows = (len(loaded[name].examples) * passes for name, passes in stage.mixture.items())
        if not any(round(count) for count in rows):
            raise InputError(
                f"Nothing is left to train stage {stage.name} on: give stages.{number}.mixture sources with pairs, or "
                f"more passes of them ({', '.join(_emptied(loaded[name]) for name in stage.mixture)})."
            )


def _check_held_back(recipe: Recipe, loaded: Mapping[str, Loaded]) -> None:
    """Refuse sources that nothing can be chosen, calibrated or reported with; that would show after training only."""
    for name in recipe.dev:
        if not loaded[name].counts[Label.CONTRADICTION.value]:
            raise InputError(
                f"The dev source {name!r} has no contradictions, so that it can choose nothing: add some, or take it "
                f"out of dev ({_emptied(loaded[name])})."
            )
    fitting = [loaded[name] for name in recipe.calibration.sources]
    pairs = sum(len(part.examples) for part in fitting)
    contradictions = sum(part.counts[Label.CONTRADICTION.value] for part in fitting)
    if contradictions in {0, pairs}:
        raise InputError(
            f"The sources of calibration ({', '.join(recipe.calibration.sources)}) hold {contradictions} "
            f"contradictions among {pairs} pairs: give calibration.sources both contradictions and others."
        )
    for name in recipe.report:
        if not loaded[name].examples:
            raise InputError(f"The source {name!r} has no pairs to report on: take it out of report.")


def _emptied(part: Loaded) -> str:
    left_out = "".join(f", {count} left out {reason}" for reason, count in part.dropped.items())
    return f"{part.name}: {len(part.examples)} pairs{left_out}"


def check_examples(what: str, part: Loaded, *, split: bool = False) -> None:
    """Refuse pairs that are too few, or of one class.

    Args:
        what: How to call them: "training" or "dev".
        part: The pairs.
        split: Whether no file of dev pairs was given, so that some of the training pairs are kept for it.

    Raises:
        InputError: If there are fewer than 20, or no contradictions, or nothing else.
    """
    left_out = ", ".join(f"{count} left out {reason}" for reason, count in part.dropped.items())
    suffix = f" ({left_out})" if left_out else ""
    if len(part.examples) < FEWEST_PAIRS:
        kept = f" in a file of their own with --dev ({DEV_SHARE:.0%} of the given pairs are kept for dev without it)"
        hint = kept if split else ""
        raise InputError(
            f"There are {len(part.examples)} {what} pairs that can be used{suffix}: give at least {FEWEST_PAIRS}{hint}."
        )
    classes = [label for label, count in part.counts.items() if count]
    if len(classes) == 1:
        raise InputError(
            f"All {what} pairs are labelled {classes[0]}: give pairs of at least two classes, contradiction among them."
        )
    if not part.counts[Label.CONTRADICTION.value]:
        raise InputError(f"No {what} pair is labelled contradiction: add some, for there is nothing else to detect.")


def forbidden_keys(
    data_root: Path | None, trained_files: set[str | None], *, on_unread: Callable[[str], None] = lambda _: None
) -> set[bytes]:
    """Return the keys of all pairs that nothing may be trained on.

    These are the pairs of the denial benchmark's dev and test splits, and of every file in the data folder whose name
    says that it is a dev, validation or test split.

    Args:
        data_root: The data folder, if there is one.
        trained_files: Files that the recipe trains on; they are no evaluation sets.
        on_unread: Called with a note on each file of pairs, by its name, that cannot be read as one.
    """
    from nli.eval.denial.articles import disputes
    from nli.eval.denial.cards import pairs
    from nli.eval.denial.sets import held_back_keys, shipped_rows

    keys = set(held_back_keys())
    sets = [row for split in ("dev", "neighbours_dev", "rumours_dev") for row in shipped_rows(split)]
    for row in (*pairs("dev"), *sets, *disputes("dev")):
        keys.add(pair_key(row["premise"], row["hypothesis"]))
    for path in sorted(data_root.iterdir()) if data_root is not None else ():
        parts = path.name.split(".")
        if path.name in trained_files or not {"dev", "test", "validation"}.intersection(parts[1:]):
            continue
        if format_of(path.name) is None or not path.is_file():
            continue
        try:
            for pair in read_pairs(path, on_reject=lambda _: None):
                keys.add(pair_key(pair.premise, pair.hypothesis))
        except InputError as error:
            on_unread(f"pairs of {path} that cannot be read are not left out: {str(error).rpartition(': ')[0]}")
    return keys


def load_source(
    name: str,
    source: Source,
    *,
    data_root: Path | None,
    seed: int,
    forbidden: frozenset[bytes] = frozenset(),
    given: Given | None = None,
) -> Loaded:
    """Read one source.

    Args:
        name: Its name in the recipe.
        source: What the recipe says of it.
        data_root: The folder that relative files are found in.
        seed: Draws the rows where the source is capped, and makes the compositional pairs.
        forbidden: Keys (`nli.eval.leakage.pair_key`) of pairs that must not be trained on.
        given: The files on the command line.

    Returns:
        The rows in a fixed order, with counts of those left out. Of a pair that stands twice with one label the first
        is kept, with several labels none.

    Raises:
        InputError: If a file is missing or a row cannot be used.
    """
    read = _Read()
    for row in _rows(name, source, data_root, seed, given or Given()):
        label = UNLABELLED if source.crossed is not None else _label(row, source, given)
        if label is None:
            read.dropped["without a label of the three"] += 1
        elif not _wanted(row.tags, source):
            read.dropped["by tag"] += 1
        elif source.hold_out_tag and is_held_out(row.tags, source.hold_out_tag):
            read.dropped["held out"] += 1
        elif pair_key(row.premise, row.hypothesis) in forbidden:
            read.dropped[_FORBIDDEN] += 1
        else:
            read.add(row, label)
    examples = read.examples()
    if source.both_orders and source.cards is None:
        examples += _swapped(examples)
    if source.cap is not None and len(examples) > source.cap:
        read.dropped["over the cap"] = len(examples) - source.cap
        examples = random.Random(f"{seed}/{name}").sample(examples, source.cap)  # noqa: S311 -- sampling, not secrets
    digest = labelled_sha256((example.premise, example.hypothesis, example.label) for example in examples)
    notes = tuple(f"two labels for one pair: {where}" for where in list(read.conflicts.values())[:_SHOWN])
    return Loaded(name, tuple(examples), dict(read.dropped), digest, notes)


class _Read:
    """Rows of a source, each pair once."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.conflicts: dict[tuple[str, str], str] = {}
        self._kept: dict[tuple[str, str], tuple[Example, str]] = {}

    def add(self, row: _Row, label: int) -> None:
        """Keep a row, unless its pair was there before."""
        key = (row.premise, row.hypothesis)
        if key not in self._kept:
            self._kept[key] = (Example(*key, label), row.where)
            return
        before, where = self._kept[key]
        self.dropped["standing twice"] += 1
        if before.label != label and key not in self.conflicts:
            self.conflicts[key] = f"{where} and {row.where}"
            self.dropped["with two labels"] += 1

    def examples(self) -> list[Example]:
        """Return what is kept; of a pair with two labels nothing is."""
        return [example for key, (example, _) in self._kept.items() if key not in self.conflicts]


def _swapped(examples: Sequence[Example]) -> list[Example]:
    there = {(example.premise, example.hypothesis) for example in examples}
    return [
        Example(e.hypothesis, e.premise, e.label)
        for e in examples
        if LABELS[e.label] is Label.CONTRADICTION and (e.hypothesis, e.premise) not in there
    ]


def _label(row: _Row, source: Source, given: Given | None) -> int | None:
    """Return the column of a row's label, None where it has none of the three.

    Raises:
        InputError: If a row of a given file has a label that means nothing.
    """
    names = source.label_names or (given.label_names if given is not None and source.given else None)
    text = "" if row.label is None else str(row.label).strip()
    if names is not None and text.isdecimal() and int(text) < len(names):
        text = names[int(text)]
    label = label_named(text)
    if label is not None:
        return LABELS.index(label)
    if source.given is None or text in NO_GOLD:
        return None
    hint = "correct it"
    if text.isdecimal():
        hint = (
            "pass --label-names, such as --label-names e,n,c for 0 = entailment"
            if names is None
            else f"correct it, for --label-names names 0 to {len(names) - 1}"
        )
    raise InputError(f"{row.where}: the label {text!r} is none of contradiction, entailment and neutral: {hint}.")


def _wanted(tags: Sequence[str], source: Source) -> bool:
    if any(tag in source.without_tags for tag in tags):
        return False
    return not source.only_tags or any(tag in source.only_tags for tag in tags)


def mix(recipe: Recipe, stage: int, loaded: Mapping[str, Loaded]) -> list[Example]:
    """Put the sources of one stage together, each repeated as the mixture says, in an order drawn by the seed.

    A source that is seen 2.5 times gives all its rows twice and a drawn half of them once more; the whole is seen
    `training.epochs` times, each time in another order.
    """
    examples: list[Example] = []
    for epoch in range(recipe.training.epochs):
        part: list[Example] = []
        # The first pass keeps the names that draws had before there were several.
        suffix = f"/{epoch}" if epoch else ""
        for name, passes in recipe.stages[stage].mixture.items():
            rows = loaded[name].examples
            whole = int(passes)
            drawn = random.Random(f"{recipe.seed}/{stage}/{name}{suffix}")  # noqa: S311 -- a sample, not a secret
            part += [*rows * whole, *drawn.sample(rows, round((passes - whole) * len(rows)))]
        random.Random(f"{recipe.seed}/{stage}{suffix}").shuffle(part)  # noqa: S311
        examples += part
    return examples


def _rows(name: str, source: Source, data_root: Path | None, seed: int, given: Given) -> Iterator[_Row]:
    if source.given is not None:
        return _given_rows(source.given, given)
    if source.cards is not None:
        return _card_rows(source)
    if source.file is not None or isinstance(source.hub, Hub):
        return _file_or_hub_rows(name, source, data_root)
    return _made(_own_rows(source, seed))


def _own_rows(source: Source, seed: int) -> Iterable[Mapping[str, object]]:
    """Return rows of the denial benchmark that are ready-made, or made by its generators."""
    from nli.eval.denial import articles
    from nli.eval.denial.compose import compose
    from nli.eval.denial.counts import counts
    from nli.eval.denial.crossed import crossed
    from nli.eval.denial.lexicon import lexicon
    from nli.eval.denial.sets import shipped_rows
    from nli.eval.denial.unrelated import unrelated

    split = source.compose_split
    makers: Mapping[str, Callable[[Any], Iterable[Mapping[str, object]]]] = {
        "sets": shipped_rows,
        "articles": lambda _: (row for article in articles.shipped() for row in articles.expand(article)),
        "disputes": articles.disputes,
        "compose": lambda number: compose(number, seed, split),
        "counts": lambda number: counts(number, seed, split),
        "lexicon": lambda number: lexicon(number, seed, split),
        "unrelated": lambda number: unrelated(number, seed),
        "crossed": lambda number: crossed(number, seed),
    }
    kind = next(name for name in makers if getattr(source, name) is not None)
    return makers[kind](getattr(source, kind))


def _made(rows: Iterable[Mapping[str, object]]) -> Iterator[_Row]:
    for number, row in enumerate(rows):
        tags = row.get("tags")
        kept = tuple(map(str, tags)) if isinstance(tags, list | tuple) else ()
        yield _Row(str(row["premise"]), str(row["hypothesis"]), row.get("label"), f"pair {number}", kept)


def _card_rows(source: Source) -> Iterator[_Row]:
    from nli.eval.datasets import in_half
    from nli.eval.denial.cards import expand, shipped

    for card in shipped(source.cards or "train"):
        if source.half is None or in_half(card.id, source.half):
            for row in expand(card, both_orders=source.both_orders):
                yield _Row(row["premise"], row["hypothesis"], row["label"], str(row["id"]), tuple(row["tags"]))


def _given_rows(kind: str, given: Given) -> Iterator[_Row]:
    if kind == "dev" and given.dev is not None:
        yield from _file_rows(given.dev, need_label=True)
        return
    for path in given.train:
        for row in _file_rows(path, need_label=True):
            # Pairs with one premise go the same way, so that dev holds no statement that was trained on.
            kept_for_dev = given.dev is None and _share(row.premise) < DEV_SHARE
            if kept_for_dev == (kind == "dev"):
                yield row


def _share(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8


def _file_or_hub_rows(name: str, source: Source, data_root: Path | None) -> Iterator[_Row]:
    path = Path(source.file) if source.file is not None else None
    if path is not None and not path.is_absolute():
        path = data_root / path if data_root is not None else None
    if path is not None and path.exists():
        return _file_rows(path)
    if isinstance(source.hub, Hub):
        return _hub_rows(name, source.hub)
    hint = f"; the hub has such pairs as {source.hub_name}" if source.hub_name else ""
    if path is None:
        raise InputError(
            f"The source {name!r} reads {source.file}, but no data folder is given: "
            f"pass --data-root DIR or set NLI_DATA to the folder that holds it{hint}."
        )
    raise InputError(f"The source {name!r} needs {path}, which does not exist: put it there{hint}.")


def _file_rows(path: Path, *, need_label: bool = False) -> Iterator[_Row]:
    def refuse(reject: Reject) -> None:
        raise InputError(f"{reject.file}, line {reject.line}: {reject.reason}: correct the row or take it out.")

    for number, pair in enumerate(read_pairs(path, on_reject=refuse), start=1):
        if need_label and "label" not in pair.row:
            raise InputError(
                f"{path} has no column label (it has {', '.join(pair.row)}): add one with contradiction, entailment or "
                "neutral in each row."
            )
        yield _Row(pair.premise, pair.hypothesis, pair.row.get("label"), f"{path}, row {number}", pair.tags)


def _hub_rows(name: str, hub: Hub) -> Iterator[_Row]:
    from nli.eval.datasets import open_source
    from nli.eval.suite import SetSpec

    spec = SetSpec(
        name=name, task="auto", split="train", licence="", domain="", source=hub.path, hub=hub, cluster="row"
    )
    dropped: Counter[str] = Counter()
    source = open_source(spec)
    for number, row in enumerate(source.read(dropped), start=1):
        label: object = row.label
        if source.label_names is not None and isinstance(label, int) and 0 <= label < len(source.label_names):
            label = source.label_names[label]
        yield _Row(row.premise, row.hypothesis, label, f"{hub.path}, row {number}", row.tags)
