"""An output in parts, which many processes write at once, and which appears whole or not at all.

While a run is under way, ``OUT.ray.partial`` holds the finished parts, each under the number of its first input
row, and a journal (`nli.journal`) of what was in them. At the end the parts become OUT in one step: a folder of
Parquet files, or one file with the types that the local engine would give it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli import parquet
from nli.detector import VERDICT_FIELDS
from nli.encoding import encode_row, kept_names
from nli.errors import InputError, OutputError
from nli.journal import Entry, Journal
from nli.pairs import Reject
from nli.partfile import PartFile, beside
from nli.readers import Format, format_of

if TYPE_CHECKING:
    from typing_extensions import Self

COUNTS = ("pairs", "flagged", "rejected", "truncated", "windowed")
"""What is counted in a part, as in `nli.scoring.Summary`."""


def part_file(folder: Path, first: int) -> Path:
    """Return the part that begins at a row, from 0; in the order of names, parts are in the order of rows."""
    return folder / f"part-{first:012d}.parquet"


def rejects_file(folder: Path, first: int) -> Path:
    """Return the rejected rows of a part."""
    return folder / f"part-{first:012d}.rejects.jsonl"


class Parts:
    """The parts of one output. A context manager: leaving it by an exception keeps what a later run can use.

    Args:
        source: The input.
        out: The output; a folder unless it ends in .parquet.
        rejects: A file for rejected rows.
        rows: Rows of the input.
        part_rows: Rows of a part; a resumed run keeps those it was begun with.
        run_key: What makes this run the same as another, as JSON.
        resume: Whether to go on with the parts of an earlier run.

    Attributes:
        folder: Where the workers put the parts.
        done: What was in each finished part, by its first row.

    Raises:
        InputError: If the parts that are there belong to another run.
        OutputError: If they cannot be written, or another run is writing them.
    """

    def __init__(
        self,
        source: Path,
        out: Path,
        rejects: Path | None,
        *,
        rows: int,
        part_rows: int,
        run_key: Mapping[str, Any],
        resume: bool,
    ) -> None:
        self._source, self._out, self._rejects, self._rows = source, out, rejects, rows
        self._work = partial_folder(out)
        self.folder = self._work / "parts"
        self.done: dict[int, Mapping[str, int]] = {}
        run = json.loads(json.dumps({**run_key, "rejects": rejects and str(rejects)}, default=str))
        with self._faults():
            self._work.mkdir(exist_ok=True)
            self._journal = Journal(self._work / "journal")
            try:
                self._part_rows = self._go_on(run) if resume else 0
                if not self._part_rows:
                    shutil.rmtree(self.folder, ignore_errors=True)
                    self.folder.mkdir()
                    self._part_rows = part_rows
                    self._journal.restart({"run": run, "part_rows": part_rows})
            except BaseException:
                self._journal.close()
                raise

    def todo(self) -> list[tuple[int, int]]:
        """Return first row and number of rows of each part that is not finished."""
        starts = range(0, self._rows, self._part_rows)
        return [(first, self._size(first)) for first in starts if first not in self.done]

    def add(self, first: int, counts: Mapping[str, int]) -> int:
        """Note that a part is finished.

        Args:
            first: The part's first row.
            counts: What was in it; see `COUNTS`.

        Returns:
            The input rows that it covers.

        Raises:
            OutputError: If its file is not there.
        """
        path = part_file(self.folder, first)
        if not path.is_file():
            raise OutputError(
                f"A worker finished {path}, and it is not there: choose an output in a folder that all machines of "
                "the cluster share."
            )
        self.done[first] = {name: counts[name] for name in COUNTS}
        rows = sum(map(self._size, self.done))
        with self._faults():
            self._journal.add(Entry(rows_read=rows, counters={"first": first, **self.done[first]}))
        return self._size(first)

    def rejects(self) -> Iterator[Reject]:
        """Yield the rejected rows in their order, placed as they stand in the whole input."""
        for first in sorted(self.done):
            if self.done[first]["rejected"]:
                with rejects_file(self._work, first).open(encoding="utf-8") as lines:
                    for line in lines:
                        values = json.loads(line)
                        number = first + values["line"]
                        yield Reject(str(self._source), number, values["reason"], values["row"])

    def publish(self) -> None:
        """Give the whole output its name, and the rejected rows theirs.

        Raises:
            OutputError: If they cannot be written.
        """
        with self._faults():
            if self._rejects is not None:
                rejected = PartFile(self._rejects)
                for reject in self.rejects():
                    rejected.append(encode_row(asdict(reject)))
                rejected.sync()
                rejected.publish()
            if format_of(self._out) == Format("parquet"):
                whole = self._work / "whole"
                self._join(whole)
                with whole.open("rb") as file:
                    os.fsync(file.fileno())
                whole.replace(self._out)
            else:
                self.folder.replace(self._out)
            self._journal.close()
            shutil.rmtree(self._work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()
        if not self.done:
            with suppress(OSError):
                shutil.rmtree(self._work)

    def _go_on(self, run: Mapping[str, Any]) -> int:
        """Take over what an earlier run finished, and return its size of a part; 0 if there is nothing."""
        header = self._journal.header
        if header is None or not self._journal.entries:
            return 0
        known = header["run"]
        changed = [key for key in {**known, **run} if known.get(key) != run.get(key)]
        if changed:
            what = ", ".join(f"{key} was {known.get(key)!r} and is now {run.get(key)!r}" for key in changed)
            raise InputError(
                f"{self._work} belongs to another run ({what}): give the same options and input, or delete it."
            )
        self._journal.rewind(self._journal.entries[-1])
        for entry in self._journal.entries:
            self.done[entry.counters["first"]] = {name: entry.counters[name] for name in COUNTS}
        return int(header["part_rows"])

    def _size(self, first: int) -> int:
        return min(self._part_rows, self._rows - first)

    def _join(self, target: Path) -> None:
        """Write the parts as one file, by the rules of the local engine."""
        with parquet.open_table(self._source) as table:
            names = kept_names(tuple(table.types), VERDICT_FIELDS)
            types = {names[column]: kind for column, kind in table.types.items()}
        parquet.write_table(self._batches, target, [*types, *VERDICT_FIELDS], types)

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        for first in sorted(self.done):
            with parquet.open_table(part_file(self.folder, first)) as table:
                rows = [{**row, "window": _given(row["window"])} for _, row in table.rows(0) if row is not None]
            if rows:
                yield rows

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self._out} cannot be written ({error.strerror or error}): mend that, or choose another place."
            ) from error


def partial_folder(out: Path) -> Path:
    """Return the folder that holds an output's parts while it is not whole."""
    return beside(out, ".ray.partial")


def _given(window: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a window without the texts that were scored whole; in parts, all windows have the same fields."""
    return None if window is None else {name: span for name, span in window.items() if span is not None}
