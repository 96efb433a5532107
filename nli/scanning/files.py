"""What a scan writes: its findings as JSON lines, and the page. A file gets its name when it is whole."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nli.errors import MissingExtraError, OutputError
from nli.partfile import PartFile, beside
from nli.scanning.documents import is_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nli.scanning.records import Scan


def check_outputs(inputs: Sequence[str], out: Path | None, page: Path | None) -> None:
    """Refuse outputs that would overwrite an input or cannot be written, before anything is done.

    Args:
        inputs: What is scanned.
        out: The file of findings, if one is to be written.
        page: The page, if one is to be written.

    Raises:
        OutputError: If one of them is an input or would be one of the next scan, the ending is wrong, or the folder is
            not there.
        MissingExtraError: If the page needs what is not installed.
    """
    if page is not None and find_spec("jinja2") is None:
        raise MissingExtraError("Making the page of a scan", "scan")
    if out is not None and out.suffix not in {".jsonl", ".ndjson"}:
        raise OutputError(f"Findings are written as JSON lines: let {out} end in .jsonl.")
    if page is not None and page.suffix not in {".html", ".htm"}:
        raise OutputError(f"The page is written as HTML: let {page} end in .html.")
    for path in (out, page):
        if path is None:
            continue
        if is_read(path, inputs):
            if path.exists():
                raise OutputError(f"{path} is one of the inputs: choose another name for the output.")
            raise OutputError(
                f"{path} would lie in a folder that is scanned, and the next scan would read it: choose another place."
            )
        if not path.parent.is_dir():
            raise OutputError(f"{path} cannot be written, for the folder {path.parent} does not exist: make it first.")


def write_findings(scan: Scan, out: Path) -> None:
    """Write the findings, one JSON object a line, strongest first.

    Raises:
        OutputError: If they cannot be written; nothing is left half-written.
    """
    lines = [json.dumps(finding.as_dict(), ensure_ascii=False) + "\n" for finding in scan.findings]
    _write("".join(lines), out)


def write_page(scan: Scan, page: Path) -> None:
    """Write the page for readers.

    Raises:
        OutputError: If it cannot be written; nothing is left half-written.
        MissingExtraError: If the optional part for scanning is not installed.
    """
    from nli.scanning.page import render

    _write(render(scan), page)


def _write(text: str, path: Path) -> None:
    try:
        part = PartFile(path)
        try:
            part.append(text.encode("utf-8", "backslashreplace"))
            part.sync()
            part.publish()
        finally:
            part.close()
    except OSError as error:
        with suppress(OSError):
            beside(path, ".partial").unlink()
        raise OutputError(
            f"{path} cannot be written ({error.strerror}): make room or choose another place, and start again."
        ) from None
