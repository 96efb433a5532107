"""A set of a suite as rows with gold labels, from a local file, the hub, or the package itself.

A set is read as a stream, more than once: first to count, sample and hash it, then to score it. Nothing of
it is held but hashes and the row numbers of a sample. Rows that are not scored are counted by reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from nli.errors import InputError, MissingExtraError
from nli.eval.leakage import is_held_out, labelled_sha256
from nli.eval.suite import DROP, NOT_ENTAILMENT, gold_named
from nli.labels import LABELS
from nli.pairs import Reject, read_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from nli.eval.suite import Gold, Hub, SetSpec, Task

DATA_VARIABLE = "NLI_DATA"
"""Environment variable that names the data folder."""

_NO_GOLD = ("", "-", "-1")
_TEXT_BYTES = 8


@dataclass(frozen=True, slots=True)
class EvalPair:
    """One pair to score.

    Attributes:
        id: Unique in its set.
        premise: The first statement.
        hypothesis: The second statement.
        gold: entailment, neutral, contradiction or not_entailment.
        tags: Phenomena, for slices.
        cluster: Pairs of one cluster are not independent.
    """

    id: str
    premise: str
    hypothesis: str
    gold: str
    tags: tuple[str, ...] = ()
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Native:
    """One row as its source has it, before labels are read.

    Attributes:
        premise: The first statement.
        hypothesis: The second statement.
        label: A name, an integer, or nothing.
        stance: The set's own label beside it, where it has one.
        id: The row's id, if it has one.
        tags: Its tags.
        group: What it shares with other rows, if it says so.
    """

    premise: str
    hypothesis: str
    label: object = None
    stance: str | None = None
    id: str | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a set are read from.

    Attributes:
        kind: ``file``, ``hub`` or ``package``.
        where: The file, the hub dataset with its revision, or the module, for people.
        label_names: Names of integer labels, in order.
        read: Starts a new pass over the rows; rows that cannot be read are counted in the counter it is given.
    """

    kind: Literal["file", "hub", "package"]
    where: str
    label_names: Sequence[str] | None
    read: Callable[[Counter[str]], Iterator[Native]]


@dataclass(frozen=True, slots=True)
class LoadedSet:
    """A set that is ready to be scored.

    Attributes:
        spec: What the suite says of it.
        task: How it is scored.
        source: Where its rows come from.
        n: Rows that are scored.
        available: Rows with a gold label, of which n were drawn.
        dropped: Reason -> rows left out.
        data_sha256: Hash of the rows that are scored, see `data_sha256`.
        full_sha256: The same of all rows with a gold label.
        marks_sha256: Hash of the ids, tags and clusters of the rows that are scored.
        limit: Rows asked for at most, None for all.
        seed: Seed of the draw.
    """

    spec: SetSpec
    task: Task
    source: Source
    n: int
    available: int
    dropped: Mapping[str, int]
    data_sha256: str
    full_sha256: str
    marks_sha256: str
    limit: int | None
    seed: int
    _chosen: frozenset[int] | None = field(repr=False)
    _components: _Components = field(repr=False)

    @property
    def name(self) -> str:
        """The set's name."""
        return self.spec.name

    @property
    def provenance(self) -> str:
        """Where the rows came from, without folders of this machine."""
        where = Path(self.source.where).name if self.source.kind == "file" else self.source.where
        return f"{self.source.kind} {where}"

    def rows(self) -> Iterator[EvalPair]:
        """Yield the rows to score, in the order of the source."""
        rows = _rows(self.spec, self.task, self.source, self._components)
        return (row for index, row in enumerate(rows) if self._chosen is None or index in self._chosen)

    def fitted_sha256(self) -> str:
        """Return the checksum that a calibration on these pairs would have in its record, see `labelled_sha256`.

        It is that of all rows with one of the three labels, whatever is drawn of them; as there, of a pair that stands
        twice with one label the first counts, with several labels none.
        """
        golds: dict[bytes, str] = {}
        disputed: set[bytes] = set()
        for key, _, gold in self._three_way():
            if golds.setdefault(key, gold) != gold:
                disputed.add(key)
        columns = {label.value: column for column, label in enumerate(LABELS)}

        def once() -> Iterator[tuple[str, str, int]]:
            left = set(golds) - disputed
            for key, row, gold in self._three_way():
                if key in left:
                    left.remove(key)
                    yield row.premise, row.hypothesis, columns[gold]

        return labelled_sha256(once())

    def _three_way(self) -> Iterator[tuple[bytes, Native, str]]:
        for _, row, gold in _labelled(self.spec, self.source, Counter()):
            if gold != NOT_ENTAILMENT:
                yield _text_digest(f"{row.premise}\0{row.hypothesis}"), row, gold


def prepare(spec: SetSpec, *, data_root: Path | None = None, limit: int | None = None, seed: int = 0) -> LoadedSet:
    """Find a set's data, read it once through, and draw the sample.

    Args:
        spec: The set.
        data_root: Folder with local files; None for that of the environment variable NLI_DATA, if it is set.
        limit: Rows drawn at most: a plain random sample over the rows with a gold label; None for all.
        seed: Seed of the draw.

    Returns:
        The set, ready to be read again.

    Raises:
        InputError: If the data cannot be had or read, have no labels or other labels than the task knows.
        MissingExtraError: If the hub is needed and `datasets` is not installed.
    """
    source = open_source(spec, data_root)
    components = _Components()
    dropped: Counter[str] = Counter()
    golds: Counter[str] = Counter()
    for _, row, gold in _labelled(spec, source, dropped):
        golds[gold] += 1
        if spec.cluster == "text":
            components.join(row.premise, row.hypothesis)
    available = sum(golds.values())
    if not available:
        raise InputError(_nothing_left(spec, source, dropped))
    task: Task = spec.task if spec.task != "auto" else "two-way" if golds[NOT_ENTAILMENT] else "three-way"
    n = available if limit is None else min(limit, available)
    # Not for secrets: a seeded draw that anybody can repeat.
    chosen = frozenset(random.Random(seed).sample(range(available), n)) if n < available else None  # noqa: S311
    full, drawn, marks = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    for index, pair in enumerate(_rows(spec, task, source, components)):
        _hash(full, pair)
        if chosen is not None and index in chosen:
            _hash(drawn, pair)
        if chosen is None or index in chosen:
            marks.update(json.dumps([pair.id, pair.tags, pair.cluster]).encode())
    return LoadedSet(
        spec=spec,
        task=task,
        source=source,
        n=n,
        available=available,
        dropped=dict(dropped),
        data_sha256=(full if chosen is None else drawn).hexdigest(),
        full_sha256=full.hexdigest(),
        marks_sha256=marks.hexdigest(),
        limit=limit,
        seed=seed,
        _chosen=chosen,
        _components=components,
    )


def data_sha256(rows: Iterable[EvalPair]) -> str:
    """Hash rows by what a score depends on: texts and gold labels in their order, not ids, tags or clusters.

    Args:
        rows: The rows.

    Returns:
        64 hexadecimal digits; the same for the same rows from another source.
    """
    digest = hashlib.sha256()
    for row in rows:
        _hash(digest, row)
    return digest.hexdigest()


def in_half(card_id: str, which: Literal["calibrate", "report"]) -> bool:
    """Return whether a development card belongs to a half: to ``calibrate`` if the SHA-256 of its id is even.

    Args:
        card_id: The card's id.
        which: The half.

    Returns:
        True for exactly one of the halves.
    """
    even = int(hashlib.sha256(card_id.encode()).hexdigest(), 16) % 2 == 0
    return even == (which == "calibrate")


def dev_half(which: Literal["calibrate", "report"]) -> list[EvalPair]:
    """Return one half of the shipped development cards of DenialBench, whole cards.

    Thresholds and temperatures may be fitted on the one half, results are reported on the other; see `in_half`.

    Args:
        which: ``calibrate`` or ``report``.

    Returns:
        The pairs of the half; cluster is the card's id.
    """
    return [
        EvalPair(row.id or "", row.premise, row.hypothesis, str(row.label), row.tags, row.group or "")
        for row in _cards("dev", which)
    ]


def find_data_root(given: Path | None) -> Path | None:
    """Return the data folder: the one given, else that of the environment, else None.

    Args:
        given: What the user named.

    Returns:
        An existing folder, or None.

    Raises:
        InputError: If it is not an existing folder.
    """
    named = str(given) if given is not None else os.environ.get(DATA_VARIABLE, "")
    if not named:
        return None
    if not Path(named).is_dir():
        origin = "--data-root" if given is not None else DATA_VARIABLE
        raise InputError(
            f"{origin} names {named}, which is not an existing folder: name the one with <set>.jsonl.gz files."
        )
    return Path(named)


def at_hand(spec: SetSpec, data_root: Path | None) -> str:
    """Say whether a set can be scored without a network.

    Args:
        spec: The set.
        data_root: The data folder, if there is one.

    Returns:
        ``in the package``, ``local file``, ``hub cache``, ``on the hub`` or ``not at hand``.
    """
    if spec.built_in:
        return "in the package"
    if spec.path or (data_root is not None and (data_root / spec.file).is_file()):
        return "local file"
    if spec.hub is None:
        return "not at hand"
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    cache = Path(os.environ.get("HF_DATASETS_CACHE") or home / "datasets").expanduser()
    return "hub cache" if (cache / spec.hub.path.replace("/", "___")).is_dir() else "on the hub"


def open_source(spec: SetSpec, data_root: Path | None = None) -> Source:
    """Find where a set's rows are to be read from.

    Args:
        spec: The set.
        data_root: As in `prepare`.

    Returns:
        A file, if there is one, else the hub.

    Raises:
        InputError: If there is neither, naming the file that would serve.
        MissingExtraError: If the hub is needed and `datasets` is not installed.
    """
    if spec.built_in:
        split, half = spec.split, spec.half
        return Source("package", "nli.eval.denial", None, lambda _: _cards(split, half))
    if spec.path:
        return _file_source(Path(spec.path), spec.label_names)
    root = find_data_root(data_root)
    if root is not None and (root / spec.file).is_file():
        return _file_source(root / spec.file, spec.label_names)
    if spec.hub is not None:
        return _hub_source(spec, spec.hub)
    looked = f" (there is none in {root})" if root is not None else ""
    raise InputError(
        f"The set {spec.name} has no copy on the hub: make {spec.file} from {spec.url}, put it into a folder and name "
        f"that with --data-root or {DATA_VARIABLE}{looked}."
    )


class _Components:
    """Groups of rows that share a text, directly or by way of other rows (union-find over hashes of texts)."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def join(self, one: str, other: str) -> None:
        """Note that a row has both texts."""
        self._parent[self._root(_text_key(one))] = self._root(_text_key(other))

    def name(self, text: str) -> str:
        """Return the group's name: a text's hash, whichever text is at its root."""
        return f"{self._root(_text_key(text)):016x}"

    def _root(self, key: int) -> int:
        parent = self._parent
        while parent.setdefault(key, key) != key:
            parent[key] = key = parent[parent[key]]
        return key


def _rows(spec: SetSpec, task: Task, source: Source, components: _Components) -> Iterator[EvalPair]:
    """Yield all rows with a gold label, ids made unique."""
    seen: set[str] = set()
    for index, row, gold in _labelled(spec, source, Counter()):
        identifier = _unique(row.id or f"{spec.name}-{index}", seen)
        if task == "two-way" and gold != "entailment":
            gold = NOT_ENTAILMENT  # noqa: PLW2901
        yield EvalPair(
            identifier, row.premise, row.hypothesis, gold, row.tags, _cluster(spec.cluster, row, identifier, components)
        )


def _labelled(spec: SetSpec, source: Source, dropped: Counter[str]) -> Iterator[tuple[int, Native, str]]:
    """Yield the row's number, the row and its gold label; what has none is counted."""
    for index, row in enumerate(source.read(dropped)):
        if spec.keep_tags and not set(spec.keep_tags).intersection(row.tags):
            dropped[f"without tag {' or '.join(spec.keep_tags)}"] += 1
            continue
        if spec.held_out and not is_held_out(row.tags, spec.held_out):
            dropped["may be trained on"] += 1
            continue
        gold, reason = _gold(spec, row, source, index)
        if gold is None:
            dropped[reason] += 1
            continue
        yield index, row, gold


def _gold(spec: SetSpec, row: Native, source: Source, index: int) -> tuple[Gold | None, str]:
    """Return the gold label, or None and why there is none."""
    native = row.stance if spec.task == "stance" and row.stance else row.label
    if isinstance(native, float) and native.is_integer():
        native = int(native)
    text = "" if native is None else str(native).strip()
    if text in _NO_GOLD:
        return None, f"stance only: {row.stance}" if row.stance else "no gold label"
    where = f"Row {index + 1} of {source.where} ({spec.name})"
    if text.isdecimal():
        text = _named(text, source.label_names, where)
    mapped = spec.mapping.get(text)
    if mapped == DROP:
        return None, f"label left out: {text}"
    gold = cast("Gold | None", mapped) or _meant(text, spec.task)
    if gold is None:
        known = "entailment, not_entailment" if spec.task == "two-way" else "entailment, neutral, contradiction"
        raise InputError(
            f"{where} has the label {text!r}, which is none of {known}: correct the file, or map it in a suite's YAML."
        )
    return gold, ""


def _meant(text: str, task: Task | Literal["auto"]) -> Gold | None:
    """Return the gold label that a name means; a file that may be of either kind may have all four."""
    if task == "auto":
        return gold_named(text, "three-way") or gold_named(text, "two-way")
    return gold_named(text, task)


def _named(number: str, names: Sequence[str] | None, where: str) -> str:
    """Return the name of an integer label."""
    if names is None:
        raise InputError(
            f"{where} has the integer label {number}, and nothing says what it means: name the integers in order, "
            "for example --label-names e,n,c."
        )
    if int(number) >= len(names):
        raise InputError(f"{where} has the label {number}, but only {len(names)} are named ({', '.join(names)}).")
    return names[int(number)]


def _nothing_left(spec: SetSpec, source: Source, dropped: Counter[str]) -> str:
    """Say why not one row of a set can be scored."""
    if dropped and set(dropped) == {"no gold label"}:
        return f"{source.where} ({spec.name}) has no labels: give every row one in the column label."
    reasons = ", ".join(f"{reason} {count}" for reason, count in dropped.items()) or "it has no rows"
    return f"The set {spec.name} from {source.where} has no row that can be scored ({reasons}): check the data."


def _cluster(rule: str, row: Native, identifier: str, components: _Components) -> str:
    """Return what the rule says a row shares with others; its id where it shares nothing."""
    if rule == "group":
        return row.group or identifier
    if rule == "text":
        return components.name(row.premise)
    if rule in {"premise", "hypothesis"}:
        return f"{_text_key(row.premise if rule == 'premise' else row.hypothesis):016x}"
    if rule.startswith("tag:"):
        prefix = rule.removeprefix("tag:")
        return next((tag for tag in row.tags if tag.startswith(prefix)), identifier)
    return identifier


def _unique(identifier: str, seen: set[str]) -> str:
    """Return the id, with a number behind it if it was seen before."""
    found, number = identifier, 1
    while found in seen:
        number += 1
        found = f"{identifier}#{number}"
    seen.add(found)
    return found


def _cards(split: str, half: Literal["report", "calibrate"] | None) -> Iterator[Native]:
    """Read the test split, or shipped cards, all or one half of them."""
    from nli.eval.denial import cards, sets

    for row in sets.shipped_rows(split) if split == "test" else cards.pairs(split):
        if half is None or in_half(row["group"], half):
            yield Native(
                premise=row["premise"],
                hypothesis=row["hypothesis"],
                label=row["label"],
                id=row["id"],
                tags=tuple(row["tags"]),
                group=row["group"],
            )


def _file_source(path: Path, label_names: Sequence[str] | None) -> Source:
    """Read a labelled pairs file."""

    def read(dropped: Counter[str]) -> Iterator[Native]:
        def rejected(_: Reject) -> None:
            dropped["unreadable row"] += 1

        for pair in read_pairs(path, on_reject=rejected):
            stance, group = pair.row.get("stance"), pair.row.get("group")
            yield Native(
                premise=pair.premise,
                hypothesis=pair.hypothesis,
                label=pair.row.get("label"),
                stance=stance if isinstance(stance, str) and stance else None,
                id=pair.id,
                tags=pair.tags,
                group=None if group is None or group == "" else str(group),
            )

    return Source("file", str(path), label_names, read)


def _hub_source(spec: SetSpec, hub: Hub) -> Source:
    """Load a hub dataset, from its cache where the hub is out of reach."""
    try:
        import datasets
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError:
        raise MissingExtraError(f"Loading the set {spec.name} from the hub", "eval") from None
    faults = (OSError, ValueError, RuntimeError, HfHubHTTPError, datasets.exceptions.DatasetsError)
    loaded = []
    for part in hub.parts:
        try:
            table = datasets.load_dataset(hub.path, part.config, split=part.split, revision=hub.revision)
        except faults as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise InputError(
                f"The set {spec.name} cannot be loaded from the hub dataset {hub.path} ({reason}): put {spec.file} "
                f"into a folder and name that with --data-root or {DATA_VARIABLE}."
            ) from error
        loaded.append((table, part.tags))

    def read(dropped: Counter[str]) -> Iterator[Native]:
        for table, tags in loaded:
            for row in table:
                for record in _exploded(row, hub.explode):
                    native = _hub_row(record, hub, tags, spec.name)
                    if native.premise.strip() and native.hypothesis.strip():
                        yield native
                    else:
                        dropped["empty text"] += 1

    return Source("hub", f"{hub.path}@{hub.revision}", hub.label_names, read)


def _exploded(row: Mapping[str, Any], column: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the row itself, or one row for each element of a list column."""
    if column is None:
        yield row
        return
    for element in row[column]:
        yield {**row, column: element}


def _hub_row(row: Mapping[str, Any], hub: Hub, tags: tuple[str, ...], name: str) -> Native:
    """Read a hub row's fields."""
    columns = hub.columns
    try:
        identifier = _at(row, columns.id) if columns.id else None
        group = _at(row, columns.group) if columns.group else None
        named = [_at(row, column) for column in columns.tags]
        return Native(
            premise=str(_at(row, columns.premise)),
            hypothesis=str(_at(row, columns.hypothesis)),
            label=_at(row, columns.label),
            id=None if identifier is None else str(identifier),
            tags=(*tags, *(tag.strip() for value in named if value for tag in str(value).split(";") if tag.strip())),
            group=None if group is None else str(group),
        )
    except (KeyError, IndexError, TypeError) as error:
        raise InputError(
            f"The hub dataset {hub.path} of the set {name} has no column {error} (it has {', '.join(row)}): "
            "correct the columns in the suite's YAML."
        ) from error


def _at(row: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a dataset's values are of any type
    """Return what stands at a dotted path; ``*`` goes through a list and joins the texts it finds."""
    value: Any = row
    step, _, rest = path.partition(".")
    while step:
        if step == "*":
            return " ".join(str(_at(cast("Mapping[str, Any]", each), rest) if rest else each) for each in value)
        value = value[int(step)] if isinstance(value, list | tuple) else value[step]
        step, _, rest = rest.partition(".")
    return value


def _text_key(text: str) -> int:
    """Return a short hash of a text."""
    return int.from_bytes(_text_digest(text), "big")


def _text_digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_TEXT_BYTES).digest()


def _hash(digest: Any, row: EvalPair) -> None:  # noqa: ANN401 - hashlib has no public type for it
    for text in (row.premise, row.hypothesis, row.gold):
        digest.update(text.encode())
        digest.update(b"\0")
