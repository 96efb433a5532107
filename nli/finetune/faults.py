"""Faults of the machine while training, as one sentence each: full disk, too little memory."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nli.errors import InputError, NliError, OutputError

_DISK = ("no space left", "file write failed", "failed writing file", "disk quota")
_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")


class InterruptedTrainingError(NliError):
    """Training that was stopped with Ctrl-C after a checkpoint was saved."""


@contextmanager
def explained(out: Path) -> Iterator[None]:
    """Turn a full disk or too little memory into the sentence that says what to do.

    Args:
        out: The folder that is written to.

    Raises:
        OutputError: If the disk is full.
        InputError: If memory is used up.
    """
    try:
        yield
    except NliError:
        raise
    except MemoryError as error:
        raise _too_little_memory() from error
    except Exception as error:
        told = str(error).lower()
        if (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}) or any(
            part in told for part in _DISK
        ):
            raise OutputError(
                f"The disk that holds {out} is full: make room and go on with --resume; "
                "the last whole checkpoint is kept."
            ) from error
        if any(part in told for part in _MEMORY):
            raise _too_little_memory() from error
        raise


def _too_little_memory() -> InputError:
    return InputError(
        "There is not enough memory for a batch: lower training.batch_tokens (and raise "
        "training.gradient_accumulation_steps by as much), or set training.gradient_checkpointing=true."
    )
