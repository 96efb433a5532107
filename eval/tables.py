"""Results as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_DASH = "\u2013"  # an en dash, also between the ends of an interval

_COLUMNS: tuple[tuple[str, str], ...] = (
    ("accuracy", "accuracy"),
    ("macro F1", "macro_f1"),
    ("precision", "contradiction.precision"),
    ("recall", "contradiction.recall"),
    ("F1", "contradiction.f1"),
    ("AP", "contradiction.average_precision"),
    ("ECE", "calibration.ece"),
)
_OF_CONTRADICTION = ("precision", "recall", "F1", "AP", "ECE")


def format_metric(metric: Mapping[str, Any] | None) -> str:
    """Return a metric as value and interval, the value alone where there is no interval, or a dash."""
    if metric is None or metric["value"] is None:
        return _DASH
    if metric["low"] is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} [{metric['low']:.2f}{_DASH}{metric['high']:.2f}]"


def format_results_table(results: Mapping[str, Any]) -> str:
    """Return one line a set: size, accuracy, macro F1 and how well contradictions are found.

    Args:
        results: A parsed ``results.json``; only ``datasets`` and, where there is one, ``summary`` are read.

    Returns:
        Aligned lines without a final line break. The mean over the sets closes a suite of several.
    """
    head = ["set", "n", *(f"C {name}" if name in _OF_CONTRADICTION else name for name, _ in _COLUMNS)]
    lines = [
        [name, f"{entry['n']:,}", *(format_metric(_at(entry, path)) for _, path in _COLUMNS)]
        for name, entry in results["datasets"].items()
    ]
    summary = results.get("summary")
    if summary and summary["sets"] > 1:
        lines.append(["mean of sets", "", *(format_metric(_at(summary, path)) for _, path in _COLUMNS)])
    table = align([head, *lines], numbers=range(1, 2))
    return f"{table}\nC = contradiction, as flagged at the threshold; intervals in brackets; {_DASH} = undefined."


def align(rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Pad cells to columns two spaces apart.

    Args:
        rows: Lines of cells, the head first, all equally long.
        numbers: Columns that are aligned on the right.

    Returns:
        The lines, joined, with a rule under the head.
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _at(entry: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """Return the node at a dotted path, or None where there is none."""
    node: Any = entry
    for key in path.split("."):
        if key not in node:
            return None
        node = node[key]
    return node if isinstance(node, Mapping) else None
