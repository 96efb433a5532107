"""Documents in, contradictions out: the walk of a scan."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from nli.attribution.extract import statements as statements_of
from nli.errors import InputError
from nli.scanning.candidates import candidates
from nli.scanning.duplicates import collapse
from nli.scanning.files import write_findings
from nli.scanning.records import Document, Finding, Kind, Scan, Side
from nli.scanning.scores import ScoreLog

if TYPE_CHECKING:
    from nli.attribution.records import Statement
    from nli.detector import Detector, Verdict

Where = Literal["anywhere", "within", "across"]
_ACROSS: dict[Where, bool | None] = {"anywhere": None, "within": False, "across": True}
WINDOW = 1024
"""Pairs that are scored, and noted on disk, at a time."""
THRESHOLD = 0.70
FAR_THRESHOLD = 0.84
SELF_THRESHOLD = 0.95
"""P(contradiction) from which a pair is a finding; one of statements that are not near, which are less often about
the same matter, or of which the narrator makes one; and one of the same speaker, who seldom contradicts himself.
Nearly all pairs of an article are neutral, so that false alarms are many times what they are on balanced pairs."""
NEAR = 0.8
LEAST_NEARNESS = 0.3
LEAST_NEARNESS_ELSE = 0.5
"""From where on two statements are near (`nli.scanning.candidates`); how near those of two named speakers are at least,
to be compared at all; and any others. These and the thresholds were chosen on the dev articles of ``eval/scan``."""

Pair = tuple[int, int, float]
"""Two statements, by their places, and how near they are."""


class Scorer(Protocol):
    """What scores pairs: a detector, or a cluster of them."""

    def stream(self, pairs: Iterable[tuple[str, str]], *, least: Iterable[float]) -> Iterable[Verdict]:
        """Return a verdict for each pair, in their order; what cannot reach its `least` need not be scored in full."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A statement that stands for itself and its copies."""

    statement: Statement
    document: Document
    group: int
    copies: tuple[str, ...]

    @property
    def compared(self) -> str:
        """What the model reads: the statement, with its speaker before it."""
        speaker = self.statement.speaker
        return self.statement.text if speaker is None else f"{speaker} said: {self.statement.text}"


def scan(
    documents: Iterable[Document | str],
    *,
    detector: Detector | None = None,
    scorer: Scorer | None = None,
    where: Where = "anywhere",
    threshold: float | None = None,
    top: int | None = None,
    per_statement: int = 50,
    least_nearness: float | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Scan:
    """Find statements that cannot both stand, in a text or across texts.

    Two statements are compared with their speakers named ("Ana Brel said: …"), which tells a model more often whether
    they are about the same matter.

    Args:
        documents: The texts, as documents or as plain strings.
        detector: Scores the pairs; None for the model that ships with the package.
        scorer: Scores in the detector's place, such as a cluster of it.
        where: "within" compares statements of one document, "across" those of different ones, "anywhere" both.
        threshold: P(contradiction) from which a pair is a finding; None for 0.70 where the statements are near (from
            0.8 on; see `nli.scanning.candidates`), 0.84 where they are not or one has no named speaker, and 0.95 where
            one speaker is on both sides.
        top: The most findings to keep, the strongest; None for all.
        per_statement: The most candidates that a statement is compared with: the nearest ones.
        least_nearness: Pairs that are less near (0 to 4; see `nli.scanning.candidates`) are not scored, since they are
            about different matters; 0 scores nearly all, None those from 0.3 on between two named speakers and from 0.5
            on elsewhere.
        out: A file to write the findings to as JSON lines; the scores are kept beside it until it is whole, so that the
            scan can be resumed. None to write none.
        resume: Go on with the scores that a stopped scan left beside `out`.
        progress: Called with the number of pairs that were dealt with.

    Returns:
        The findings, strongest first, with the documents and all their statements.

    Raises:
        InputError: If no document holds a statement, an argument is out of its range, or the scan to resume was
            another one.
        OutputError: If the findings or the scores cannot be written.
    """
    _check(documents, where, threshold, top, per_statement)
    if detector is None:
        from nli.detector import load

        detector = load()
    texts = [
        Document(document, f"text {n}") if isinstance(document, str) else document
        for n, document in enumerate(documents, 1)
    ]
    found = [statements_of(document.text) for document in texts]
    if not any(found):
        names = ", ".join(document.name for document in texts[:3])
        raise InputError(f"There is no statement in {names or 'the input'}: give texts in whole English sentences.")
    entries = _entries(texts, found)
    result = Scan([], texts, found, 0, THRESHOLD if threshold is None else threshold, detector.name)
    if threshold is None:
        result.far_threshold, result.self_threshold = FAR_THRESHOLD, SELF_THRESHOLD
    pairs = _pairs(entries, where, per_statement, least_nearness)

    def findings(kept: ScoreLog | None) -> list[Finding]:
        read, wanted = tee(pairs)
        levels = (_least(entries, pair, threshold) for pair in wanted)
        scores = _scores(entries, zip(read, levels, strict=True), scorer or detector, result, progress, kept)
        strongest = _strongest(((score, *pair[:2]) for score, pair, least in scores if score >= least), top)
        return [_finding(entries[a], entries[b], score) for score, a, b in strongest]

    if out is None:
        result.findings = findings(None)
    else:
        out = Path(out)
        key = _key(entries, detector, where, per_statement, least_nearness)
        with ScoreLog(out, {**key, "least": threshold}, resume=resume) as kept:
            result.findings = findings(kept)
            write_findings(result, out)
            kept.remove()
    return result


def _check(documents: object, where: str, threshold: float | None, top: int | None, per_statement: int) -> None:
    """Refuse arguments that would give no finding, whatever the texts say."""
    if isinstance(documents, str | Document):
        raise InputError("The documents are a single text, where a list of texts is expected: put it in [ ].")
    if where not in _ACROSS:
        raise InputError(f"There is no {where!r} to compare: let where be one of {', '.join(map(repr, _ACROSS))}.")
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(f"A threshold of {threshold} is no probability: give a number from 0 to 1.")
    for name, number in (("top", top), ("per_statement", per_statement)):
        if number is not None and number < 1:
            raise InputError(f"{name} is {number}, which keeps nothing: give a number from 1 on.")


def _entries(documents: Sequence[Document], found: Sequence[Sequence[Statement]]) -> list[_Entry]:
    """Return the statements that stand behind a claim; one that several documents carry alike counts once."""
    places = [(statement, number) for number, members in enumerate(found) for statement in members if statement.claims]
    entries = []
    for alike in collapse([f"{statement.speaker or ''}: {statement.text}" for statement, _ in places]):
        first, number = places[alike[0]]
        others = dict.fromkeys(documents[places[index][1]].name for index in alike)
        others.pop(documents[number].name, None)
        entries.append(_Entry(first, documents[number], number, tuple(others)))
    return entries


def _pairs(entries: Sequence[_Entry], where: Where, per_statement: int, least_nearness: float | None) -> Iterator[Pair]:
    texts = [entry.statement.text for entry in entries]
    groups = [entry.group for entry in entries]
    for one, other, nearness in candidates(texts, groups=groups, across=_ACROSS[where], per_statement=per_statement):
        least = _least_nearness(entries, one, other) if least_nearness is None else least_nearness
        if nearness >= least and not _overlap(entries[one], entries[other]):
            yield one, other, nearness


def _least_nearness(entries: Sequence[_Entry], one: int, other: int) -> float:
    kind = _kind(entries[one].statement.speaker, entries[other].statement.speaker)
    return LEAST_NEARNESS if kind == "between speakers" else LEAST_NEARNESS_ELSE


def _overlap(one: _Entry, other: _Entry) -> bool:
    """Say whether two statements are cut from the same words, as a whole sentence and a quote in it are."""
    a, b = one.statement, other.statement
    return one.group == other.group and a.start < b.end and b.start < a.end


def _scores(
    entries: Sequence[_Entry],
    pairs: Iterator[tuple[Pair, float]],
    scorer: Scorer,
    result: Scan,
    progress: Callable[[int], None],
    kept: ScoreLog | None,
) -> Iterator[tuple[float, Pair, float]]:
    """Score pairs, each with the P that makes it a finding, those first whose scores an earlier run has left."""
    if kept is not None and kept.known:
        done = list(islice(pairs, len(kept.known)))
        result.pairs += len(done)
        progress(len(done))
        yield from ((score, *pair) for score, pair in zip(kept.known, done, strict=True))
    asked, wanted, answered = tee(pairs, 3)
    texts = ((entries[a].compared, entries[b].compared) for (a, b, _), _ in asked)
    verdicts = scorer.stream(texts, least=(least for _, least in wanted))
    scored = ((verdict.contradiction, *pair) for pair, verdict in zip(answered, verdicts))  # noqa: B905 -- read in step
    while window := list(islice(scored, WINDOW)):
        if kept is not None:
            kept.add([score for score, *_ in window])
        result.pairs += len(window)
        progress(len(window))
        yield from window


def _least(entries: Sequence[_Entry], pair: Pair, threshold: float | None) -> float:
    """Return the P(contradiction) from which a pair is a finding."""
    if threshold is not None:
        return threshold
    a, b, nearness = pair
    kind = _kind(entries[a].statement.speaker, entries[b].statement.speaker)
    if kind == "self":
        return SELF_THRESHOLD
    return THRESHOLD if nearness >= NEAR and kind == "between speakers" else FAR_THRESHOLD


def _strongest(flagged: Iterable[tuple[float, int, int]], top: int | None) -> list[tuple[float, int, int]]:
    """Return the pairs, strongest first; equal ones in the order of the texts."""

    def rank(pair: tuple[float, int, int]) -> tuple[float, int, int]:
        return -pair[0], pair[1], pair[2]

    return sorted(flagged, key=rank) if top is None else heapq.nsmallest(top, flagged, key=rank)


def _finding(a: _Entry, b: _Entry, score: float) -> Finding:
    sides = Side(a.statement, a.document, a.copies), Side(b.statement, b.document, b.copies)
    return Finding(*sides, score, _kind(a.statement.speaker, b.statement.speaker))


def _kind(one: str | None, other: str | None) -> Kind:
    if one is None or other is None:
        return "unattributed"
    return "self" if _bare(one) == _bare(other) else "between speakers"


def _bare(speaker: str) -> str:
    return speaker.casefold().removeprefix("the ").strip()


def _key(
    entries: Sequence[_Entry], detector: Detector, where: Where, per_statement: int, least_nearness: float | None
) -> dict[str, object]:
    """Return what makes two scans score the same pairs in the same order."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(f"{entry.group}\0{entry.compared}\0".encode("utf-8", "surrogatepass"))
    identity = {name: value for name, value in detector.identity().items() if name != "threshold"}
    return {
        **identity,
        "statements": digest.hexdigest(),
        "where": where,
        "per_statement": per_statement,
        "nearness": least_nearness,
    }
