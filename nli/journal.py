"""The journal of a long run: how much of its output is whole, so that a killed run can go on.

A journal is a file of JSON lines beside the half-written output. The first line says which run it belongs
to; each line after it is added once a window of rows lies safely on disk, and says how many bytes of the
output that makes. A line that was itself cut off in writing is not there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from nli.errors import OutputError
from nli.partfile import AppendFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """What was whole at the end of one window.

    Attributes:
        rows_read: Input rows read so far, accepted and rejected alike.
        rows_written: Output rows written so far.
        size: Bytes of the output.
        rejects_size: Bytes of the file of rejected rows.
        counters: The caller's counts so far.
        finished: Whether nothing is left but to give the files their names.
    """

    rows_read: int = 0
    rows_written: int = 0
    size: int = 0
    rejects_size: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    finished: bool = False


class Journal:
    """The journal of one output, opened for reading and going on.

    Args:
        path: The journal's file; it is made if it is not there.

    Attributes:
        header: The first line, or None if there is none that can be read.
        entries: What the whole lines after it say, oldest first.

    Raises:
        OutputError: If another process is writing the same output.
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = AppendFile(path)
        if not self._file.lock():
            self._file.close()
            raise OutputError(f"Another run is writing {path} at this moment: wait for it, or choose another output.")
        self.header: dict[str, Any] | None = None
        self.entries: list[Entry] = []
        self._ends: list[int] = []
        self._load()

    def restart(self, header: Mapping[str, Any]) -> None:
        """Forget what the journal says and begin it anew."""
        self._file.truncate(0)
        self._file.append(_line(header))
        self._file.sync()
        self.header, self.entries, self._ends = dict(header), [], []

    def rewind(self, entry: Entry) -> None:
        """Forget what comes after one of the entries."""
        kept = self.entries.index(entry) + 1
        self._file.truncate(self._ends[kept - 1])
        self.entries, self._ends = self.entries[:kept], self._ends[:kept]

    def add(self, entry: Entry) -> None:
        """Note that a window is whole; what the entry counts must lie on the disk by now."""
        self._file.append(_line(asdict(entry)))
        self._file.sync()

    def remove(self) -> None:
        """Close the journal and delete it, the run being at its end."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the journal and leave it there."""
        self._file.close()

    def _load(self) -> None:
        """Read the whole lines; the first one that is not whole ends the journal."""
        end = 0
        for line in self._file.read().splitlines(keepends=True):
            end += len(line)
            try:
                values = json.loads(line) if line.endswith(b"\n") else None
                if not isinstance(values, dict):
                    return
                if self.header is None:
                    self.header = values
                else:
                    self.entries.append(Entry(**values))
                    self._ends.append(end)
            except (ValueError, TypeError):
                return


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"
