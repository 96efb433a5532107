"""``nli score``: two statements, or a file of pairs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nli.cli.options import cluster_of, engine_options, load_detector, load_options, model_options

if TYPE_CHECKING:
    from nli.detector import Detector, Verdict
    from nli.scoring import Summary

SCORES = ("contradiction", "entailment", "neutral")


@click.command("score", no_args_is_help=True)
@click.argument("inputs", metavar="PREMISE HYPOTHESIS | FILE", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="File to write, in the format of its ending.  [default: JSON lines on stdout]",
)
@click.option(
    "--columns",
    metavar="FIELD=COLUMN,…",
    help="Which columns hold premise, hypothesis and the rest.  [default: columns of those names]",
)
@click.option("--only-flagged", is_flag=True, help="Write flagged pairs alone.  [default: every pair]")
@click.option("--resume", is_flag=True, help="Go on where the same command was stopped.  [default: start anew]")
@click.option(
    "--rejects",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON lines file for rows that cannot be used.  [default: counted, the first few named]",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Two statements: print one JSON object.  [default: readable text]"
)
@click.option("--quiet", is_flag=True, help="No summary and no progress bar on stderr.  [default: both]")
@engine_options
@model_options
def score_command(
    inputs: tuple[str, ...],
    out: Path | None,
    columns: str | None,
    rejects: Path | None,
    *,
    only_flagged: bool,
    resume: bool,
    as_json: bool,
    quiet: bool,
    engine: str,
    ray_address: str | None,
    ray_workers: int | None,
    **model: Any,  # noqa: ANN401 -- the options of `model_options`
) -> None:
    """Compare two statements, or every pair of a file, and flag those that cannot both stand.

    FILE ends in .jsonl, .csv, .tsv (each also .gz) or .parquet, or is - for JSON lines on stdin. Rows keep
    their order and all their fields and gain label, contradiction, entailment, neutral, flagged, truncated and
    window. With --engine ray FILE is Parquet, and OUT one .parquet file or a new folder of them.
    """
    cluster = cluster_of(engine, ray_address, ray_workers)
    if len(inputs) == 2:  # noqa: PLR2004 -- a premise and a hypothesis
        _refuse_files(inputs)
        if cluster is not None:
            raise click.UsageError("--engine ray goes with a FILE, not with two statements.")
        if out is not None or rejects is not None or resume or columns is not None:
            raise click.UsageError("-o, --rejects, --resume and --columns go with a FILE, not with two statements.")
        _score_two(inputs[0], inputs[1], load_detector(model), as_json=as_json)
    elif len(inputs) == 1:
        files = {"columns": columns, "rejects": rejects, "only_flagged": only_flagged, "resume": resume}
        _score_file(inputs[0], out, model, files, cluster, quiet=quiet)
    else:
        raise click.UsageError(
            f"Give two statements or one file, not {len(inputs)} things: put quotes around a statement."
        )


def _refuse_files(statements: tuple[str, ...]) -> None:
    """Refuse the names of files in the place of statements: their names alone would be compared."""
    from nli.readers import format_of

    for text in statements:
        # Unlike Path.is_file, this takes a statement of any length for a name.
        if format_of(text) is not None and os.path.isfile(text):  # noqa: PTH113
            raise click.UsageError(f"{text} is a file, not a statement: give one FILE; the output goes to -o.")


def _score_two(premise: str, hypothesis: str, detector: Detector, *, as_json: bool) -> None:
    verdict = detector.score(premise, hypothesis)
    if as_json:
        fields = {
            name: round(value, 6) if isinstance(value, float) else value for name, value in verdict.as_dict().items()
        }
        click.echo(json.dumps({"premise": premise, "hypothesis": hypothesis, **fields}, ensure_ascii=False))
        return
    click.echo("\n".join(_readable(premise, hypothesis, verdict, detector)))


def _readable(premise: str, hypothesis: str, verdict: Verdict, detector: Detector) -> list[str]:
    sign = ">=" if verdict.flagged else "<"
    head = "CONTRADICTION" if verdict.flagged else f"not flagged ({verdict.label})"
    lines = [
        f"{head}: P(contradiction) {verdict.contradiction:.3f} {sign} threshold {detector.threshold:.3f}",
        f"  premise     {premise}",
        f"  hypothesis  {hypothesis}",
        "  " + "   ".join(f"{name} {getattr(verdict, name):.3f}" for name in SCORES),
    ]
    if verdict.truncated:
        lines.append(f"  {verdict.truncated} tokens were cut off and not scored")
    if verdict.window is not None:
        spans = ", ".join(
            f"{name} characters {start} to {end}" for name, (start, end) in verdict.window.as_dict().items()
        )
        lines.append(f"  long text: the strongest of its windows is shown ({spans})")
    return lines


def _score_file(
    source: str,
    out: Path | None,
    model: dict[str, Any],
    files: dict[str, Any],
    cluster: dict[str, Any] | None,
    *,
    quiet: bool,
) -> None:
    from nli.errors import OutputError
    from nli.pairs import parse_columns
    from nli.readers import check_source
    from nli.scoring import score_file

    check_source(source)
    files["columns"] = parse_columns(files["columns"]) if files["columns"] else None
    with _bar(shown=not quiet and sys.stderr.isatty()) as bar:
        if cluster is None:
            summary = score_file(load_detector(model), source, out, **files, progress=bar.update)
        elif out is None:
            raise OutputError("Ray writes to files alone: name a .parquet file or a new folder with -o.")
        else:
            from nli.engines.ray import score_parquet

            options = load_options(model)
            summary = score_parquet(source, out, model=options, **cluster, **files, progress=bar.update)
    if not quiet:
        _report(summary, out, files["rejects"])


def _bar(*, shown: bool) -> Any:  # noqa: ANN401 -- a tqdm bar
    from tqdm import tqdm

    return tqdm(unit=" pairs", file=sys.stderr, disable=not shown, leave=False)


def _report(summary: Summary, out: Path | None, rejects: Path | None) -> None:
    if summary.already_done:
        click.echo(f"{out} is whole already: nothing to do.", err=True)
        return
    if summary.resumed_at:
        click.echo(f"went on after {summary.resumed_at:,} rows of an earlier run", err=True)
    for reject in summary.first_rejects if rejects is None else []:
        click.echo(f"rejected {reject.file}, line {reject.line}: {reject.reason}", err=True)
    rate = summary.scored_now / summary.seconds if summary.seconds else 0.0
    parts = [
        f"{summary.pairs:,} pairs",
        f"{summary.flagged:,} flagged",
        f"{summary.rejected:,} rejected",
        f"{summary.truncated:,} truncated",
    ]
    if summary.windowed:
        parts.append(f"{summary.windowed:,} scored in windows")
    click.echo(", ".join(parts) + f"; {rate:,.0f} pairs/s", err=True)
