"""``nli scan``: documents in, contradictions out."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nli.cli.options import cluster_of, engine_options, load_detector, load_options, model_options

if TYPE_CHECKING:
    from nli.scanning.records import Finding, Scan, Side

_KINDS = {"between speakers": "", "self": " (one speaker against itself)", "unattributed": " (one side names nobody)"}


@click.command("scan", no_args_is_help=True)
@click.argument("inputs", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.jsonl",
    help="Write the contradictions as JSON lines; a scan that was stopped can be resumed.  [default: the terminal]",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="REPORT.html",
    help="Write a page for readers, in one file.  [default: none]",
)
@click.option("--within", is_flag=True, help="Compare statements of one document alone.  [default: all]")
@click.option("--across", is_flag=True, help="Compare statements of different documents alone.  [default: all]")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Keep the N strongest.  [default: all]")
@click.option(
    "--per-statement",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Most candidates that a statement is compared with: the best ones.",
)
@click.option(
    "--text-column",
    metavar="NAME",
    help="Column of the text in tables.  [default: text, body, content or article]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.  [default: readable text]")
@click.option("--resume", is_flag=True, help="Go on where the same command was stopped.  [default: start anew]")
@click.option("--quiet", is_flag=True, help="No summary and no progress bar on stderr.  [default: both]")
@engine_options
@model_options
def scan_command(
    inputs: tuple[str, ...],
    out: Path | None,
    html: Path | None,
    text_column: str | None,
    top: int | None,
    per_statement: int,
    engine: str,
    ray_address: str | None,
    ray_workers: int | None,
    *,
    within: bool,
    across: bool,
    as_json: bool,
    resume: bool,
    quiet: bool,
    **model: Any,  # noqa: ANN401 -- the options of `model_options`
) -> None:
    """Find statements in documents that cannot both stand, strongest first.

    FILE is a text (.txt, .md), a web page (.html), a table with a column of texts (.jsonl, .csv, .tsv, .parquet), a
    folder of such files, or - for a text on stdin. Every sentence is given to the one who says it; what nobody claims
    ("declined to comment", "asked whether") never counts. Without --threshold a finding has P(contradiction)
    0.70 or more, 0.84 where the statements have little in common or one has no named speaker, 0.95 where a speaker is
    set against itself.
    """
    from nli.scanning.files import check_outputs, write_page

    if within and across:
        raise click.UsageError("--within and --across exclude each other: leave both out to compare all statements.")
    if resume and out is None:
        raise click.UsageError("Only a scan that writes to a file can be resumed: name the file with -o.")
    if out is not None and as_json:
        raise click.UsageError("--json is for the terminal, and -o writes JSON lines to a file: leave one of them out.")
    cluster = cluster_of(engine, ray_address, ray_workers)
    check_outputs(inputs, out, html)
    result = _scan(
        inputs,
        text_column,
        model,
        cluster,
        quiet=quiet,
        threshold=model["threshold"],
        where="within" if within else "across" if across else "anywhere",
        top=top,
        per_statement=per_statement,
        out=out,
        resume=resume,
    )
    if html is not None:
        write_page(result, html)
    if out is None and as_json:
        click.echo(json.dumps([finding.as_dict() for finding in result.findings], ensure_ascii=False, indent=1))
    elif out is None and (html is None or sys.stdout.isatty()):
        click.echo("\n".join(_readable(result)))
    if not quiet:
        _report(result, out, html)


def _scan(
    inputs: tuple[str, ...],
    text_column: str | None,
    model: dict[str, Any],
    cluster: dict[str, Any] | None,
    *,
    quiet: bool,
    **settings: Any,  # noqa: ANN401
) -> Scan:
    from nli.scanning.documents import read_documents
    from nli.scanning.scan import scan

    notes: list[str] = []
    documents = list(read_documents(inputs, text_column=text_column, on_note=notes.append))
    detector = load_detector(model)
    with ExitStack() as stack:
        bar = stack.enter_context(_bar(shown=not quiet and sys.stderr.isatty()))
        scorer = None
        if cluster is not None:
            from nli.engines.ray import RayScorer

            scorer = stack.enter_context(RayScorer(load_options(model), **cluster))
        result = scan(documents, detector=detector, scorer=scorer, progress=bar.update, **settings)
    result.notes[:0] = notes
    return result


def _bar(*, shown: bool) -> Any:  # noqa: ANN401 -- a tqdm bar
    from tqdm import tqdm

    return tqdm(unit=" pairs", file=sys.stderr, disable=not shown, leave=False)


def _readable(result: Scan) -> list[str]:
    """Return the findings as text: A against B, P, what differs in bold."""
    if not result.findings:
        return [f"No contradiction: none of {result.pairs:,} pairs reaches {_limits(result)}."]
    lines = []
    for finding in result.findings:
        lines += _one(finding)
    return lines[:-1]


def _limits(result: Scan) -> str:
    """Say from which P on a pair is a finding."""
    if result.far_threshold is None or result.self_threshold is None:
        return f"P(contradiction) {result.threshold:g}"
    return (
        f"its threshold (P(contradiction) {result.threshold:g} between two speakers on one matter, "
        f"{result.far_threshold:g} where the two have little in common or one names nobody, "
        f"{result.self_threshold:g} for one speaker against itself)"
    )


def _one(finding: Finding) -> list[str]:
    from nli.scanning.words import differing

    texts = finding.a.statement.text, finding.b.statement.text
    lines = [click.style(f"P(contradiction) {finding.contradiction:.3f}", bold=True) + _KINDS[finding.kind]]
    for name, side, text, spans in zip("AB", (finding.a, finding.b), texts, differing(*texts), strict=True):
        lines += [f"  {name}  {_who(side)}", f"     {_marked(text, spans)}"]
    return [*lines, ""]


def _who(side: Side) -> str:
    statement = side.statement
    copies = f" and {len(side.copies)} more" if side.copies else ""
    cue = f" [{statement.cue}]" if statement.cue else ""
    place = f"{side.document.name}:{statement.start}-{statement.end}"
    return f"{statement.speaker or 'no speaker named'}{cue}, {place}{copies}"


def _marked(text: str, spans: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], click.style(text[start:end], bold=True, underline=True)]
        at = end
    return "".join([*parts, text[at:]])


def _report(result: Scan, out: Path | None, html: Path | None) -> None:
    for note in dict.fromkeys(result.notes):
        click.echo(f"note: {note}", err=True)
    count = sum(map(len, result.statements))
    stricter = (result.far_threshold, result.self_threshold)
    levels = ", ".join(f"{level:g}" for level in (result.threshold, *stricter) if level is not None)
    levels = " or ".join(levels.rsplit(", ", 1))
    files = " and ".join(str(path) for path in (out, html) if path is not None)
    click.echo(
        f"{_count(len(result.documents), 'document')}, {_count(count, 'statement')}, {_count(result.pairs, 'pair')} "
        f"scored, {_count(len(result.findings), 'contradiction')} from P {levels} on"
        + (f"; see {files}" if files else ""),
        err=True,
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
