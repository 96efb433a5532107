"""Files under construction: they grow at the end only, and get their name when they are whole."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BUFFER = 2**20


class AppendFile:
    """A file that only grows at its end, without a buffer of the program's own between it and the disk.

    Args:
        path: The file; it is made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("a+b", buffering=0)

    def append(self, data: bytes) -> None:
        """Write all of the data, in as many calls as the system needs."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file.fileno(), rest) :]

    def sync(self) -> None:
        """Wait until what was written lies on the disk."""
        os.fsync(self._file.fileno())

    def truncate(self, size: int) -> None:
        """Cut the file to a size in bytes."""
        os.ftruncate(self._file.fileno(), size)

    def read(self) -> bytes:
        """Return all there is in the file."""
        self._file.seek(0)
        return self._file.read()

    def lock(self) -> bool:
        """Take the file for this process alone, until it is closed; False if another process has it."""
        if sys.platform == "win32":
            return True
        import fcntl

        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some network file systems have no locks
            return True
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class PartFile:
    """A file that has its name with ``.partial`` at the end until it is whole.

    Args:
        target: The name it gets in the end.
        size: Bytes at its beginning to keep; what comes after them is thrown away.

    Attributes:
        size: Bytes written so far, once `sync` has run.
    """

    def __init__(self, target: Path, size: int = 0) -> None:
        self.target = target
        self.path = beside(target, ".partial")
        self.size = size
        self._file = AppendFile(self.path)
        self._file.truncate(size)
        self._buffer = bytearray()
        self._dirty = False

    def append(self, data: bytes) -> None:
        """Add data; small amounts are gathered first."""
        self._buffer += data
        self.size += len(data)
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def sync(self) -> None:
        """Bring everything to the disk."""
        self._flush()
        if self._dirty:
            self._file.sync()
            self._dirty = False

    def publish(self) -> None:
        """Close the file and give it its name."""
        self._file.close()
        self.path.replace(self.target)

    def close(self) -> None:
        """Close the file; what was not synced may be lost."""
        with suppress(OSError):
            self._file.close()

    def _flush(self) -> None:
        if self._buffer:
            self._file.append(bytes(self._buffer))
            self._buffer.clear()
            self._dirty = True


def beside(path: Path, ending: str) -> Path:
    """Return the path with something added to its name."""
    return path.with_name(path.name + ending)
