"""Files of pairs in, files of verdicts out: the loop behind ``nli score FILE``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli.detector import VERDICT_FIELDS, WINDOW, Detector
from nli.errors import InputError
from nli.pairs import Reject, read_pairs
from nli.writing import open_writer, output_row, source_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nli.pairs import Pair
    from nli.writing import ResultWriter

REJECTS_SHOWN = 3


@dataclass(slots=True)
class Summary:
    """What became of the rows of one input.

    Attributes:
        pairs: Pairs scored, those of an earlier, resumed part of the run included.
        flagged: Pairs flagged as contradictions.
        rejected: Rows that could not be used.
        truncated: Pairs of which tokens were cut off.
        windowed: Long pairs scored in windows.
        resumed_at: Input rows that an earlier run had dealt with.
        already_done: Whether the output was whole from the start, so that nothing was done.
        seconds: Time this run took.
        scored_now: Pairs scored in this run.
        first_rejects: The first few rejected rows of this run.
    """

    pairs: int = 0
    flagged: int = 0
    rejected: int = 0
    truncated: int = 0
    windowed: int = 0
    resumed_at: int = 0
    already_done: bool = False
    seconds: float = 0.0
    scored_now: int = 0
    first_rejects: list[Reject] = field(default_factory=list)

    def counters(self) -> dict[str, int]:
        """Return the counts that a resumed run goes on from."""
        return {name: getattr(self, name) for name in ("pairs", "flagged", "rejected", "truncated", "windowed")}


def score_file(
    detector: Detector,
    source: str | Path,
    out: str | Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    rejects: str | Path | None = None,
    only_flagged: bool = False,
    resume: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Score every pair of a file.

    Args:
        detector: Scores the pairs.
        source: The file, or ``-`` for JSON lines on standard input.
        out: The file to write; None for JSON lines on standard output.
        columns: The file's column for each field that is not called so there.
        rejects: A file for rows that cannot be used.
        only_flagged: Write flagged pairs alone.
        resume: Go on where an earlier run of the same command was stopped.
        progress: Called with the number of rows each window dealt with.

    Returns:
        The counts.

    Raises:
        InputError: If the input cannot be read, or the run to resume was another one.
        OutputError: If the output cannot be written; what is written so far can be resumed.
    """
    summary = Summary()
    started = time.monotonic()
    key = {
        **source_key(source),
        **detector.identity(),
        "columns": dict(columns or {}),
        "only_flagged": only_flagged,
    }
    with open_writer(out, source=source, fields=VERDICT_FIELDS, run_key=key, resume=resume, rejects=rejects) as writer:
        summary.already_done = writer.already_done
        if not writer.already_done:
            _score(detector, source, writer, summary, columns=columns, only_flagged=only_flagged, progress=progress)
    summary.seconds = time.monotonic() - started
    return summary


def _score(
    detector: Detector,
    source: str | Path,
    writer: ResultWriter,
    summary: Summary,
    *,
    columns: Mapping[str, str] | None,
    only_flagged: bool,
    progress: Callable[[int], None],
) -> None:
    for name, count in writer.resumed.counters.items():
        setattr(summary, name, count)
    summary.resumed_at = rows_read = writer.resumed.rows_read
    rejected_before = summary.rejected

    def on_reject(reject: Reject) -> None:
        writer.reject(reject)
        summary.rejected += 1
        if len(summary.first_rejects) < REJECTS_SHOWN:
            summary.first_rejects.append(reject)

    pairs: Iterator[Pair] = read_pairs(source, columns=columns, on_reject=on_reject, skip=summary.resumed_at)
    for window in _windows(pairs):
        rows: list[dict[str, Any]] = []
        for pair, verdict in zip(window, detector.stream(window), strict=True):
            summary.flagged += verdict.flagged
            summary.truncated += verdict.truncated > 0
            summary.windowed += verdict.window is not None
            if verdict.flagged or not only_flagged:
                rows.append(output_row(pair.row, verdict.as_dict()))
        summary.pairs += len(window)
        summary.scored_now += len(window)
        before, rows_read = rows_read, summary.resumed_at + summary.scored_now + summary.rejected - rejected_before
        writer.window(rows_read, rows, summary.counters())
        progress(rows_read - before)


def _windows(pairs: Iterator[Pair]) -> Iterator[list[Pair]]:
    """Cut pairs into windows; those before a fault of the input come first, so that they are not lost."""
    window: list[Pair] = []
    try:
        for pair in pairs:
            window.append(pair)
            if len(window) == WINDOW:
                yield window
                window = []
    except InputError:
        if window:
            yield window
        raise
    if window:
        yield window
