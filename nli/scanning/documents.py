"""Reading documents to scan: texts, Markdown, web pages, tables with a text in each row, and folders of them.

A source that cannot be used is passed over with a note while others go on; it raises only where it is the one
source that was given, or where none can be used. Tables are read one row at a time.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli.errors import InputError
from nli.readers import RawRow, Table, format_of, open_rows, source_name
from nli.scanning.encoding import decode
from nli.scanning.html import read_page
from nli.scanning.language import has_sentence, is_english
from nli.scanning.markdown import read_markdown
from nli.scanning.records import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ENDINGS = ".txt, .md, .html, .htm, .jsonl, .ndjson, .csv, .tsv (the last four also with .gz) or .parquet"

TEXT_COLUMNS = ("text", "body", "content", "article")
"""Columns of a table that are taken for the text, the first of them that is there."""

LARGE = 5_000_000
"""Characters from which a document is called large in its notes; it is read all the same."""

MAX_TEXT_BYTES = 256 * 2**20
"""Largest plain text."""

MAX_MARKUP_BYTES = 20 * 2**20
"""Largest web page or Markdown text; these are parsed whole, at about a megabyte a second."""

ROWS_SHOWN = 5
"""Rows of a table that are noted one by one before they are only counted."""

_MARKDOWN = {".md", ".markdown"}
_PAGES = {".html", ".htm"}
_FIELDS = ("title", "source", "date", "url", "id")
_COLUMNS_SHOWN = 20
_NOT_ENGLISH = "It does not read as English, the language that the model knows: its results mean little."


def _warn(note: str) -> None:
    warnings.warn(note, stacklevel=3)


@dataclass(slots=True)
class _Notes:
    """Where notes go, and what has failed so far.

    Attributes:
        say: Takes a note.
        alone: Whether a failure ends the reading, for there is nothing else to read.
        failures: Sources that could not be used.
        first: Why the first of them could not.
    """

    say: Callable[[str], None]
    alone: bool
    failures: int = 0
    first: str = ""

    def fail(self, error: InputError) -> None:
        """Take note of a source that cannot be used, or raise the error if there is no other."""
        if self.alone:
            raise error
        self.failures += 1
        self.first = self.first or str(error)
        self.say(str(error))


@dataclass(slots=True)
class _Seen:
    """The texts read so far, as digests, each with the file it stood in first."""

    files: dict[bytes, str] = field(default_factory=dict)

    def before(self, document: Document, file: str) -> str | None:
        """Return the file where this text of this source has been read before; None if it is new."""
        hashed = blake2b(f"{document.source or ''}\0".encode(), digest_size=16)
        hashed.update(document.text.strip().encode())
        digest = hashed.digest()
        if digest in self.files:
            return self.files[digest]
        self.files[digest] = file
        return None


def read_documents(
    sources: Sequence[str | Path] | str | Path,
    *,
    text_column: str | None = None,
    on_note: Callable[[str], None] = _warn,
) -> Iterator[Document]:
    """Read documents, one at a time and in the order given.

    A text of one source that stands twice is read once. What a reader of results should know of a document (a
    guessed encoding, another language) is in its notes.

    Args:
        sources: Files ending in .txt, .md, .html, .htm, .jsonl, .ndjson, .csv, .tsv (the last four also with .gz)
            or .parquet; folders, of which all such files are read, hidden ones left out, in the order of their
            names; or ``-`` for plain text on standard input.
        text_column: The column of a table that holds the text.  [default: the first of text, body, content, article]
        on_note: Called with each note, one sentence; by default notes are Python warnings.

    Returns:
        An iterator of documents. It raises `InputError` too: where the one file given cannot be used, or none can.

    Raises:
        InputError: If no source is given, or none is there.
        MissingExtraError: (from the iterator) If a file needs a library that is not installed.
    """
    given = [sources] if isinstance(sources, str | Path) else list(sources)
    if not given:
        raise InputError("No document is given: name files or folders, or - for plain text on standard input.")
    notes = _Notes(on_note, alone=len(given) == 1)
    files = _files(given, notes)
    notes.alone = len(files) + notes.failures == 1
    return _documents(files, text_column, notes)


def is_read(path: Path, sources: Sequence[str | Path]) -> bool:
    """Say whether a file is one of those that are read, or would be, in a folder, if it were there.

    Args:
        path: The file.
        sources: Files, folders or ``-``, as `read_documents` takes them.
    """
    real = Path(os.path.realpath(path))
    unsaid = _Notes(lambda _: None, alone=True)
    for source in (Path(each) for each in sources if str(each) != "-"):
        place = Path(os.path.realpath(source))
        if real == place:
            return True
        if real.is_relative_to(place) and _is_known(real):
            if not any(part.startswith(".") for part in real.relative_to(place).parts):
                return True
            continue
        with suppress(InputError, OSError):  # what is wrong with a folder is said when it is read
            # A link in the folder may lead to it.
            if place.is_dir() and any(os.path.realpath(file) == str(real) for file in _in_folder(source, unsaid)):
                return True
    return False


def _documents(files: Sequence[str | Path], text_column: str | None, notes: _Notes) -> Iterator[Document]:
    seen = _Seen()
    count = 0
    if text_column is not None and not any(map(_is_table, files)):
        notes.say(f"No table was read: the column {text_column!r} was looked for in none.")
    for file in files:
        try:
            documents = _rows(Path(file), text_column, seen, notes) if _is_table(file) else _single(file, seen, notes)
            for document in documents:
                count += 1
                yield document
        except InputError as error:
            notes.fail(error)
    if count == 0:
        raise InputError(f"None of the {notes.failures} sources can be used; of the first: {notes.first}")


# --- files and folders -----------------------------------------------------------------------------------------


def _files(given: Sequence[str | Path], notes: _Notes) -> list[str | Path]:
    """Find the files that are meant, each once."""
    files: dict[str, str | Path] = {}
    for source in given:
        try:
            found = [source] if str(source) == "-" else _of_path(Path(source), notes)
        except InputError as error:
            notes.fail(error)
            continue
        for file in found:
            real = "-" if str(file) == "-" else os.path.realpath(file)
            if real in files:
                notes.say(f"{source_name(file)} is given twice: it is read once.")
            files.setdefault(real, file)
    if not files:
        raise InputError(f"None of the {notes.failures} sources can be used; of the first: {notes.first}")
    return list(files.values())


def _of_path(path: Path, notes: _Notes) -> list[Path]:
    """Return a file, or the files in a folder."""
    try:
        path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    if path.is_dir():
        return _in_folder(path, notes)
    if not _is_known(path):
        raise InputError(f"{path} has an ending that says nothing of its format: rename it to end in {ENDINGS}.")
    return [path]


def _in_folder(folder: Path, notes: _Notes) -> list[Path]:
    """Return the files of known endings in a folder and its folders, sorted, and count the others in a note."""
    found: list[Path] = []
    others: Counter[str] = Counter()
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(place, name) for name in names if not name.startswith(".")):
            if _is_known(path):
                found.append(path)
            else:
                others[path.suffix.lower() or "no ending"] += 1
    for error in closed:
        notes.say(f"The folder {error.filename} may not be read by you ({error.strerror}): it is passed over.")
    if others:
        kinds = ", ".join(f"{count} {ending}" for ending, count in sorted(others.items()))
        notes.say(f"{folder} holds {_counted(others.total(), 'file')} of other kinds, which are passed over: {kinds}.")
    if not found:
        raise InputError(f"{folder} holds no file that can be read: give one with files ending in {ENDINGS}.")
    return sorted(found)


def _is_table(file: str | Path) -> bool:
    return str(file) != "-" and format_of(file) is not None


def _is_known(path: Path) -> bool:
    return format_of(path) is not None or path.suffix.lower() in {".txt", *_MARKDOWN, *_PAGES}


def _unreadable(path: Path, error: OSError) -> InputError:
    """Return the sentence for a path that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"There is no file {path}: check the name and the folder you are in.")
    if isinstance(error, PermissionError):
        return InputError(f"{path} may not be read by you: change its permissions, or copy it.")
    return InputError(f"{path} cannot be read ({error.strerror or error}): check the path.")


# --- files that are one document -------------------------------------------------------------------------------


def _single(file: str | Path, seen: _Seen, notes: _Notes) -> Iterator[Document]:
    """Yield the document that a file is, unless its text has been read before."""
    name = source_name(file)
    ending = Path(file).suffix.lower()
    markup = ending in _PAGES | _MARKDOWN
    data = _bytes(file, MAX_MARKUP_BYTES if markup else MAX_TEXT_BYTES)
    if not data.strip():
        raise InputError(f"{name} is empty: give a text with at least one sentence.")
    text, about_encoding = decode(data, name, page=ending in _PAGES)
    if ending in _PAGES:
        document = read_page(text, name)
    else:
        document = read_markdown(text, name) if ending in _MARKDOWN else Document(text=text, name=name)
    if not has_sentence(document.text):
        raise InputError(f"{name} holds no sentence: give a text with at least one, of three words or more.")
    first = seen.before(document, name)
    if first is not None:
        notes.say(f"{name} holds the same text as {first}: it is read once.")
        return
    document = replace(document, notes=((about_encoding,) if about_encoding else ()) + _about(document.text))
    for note in document.notes:
        notes.say(f"{name}: {note}")
    yield document


def _bytes(file: str | Path, most: int) -> bytes:
    """Return what a file holds, and refuse one that is larger than can be kept in memory."""
    if str(file) == "-" and sys.stdin is None:  # closed before the program began, as by <&-
        raise InputError("Standard input is closed: pipe a text in, or name a file.")
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(most + 1)
    except OSError as error:
        raise _unreadable(Path(file), error) from None
    if len(data) > most:
        raise InputError(f"{source_name(file)} is larger than {most >> 20} MiB: split it into several files.")
    return data


def _about(text: str) -> tuple[str, ...]:
    """Return notes on a text."""
    notes = () if is_english(text) else (_NOT_ENGLISH,)
    if len(text) < LARGE:
        return notes
    return (*notes, f"It is large ({len(text):,} characters) and read as one document, which takes its time.")


# --- tables ----------------------------------------------------------------------------------------------------


def _rows(path: Path, text_column: str | None, seen: _Seen, notes: _Notes) -> Iterator[Document]:
    """Yield the document in each row of a table, and note what is left out."""
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty: give a table with at least one row.")
    place = "row" if path.suffix.lower() == ".parquet" else "line"
    ids: set[str] = set()
    number = left_out = repeated = foreign = 0
    with open_rows(path) as table:
        columns = _columns(table, text_column, str(path))
        for number, row in enumerate(table.rows, start=1):
            fault = _fault(row, columns["text"])
            if fault:
                left_out += 1
                if left_out <= ROWS_SHOWN:
                    notes.say(f"{path}, {place} {row.line}: {fault}; the row is left out.")
                continue
            document = _document(row, columns, str(path), number, ids)
            if seen.before(document, str(path)) is not None:
                repeated += 1
                continue
            foreign += _NOT_ENGLISH in document.notes
            yield document
    if number == left_out:
        rows = f"no row with a text in {columns['text']!r}" if number else "no rows"
        raise InputError(f"{path} holds {rows}: name the column of the texts with --text-column.")
    if left_out > ROWS_SHOWN:
        notes.say(f"{path}: {_counted(left_out - ROWS_SHOWN, 'more row')} without a text left out.")
    if repeated:
        notes.say(f"{path}: {_counted(repeated, 'row')} with a text that was read before left out.")
    if foreign:
        notes.say(f"{path}: {_counted(foreign, 'row')} that may not be English, the language that the model knows.")


def _columns(table: Table, text_column: str | None, name: str) -> dict[str, str]:
    """Return the table's column for the text and for each other field, whatever the case of their letters."""
    present = table.columns or ()
    by_name = {column.lower(): column for column in reversed(present)}
    text = text_column or next((by_name[each] for each in TEXT_COLUMNS if each in by_name), TEXT_COLUMNS[0])
    if table.columns is not None and text not in present:
        wanted = repr(text_column) if text_column else ", ".join(TEXT_COLUMNS[:-1]) + f" or {TEXT_COLUMNS[-1]}"
        found = ", ".join(map(repr, present[:_COLUMNS_SHOWN])) or "none"
        more = " and others" if len(present) > _COLUMNS_SHOWN else ""
        raise InputError(f"{name} has no column {wanted} (found: {found}{more}): name the right one by --text-column.")
    if text in table.not_text:
        raise InputError(
            f"The column {text!r} of {name} is of type {table.not_text[text]}, not text: "
            "name the right one by --text-column."
        )
    return {"text": text, **{each: by_name.get(each, each) for each in _FIELDS}}


def _fault(row: RawRow, column: str) -> str:
    """Say why a row gives no document; empty if it gives one."""
    if row.values is None:
        return row.reason
    value = row.values.get(column)
    if value is None:
        return f"no text in {column!r}"
    text = _text(value)
    if text is None:
        return f"{column!r} is not text"
    if "\0" in text:
        return f"a NUL character in {column!r}"
    return "" if has_sentence(text) else f"no sentence in {column!r}"


def _document(row: RawRow, columns: dict[str, str], path: str, number: int, ids: set[str]) -> Document:
    """Make a document of a row; its name ends in its id, or in its number where it has none of its own."""
    values = row.values or {}
    text = (_text(values[columns["text"]]) or "").replace("\r\n", "\n").replace("\r", "\n")
    title, source, date, url, id_ = (_label(values.get(columns[each])) for each in _FIELDS)
    if id_ is None or id_ in ids:
        name = f"{path}#{number}" if id_ is None else f"{path}#{id_} (row {number})"
    else:
        name = f"{path}#{id_}"
        ids.add(id_)
    return Document(text=text, name=name, title=title, source=source, date=date, url=url, notes=_about(text))


def _text(value: Any) -> str | None:  # noqa: ANN401  (any value of a row)
    """Return text, decoded if it is bytes; None for all else."""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return None
    return value if isinstance(value, str) else None


def _label(value: Any) -> str | None:  # noqa: ANN401  (any value of a row)
    """Return text or a number as a short text; None for all else and for what is empty."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return (_text(value) or "").strip() or None


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
