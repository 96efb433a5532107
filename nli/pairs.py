"""Statement pairs, and how they are read from files one by one.

`read_pairs` streams: it holds one row at a time (a Parquet file: one small batch), keeps every field of a
row in `Pair.row`, and hands a row that cannot be used to the caller as a `Reject` while the rest goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nli.errors import InputError
from nli.readers import RawRow, Table, check_source, open_rows, source_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

FIELDS = ("premise", "hypothesis", "id", "label", "premise_source", "hypothesis_source", "tags")
"""The fields of a pair that can be read from a column."""

_TEXTS = ("premise", "hypothesis")
_OTHER_TEXTS = ("sentence1", "sentence2")
_COLUMNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements to compare.

    Attributes:
        premise: The first statement.
        hypothesis: The second statement.
        id: The row's id, if it has one; ids need not be unique.
        label: The gold label as it stood in the row, if it is text.
        premise_source: Who stands behind the premise.
        hypothesis_source: Who stands behind the hypothesis.
        tags: Phenomena, for slices of an evaluation.
        row: The whole input row, untouched: original names, order and values.
    """

    premise: str
    hypothesis: str
    id: str | None = None
    label: str | None = None
    premise_source: str | None = None
    hypothesis_source: str | None = None
    tags: tuple[str, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be used.

    Attributes:
        file: The file it stands in; ``stdin`` for standard input.
        line: The line on which it begins, from 1; in Parquet the number of the row.
        reason: What is wrong with it.
        row: The raw text (Parquet: the values as JSON), cut at 2000 characters.
    """

    file: str
    line: int
    reason: str
    row: str


def parse_columns(text: str) -> dict[str, str]:
    """Read a mapping of columns as given on the command line.

    Args:
        text: ``field=column`` pairs with commas between, such as ``premise=claim,hypothesis=reply``.

    Returns:
        The file's column for each of our fields that is named.

    Raises:
        InputError: If a part is not ``field=column``, or a field is unknown or named twice.
    """
    columns: dict[str, str] = {}
    for part in text.split(","):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not (name and equals and column):
            raise InputError(
                f"The part {part.strip()!r} of --columns {text} is not field=column: "
                "write for example --columns premise=claim,hypothesis=reply."
            )
        if name in columns:
            raise InputError(f"--columns {text} names the field {name!r} twice: name one column for it.")
        columns[name] = column
    _check_columns(columns)
    return columns


def read_pairs(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    on_reject: Callable[[Reject], None],
    require_label: bool = False,
    skip: int = 0,
) -> Iterator[Pair]:
    """Read pairs from a file, one by one and in order.

    The statements are read from the columns ``premise`` and ``hypothesis``, or, where a file has neither,
    from ``sentence1`` and ``sentence2``; `columns` names others. A row is rejected, and the rest goes on, if
    it cannot be parsed (bad JSON, a wrong number of cells, invalid UTF-8, NUL bytes) or if a statement is
    missing, empty, white space only or not text. The reader is never ahead of the pair it has yielded: pairs
    and rejects so far, added up, are the rows read.

    Args:
        path: A file ending in .jsonl, .ndjson, .csv or .tsv (each also with .gz) or .parquet, or ``-`` for JSON
            Lines on standard input. Text is UTF-8, with or without a byte order mark.
        columns: The file's column for each of our fields that is not called so there; see `FIELDS`.
        on_reject: Called with each row that cannot be used.
        require_label: Whether a row without a label in text is rejected.
        skip: Rows at the start, accepted and rejected alike, to pass over, for a run that goes on where
            another stopped; those of them that were rejected are not reported again.

    Returns:
        An iterator of pairs. Once it has started, it raises `InputError` too: if the file has no such columns
        (JSON Lines: none of the first 20 rows has them) or no rows, or when it turns out to be damaged or
        cut off, and then after all that could be read.

    Raises:
        InputError: If the ending or a field is unknown, or there is no such file, or it is empty or a folder.
        MissingExtraError: (from the iterator) If the file is Parquet and pyarrow is not installed.
    """
    wanted = dict(columns or {})
    _check_columns(wanted)
    check_source(path)
    return _pairs(path, wanted, on_reject, require_label=require_label, skip=skip)


def _pairs(
    path: str | Path, wanted: Mapping[str, str], on_reject: Callable[[Reject], None], *, require_label: bool, skip: int
) -> Iterator[Pair]:
    name = source_name(path)
    needed = (*_TEXTS, "label") if require_label else _TEXTS
    with open_rows(path, skip) as table:
        columns = _resolve_columns(table, wanted, needed, name)
        count = 0
        for row in table.rows:
            count += 1
            if count <= skip:
                continue
            result = _pair(row, columns, needed)
            if isinstance(result, Pair):
                yield result
            else:
                on_reject(Reject(name, row.line, result, row.text()))
        if count == 0:
            raise InputError(f"{name} holds no rows: give a file with at least one pair.")


def _check_columns(columns: Mapping[str, str]) -> None:
    """Refuse unknown fields, and one column for both statements."""
    for name in columns:
        if name not in FIELDS:
            raise InputError(f"There is no field {name!r} to name a column for: the fields are {', '.join(FIELDS)}.")
    if "premise" in columns and columns["premise"] == columns.get("hypothesis"):
        raise InputError(
            f"Premise and hypothesis are both to be read from the column {columns['premise']!r}: name two columns."
        )


def _resolve_columns(table: Table, wanted: Mapping[str, str], needed: Sequence[str], name: str) -> dict[str, str]:
    """Find the column of each field, and refuse a file that lacks one that is needed or was named."""
    columns = {**{each: each for each in FIELDS}, **wanted}
    if table.columns is None:
        _check_columns(columns)
        return columns
    present = set(table.columns)
    named = any(each in wanted or each in present for each in _TEXTS)
    if not named and present.issuperset(_OTHER_TEXTS):
        columns.update(zip(_TEXTS, _OTHER_TEXTS, strict=True))
    _check_columns(columns)
    missing = [each for each in FIELDS if (each in needed or each in wanted) and columns[each] not in present]
    if missing:
        found = ", ".join(map(repr, table.columns[:_COLUMNS_SHOWN])) or "none"
        more = " and others" if len(table.columns) > _COLUMNS_SHOWN else ""
        raise InputError(
            f"{name} has no column {' or '.join(repr(columns[each]) for each in missing)} (found: {found}{more}): "
            f"name the right ones with --columns {','.join(f'{each}=NAME' for each in missing)}."
        )
    for each in needed:
        if columns[each] in table.not_text:
            raise InputError(
                f"The column {columns[each]!r} of {name} is of type {table.not_text[columns[each]]}, not text: "
                f"name the right one with --columns {each}=NAME."
            )
    return columns


def _pair(row: RawRow, columns: Mapping[str, str], needed: Sequence[str]) -> Pair | str:
    """Make a pair of a row, or say why it cannot be one."""
    if row.values is None:
        return row.reason
    for each in needed:
        fault = _fault(row.values, columns[each])
        if fault:
            return fault
    values = {each: row.values.get(column) for each, column in columns.items()}
    identifier = values["id"]
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)
    return Pair(
        premise=_text(values["premise"]) or "",
        hypothesis=_text(values["hypothesis"]) or "",
        id=_text(identifier),
        label=_text(values["label"]),
        premise_source=_text(values["premise_source"]),
        hypothesis_source=_text(values["hypothesis_source"]),
        tags=_tags(values["tags"]),
        row=row.values,
    )


def _fault(values: Mapping[str, Any], column: str) -> str:
    """Say what keeps a field from being used as text; empty if nothing does."""
    if column not in values:
        return f"no field {column!r}"
    value = values[column]
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            return f"invalid UTF-8 in {column!r}"
    if not isinstance(value, str):
        return f"{column!r} is {_kind(value)}"
    if not value.strip():
        return f"{column!r} is {'white space only' if value else 'empty'}"
    return f"a NUL character in {column!r}" if "\0" in value else ""


def _kind(value: object) -> str:
    """Name the kind of a value that is not text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false, not text"
    if isinstance(value, int | float):
        return "a number, not text"
    return "a list, not text" if isinstance(value, list) else "an object, not text"


def _text(value: object) -> str | None:
    """Return text as it is, bytes decoded, and None for all else and for what is empty."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if isinstance(value, str) and value.strip() else None


def _tags(value: object) -> tuple[str, ...]:
    """Read tags from a list, from a list's JSON text, or from words with commas between them."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
        except ValueError:
            value = [value]
    tags = value if isinstance(value, list) else []
    return tuple(tag.strip() for tag in tags if isinstance(tag, str) and tag.strip())
