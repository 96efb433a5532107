"""CSV and TSV records, each with the line it begins on and, if it cannot be used, the reason."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CELL = 16 * 2**20
"""Longest cell, in characters; a quote that is never closed is found at this length."""


_SWALLOWED = 3
"""Lines of a TSV record, each with the cells of a whole row, from which they are taken for rows."""


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one CSV record, or why they cannot be used.

    Attributes:
        line: The physical line, from 1, on which it begins.
        cells: Its cells; meaningless if there is a reason.
        reason: Why it cannot be used; empty if it can.
        raw: The bytes it was read from.
    """

    line: int
    cells: list[str]
    reason: str
    raw: bytes


class _CsvLines(Iterator[str]):
    """The lines that a CSV reader is fed; those of the present record can be given back."""

    def __init__(self, lines: Iterator[tuple[int, bytes]]) -> None:
        self.taken: list[tuple[int, bytes]] = []
        self.fault = ""
        self._lines = lines
        self._again: deque[tuple[int, bytes]] = deque()

    def begin(self) -> None:
        """Start a record."""
        self.taken = []
        self.fault = ""

    def keep_first(self) -> tuple[int, bytes]:
        """Give back all lines of the present record but the first, which is returned."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        return first

    def __next__(self) -> str:
        number, raw = self._again.popleft() if self._again else next(self._lines)
        self.taken.append((number, raw))
        if b"\0" in raw:  # which the CSV reader of Python 3.10 does not take
            self.fault = self.fault or f"a NUL byte on line {number}"
            raw = raw.replace(b"\0", b" ")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self.fault = self.fault or f"invalid UTF-8 (byte {error.start + 1} of line {number})"
            return raw.decode("utf-8", "replace")


class Records(Iterator[Record]):
    """CSV records with the physical line on which each begins; blank lines are none.

    Quoting is read strictly. A record with a bad quote may have swallowed good lines after it, so only
    its first line is given up and the others are read again; so is a record of several lines that has the
    wrong number of cells, or whose lines (three or more) each make a whole row of TSV. TSV is often written
    without any quoting: a line whose quotes make no sense but which has the right number of cells is taken as
    it stands.

    Args:
        lines: Numbered lines with their line ends.
        delimiter: What stands between cells.

    Attributes:
        width: The number of cells a row should have, once the header is known.
    """

    def __init__(self, lines: Iterator[tuple[int, bytes]], delimiter: str) -> None:
        # The limit belongs to the process, not to a reader, so it is only ever raised and never set back.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
        self.width = 0
        self._lines = _CsvLines(lines)
        self._delimiter = delimiter
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def __next__(self) -> Record:
        cells: list[str] = []
        while not cells:
            self._lines.begin()
            try:
                cells = next(self._reader)
            except csv.Error as error:
                return self._first_alone(str(error))
        if len(self._lines.taken) > 1 and self.width and self._has_swallowed(cells):
            return self._first_alone("")
        raw = b"".join(line for _, line in self._lines.taken)
        return Record(self._lines.taken[0][0], cells, self._lines.fault, raw)

    def _has_swallowed(self, cells: list[str]) -> bool:
        """Say whether a record of several lines looks like rows after a quote that was never closed."""
        if len(cells) != self.width:
            return True
        taken = self._lines.taken
        # Two such lines may still be one cell with a tab and a line break in it; text with tabs has seldom more.
        rows = self._delimiter == "\t" and len(taken) >= _SWALLOWED
        return rows and all(line.count(b"\t") == self.width - 1 for _, line in taken)

    def _first_alone(self, error: str) -> Record:
        """Make a record of the first line where the CSV reader saw an error, and read the others again."""
        number, raw = self._lines.keep_first()
        if self._delimiter == "\t" and b"\0" not in raw:
            cells = raw.decode("utf-8", "surrogateescape").rstrip("\r\n").split("\t")
            if len(cells) == self.width:
                valid = raw.decode("utf-8", "ignore").encode() == raw
                return Record(number, cells, "" if valid else "invalid UTF-8", raw)
        if "new-line" in error:
            reason = "a carriage return in a cell without quotes"
        elif "limit" in error:
            reason = f"a cell of more than {MAX_CELL} characters, or a quote that is never closed"
        else:
            reason = "a quote that is out of place or never closed (a quote within a quoted cell is doubled)"
        return Record(number, [], reason, raw)
