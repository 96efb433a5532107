"""Pages for reading: the report of a run, and the comparison of two, made from what was saved.

A page is one file without any outside part: the style, the drawings and the few lines of script that sort
tables stand in it, and nothing is lost without the script. Every text is escaped by the template engine; what
comes from `nli.eval.plots` is the only markup that is passed through.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nli.errors import InputError, MissingExtraError, OutputError
from nli.eval import plots
from nli.eval.results_schema import PredictionRow
from nli.eval.store import read_predictions, read_results
from nli.eval.views import ComparedSet, SetView, Wrong, anchor_of, estimate, metric_at, reach, share

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_CUT_SHARE = 0.05
_FEW_CLUSTERS = 30
_MINUTE, _HOUR = 60, 3600
_LEAST_P = 0.001
_USUAL_LEVEL = 0.95
_FOLDER = Path(__file__).parent
_MODEL_KEYS = ("name", "weights_sha256", "runtime", "direction", "temperature", "threshold")


def write_report(run_folder: Path) -> Path:
    """Make the page of a run from its saved results and predictions; the model is not needed.

    The same folder gives the same bytes. Where the predictions are not beside the results, the page has everything
    but the texts of the worst errors.

    Args:
        run_folder: A folder that ``nli eval`` wrote.

    Returns:
        ``report.html`` in that folder.

    Raises:
        InputError: If the folder holds no finished run, or files that cannot be read.
        OutputError: If the page cannot be written.
        MissingExtraError: If the optional part for evaluation is not installed.
    """
    results = read_results(run_folder)
    _check(results, run_folder / "results.json")
    environment = _environment()
    published = _anchors()
    sets = [
        _view(name, results, run_folder / "predictions", published["sets"].get(name, ()))
        for name in results["datasets"]
    ]
    levels = [each.entry["bootstrap"]["level"] for each in sets if each.entry.get("bootstrap")]
    page = environment.get_template("report.html.j2").render(
        results=results,
        sets=sets,
        context=published["context"],
        cautions=list(_cautions(results, sets)),
        total=sum(each.n for each in sets),
        contradictions=sum(each.contradictions for each in sets),
        level=levels[0] if levels else _USUAL_LEVEL,
    )
    return _written(page, run_folder / "report.html")


def write_comparison(
    comparison: Mapping[str, Mapping[str, Any]], path: Path, *, names: tuple[str, str] = ("A", "B")
) -> Path:
    """Make the page that sets two runs side by side.

    Args:
        comparison: Set -> what `nli.eval.compare.compare_sets` gives.
        path: The page to write.
        names: What to call the two runs.

    Returns:
        ``path``.

    Raises:
        InputError: If the comparison is empty or not one.
        OutputError: If the page cannot be written.
        MissingExtraError: If the optional part for evaluation is not installed.
    """
    if not comparison or not all(
        isinstance(part, Mapping) and {"n", "differences", "mcnemar", "differing"} <= part.keys()
        for part in comparison.values()
    ):
        raise InputError(f"The comparison for {path} is empty or not one that nli eval compare makes: compare again.")
    sets = [ComparedSet(name, part) for name, part in comparison.items()]
    headlines = ("accuracy", "contradiction.f1")
    levels = [part["bootstrap"]["level"] for part in comparison.values() if part.get("bootstrap")]
    template = _environment().get_template("comparison.html.j2")
    page = template.render(
        sets=sets,
        names=names,
        total=sum(part["n"] for part in comparison.values()),
        differing=sum(part["differing"]["total"] for part in comparison.values()),
        level=levels[0] if levels else _USUAL_LEVEL,
        tallies={metric: Counter(each.tendency(metric) for each in sets) for metric in headlines},
        reaches={metric: reach(each.difference(metric) for each in sets) for metric in headlines},
    )
    return _written(page, path)


def _check(results: Mapping[str, Any], path: Path) -> None:
    """Refuse results that lack what no page can do without."""
    model, sets = results.get("model"), results.get("datasets")
    lacking = [key for key in _MODEL_KEYS if not isinstance(model, Mapping) or key not in model]
    if lacking:
        raise InputError(f"{path} does not say the model's {', '.join(lacking)}: run the evaluation again.")
    if not isinstance(sets, Mapping) or not sets:
        raise InputError(f"{path} has no numbers of any set: run the evaluation again.")
    broken = [
        name
        for name, entry in sets.items()
        if not isinstance(entry, Mapping)
        or not isinstance(entry.get("n"), int)
        or "task" not in entry
        or metric_at(entry, "accuracy") is None
    ]
    if broken:
        raise InputError(f"{path} lacks the size, task or accuracy of {', '.join(broken)}: run the evaluation again.")


def _view(name: str, results: Mapping[str, Any], predictions: Path, published: Sequence[Mapping[str, Any]]) -> SetView:
    """Gather what the page shows of a set and draw its curves."""
    entry = results["datasets"][name]
    return SetView(
        name=name,
        entry=entry,
        blind=(results.get("blind") or {}).get(name),
        reliability=_reliability(name, entry, results["model"]["temperature"]),
        precision_recall=_precision_recall(name, entry, results["model"]["threshold"]),
        errors=tuple(_worst(entry, results["model"]["threshold"], predictions / f"{name}.jsonl.gz")),
        anchors=published,
    )


def _reliability(name: str, entry: Mapping[str, Any], temperature: float) -> Markup | None:
    """Draw predicted against observed, and the same without the temperature where that differs."""

    def series(key: str, label: str) -> plots.Series:
        bins = entry.get(key) or []
        return plots.Series(label, [bin_["predicted"] for bin_ in bins], [bin_["observed"]["value"] for bin_ in bins])

    after = series("reliability", f"calibrated, temperature {temperature:.3g}")
    if not after.x:
        return None
    before = series("reliability_before_temperature", "raw")
    return _markup(
        plots.reliability(
            f"{anchor_of(name)}-reliability",
            f"Reliability of P(contradiction) on {name}",
            after,
            before if before.x and temperature != 1 else None,
        )
    )


def _precision_recall(name: str, entry: Mapping[str, Any], threshold: float) -> Markup | None:
    """Draw precision against recall with the stored threshold."""
    points = entry.get("pr_curve") or []
    if not points:
        return None
    stored = next((point for point in points if point.get("stored")), None)
    mark = None
    if stored:
        recall, precision = (metric_at(entry, f"contradiction.{metric}") for metric in ("recall", "precision"))
        mark = plots.Mark(
            f"threshold {threshold:.3g}", stored["recall"], stored["precision"], _ends(recall), _ends(precision)
        )
    return _markup(
        plots.precision_recall(
            f"{anchor_of(name)}-curve",
            f"Precision against recall of contradictions on {name}",
            plots.Series("", [point["recall"] for point in points], [point["precision"] for point in points]),
            entry["gold"]["contradiction"] / entry["n"],
            mark,
        )
    )


def _markup(drawn: str) -> Markup:
    """Let a drawing through unescaped; its texts were escaped when it was made."""
    from markupsafe import Markup

    return Markup(drawn)  # noqa: S704 - nothing of a user's stands in it but set names, escaped in plots.py


def _ends(metric: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """Return the interval of a metric, if it has one."""
    return None if metric is None or metric["low"] is None else (metric["low"], metric["high"])


def _worst(entry: Mapping[str, Any], threshold: float, path: Path) -> Iterator[Wrong]:
    """Yield the worst errors with their texts, as far as the predictions are there."""
    wanted = list(entry.get("worst_errors") or ())
    if not wanted or not path.is_file():
        return
    rows = {row["id"]: row for row in read_predictions(path) if row.get("id") in set(wanted)}
    for pair in wanted:
        if pair not in rows or not PredictionRow.__required_keys__ <= rows[pair].keys():
            raise InputError(f"{path} does not hold the whole pair {pair!r} of the results: run the evaluation again.")
        yield Wrong.of(rows[pair], threshold, two_way=entry["task"] == "two-way")


def _cautions(results: Mapping[str, Any], sets: Sequence[SetView]) -> Iterator[str]:
    """Yield what a reader should know before trusting the numbers."""
    sampled = [each.name for each in sets if each.sampled]
    if sampled:
        yield f"Of {_listed(sampled)} only a random sample was scored; its size and seed stand under Data."
    missing = results.get("missing") or {}
    if missing:
        yield f"{_listed(list(missing))} could not be had and {'is' if len(missing) == 1 else 'are'} not in the means."
    for file, found in (results.get("leakage") or {}).items():
        for name, overlap in found["sets"].items():
            if overlap["pairs"]:
                yield f"{overlap['pairs']:,} of the {overlap['n']:,} scored pairs of {name} also stand in {file}."
    for each in sets:
        cut = (each.entry.get("truncated") or {}).get("pairs", 0)
        if cut > _CUT_SHARE * each.n:
            yield f"{share(cut / each.n)} of the pairs of {each.name} were too long for the model and were cut."
    clusters = {each.name: (each.entry.get("bootstrap") or {}).get("clusters", _FEW_CLUSTERS) for each in sets}
    few = [name for name, number in clusters.items() if number < _FEW_CLUSTERS]
    if few:
        verb = "rests" if len(few) == 1 else "rest"
        yield f"{_listed(few)} {verb} on fewer than {_FEW_CLUSTERS} clusters, so the intervals there are rough."


def _listed(names: Sequence[str]) -> str:
    """Return names as a list in words: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _anchors() -> dict[str, Any]:
    """Return the published figures."""
    import yaml

    published: dict[str, Any] = yaml.safe_load((_FOLDER / "anchors.yaml").read_text(encoding="utf-8"))
    return published


def _environment() -> Environment:
    """Return the template engine: everything escaped, an absent optional part empty."""
    try:
        import jinja2
        import matplotlib as mpl  # noqa: F401 - asked for here, so that its absence is told before any work
    except ImportError as error:
        raise MissingExtraError("Making a report", "eval") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
    )
    environment.filters |= {
        "figure": lambda number: f"{number:.3f}",
        "signed": lambda number: f"{number:+.3f}".replace("-", "\N{MINUS SIGN}"),
        "share": share,
        "rate": lambda number: f"{100 * number:.3g}%",
        "estimate": estimate,
        "count": lambda number: f"{number:,}",
        "quantity": lambda value: f"{value:,}" if isinstance(value, int) else str(value),
        "along": lambda value, low, high: f"{100 * min(1.0, max(0.0, (value - low) / (high - low))):.2f}%",
        "tick": lambda value: f"{value:g}".replace("0.", ".").replace("-", "\N{MINUS SIGN}"),
        "p_value": lambda p: "<0.001" if p < _LEAST_P else f"{p:.3f}",
        "day": _day,
        "duration": _duration,
        "words": _words,
    }
    return environment


def _day(moment: object) -> str:
    """Return the day of an ISO date and time in words, or what stands there if it is none."""
    try:
        when = dt.datetime.fromisoformat(str(moment))
    except ValueError:
        return str(moment)
    return f"{when.day} {when:%B %Y}"


def _duration(seconds: float) -> str:
    """Return a duration in words."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"


def _words(value: object) -> str:
    """Return a stored value, text or nested, as running text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_words(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_words(inner) for inner in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _written(page: str, path: Path) -> Path:
    """Write a page, without the blanks that the template leaves at line ends."""
    text = "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror or error}): check the folder.") from error
    return path
