"""What a scan reads and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nli.attribution.records import Statement

Kind = Literal["between speakers", "self", "unattributed"]


@dataclass(frozen=True, slots=True)
class Document:
    """A text to scan.

    Attributes:
        text: The text; statements point into it by characters.
        name: What it is called in results: a path, with a row or an id where a file holds several.
        title: Its headline, if known.
        source: The outlet or party that published it, if known.
        date: Its date as it stood in the input, if known.
        url: Its address, if known.
        notes: What a reader of the result should know: an encoding that was guessed, another language.
    """

    text: str
    name: str
    title: str | None = None
    source: str | None = None
    date: str | None = None
    url: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a contradiction: a statement and the document it stands in.

    Attributes:
        statement: The statement.
        document: Where it stands.
        copies: Names of other documents that carry the same statement (wire copies).
    """

    statement: Statement
    document: Document
    copies: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the side as an output row has it."""
        return {
            **self.statement.as_dict(),
            "file": self.document.name,
            "source": self.document.source,
            "date": self.document.date,
            "url": self.document.url,
            "copies": list(self.copies),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """Two statements that cannot both stand.

    Attributes:
        a: The one that comes first.
        b: The other.
        contradiction: Calibrated probability that both cannot stand.
        kind: "between speakers", "self" (one speaker against itself), "unattributed" (the narrator is one of them).
    """

    a: Side
    b: Side
    contradiction: float
    kind: Kind

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as an output row has it."""
        return {
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
            "contradiction": self.contradiction,
            "kind": self.kind,
        }


@dataclass(slots=True)
class Scan:
    """The result of a scan.

    Attributes:
        findings: The contradictions, strongest first.
        documents: The documents that were read.
        statements: Statements of each document, in the order of `documents`.
        pairs: Pairs that the model scored.
        threshold: P(contradiction) from which a pair is a finding.
        model: Name of the model.
        notes: What was left out or guessed, one sentence each.
        far_threshold: The same where the two have little in common or one names nobody; None if it is no other.
        self_threshold: The same for one speaker against itself; None if it is no other.
    """

    findings: list[Finding]
    documents: list[Document]
    statements: list[list[Statement]]
    pairs: int
    threshold: float
    model: str
    notes: list[str] = field(default_factory=list)
    far_threshold: float | None = None
    self_threshold: float | None = None
