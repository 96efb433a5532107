"""Rows as bytes: JSON lines, and the CSV and TSV that are made of them."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

BATCH_ROWS = 8192
BATCH_BYTES = 16 * 2**20
"""Rows, and bytes of JSON, that are held at once while a file is converted."""

_BYTES_KEY = "\0bytes"


def output_row(row: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Join an input row with the fields of its verdict.

    Args:
        row: The input row.
        verdict: The fields that it gains.

    Returns:
        The input row's fields in their order, then the verdict's. An input field called like one of the
        verdict's is kept as ``input_`` and its name.
    """
    names = kept_names(tuple(row), tuple(verdict))
    return {**{names[name]: value for name, value in row.items()}, **verdict}


def kept_names(columns: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Return under which name each input column is kept beside the verdict's fields."""
    taken = {*columns, *fields}
    names = {}
    for column in columns:
        name = column
        while name in fields or (name != column and name in taken):
            name = f"input_{name}"
        taken.add(name)
        names[column] = name
    return names


def encode_row(row: Mapping[str, Any], *, exact: bool = False) -> bytes:
    """Return a row as one line of JSON in UTF-8.

    Args:
        row: The row.
        exact: Whether everything must come back as it was from `row_batches`. If not, the line is JSON that
            any program reads: NaN and infinities become null, and bytes become text (base64 if not UTF-8).

    Returns:
        The line with its line end.
    """
    if exact:
        text = json.dumps(row, ensure_ascii=False, default=_exact_value)
    else:
        try:
            text = json.dumps(row, ensure_ascii=False, allow_nan=False, default=_plain_value)
        except ValueError:
            text = json.dumps(_finite(row), ensure_ascii=False, default=lambda value: _finite(_plain_value(value)))
    # Half a surrogate pair, which UTF-8 cannot hold, comes out as the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def row_batches(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a file of lines from `encode_row` in batches of bounded size."""
    rows: list[dict[str, Any]] = []
    size = 0
    with path.open("rb") as lines:
        for line in lines:
            rows.append(json.loads(line, object_hook=_bytes_back))
            size += len(line)
            if len(rows) == BATCH_ROWS or size >= BATCH_BYTES:
                yield rows
                rows, size = [], 0
    if rows:
        yield rows


def cell_text(value: Any) -> str | None:  # noqa: ANN401  (any value of a row)
    """Return a value as text: a string as it is, None as None, all else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=_plain_value)


def write_csv(lines: Path, target: Path, names: Sequence[str], *, delimiter: str, gzipped: bool) -> None:
    """Write a file of JSON lines as CSV or TSV with a header row.

    Nested values, numbers, true and false stand as JSON text; null and what a row lacks stand as empty cells.
    Text is UTF-8; rows end in a line feed.

    Args:
        lines: A file of lines from `encode_row`.
        target: The file to write.
        names: The columns in order.
        delimiter: What stands between cells.
        gzipped: Whether to compress.
    """
    with ExitStack() as files:
        raw = files.enter_context(target.open("wb"))
        file: IO[bytes] = raw
        if gzipped:  # without name and time, so that the same rows give the same bytes
            file = cast(IO[bytes], files.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0)))
        writer = csv.writer(_UnixLines(file), delimiter=delimiter)
        writer.writerow(names)
        for rows in row_batches(lines):
            writer.writerows([cell_text(row.get(name)) for name in names] for row in rows)


class _UnixLines:
    """Ends rows in a line feed alone.

    The CSV writer quotes a carriage return or line feed within a cell only if row ends are made of it,
    so it is left at its default, both, and the row end is replaced here.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write((row.removesuffix("\r\n") + "\n").encode("utf-8", "backslashreplace"))


def _plain_value(value: Any) -> Any:  # noqa: ANN401
    """Return something that JSON cannot hold as something that it can."""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(value).decode("ascii")
    return value.item() if hasattr(value, "item") else str(value)


def _exact_value(value: Any) -> Any:  # noqa: ANN401
    """Do the same, but mark bytes so that they can be told from text."""
    return {_BYTES_KEY: base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else _plain_value(value)


def _bytes_back(values: dict[str, Any]) -> Any:  # noqa: ANN401
    """Undo `_exact_value`."""
    return base64.b64decode(values[_BYTES_KEY]) if values.keys() == {_BYTES_KEY} else values


def _finite(value: Any) -> Any:  # noqa: ANN401
    """Replace NaN and infinities, at any depth, by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value
