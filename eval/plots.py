"""Curves of a report as inline SVG: reliability and precision against recall.

Drawn by matplotlib without a display and without a global state, then stripped of everything that an
inline SVG does not need. Colours are CSS variables of the page (``--ink``, ``--muted``, ``--rule``,
``--accent``), so that one drawing serves light, dark and print; text stays text, so that it can be
searched, read aloud and takes the page's own font.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Figure: TypeAlias = Any
Axes: TypeAlias = Any

# matplotlib only knows fixed colours: it draws in stand-ins, which are swapped for the variables below.
_INK, _MUTED, _RULE, _ACCENT = "#010101", "#020202", "#030303", "#040404"
_VARIABLES = {_INK: "var(--ink)", _MUTED: "var(--muted)", _RULE: "var(--rule)", _ACCENT: "var(--accent)"}

_SIZE_INCHES = (3.5, 3.3)
_FONT_POINTS = 9.0

_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "nli",  # ids from content, not from chance: the same numbers give the same bytes
    "font.size": _FONT_POINTS,
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "path.simplify": True,
}


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot.

    Args:
        name: What the legend calls it.
        x: Values along the horizontal axis.
        y: Values along the vertical axis, as many as ``x``.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, slots=True)
class Mark:
    """The point of a curve at which decisions are taken, with its intervals.

    Args:
        name: The text beside it.
        x: Recall, 0 to 1.
        y: Precision, 0 to 1.
        x_range: Low and high end of the interval of ``x``, or None.
        y_range: Low and high end of the interval of ``y``, or None.
    """

    name: str
    x: float
    y: float
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None


def reliability(key: str, title: str, after: Series, before: Series | None = None) -> str:
    """Draw how often a predicted probability comes true.

    Args:
        key: Prefix of every id in the drawing, unique within the page.
        title: What is drawn, read aloud by screen readers.
        after: Bins with the stored temperature: mean probability along, observed share up.
        before: The same without a temperature, or None to leave it out.

    Returns:
        An ``<svg>`` element without width or height.
    """
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS):
        figure = _reliability(after, before)
        points = ", ".join(f"{x:.2f} to {y:.2f}" for x, y in zip(after.x, after.y, strict=True))
        return _inline(figure, key, title, f"Predicted probability to observed share, bin by bin: {points}.")


def save_reliability(path: Path, after: Series, before: Series | None = None) -> None:
    """Save the drawing of `reliability` as a picture file, in black and grey on white."""
    import matplotlib as mpl

    with mpl.rc_context({**_SETTINGS, "savefig.dpi": 160}):
        _reliability(after, before).savefig(path, metadata={"Software": None})


def _reliability(after: Series, before: Series | None) -> Figure:
    figure, axes = _square(x_label="predicted P(contradiction), mean of bin", y_label="share that are contradictions")
    axes.plot([0, 1], [0, 1], color=_RULE, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    if before is not None:
        axes.plot(
            before.x,
            before.y,
            color=_MUTED,
            linewidth=0.9,
            linestyle=(0, (2, 2)),
            marker="o",
            markersize=4,
            markerfacecolor="none",
            label=before.name,
            zorder=2,
        )
    axes.plot(after.x, after.y, color=_ACCENT, linewidth=1.4, marker="o", markersize=4, label=after.name, zorder=3)
    axes.legend(loc="upper left", borderaxespad=0.2, handlelength=1.8)
    return figure


def precision_recall(key: str, title: str, curve: Series, base_rate: float, mark: Mark | None = None) -> str:
    """Draw precision against recall of contradiction, with the stored threshold marked.

    Args:
        key: Prefix of every id in the drawing, unique within the page.
        title: What is drawn, read aloud by screen readers.
        curve: Recall along, precision up.
        base_rate: Share of contradictions among the pairs: the precision of guessing.
        mark: Where the stored threshold stands, or None.

    Returns:
        An ``<svg>`` element without width or height.
    """
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS):
        figure, axes = _square(x_label="recall of contradictions", y_label="precision of flags")
        axes.axhline(base_rate, color=_RULE, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
        above = base_rate < 0.9  # noqa: PLR2004 - the label must stay inside the axes
        axes.annotate(
            f"guessing: {base_rate:.2f}",
            (0.0, base_rate),
            xytext=(3, 3 if above else -3),
            textcoords="offset points",
            va="bottom" if above else "top",
            color=_MUTED,
            fontsize=_FONT_POINTS - 0.5,
        )
        axes.plot(curve.x, curve.y, color=_ACCENT, linewidth=1.4, zorder=2)
        described = f"Precision without any skill is {base_rate:.2f}."
        if mark is not None:
            _draw_mark(axes, mark, base_rate)
            described = f"{mark.name}: precision {mark.y:.2f} at recall {mark.x:.2f}. {described}"
        return _inline(figure, key, title, described)


def _draw_mark(axes: Axes, mark: Mark, base_rate: float) -> None:
    """Put the threshold's point, its intervals and its name on the curve, the name clear of both lines."""
    for interval, along in ((mark.x_range, True), (mark.y_range, False)):
        if interval is not None:
            ends = (interval, (mark.y, mark.y)) if along else ((mark.x, mark.x), interval)
            axes.plot(*ends, color=_INK, linewidth=1.0, zorder=3)
    axes.plot([mark.x], [mark.y], color=_INK, marker="o", markersize=5.5, linestyle="none", zorder=4)
    middle, room = 0.5, 0.16
    below = mark.y - base_rate > room or mark.y > 1 - room
    right = mark.x > middle
    axes.annotate(
        mark.name,
        (mark.x, mark.y),
        xytext=(-7 if right else 7, -8 if below else 8),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top" if below else "bottom",
        zorder=5,
    )


def _square(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """Return a figure and its axes, both running from 0 to 1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x_label, ylabel=y_label, aspect="equal")
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, ["0", ".25", ".5", ".75", "1"])
    axes.set_yticks(ticks, ["0", ".25", ".5", ".75", "1"])
    return figure, axes


def _inline(figure: Figure, key: str, title: str, description: str) -> str:
    """Return a figure as an SVG element fit to stand in a page among others of its kind."""
    buffer = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    drawn = buffer.getvalue()
    box = drawn.split('viewBox="', 1)[1].split('"', 1)[0]
    body = drawn[drawn.index(">", drawn.index("<svg")) + 1 :]
    for fixed, variable in _VARIABLES.items():
        body = body.replace(fixed, variable)
    # matplotlib names its groups alike in every drawing, which two drawings in one page must not.
    body = re.sub(r'\bid="', f'id="{key}-', body)
    body = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{key}-", body)
    # A style sheet inside an inline drawing would reach the whole page, and the page chooses the font.
    body = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r" font-family: [^;]*;", "", body)
    body = re.sub(r"\n\s*", "\n", body).strip()
    return (
        f'<svg class="plot" role="img" aria-labelledby="{key}-title {key}-desc" viewBox="{box}">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>\n{body}'
    )
