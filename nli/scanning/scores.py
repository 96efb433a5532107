"""Scores of a long scan on disk, so that one that was stopped goes on."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Any

from nli.errors import InputError, OutputError
from nli.partfile import AppendFile, beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

ENDING = ".scores"


class ScoreLog:
    """P(contradiction) of pairs in the order in which they are scored, in a file beside the output.

    A line of JSON says which scan they belong to; after it come the numbers, eight bytes each, as they are made.

    Args:
        out: The output that the scores are for.
        key: What makes two scans the same.
        resume: Keep the scores of an earlier run; without it they are thrown away.

    Attributes:
        known: The scores that an earlier run left.

    Raises:
        InputError: If the earlier run was another one.
        OutputError: If the file cannot be written, or another run is writing it.
    """

    def __init__(self, out: Path, key: Mapping[str, Any], *, resume: bool) -> None:
        self._path = beside(out, ENDING)
        header = json.dumps(dict(key), sort_keys=True).encode() + b"\n"
        try:
            self._file = AppendFile(self._path)
        except OSError as error:
            raise OutputError(f"{out} cannot be written ({error.strerror}): choose another place with -o.") from None
        if not self._file.lock():
            self._file.close()
            raise OutputError(f"Another scan is writing {out} at this moment: wait for it, or choose another output.")
        self.known = array("d")
        try:
            self._begin(header, out, resume=resume)
        except BaseException:
            self._file.close()
            raise

    def _begin(self, header: bytes, out: Path, *, resume: bool) -> None:
        before = self._file.read()
        if resume and before:
            head, newline, numbers = before.partition(b"\n")
            if head + newline != header:
                raise InputError(
                    f"The scan that was stopped while writing {out} had other texts, options or another model: "
                    "give the same ones, or leave --resume out to start anew."
                )
            whole = len(numbers) - len(numbers) % self.known.itemsize
            self.known.frombytes(numbers[:whole])
            self._file.truncate(len(header) + whole)
        else:
            self._file.truncate(0)
            self._file.append(header)

    def add(self, scores: Sequence[float]) -> None:
        """Note the scores of the next pairs.

        Raises:
            OutputError: If they cannot be written; those before them are kept.
        """
        try:
            self._file.append(array("d", scores).tobytes())
        except OSError as error:
            raise OutputError(
                f"{self._path} cannot be written ({error.strerror}): make room and go on with --resume."
            ) from None

    def remove(self) -> None:
        """Close the file and delete it, the scan being at its end."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
