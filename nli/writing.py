"""Result rows to files, a window at a time, so that a killed run can go on and half a file never looks whole.

While a run is under way its rows stand in ``OUT.partial`` as JSON lines, each window flushed to the disk and
then noted in ``OUT.partial.journal`` (`nli.journal`). At the end the rows become what OUT's ending says and
appear under that name in one step. Resuming cuts the partial file back to the last window that was noted:
whatever moment the run was killed at, the file that results is the one an uninterrupted run would have made.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli import parquet
from nli.encoding import encode_row, kept_names, output_row, row_batches, write_csv
from nli.errors import InputError, OutputError
from nli.journal import Entry, Journal
from nli.partfile import PartFile, beside
from nli.readers import ENDINGS, Format, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from nli.pairs import Reject

__all__ = ["DECIMALS", "ResultWriter", "open_writer", "output_row", "source_key"]

DECIMALS = 6
"""Decimals of the scores in a file: more would differ from one processor to the next."""

_GZIP_LEVEL = 6
_WORKING = (".partial", ".partial.journal", ".partial.whole")
"""What names beside the output have at their end while a run is under way."""


def source_key(source: str | Path) -> dict[str, Any]:
    """Return what tells one state of an input file from another, for the ``run_key`` of `open_writer`.

    Args:
        source: The input file, or ``-`` for standard input, of which nothing is known.

    Returns:
        The absolute path, the size in bytes and the time of the last change in nanoseconds.

    Raises:
        InputError: If there is no such file.
    """
    if str(source) == "-":
        return {"input": "-"}
    try:
        status = Path(source).stat()
    except OSError as error:
        raise InputError(f"{source} cannot be read ({error.strerror}): check the name.") from None
    return {"input": str(Path(source).resolve()), "input_size": status.st_size, "input_mtime_ns": status.st_mtime_ns}


def open_writer(
    out: str | Path | None,
    *,
    source: str | Path,
    fields: Sequence[str],
    run_key: Mapping[str, Any],
    resume: bool = False,
    rejects: str | Path | None = None,
) -> ResultWriter:
    """Open the output of a run.

    Args:
        out: The file to write, in the format of its ending (those of the readers); None for JSON lines on
            standard output. CSV and TSV get a column for every field that any row has, in the order in which
            they first appear, the verdict's last; nested values stand there as JSON text. Parquet made from
            Parquet keeps the types of its columns.
        source: The input, ``-`` for standard input; it is never overwritten.
        fields: The fields that rows gain from a verdict; their numbers are rounded to 6 decimals.
        run_key: What makes this run the same as another (model checksum, options, `source_key`), as JSON.
        resume: Whether to go on with ``OUT.partial`` if it is there. Without it, an old one is replaced.
        rejects: A file for rejected rows as JSON lines (file, line, reason, row); None to write none.

    Returns:
        The writer, a context manager: leaving it in good order gives the files their names, leaving it by
        an exception keeps what was written for a run with ``resume`` (unless there is nothing to keep).

    Raises:
        InputError: If the partial file belongs to a run with another key, or cannot be resumed.
        OutputError: If a file cannot be written there, or has a wrong ending, or is the input itself.
        MissingExtraError: If it is to be Parquet and pyarrow is not installed.
    """
    rejects_path = None if rejects is None else Path(rejects)
    if rejects_path is not None:
        _check_target(rejects_path, source)
        if format_of(rejects_path) not in {None, Format("jsonl")}:
            raise OutputError(f"Rejected rows are written as JSON lines: let {rejects_path} end in .jsonl.")
    if out is None:
        if resume:
            raise InputError("Only a run that writes to a file can be resumed: name the file with -o.")
        if sys.stdout is None:  # closed before the program began, as by >&-
            raise OutputError("Standard output is closed: open it, or name a file with -o.")
        return _StandardOutput(fields, rejects_path)
    path = Path(out)
    _check_target(path, source)
    form = format_of(path)
    if form is None:
        raise OutputError(f"The ending of {path} does not say what to write: let it end in {ENDINGS}.")
    if rejects_path is not None:
        _check_apart(path, rejects_path)
    if form.kind == "parquet":
        parquet.require_pyarrow("Writing Parquet")
    return _OutputFile(path, form, source=source, fields=fields, run_key=run_key, rejects=rejects_path, resume=resume)


class ResultWriter(ABC):
    """Takes the results of a run, a window of rows at a time.

    Attributes:
        resumed: How far an earlier run got; all zero for a new one. ``resumed.rows_read`` is the number of
            input rows to pass over, ``resumed.counters`` the counts up to there.
        already_done: Whether there is nothing left to do, the output being whole already.
    """

    resumed: Entry = Entry()
    already_done: bool = False

    def __init__(self, fields: Sequence[str], rejects: Path | None) -> None:
        self._fields = tuple(fields)
        self._rejects_path = rejects
        self._rejects: PartFile | None = None

    @abstractmethod
    def window(self, rows_read: int, rows: Sequence[Mapping[str, Any]], counters: Mapping[str, int]) -> None:
        """Write one window of rows.

        Args:
            rows_read: Input rows read so far in the whole run, with those before it was resumed.
            rows: The rows to write, from `output_row`; may be empty.
            counters: The caller's counts so far; a resumed run finds them in ``resumed``.

        Raises:
            OutputError: If they cannot be written.
            BrokenPipeError: If standard output is a pipe that nobody reads any more.
        """

    def reject(self, reject: Reject) -> None:
        """Write a rejected row, if rejected rows are written at all; it counts with the next window.

        Args:
            reject: The row.

        Raises:
            OutputError: If it cannot be written.
        """
        if self._rejects is not None:
            with self._faults(self._rejects.target):
                self._rejects.append(encode_row(asdict(reject)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.already_done:
            return
        try:
            if kind is None:
                self._finish()
        finally:
            self._close(failed=kind is not None)

    @abstractmethod
    def _finish(self) -> None:
        """Give the files their names."""

    @abstractmethod
    def _close(self, *, failed: bool) -> None:
        """Close all files; after a failure leave what a later run can use and nothing else."""

    @abstractmethod
    def _faults(self, path: Path | str) -> Any:  # noqa: ANN401
        """Return a context that turns faults of the system in writing a file into one sentence."""

    def _encode(self, rows: Sequence[Mapping[str, Any]], *, exact: bool) -> bytes:
        """Return rows as JSON lines, the verdicts' numbers rounded."""
        lines = []
        for row in rows:
            scores = {name: row[name] for name in self._fields if isinstance(row.get(name), float)}
            rounded = {**row, **{name: round(score, DECIMALS) for name, score in scores.items()}}
            lines.append(encode_row(rounded, exact=exact))
        return b"".join(lines)


class _StandardOutput(ResultWriter):
    """JSON lines on standard output; rejected rows, if wanted, in a file."""

    def __init__(self, fields: Sequence[str], rejects: Path | None) -> None:
        super().__init__(fields, rejects)
        if rejects is not None:
            with self._faults(rejects):
                self._rejects = PartFile(rejects)

    def window(self, rows_read: int, rows: Sequence[Mapping[str, Any]], counters: Mapping[str, int]) -> None:
        del rows_read, counters  # nothing that went to a pipe can be resumed
        with self._faults("standard output"):
            sys.stdout.buffer.write(self._encode(rows, exact=False))
            sys.stdout.buffer.flush()

    def _finish(self) -> None:
        if self._rejects is not None:
            with self._faults(self._rejects.target):
                self._rejects.sync()
                self._rejects.publish()

    def _close(self, *, failed: bool) -> None:
        if self._rejects is not None:
            self._rejects.close()
            if failed:
                self._rejects.path.unlink(missing_ok=True)

    @contextmanager
    def _faults(self, path: Path | str) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"{path} cannot be written ({error.strerror}): mend that and start again.") from error


class _OutputFile(ResultWriter):
    """A file with its partial and its journal."""

    def __init__(
        self,
        path: Path,
        form: Format,
        *,
        source: str | Path,
        fields: Sequence[str],
        run_key: Mapping[str, Any],
        rejects: Path | None,
        resume: bool,
    ) -> None:
        super().__init__(fields, rejects)
        self._path = path
        self._form = form
        self._types = _source_types(source, self._fields) if form.kind == "parquet" else {}
        self._partial = beside(path, ".partial")
        self._last = Entry()
        self._out: PartFile | None = None
        journal_path = beside(path, ".partial.journal")
        if resume and path.exists() and not self._partial.exists():
            self.already_done = True
            journal_path.unlink(missing_ok=True)  # left by a run that was killed at its very last step
            return
        with self._faults(path):
            self._journal = Journal(journal_path)
        run = json.loads(json.dumps({**run_key, "rejects": rejects and str(rejects)}, default=str))
        try:
            if resume and self._partial.exists():
                self._last = self._resumable(run)
            if self._last.finished:
                self._give_names()
                self.already_done = True
        except BaseException:
            self._journal.close()
            raise
        if not self.already_done:
            self._start({"run": run})
        self.resumed = self._last

    def window(self, rows_read: int, rows: Sequence[Mapping[str, Any]], counters: Mapping[str, int]) -> None:
        if self._out is None:
            raise RuntimeError("a window was given to a writer that is closed or has nothing to do")
        data = self._encode(rows, exact=self._form.kind == "parquet")
        if data and self._form == Format("jsonl", gzipped=True):
            data = gzip.compress(data, _GZIP_LEVEL, mtime=0)  # a member of its own, so that it can be cut off again
        with self._faults(self._path):
            self._out.append(data)
        self._note(Entry(rows_read, self._last.rows_written + len(rows), counters=dict(counters)))

    def _resumable(self, run: Mapping[str, Any]) -> Entry:
        """Return the last window of an earlier run that is whole, all zero if none is."""
        size = self._partial.stat().st_size
        known = (self._journal.header or {}).get("run", {})
        changed = [key for key in {**known, **run} if known.get(key) != run.get(key)]
        if changed and size == 0:
            return Entry()  # nothing can be lost, and a run killed at its very start looks like this
        if self._journal.header is None:
            raise InputError(f"{self._partial} cannot be resumed, for its journal is lost: delete it and start again.")
        if changed:
            what = ", ".join(f"{key} was {known.get(key)!r} and is now {run.get(key)!r}" for key in changed)
            raise InputError(
                f"{self._partial} belongs to another run ({what}): give the same options and input, or delete it."
            )
        rejects_size = 0
        if self._rejects_path is not None and beside(self._rejects_path, ".partial").exists():
            rejects_size = beside(self._rejects_path, ".partial").stat().st_size
        for entry in reversed(self._journal.entries):
            # Once finished, the rejected rows may have their name already.
            whole = entry.size == size if entry.finished else entry.rejects_size <= rejects_size
            if whole and entry.size <= size:
                return entry
        return Entry()

    def _start(self, header: Mapping[str, Any]) -> None:
        """Bring journal and partial files to the same point, and open them for more.

        The journal comes last: as long as it says more than the files hold, it can be read back to a
        window that they do hold, while a file without its journal could not be resumed.
        """
        try:
            with self._faults(self._path):
                self._out = PartFile(self._path, self._last.size)
            if self._rejects_path is not None:
                with self._faults(self._rejects_path):
                    self._rejects = PartFile(self._rejects_path, self._last.rejects_size)
            with self._faults(self._path):
                if self._last == Entry():
                    self._journal.restart(header)
                else:
                    self._journal.rewind(self._last)
        except BaseException:
            self._close(failed=True)
            raise

    def _note(self, entry: Entry) -> None:
        """Wait until all that was written is on the disk, and only then note it in the journal."""
        for part in self._parts():
            with self._faults(part.target):
                part.sync()
        size = 0 if self._out is None else self._out.size
        entry = replace(entry, size=size, rejects_size=0 if self._rejects is None else self._rejects.size)
        with self._faults(self._path):
            self._journal.add(entry)
        self._last = entry

    def _finish(self) -> None:
        if self._out is None:
            return
        if self._form == Format("jsonl", gzipped=True) and self._out.size == 0:
            with self._faults(self._path):  # a file without any member is no gzip file
                self._out.append(gzip.compress(b"", _GZIP_LEVEL, mtime=0))
        self._note(replace(self._last, finished=True))
        self._close_parts()
        self._give_names()

    def _give_names(self) -> None:
        """Make the output of the partial file and give all files their names; may be done over if interrupted."""
        with self._faults(self._path):
            if self._form.kind != "jsonl":
                whole = beside(self._path, ".partial.whole")
                self._convert(whole)
                with whole.open("rb") as file:
                    os.fsync(file.fileno())
                whole.replace(self._path)
            if self._rejects_path is not None and beside(self._rejects_path, ".partial").exists():
                beside(self._rejects_path, ".partial").replace(self._rejects_path)
            if self._form.kind == "jsonl":
                self._partial.replace(self._path)
            else:
                self._partial.unlink()
            self._journal.remove()

    def _convert(self, target: Path) -> None:
        """Write the rows of the partial file in the format that was asked for."""
        seen = dict.fromkeys(name for rows in row_batches(self._partial) for row in rows for name in row)
        names = [name for name in {**self._types, **seen} if name not in self._fields] + list(self._fields)
        if self._form.kind == "parquet":
            parquet.write_table(lambda: row_batches(self._partial), target, names, self._types)
        else:
            delimiter = "," if self._form.kind == "csv" else "\t"
            write_csv(self._partial, target, names, delimiter=delimiter, gzipped=self._form.gzipped)

    def _parts(self) -> list[PartFile]:
        return [part for part in (self._out, self._rejects) if part is not None]

    def _close_parts(self) -> None:
        for part in self._parts():
            part.close()

    def _close(self, *, failed: bool) -> None:
        self._close_parts()
        with suppress(OSError):
            if failed and self._last.rows_read == 0:
                self._journal.remove()
                for part in self._parts():
                    part.path.unlink(missing_ok=True)
            else:
                self._journal.close()
        self._out = self._rejects = None

    @contextmanager
    def _faults(self, path: Path | str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            advice = "mend that, or choose another place"
            if self._last.rows_read > 0:
                advice = f"mend that and run the same command with --resume, for what is done stays in {self._partial}"
            raise OutputError(f"{path} cannot be written ({error.strerror or error}): {advice}.") from error


def _source_types(source: str | Path, fields: Sequence[str]) -> parquet.Types:
    """Return the types of the columns of a Parquet input, by the names they have in the output."""
    form = None if str(source) == "-" else format_of(source)
    if form is None or form.kind != "parquet":
        return {}
    with parquet.open_table(Path(source)) as table:
        names = kept_names(tuple(table.types), fields)
        return {names[column]: kind for column, kind in table.types.items()}


def _check_target(target: Path, source: str | Path) -> None:
    """Refuse a file that cannot be written, before any work is done."""
    try:
        if target.is_dir():
            raise OutputError(f"{target} is a folder: name a file in it.")
        if not target.parent.is_dir():
            raise OutputError(f"{target} cannot be written, for there is no folder {target.parent}: make it first.")
    except OSError as error:  # a folder that is shut, a name that is too long
        raise OutputError(f"{target} cannot be written ({error.strerror}): choose another place or name.") from None
    if str(source) != "-" and _same_file(target, Path(source)):
        raise OutputError(f"{target} is the input itself and would be lost: name another file.")


def _check_apart(out: Path, rejects: Path) -> None:
    """Refuse to write rejected rows to the results, or to a file that stands for them during the run."""
    if _same_file(out, rejects):
        raise OutputError(f"Results and rejected rows cannot both be written to {out}: name two files.")
    if any(_same_file(beside(out, ending), rejects) for ending in _WORKING):
        raise OutputError(f"{rejects} is needed while {out} is written: name another file for rejected rows.")


def _same_file(one: Path, other: Path) -> bool:
    """Say whether two paths are one file, there or not."""
    return os.path.realpath(one) == os.path.realpath(other) or (one.exists() and other.exists() and one.samefile(other))
