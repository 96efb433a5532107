"""Suites: which sets are scored, where each comes from, and how its labels are read.

A suite is a YAML file. It is validated as a whole, the suites that it includes with it, and every problem
is reported in one message. A labelled pairs file is a suite of one set.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from nli import configs
from nli.errors import ConfigError, InputError
from nli.labels import Label, label_named
from nli.readers import ENDINGS, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

Task = Literal["three-way", "two-way", "stance"]
"""How a set is scored; a stance set is scored three-way once its labels are mapped."""

NOT_ENTAILMENT = "not_entailment"
"""The other label of two-way sets: neutral or contradiction, undecided which."""

DROP = "drop"
"""What a label is mapped to when rows that bear it are left out (and counted)."""

Gold = Literal["entailment", "neutral", "contradiction", "not_entailment"]

_YAML_ENDINGS = (".yaml", ".yml")
_CLUSTER = re.compile(r"row|group|premise|hypothesis|text|tag:.+")


def gold_named(name: str, task: Task) -> Gold | None:
    """Return the gold label that a name means in a task, or None if it means none of them.

    Args:
        name: A label as it stands in a row; case and the usual synonyms make no difference.
        task: ``two-way`` knows entailment and not_entailment only, and reads the three as those two.

    Returns:
        The label.
    """
    if task == "two-way" and re.fullmatch(r"(not|non)[ _-]?entailment", name.strip().lower()):
        return "not_entailment"
    label = label_named(name)
    if label is None:
        return None
    if task == "two-way":
        return "entailment" if label is Label.ENTAILMENT else "not_entailment"
    return label.value


class _Strict(BaseModel):
    """A part of a suite: unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HubPart(_Strict):
    """One split of a hub dataset; several make one set.

    Attributes:
        config: Name of the configuration, None for the only one.
        split: Name of the split on the hub.
        tags: Tags that its rows gain.
    """

    config: str | None = None
    split: str
    tags: tuple[str, ...] = ()


class HubColumns(_Strict):
    """Where the fields of a pair stand in a row of the hub dataset.

    A dot goes into a nested field; ``*`` goes through a list and joins what it finds with blanks.

    Attributes:
        premise: The premise.
        hypothesis: The hypothesis.
        label: The label, an integer with ``label_names`` or a name.
        id: The row's id; None to number the rows.
        group: The row's group, for ``cluster: group``.
        tags: Columns whose values become tags.
    """

    premise: str
    hypothesis: str
    label: str
    id: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()


class Hub(_Strict):
    """A dataset of the Hugging Face hub.

    Attributes:
        path: Its name, ``owner/name``.
        revision: Branch, tag or commit.
        parts: The splits that make the set.
        columns: Where the fields stand.
        label_names: Names of the integers 0, 1, 2 … of the label column, in that order; None if labels are names.
        explode: A list column each element of which becomes a row of its own.
    """

    path: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: str = "main"
    parts: Annotated[tuple[HubPart, ...], Field(min_length=1)]
    columns: HubColumns
    label_names: tuple[str, ...] | None = None
    explode: str | None = None


class SetSpec(_Strict):
    """One set of pairs.

    Attributes:
        name: Key in the results and start of the local file's name.
        task: How it is scored.
        split: Name of the split in the local file's name.
        licence: Terms of the data.
        domain: What the texts are.
        source: Where the set comes from, in words.
        url: Public page or repository of the data.
        hub: Copy on the Hugging Face hub, None where none is known to be the same data.
        built_in: Data that ships with the package.
        half: Of built-in cards, only those of one half: `nli.eval.datasets.dev_half`.
        path: A file outside the data folder, for a labelled pairs file given on the command line.
        use: ``evaluation-only`` where the terms forbid commercial use, so nothing may be trained on it.
        rows: Rows scored from the local file, for listings.
        keep_tags: Only rows with one of these tags are scored.
        held_out: A tag prefix: only the groups that recipes keep from training are scored (`leakage.is_held_out`).
        mapping: Native label to gold label or ``drop``; other labels must name one of the task's.
        label_names: Names of integer labels in the local file, in order.
        cluster: What makes pairs dependent: ``row`` (nothing), ``group`` (the field), ``premise`` or
            ``hypothesis`` (a shared one), ``text`` (any shared text, also across positions and through other rows),
            ``tag:PREFIX`` (the first tag that starts so).
        note: What a reader of the numbers should know.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]*$")]
    task: Task | Literal["auto"]
    split: Annotated[str, Field(pattern=r"^[\w-]+$")]
    licence: str
    domain: str
    source: str
    url: str | None = None
    hub: Hub | None = None
    built_in: Literal["denial"] | None = None
    half: Literal["report", "calibrate"] | None = None
    path: Annotated[str | None, Field(validate_default=True)] = None
    use: Literal["open", "evaluation-only"] = "open"
    rows: Annotated[int, Field(gt=0)] | None = None
    keep_tags: tuple[str, ...] = ()
    held_out: str = ""
    mapping: Annotated[dict[str, Gold | Literal["drop"]], Field(validate_default=True)] = {}
    label_names: tuple[str, ...] | None = None
    cluster: str = "row"
    note: str = ""

    @property
    def file(self) -> str:
        """Name of the local file that serves the set."""
        return f"{self.name}.{self.split}.jsonl.gz"

    # Each key is checked with those above it: a check of the whole set is left out where one key is wrong.

    @field_validator("path")
    @classmethod
    def _said_where(cls, path: str | None, info: ValidationInfo) -> str | None:
        places = ("hub", "url", "built_in")
        if not path and not any(info.data.get(place, "faulty") for place in places):
            raise ValueError("it says nowhere where the data can be had: give hub, url or built_in")
        return path

    @field_validator("half")
    @classmethod
    def _half_of_cards(cls, half: str | None, info: ValidationInfo) -> str | None:
        if half and not info.data.get("built_in", "faulty"):
            raise ValueError("half is for built_in data only")
        return half

    @field_validator("cluster")
    @classmethod
    def _known_cluster(cls, cluster: str) -> str:
        if not _CLUSTER.fullmatch(cluster):
            raise ValueError(f"cluster {cluster!r} is not row, group, premise, hypothesis, text or tag:PREFIX")
        return cluster

    @field_validator("mapping")
    @classmethod
    def _fits_the_task(cls, mapping: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "task" in info.data:
            problems = list(_mapping_problems(mapping, info.data["task"], info.data.get("hub")))
            if problems:
                raise ValueError("; ".join(problems))
        return mapping


def _mapping_problems(mapping: dict[str, Any], task: Task | Literal["auto"], hub: Hub | None) -> Iterator[str]:
    if task == "stance" and not mapping:
        yield "a stance set needs a mapping of its labels"
    for native, gold in mapping.items():
        if (gold == NOT_ENTAILMENT) != (task == "two-way") and gold not in {DROP, "entailment"}:
            yield f"mapping {native!r} to {gold!r} does not fit a {task} set"
    for name in (hub.label_names if hub else None) or ():
        if task != "auto" and name not in mapping and gold_named(name, task) is None:
            yield f"label name {name!r} is neither mapped nor a label of a {task} set"


class Suite(_Strict):
    """Sets that are scored together.

    Attributes:
        name: The suite's name.
        description: What it is for.
        sets: The sets, those of included suites first.
    """

    name: str
    description: str = ""
    sets: tuple[SetSpec, ...]

    def chosen(self, names: tuple[str, ...]) -> Suite:
        """Return the suite with only some of its sets.

        Args:
            names: Names of the sets wanted.

        Returns:
            The smaller suite, sets in their old order.

        Raises:
            InputError: If the suite has no set of such a name.
        """
        unknown = [name for name in names if name not in {spec.name for spec in self.sets}]
        if unknown:
            raise InputError(
                f"The suite {self.name} has no set {unknown[0]!r}: "
                f"its sets are {', '.join(spec.name for spec in self.sets)}."
            )
        sets = tuple(spec for spec in self.sets if spec.name in names)
        return self.model_copy(update={"name": f"{self.name}:{','.join(spec.name for spec in sets)}", "sets": sets})


class _File(_Strict):
    """What stands in a suite's YAML file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]*$")]
    description: str = ""
    include: tuple[str, ...] = ()
    sets: tuple[SetSpec, ...] = ()


def load_suite(what: str, *, label_names: tuple[str, ...] | None = None) -> Suite:
    """Read a suite by name, by the path of its YAML file, or make one of a labelled pairs file.

    Args:
        what: ``standard``, ``standard:snli,anli`` for some of its sets, ``my/suite.yaml`` or ``my_pairs.jsonl``.
        label_names: Names of integer labels, for a pairs file: element i is what i means.

    Returns:
        The suite, its includes resolved, each set once.

    Raises:
        ConfigError: If the YAML does not validate; the message has every problem.
        InputError: If there is no such suite or file.
    """
    head, colon, names = what.rpartition(":")
    if colon and _is_suite(head):
        return load_suite(head).chosen(tuple(name.strip() for name in names.split(",")))
    if _is_suite(what):
        problems: list[str] = []
        suite = _read(configs.find(what, "suites"), problems, ())
        if problems or suite is None:
            many = f"{len(problems)} problems" if len(problems) > 1 else "one problem"
            raise ConfigError(f"The suite {what} has {many}: " + "; ".join(problems) + ".")
        return suite
    if format_of(what) is not None:
        if not Path(what).is_file():
            raise InputError(f"There is no file {what}: give the path of a labelled pairs file, or a suite's name.")
        return _of_file(Path(what), label_names)
    raise InputError(
        f"There is no suite called {what!r}: the shipped ones are {', '.join(configs.shipped('suites'))}; "
        f"or give a .yaml file, or a labelled pairs file ({ENDINGS})."
    )


def combine(suites: list[Suite]) -> Suite:
    """Make one suite of several; a set that stands in more than one is scored once.

    Args:
        suites: At least one.

    Returns:
        The suite, named ``a+b``.

    Raises:
        InputError: If two different sets have one name.
    """
    sets: dict[str, SetSpec] = {}
    for spec in (spec for suite in suites for spec in suite.sets):
        if sets.setdefault(spec.name, spec) != spec:
            raise InputError(f"Two different sets are called {spec.name!r}: rename one file, or run them apart.")
    return Suite(
        name="+".join(dict.fromkeys(suite.name for suite in suites)),
        description=" ".join(dict.fromkeys(suite.description for suite in suites if suite.description)),
        sets=tuple(sets.values()),
    )


def _is_suite(what: str) -> bool:
    """Return whether a word is the name or the file of a suite, as against a pairs file."""
    return what in configs.shipped("suites") or what.lower().endswith(_YAML_ENDINGS)


def _of_file(path: Path, label_names: tuple[str, ...] | None) -> Suite:
    """Make a suite of one labelled pairs file."""
    stem = path.stem if path.suffix.lower() != ".gz" else Path(path.stem).stem
    name = re.sub(r"[^\w-]+", "_", stem).strip("_-") or "pairs"
    spec = SetSpec(
        name=name,
        task="auto",
        split="file",
        licence="as the file's owner says",
        domain="as given",
        source=str(path),
        path=str(path),
        label_names=label_names,
        cluster="group",
    )
    return Suite(name=name, sets=(spec,))


def _read(path: Path, problems: list[str], trail: tuple[Path, ...]) -> Suite | None:
    """Read one YAML file and what it includes; problems are collected, None comes back where there is no telling."""
    where = path.name
    content = _content(path, problems)
    if content is None:
        return None
    file: _File | None = None
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        problems += [f"{where}: {_told(problem, content)}" for problem in error.errors()]
    found: list[Suite] = []
    for name in _included(content):
        try:
            inner = configs.find(name, "suites")
        except ConfigError as error:
            problems.append(f"{where}: include: {str(error).rstrip('.')}")
            continue
        if inner in (*trail, path):
            problems.append(f"{where}: it includes itself by way of {name!r}")
            continue
        suite = _read(inner, problems, (*trail, path))
        found += [suite] if suite else []
    return _merged(file, found, where, problems) if file else None


def _content(path: Path, problems: list[str]) -> dict[str, Any] | None:
    """Return what stands in a YAML file, or None with a problem more."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name} cannot be read ({error})")
        return None
    except yaml.YAMLError as error:
        problems.append(f"{path.name} is not YAML ({' '.join(str(error).split())})")
        return None
    if not isinstance(content, dict):
        problems.append(f"{path.name} is not a mapping with name and sets")
        return None
    return content


def _merged(file: _File, found: list[Suite], where: str, problems: list[str]) -> Suite | None:
    """Join the sets of included suites with a file's own."""
    if not file.sets and not file.include:
        problems.append(f"{where}: it has neither sets nor include")
    own = [spec.name for spec in file.sets]
    problems += [f"{where}: the set {name!r} stands in it twice" for name in dict.fromkeys(own) if own.count(name) > 1]
    try:
        whole = combine([*found, Suite(name=file.name, sets=file.sets)])
    except InputError as error:
        problems.append(f"{where}: {str(error).rstrip('.')}")
        return None
    return whole.model_copy(update={"name": file.name, "description": file.description})


def _included(content: dict[str, Any]) -> list[str]:
    """Return the names under ``include``, even of a file that does not validate."""
    include = content.get("include")
    return [name for name in include if isinstance(name, str)] if isinstance(include, list) else []


def _told(problem: ErrorDetails, content: dict[str, Any]) -> str:
    """Say one of pydantic's problems in the words of the file: which set, which key, what is wrong."""
    steps: list[str] = []
    location = list(problem["loc"])
    if location[:1] == ["sets"] and len(location) > 1 and isinstance(location[1], int):
        entry = content["sets"][location[1]]
        name = entry.get("name") if isinstance(entry, dict) else None
        steps.append(f"set {name or location[1] + 1}")
        location = location[2:]
    if location and problem["type"] != "value_error":  # our own messages name the key
        steps.append(".".join(str(step) for step in location))
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "there is no such key"
    elif problem["type"] == "missing":
        message = "it is missing"
    return ": ".join([*steps, message])
