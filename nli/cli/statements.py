"""``nli statements``: who says what in a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nli.attribution.records import Statement
    from nli.scanning.records import Document


@click.command("statements", no_args_is_help=True)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--text-column",
    metavar="NAME",
    help="Column of a table that holds the text.  [default: text, body, content or article]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, one a statement.  [default: a readable list]")
def statements_command(files: tuple[str, ...], text_column: str | None, *, as_json: bool) -> None:
    """List the statements of news texts in English: who says, denies or asks what, and where.

    FILE is a text (.txt, .md, .html), a table of texts (.jsonl, .csv, .tsv, .parquet), a folder of these, or - for
    plain text on stdin. Offsets are characters of the text as it was read.
    """
    from nli.attribution.extract import statements
    from nli.scanning.documents import read_documents

    for document in read_documents(files, text_column=text_column, on_note=lambda note: click.echo(note, err=True)):
        for statement in statements(document.text):
            click.echo(_row(document, statement) if as_json else _readable(document, statement))


def _row(document: Document, statement: Statement) -> str:
    return json.dumps({"file": document.name, **statement.as_dict()}, ensure_ascii=False)


def _readable(document: Document, statement: Statement) -> str:
    how = statement.frame if statement.cue is None else f"{statement.frame}, {statement.cue}"
    quoted = ", quoted" if statement.direct else ""
    where = f"{document.name}:{statement.start}-{statement.end}"
    return f"{statement.speaker or 'narrator'} [{how}{quoted}] {statement.text}  ({where})"
