"""The prose of a Markdown text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nli.errors import MissingExtraError
from nli.scanning.records import Document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

_FIELD = re.compile(r"(?P<key>[A-Za-z_-]+):\s*(?P<value>.*)")
_FRONT_LINE = re.compile(r"[\w-]+:.*|\s.*|- .*|#.*|")


def read_markdown(markdown: str, name: str) -> Document:
    """Read the prose of a Markdown text.

    Headings, paragraphs, list items and quoted blocks keep their words and line breaks and are set apart by an
    empty line. Code blocks, tables, images, raw HTML and text that is struck out are left out.

    Args:
        markdown: The text as CommonMark, with or without a YAML front matter.
        name: What the document is called.

    Returns:
        The document; title, source, date and url are those of the front matter, the title else its first heading.

    Raises:
        MissingExtraError: If markdown-it-py is not installed.
    """
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        raise MissingExtraError("Reading Markdown", "scan") from None

    fields, body = _front_matter(markdown)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
    blocks: list[str] = []
    in_table = False
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type in {"table_open", "table_close"}:
            in_table = token.type == "table_open"
        elif token.type == "inline" and not in_table and (block := _inline(token.children or []).strip()):
            blocks.append(block)
            if before is not None and before.type == "heading_open":
                fields.setdefault("title", block)
    return Document(
        text="\n\n".join(blocks),
        name=name,
        title=fields.get("title"),
        source=fields.get("source"),
        date=fields.get("date"),
        url=fields.get("url"),
    )


def _inline(tokens: Iterable[Token]) -> str:
    """Return the words of a paragraph."""
    parts: list[str] = []
    struck = 0
    for token in tokens:
        if token.type in {"s_open", "s_close"}:
            struck += token.nesting
        elif struck:
            continue
        elif token.type in {"text", "text_special", "code_inline"}:
            parts.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
    return "".join(parts)


def _front_matter(markdown: str) -> tuple[dict[str, str], str]:
    """Split a text into the plain fields of its front matter and what follows."""
    lines = markdown.split("\n")
    if lines[0].rstrip() != "---":
        return {}, markdown
    end = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() in {"---", "..."}), 0)
    front = lines[1:end]
    # A rule at the top of a text without front matter looks alike, but prose stands below it.
    if not front or not all(_FRONT_LINE.fullmatch(line) for line in front):
        return {}, markdown
    found = [match for line in front if (match := _FIELD.fullmatch(line))]
    values = {match["key"].lower(): match["value"].strip().strip("\"'") for match in found}
    return {key: value for key, value in values.items() if value}, "\n".join(lines[end + 1 :])
