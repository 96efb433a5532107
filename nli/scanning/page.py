"""The page of a scan: one file that opens anywhere, each contradiction side by side and in its place in the text.

The style and the few lines of script for the filters stand in the page, and nothing but the filters is lost without
the script. Every text is escaped by the template engine; no markup is built here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nli.errors import MissingExtraError
from nli.scanning.passages import Part, Passage, parts, passage, regions
from nli.scanning.records import Document, Finding, Kind, Scan, Side
from nli.scanning.words import differing

if TYPE_CHECKING:
    from jinja2 import Environment

FINDINGS_SHOWN = 5000
"""Contradictions on a page, the strongest first; a browser is slow with more."""

TEXTS_SHOWN = 2_000_000
"""Characters of whole documents on a page; beyond, the flagged sentences stand with what is around them."""

NAMES_SHOWN = 500
"""Notes, and documents without a finding on the page, that are listed one by one."""

_OPENED = 40_000
"""Characters of documents up to which they are unfolded from the start."""
_NEARLY_ONE = 0.999
_QUOTES = dict.fromkeys(map(ord, "\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"))
_Thing = TypeVar("_Thing", bound=Hashable)
_FOLDER = Path(__file__).parent
_KINDS: dict[Kind, str] = {
    "between speakers": "Between two speakers",
    "self": "One speaker against itself",
    "unattributed": "In a report\N{RIGHT SINGLE QUOTATION MARK}s own words, with no speaker named",
}


@dataclass(frozen=True, slots=True)
class _SideView:
    """One side of a contradiction as the page shows it.

    Attributes:
        side: What it shows.
        parts: The statement, differing words marked.
        context: The stretch of the document that it was made from, with what is around it.
        rewritten: Whether the statement reads otherwise than that stretch.
        anchor: Where the stretch stands among the documents.
    """

    side: Side
    parts: list[Part]
    context: Passage
    rewritten: bool
    anchor: str


@dataclass(frozen=True, slots=True)
class _FindingView:
    """A contradiction as the page shows it.

    Attributes:
        number: Its rank, from 1.
        finding: What it shows.
        kind: Number of its kind among those that can be chosen.
        speakers: Numbers of both speakers likewise.
        files: Numbers of both documents likewise.
        sides: Both sides.
    """

    number: int
    finding: Finding
    kind: int
    speakers: tuple[int, int]
    files: tuple[int, int]
    sides: list[_SideView]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of a document's text.

    Attributes:
        text: The characters.
        anchor: Where links lead, if it is flagged.
        findings: Numbers of the contradictions it takes part in.
        context: What is around it, where the whole text is not shown.
    """

    text: str
    anchor: str | None = None
    findings: Sequence[int] = ()
    context: Passage | None = None


@dataclass(frozen=True, slots=True)
class _DocumentView:
    """A document with flagged sentences.

    Attributes:
        number: Its number among the documents, from 0.
        document: The document.
        statements: How many statements were found in it.
        findings: How many contradictions it takes part in.
        pieces: Its text, or the flagged sentences alone.
    """

    number: int
    document: Document
    statements: int | None
    findings: int
    pieces: list[_Piece]


def render(scan: Scan) -> str:
    """Make the page of a scan.

    The same scan gives the same text. Past `FINDINGS_SHOWN` contradictions the page holds the strongest and says so.

    Args:
        scan: What was found.

    Returns:
        A whole HTML document, which loads nothing from elsewhere.

    Raises:
        MissingExtraError: If the optional part for scanning is not installed.
    """
    template = _environment().get_template("page.html.j2")
    shown = scan.findings[:FINDINGS_SHOWN]
    sides = [side for finding in shown for side in (finding.a, finding.b)]
    documents = _numbered((*scan.documents, *(side.document for side in sides)))
    speakers = _numbered(sorted({side.statement.speaker for side in sides}, key=_alphabetical))
    kinds = _numbered(_KINDS)
    whole = sum(len(document.text) for document in {side.document for side in sides}) <= TEXTS_SHOWN
    counts = dict(zip(scan.documents, map(len, scan.statements), strict=True))
    views, anchors = _documents(sides, documents, counts, whole=whole)
    findings = [
        _FindingView(
            number=at + 1,
            finding=finding,
            kind=kinds[finding.kind],
            speakers=(speakers[finding.a.statement.speaker], speakers[finding.b.statement.speaker]),
            files=(documents[finding.a.document], documents[finding.b.document]),
            sides=_sides(finding, anchors[2 * at], anchors[2 * at + 1]),
        )
        for at, finding in enumerate(shown)
    ]
    flagged = {view.number for view in views}
    copied = {name for side in sides for name in side.copies}
    page = template.render(
        scan=scan,
        findings=findings,
        documents=views,
        others=[
            (document, count, document.name in copied)
            for document, count in counts.items()
            if documents[document] not in flagged
        ],
        statements=sum(map(len, scan.statements)),
        speakers=list(speakers),
        kinds=list(_KINDS.values()),
        kinds_found=sorted({view.kind for view in findings}),
        names_shown=NAMES_SHOWN,
        whole=whole,
        opened=sum(len(view.document.text) for view in views) <= _OPENED,
        least=min((int(finding.contradiction * 100) for finding in shown), default=0),
        notes=[
            *({"name": "", "text": note} for note in scan.notes),
            *({"name": document.name, "text": note} for document in documents for note in document.notes),
        ],
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _numbered(things: Iterable[_Thing]) -> dict[_Thing, int]:
    """Number things from 0 in their order, equal ones alike."""
    return {thing: number for number, thing in enumerate(dict.fromkeys(things))}


def _alphabetical(speaker: str | None) -> tuple[bool, str, str]:
    """Sort names without regard to case, the missing one last."""
    return speaker is None, (speaker or "").casefold(), speaker or ""


def _sides(finding: Finding, *anchors: str) -> list[_SideView]:
    """Gather what the page shows of both sides.

    A statement that is a stretch of its document but for its stop and capital is shown as it stands there.
    """
    sides = finding.a, finding.b
    contexts = [passage(side.document.text, side.statement.start, side.statement.end) for side in sides]
    rewritten = [
        _plain(side.statement.text) != _plain(context.stretch) for side, context in zip(sides, contexts, strict=True)
    ]
    texts = [
        side.statement.text if new else context.stretch
        for side, context, new in zip(sides, contexts, rewritten, strict=True)
    ]
    marks = differing(texts[0], texts[1])
    return [
        _SideView(sides[at], parts(texts[at], marks[at]), contexts[at], rewritten[at], anchors[at]) for at in (0, 1)
    ]


def _plain(text: str) -> str:
    """Return a text without what changes when a stretch is made a sentence: white space, quotes, case, its stop."""
    return " ".join(text.translate(_QUOTES).split()).casefold().strip(" .,")


def _documents(
    sides: Sequence[Side], numbers: Mapping[Document, int], statements: Mapping[Document, int], *, whole: bool
) -> tuple[list[_DocumentView], list[str]]:
    """Flag in each document what contradicts something.

    Returns:
        The documents with flagged sentences in their order, and for each side the anchor of its place in them.
    """
    places: dict[Document, list[int]] = {}
    for at, side in enumerate(sides):
        places.setdefault(side.document, []).append(at)
    views, anchors = [], [""] * len(sides)
    for document in sorted(places, key=numbers.__getitem__):
        found = places[document]
        pieces, last, text = [], 0, document.text
        for region in regions([(sides[at].statement.start, sides[at].statement.end) for at in found]):
            members = [found[member] for member in region.members]
            anchor = f"s{members[0]}"
            for member in members:
                anchors[member] = anchor
            if whole:
                pieces.append(_Piece(text[last : region.start]))
            pieces.append(
                _Piece(
                    text[region.start : region.end],
                    anchor=anchor,
                    findings=sorted({member // 2 + 1 for member in members}),
                    context=None if whole else passage(text, region.start, region.end),
                )
            )
            last = region.end
        if whole:
            pieces.append(_Piece(text[last:]))
        views.append(
            _DocumentView(
                number=numbers[document],
                document=document,
                statements=statements.get(document),
                findings=len({at // 2 for at in found}),
                pieces=[piece for piece in pieces if piece.text],
            )
        )
    return views, anchors


def _environment() -> Environment:
    """Return the template engine: everything escaped, anything missing an error."""
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError("Making the page of a scan", "scan") from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["probability"] = _probability
    environment.filters["link"] = _link
    return environment


def _probability(value: float) -> str:
    """Return a probability to three places, never rounded up to certainty."""
    return f">{_NEARLY_ONE}" if _NEARLY_ONE < value < 1 else f"{value:.3f}"


def _link(url: str | None) -> str | None:
    """Return an address if it is one of the web; any other would be a trap as a link."""
    return url if url and url.lower().startswith(("https://", "http://")) else None
