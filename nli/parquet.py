"""Parquet in and out, in bounded batches; pyarrow is loaded only when a Parquet file is touched."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nli.encoding import cell_text
from nli.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

BATCH_ROWS = 512
"""Rows held at once while reading."""

_TEXT_TYPES = {"string", "large_string", "string_view", "binary", "large_binary", "binary_view"}

Types = dict[str, Any]
"""Column name -> pyarrow type; None stands for values of several kinds, which are kept as JSON text."""


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """An opened Parquet file.

    Attributes:
        types: The type of each column, by name and in order.
        not_text: The columns that cannot hold text, with the name of their type.
        rows: Called with a number of rows to pass over, gives (row number from 1, values); the values of
            rows passed over are None.
    """

    types: Types
    not_text: Mapping[str, str]
    rows: Callable[[int], Iterator[tuple[int, dict[str, Any] | None]]]


def require_pyarrow(what: str) -> None:
    """Raise `MissingExtraError` for ``what`` ("Reading Parquet") unless pyarrow can be imported."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingExtraError(what, "parquet") from None


@contextmanager
def open_table(path: Path) -> Iterator[ParquetTable]:
    """Open a Parquet file for reading.

    Times, dates, durations and decimals are handed out as text and whole numbers, exactly as they stand in
    the file and without a detour over Python's coarser types; all else as plain Python values.

    Args:
        path: The file.

    Yields:
        The table.

    Raises:
        InputError: If it is no Parquet file, may not be read, or has two columns of one name.
        MissingExtraError: If pyarrow is not installed.
    """
    require_pyarrow("Reading Parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except PermissionError:
        raise InputError(f"{path} may not be read by you: change its permissions, or copy it.") from None
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is not a readable Parquet file ({_one_line(error)}): make it again.") from None
    with file:
        schema = file.schema_arrow
        for name in schema.names:
            if schema.names.count(name) > 1:
                raise InputError(f"{path} has two columns named {name!r}: rename one of them.")
        not_text = {column.name: str(column.type) for column in schema if not _holds_text(column.type)}
        types = {column.name: column.type for column in schema}
        yield ParquetTable(types, not_text, lambda skip: _rows(file, path, skip))


def write_table(
    batches: Callable[[], Iterable[list[dict[str, Any]]]], target: Path, names: Sequence[str], types: Types
) -> None:
    """Write rows as Parquet.

    Every column gets the type that fits all its values; the types given, of columns read from another
    Parquet file, are kept. A column with values of several kinds, or with some that do not go back into
    the type given, becomes text: strings as they are, all else as JSON.

    Args:
        batches: Gives the rows in batches; called twice, first to find the types, then to write.
        target: The file to write.
        names: The columns in order; a row that lacks one has a null there.
        types: Known types by column name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = dict(types)
    found: Types = {}
    for rows in batches():
        for name in names:
            values = [row.get(name) for row in rows]
            if name not in known:
                found[name] = _common(found[name], _inferred(values)) if name in found else _inferred(values)
            elif known[name] is not None and _restored(values, known[name]) is None:
                known[name] = None
    final = {name: _writable(known.get(name, found.get(name, pa.null()))) for name in names}
    schema = pa.schema([(name, pa.string() if kind is None else kind) for name, kind in final.items()])
    with pq.ParquetWriter(target, schema) as writer:
        for rows in batches():
            arrays = [_array([row.get(name) for row in rows], kind) for name, kind in final.items()]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _rows(file: Any, path: Path, skip: int) -> Iterator[tuple[int, dict[str, Any] | None]]:  # noqa: ANN401
    """Yield numbered rows; whole row groups that are passed over are not read."""
    import pyarrow as pa

    number = 0
    groups = list(range(file.metadata.num_row_groups))
    while groups and number + file.metadata.row_group(groups[0]).num_rows <= skip:
        for _ in range(file.metadata.row_group(groups.pop(0)).num_rows):
            number += 1
            yield number, None
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups) if groups else ():
            columns = [_python_values(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, dict(zip(batch.schema.names, cells, strict=True))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read past row {number} ({_one_line(error)}): make it again.") from error


def _python_values(column: Any) -> list[Any]:  # noqa: ANN401
    """Return a column's values as what JSON can hold, or bytes; text that is not UTF-8 as bytes."""
    import pyarrow as pa

    with suppress(pa.ArrowException):  # a type that cannot be cast keeps its Python values
        column = column.cast(_plain(column.type))
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [_text_or_bytes(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _text_or_bytes(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _holds_text(kind: Any) -> bool:  # noqa: ANN401
    """Say whether a type is text or bytes, directly or through a dictionary."""
    import pyarrow as pa

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_fixed_size_binary(plain) or str(plain) in _TEXT_TYPES


def _plain(kind: Any) -> Any:  # noqa: ANN401
    """Return the type in which values of a type travel through JSON without loss."""
    import pyarrow as pa

    wraps_storage = isinstance(kind, pa.BaseExtensionType)
    if wraps_storage or pa.types.is_dictionary(kind):
        return _plain(kind.storage_type if wraps_storage else kind.value_type)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return pa.int64() if pa.types.is_duration(kind) else pa.string()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.large_list(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(part.name, _plain(part.type)) for part in kind])
    return kind


def _restored(values: Sequence[Any], kind: Any) -> Any | None:  # noqa: ANN401
    """Return values that have travelled as `_plain` as an array of their own type; None if they do not fit."""
    import pyarrow as pa

    try:
        if pa.types.is_time(kind):  # text cannot be cast to a time of day, but to a moment
            moments = [value and f"1970-01-01 {value}" for value in values]
            return pa.array(moments, type=pa.string()).cast(pa.timestamp(kind.unit)).cast(kind)
        return pa.array(values, type=_plain(kind)).cast(kind)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None


def _inferred(values: Sequence[Any]) -> Any | None:  # noqa: ANN401
    """Return the type that fits all values; None if there is none."""
    import pyarrow as pa

    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None


def _common(one: Any, other: Any) -> Any | None:  # noqa: ANN401
    """Return the type that fits the values of two types; None if there is none."""
    import pyarrow as pa

    if one is None or other is None:
        return None
    schemas = [pa.schema([("x", one)]), pa.schema([("x", other)])]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field("x").type
    except pa.ArrowException:
        return None


def _writable(kind: Any) -> Any | None:  # noqa: ANN401
    """Replace what Parquet cannot hold, objects without any field, by None; and all-null columns by text."""
    import pyarrow as pa

    if kind is None:
        return None
    if pa.types.is_null(kind):
        return pa.string()
    return None if "struct<>" in str(kind) else kind


def _array(values: list[Any], kind: Any) -> Any:  # noqa: ANN401
    """Return values as an array of a type that is known to fit them."""
    import pyarrow as pa

    array = None if kind is None else _restored(values, kind)
    return pa.array([cell_text(value) for value in values], type=pa.string()) if array is None else array


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
