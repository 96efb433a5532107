"""Input files as rows: JSON Lines, CSV, TSV (each also gzipped) and Parquet, one row at a time.

A row that cannot be read is passed on with the reason, so that one bad line does not cost the others;
only what spoils the whole file raises. What the columns mean is none of this module's business
(`nli.pairs` knows).
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import sys
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NoReturn, cast

from nli import parquet
from nli.csvrecords import Record, Records
from nli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ENDINGS = ".jsonl, .ndjson, .csv or .tsv (each also with .gz), or .parquet"

PROBE_ROWS = 20
"""Rows at the start of a JSON Lines file that show which fields it has."""

_RAW_SHOWN = 2000
_KINDS: Mapping[str, Literal["jsonl", "csv", "tsv", "parquet"]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class Format:
    """What the ending of a file's name says: the kind of rows, and whether they are gzipped."""

    kind: Literal["jsonl", "csv", "tsv", "parquet"]
    gzipped: bool = False


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands in a file.

    Attributes:
        line: The physical line, from 1, on which it begins; in Parquet the number of the row.
        values: The row's fields in their order, or None if the row cannot be read.
        reason: Why it cannot be read; empty if it can.
        raw: The bytes it was read from; None for Parquet.
    """

    line: int
    values: dict[str, Any] | None
    reason: str = ""
    raw: bytes | None = None

    def text(self) -> str:
        """Return the row as text for a report: the raw line, or the values as JSON, cut at 2000 characters."""
        if self.raw is None:
            return json.dumps(self.values, ensure_ascii=False, default=str)[:_RAW_SHOWN]
        # A UTF-8 character has at most four bytes: more need not be decoded to show this many.
        return self.raw[: 4 * _RAW_SHOWN].decode("utf-8", "backslashreplace").rstrip("\r\n")[:_RAW_SHOWN]


@dataclass(frozen=True, slots=True)
class Table:
    """An opened input.

    Attributes:
        columns: The names of its columns; None if no row at the start of a JSON Lines file could be read.
        rows: Its rows. Rows to be passed over stand as empty placeholders, so that counting still works.
        not_text: Columns (Parquet only) that cannot hold text, with the name of their type.
    """

    columns: tuple[str, ...] | None
    rows: Iterator[RawRow]
    not_text: Mapping[str, str] = field(default_factory=dict)


_PASSED = RawRow(line=0, values=None, reason="passed over")


def format_of(path: str | PurePath) -> Format | None:
    """Return the format that a file name's ending stands for, or None if it is not one of `ENDINGS`."""
    name = PurePath(path).name.lower()
    gzipped = name.endswith(".gz")
    kind = _KINDS.get(PurePath(name.removesuffix(".gz")).suffix)
    if kind is None or (gzipped and kind == "parquet"):
        return None
    return Format(kind, gzipped)


def source_name(source: str | Path) -> str:
    """Return how messages call an input: its path, or ``stdin`` for ``-``."""
    return "stdin" if str(source) == "-" else str(source)


def check_source(source: str | Path) -> Format:
    """Check that an input can be there at all, without opening it.

    Args:
        source: A path, or ``-`` for JSON Lines on standard input.

    Returns:
        The format of its rows.

    Raises:
        InputError: If the ending is unknown, or there is no such file, or it is a folder or empty.
    """
    if str(source) == "-":
        return Format("jsonl")
    path = Path(source)
    form = format_of(path)
    try:
        status = path.stat()
    except OSError as error:
        _refuse(path, error)
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a file: name one of the files in it.")
    if form is None:
        raise InputError(f"{path} has an ending that says nothing of its format: rename it to end in {ENDINGS}.")
    if path.is_file() and status.st_size == 0:
        raise InputError(f"{path} is empty: give a file with at least one pair.")
    return form


@contextmanager
def open_rows(source: str | Path, skip: int = 0) -> Iterator[Table]:
    """Open an input and hand out its rows.

    Args:
        source: A path with one of `ENDINGS`, or ``-`` for JSON Lines on standard input.
        skip: Rows at the start that the caller will throw away; most of them are not parsed.

    Yields:
        The table, readable once, from the first row to the last.

    Raises:
        InputError: If the file cannot be read as what its ending says; while the rows are read also if it
            turns out to be damaged or cut off.
        MissingExtraError: If it is Parquet and pyarrow is not installed.
    """
    form = check_source(source)
    if form.kind == "parquet":
        with parquet.open_table(Path(source)) as table:
            numbered = table.rows(skip)
            rows = (_PASSED if values is None else RawRow(number, values) for number, values in numbered)
            yield Table(tuple(table.types), rows, table.not_text)
        return
    name = source_name(source)
    with _open_stream(source, gzipped=form.gzipped) as stream:
        lines = _lines(stream, name)
        yield _json_table(lines, name, skip) if form.kind == "jsonl" else _csv_table(lines, name, form.kind)


@contextmanager
def _open_stream(source: str | Path, *, gzipped: bool) -> Iterator[BinaryIO]:
    """Open a text input as bytes; standard input is left open afterwards."""
    if str(source) == "-":
        if sys.stdin is None:  # closed before the program began, as by <&-
            raise InputError("Standard input is closed: pipe the pairs in, or name a file.")
        yield sys.stdin.buffer
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except OSError as error:
        _refuse(path, error)
    with file:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if gzipped else file


def _refuse(path: Path, error: OSError) -> NoReturn:
    """Raise the sentence for a file that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        raise InputError(f"There is no file {path}: check the name and the folder you are in.") from None
    if isinstance(error, PermissionError):
        raise InputError(f"{path} may not be read by you: change its permissions, or copy it.") from None
    raise InputError(f"{path} cannot be read ({error.strerror or error}): check the path.") from None


def _lines(stream: Iterable[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield numbered lines, without a byte order mark, and say in one sentence what stopped the reading."""
    number = 0
    try:
        for number, line in enumerate(stream, start=1):
            yield number, _without_mark(line, name) if number == 1 else line
    except EOFError:
        raise InputError(
            f"{name} ends early at line {number + 1}, for its gzip data are cut off: fetch or compress it again."
        ) from None
    except (OSError, zlib.error) as error:
        if number == 0 and str(error).startswith("Not a gzipped file"):
            raise InputError(f"{name} is not gzip, though its name ends in .gz: rename or compress it.") from None
        raise InputError(f"{name} cannot be read past line {number} ({error}): fetch or make it again.") from error


def _without_mark(line: bytes, name: str) -> bytes:
    """Strip the UTF-8 byte order mark off a first line and refuse other encodings that show by theirs."""
    begins = line[:4].ljust(4, b"x")
    zeros = [byte == 0 for byte in begins]
    marked = line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or zeros in ([False, True, False, True], [True, False, True, False]):
        raise InputError(f"{name} is UTF-16, not UTF-8: convert it with iconv -f UTF-16 -t UTF-8 and score the result.")
    return line.removeprefix(codecs.BOM_UTF8)


def _json_table(lines: Iterator[tuple[int, bytes]], name: str, skip: int) -> Table:
    """Read JSON Lines; the columns are the fields that the first rows have between them."""
    rows = _json_rows(lines, skip)
    head: list[RawRow] = []
    failure: InputError | None = None
    try:
        head.extend(islice(rows, PROBE_ROWS))
    except InputError as error:  # a file cut off so soon still gives the rows before the cut
        failure = error
    if head:
        _refuse_other_json(head[0], name)

    def everything() -> Iterator[RawRow]:
        yield from head
        if failure is not None:
            raise failure
        yield from rows

    readable = [row.values for row in head if row.values is not None]
    columns = tuple(dict.fromkeys(key for values in readable for key in values)) if readable else None
    return Table(columns, everything())


def _json_rows(lines: Iterator[tuple[int, bytes]], skip: int) -> Iterator[RawRow]:
    """Parse line after line; blank lines are no rows."""
    index = 0
    for number, raw in lines:
        if not raw.strip():
            continue
        if PROBE_ROWS <= index < skip:
            yield _PASSED
        else:
            values, reason = _parse_json(raw)
            yield RawRow(number, values, reason, raw)
        index += 1


def _refuse_other_json(first: RawRow, name: str) -> None:
    """Refuse a JSON document that is not JSON Lines, as its first line shows."""
    text = (first.raw or b"").strip()
    shapes = {"'.[]'": rb"\[\s*(\{.*)?", ".": rb"\{"}
    for program, shape in shapes.items():
        if first.values is None and re.fullmatch(shape, text, re.DOTALL):
            raise InputError(
                f"{name} is a JSON document, not JSON Lines with one object on each line: convert it, "
                f"for example with jq -c {program}."
            )


def _parse_json(raw: bytes) -> tuple[dict[str, Any] | None, str]:  # noqa: PLR0911  (one return per reason)
    """Parse one line into an object, or say why it is none."""
    try:
        values = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        return None, f"invalid UTF-8 (byte {error.start + 1} of the line)"
    except json.JSONDecodeError as error:
        return None, "a NUL byte" if b"\0" in raw else f"not valid JSON ({error.msg} at column {error.colno})"
    except ValueError as error:
        return None, f"not valid JSON ({error})"
    except RecursionError:
        return None, "JSON that is nested too deeply"
    if not isinstance(values, dict):
        return None, "JSON that is not an object"
    if (b"\\ud" in raw or b"\\uD" in raw) and not _is_unicode(json.dumps(values, ensure_ascii=False)):
        return None, "half of a surrogate pair (one of \\ud800 to \\udfff alone)"
    return values, ""


def _is_unicode(text: str) -> bool:
    """Say whether a text can be encoded at all, that is, holds no half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, refusing a key that stands twice: one of the values would be lost in silence."""
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice")
    return values


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large a number")
    return number


def _csv_table(lines: Iterator[tuple[int, bytes]], name: str, kind: str) -> Table:
    """Read CSV or TSV with a header row."""
    records = Records(lines, "," if kind == "csv" else "\t")
    header = next(records, None)
    if header is None:
        raise InputError(f"{name} is empty: give a file with a header row and at least one pair.")
    if header.reason:
        raise InputError(f"The header of {name} cannot be read ({header.reason}): mend line {header.line}.")
    columns = tuple(header.cells)
    for column in columns:
        if columns.count(column) > 1:
            raise InputError(f"{name} has two columns named {column!r}: rename one of them in its header.")
    records.width = len(columns)
    return Table(columns, (_csv_row(record, columns) for record in records))


def _csv_row(record: Record, columns: tuple[str, ...]) -> RawRow:
    """Match the cells of a record with the columns."""
    if record.reason:
        return RawRow(record.line, None, record.reason, record.raw)
    if len(record.cells) != len(columns):
        reason = f"{len(record.cells)} cells where the header has {len(columns)}"
        return RawRow(record.line, None, reason, record.raw)
    return RawRow(record.line, dict(zip(columns, record.cells, strict=True)), "", record.raw)
