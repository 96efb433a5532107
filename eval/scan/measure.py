"""How many contradictions of marked news articles a scan finds, and how much else it flags.

``nli eval scan`` shows the figures. Each article is scanned by itself, and the
two articles of a pair are scanned across as well.

A finding is right if its sides overlap two marked statements, each by half of the shorter stretch or more, and these
two are marked as a contradiction. One that meets a pair marked as open, or a headline, counts neither way. All else
that is flagged is wrong, whether it was marked or not.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nli.errors import OutputError
from nli.eval.scan.gold import shipped
from nli.scanning.records import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nli.attribution.records import Statement
    from nli.eval.scan.gold import Article, Event, GoldStatement, Pair
    from nli.scanning.records import Finding, Scan, Side

Part = Literal["within", "across"]

LEAST_OVERLAP = 0.5
"""Share of the shorter of two stretches that they have in common at least, if they are the same statement."""
# A name ends where words that describe it begin: "an aide to the minister", "Ana Brel, who leads the union".
_DESCRIPTION = re.compile(r",| (?:of|for|from|to|in|at|on|with|close|led|who|which|that)\b")


@dataclass(slots=True)
class _Outcome:
    """What the scans of one event gave."""

    counts: Counter[str] = field(default_factory=Counter)
    hits: set[Pair] = field(default_factory=set)
    near: set[Pair] = field(default_factory=set)
    wrong: list[dict[str, Any]] = field(default_factory=list)


def measure(
    scan_function: Callable[[Sequence[Document]], Scan], events: Iterable[Event] | None = None
) -> dict[str, Any]:
    """Measure a scan on the marked articles.

    Args:
        scan_function: Called with one document, for the contradictions within it, and with the two documents of a pair,
            of which the findings across are taken.
        events: The marked events; None for all that ship.

    Returns:
        The figures of each split that has events, and of all together: counts, "contradictions" (within the articles,
        across them, and all), "speakers", "frames", "clean" articles and "near_misses". Beside them "dev_errors": what
        was wrong or missed on dev, by event. The errors on test are not shown.
    """
    totals: dict[str, Counter[str]] = {}
    errors = {}
    for event in shipped() if events is None else events:
        outcome = _scanned(event, scan_function)
        totals.setdefault(event.split, Counter()).update(outcome.counts)
        if event.split == "dev":
            errors[event.name] = {"wrong": outcome.wrong, "missed": _missed(event, outcome.hits)}
    figures: dict[str, Any] = {split: _figures(counts) for split, counts in totals.items()}
    figures["all"] = _figures(sum(totals.values(), Counter()))
    return {**figures, "dev_errors": errors}


def _scanned(event: Event, scan_function: Callable[[Sequence[Document]], Scan]) -> _Outcome:
    documents = [Document(article.text, f"{article.name}.txt") for article in event.articles]
    scans = [scan_function([document]) for document in documents]
    statements = [list(chain.from_iterable(scan.statements)) for scan in scans]
    outcome = _Outcome(Counter(articles=len(documents)))
    for article, found in zip(event.articles, statements, strict=True):
        outcome.counts.update(_attributions(article, found))
    _judge(event, "within", list(chain.from_iterable(scan.findings for scan in scans)), outcome)
    if len(documents) > 1:
        both = scan_function(documents).findings
        _judge(event, "across", [item for item in both if item.a.document.name != item.b.document.name], outcome)
    conflicts = [conflict.pairs for conflict in event.conflicts]
    extracted = _extracted(event, statements)
    outcome.counts.update({
        "all.conflicts": len(conflicts),
        "all.conflicts_found": sum(not pairs.isdisjoint(outcome.hits) for pairs in conflicts),
        "pairs_extracted": sum(pair <= extracted for pair in set().union(*conflicts)),
        "near_misses": len(event.near),
        "near_misses_flagged": len(outcome.near),
    })  # fmt: skip
    if event.kind == "clean":
        flags = sum(outcome.counts[f"within.{verdict}"] for verdict in ("near", "wrong"))
        outcome.counts.update({"clean": len(documents), "clean_flags": flags})
    return outcome


def _judge(event: Event, part: Part, findings: Iterable[Finding], outcome: _Outcome) -> None:
    """Compare the findings of one part with what is marked, and note them in the outcome."""
    home = event.home
    conflicts = [
        {pair for pair in conflict.pairs if len({home[key] for key in pair}) == (1 if part == "within" else 2)}
        for conflict in event.conflicts
    ]
    gold: set[Pair] = set().union(*conflicts)
    found: set[Pair] = set()
    for finding in findings:
        sides = [_marked(event, side) for side in (finding.a, finding.b)]
        met = {frozenset(pair) for pair in product(*sides)}
        if met & gold:
            verdict = "right"
            found |= met & gold
        elif met & event.open or any(_in_headline(side) for side in (finding.a, finding.b)):
            verdict = "open"
        elif met & event.near.keys():
            verdict = "near"
            outcome.near |= met & event.near.keys()
        else:
            verdict = "wrong"
        outcome.counts[f"{part}.{verdict}"] += 1
        if verdict in {"near", "wrong"}:
            outcome.wrong.append(_row(finding, verdict))
    outcome.hits |= found
    outcome.counts.update({
        f"{part}.pairs": len(gold),
        f"{part}.pairs_found": len(found),
        f"{part}.conflicts": sum(bool(pairs) for pairs in conflicts),
        f"{part}.conflicts_found": sum(not pairs.isdisjoint(found) for pairs in conflicts),
    })  # fmt: skip


def _attributions(article: Article, found: Sequence[Statement]) -> Counter[str]:
    """Count right speakers and frames among the statements that meet a marked one."""
    counts: Counter[str] = Counter()
    right = set()
    for statement in found:
        met = [item for item in article.statements if _overlap(item, statement)]
        named = {item.id for item in met if _same_speaker(article, item, statement)}
        right |= named
        if statement.speaker is not None and met:
            counts["speakers.named"] += 1
            counts["speakers.right"] += bool(named)
    for item in article.statements:
        frames = {statement.frame for statement in found if _overlap(item, statement)}
        counts["speakers.gold"] += item.speaker is not None
        counts["speakers.found"] += item.id in right
        counts["frames.gold"] += bool(frames)
        counts["frames.right"] += item.frame in frames
    return counts


def _same_speaker(article: Article, item: GoldStatement, statement: Statement) -> bool:
    if item.speaker is None or statement.speaker is None:
        return False
    names = (item.speaker, *article.aliases.get(item.speaker, ()))
    return head(statement.speaker) in {head(name) for name in names}


def head(name: str) -> str:
    """Return the word that two names of the same speaker share: "ministry" for "Norland's foreign ministry".

    Args:
        name: The name, with what describes it.

    Returns:
        Its last word before a comma or a preposition, in lower case and without a possessive's ending.
    """
    words = _DESCRIPTION.split(name.strip().lower(), maxsplit=1)[0].split()
    return re.sub(r"['’]s?$", "", words[-1]).strip("\"'“”‘’.,;:") if words else ""  # noqa: RUF001


def _extracted(event: Event, statements: Sequence[Sequence[Statement]]) -> set[str]:
    """Return the ids of marked statements that an extracted one meets and stands behind."""
    return {
        item.id
        for article, found in zip(event.articles, statements, strict=True)
        for item in article.statements
        if any(statement.claims and _overlap(item, statement) for statement in found)
    }


def _marked(event: Event, side: Side) -> list[str]:
    """Return the ids of the marked statements that a side of a finding meets."""
    articles = [article for article in event.articles if f"{article.name}.txt" == side.document.name]
    return [item.id for article in articles for item in article.statements if _overlap(item, side.statement)]


def _overlap(item: GoldStatement, statement: Statement) -> bool:
    shared = min(item.end, statement.end) - max(item.start, statement.start)
    return shared > 0 and shared >= LEAST_OVERLAP * min(item.end - item.start, statement.end - statement.start)


def _in_headline(side: Side) -> bool:
    return side.statement.start < len(side.document.text.partition("\n")[0])


def _row(finding: Finding, verdict: str) -> dict[str, Any]:
    return {
        "a": f"{finding.a.statement.speaker}: {finding.a.statement.text}",
        "b": f"{finding.b.statement.speaker}: {finding.b.statement.text}",
        "contradiction": round(finding.contradiction, 4),
        "verdict": verdict,
    }


def _missed(event: Event, hits: set[Pair]) -> list[dict[str, Any]]:
    quotes = {item.id: item.quote for article in event.articles for item in article.statements}
    return [
        {
            "id": conflict.id,
            "one": [quotes[key] for key in conflict.one],
            "other": [quotes[key] for key in conflict.other],
        }
        for conflict in event.conflicts
        if conflict.pairs.isdisjoint(hits)
    ]


def _figures(counts: Mapping[str, int]) -> dict[str, Any]:
    every = {
        f"all.{name}": counts[f"within.{name}"] + counts[f"across.{name}"]
        for name in ("right", "near", "wrong", "open", "pairs", "pairs_found")
    }
    total = Counter({**counts, **every})
    precision = _share(counts["speakers.right"], counts["speakers.named"])
    recall = _share(counts["speakers.found"], counts["speakers.gold"])
    return {
        "articles": counts["articles"],
        "contradictions": {part: _part(total, part) for part in ("within", "across", "all")},
        "pairs_extracted": {
            "count": counts["pairs_extracted"],
            "share": _share(counts["pairs_extracted"], total["all.pairs"]),
        },
        "speakers": {
            "precision": precision,
            "recall": recall,
            "f1": _f1(precision, recall),
            **{name: counts[f"speakers.{name}"] for name in ("named", "right", "gold", "found")},
        },
        "frames": {
            "accuracy": _share(counts["frames.right"], counts["frames.gold"]),
            **{name: counts[f"frames.{name}"] for name in ("gold", "right")},
        },
        "clean": {"articles": counts["clean"], "false_flags": counts["clean_flags"]},
        "near_misses": {"pairs": counts["near_misses"], "flagged": counts["near_misses_flagged"]},
    }


def _part(counts: Mapping[str, int], part: str) -> dict[str, Any]:
    right, near, wrong = (counts[f"{part}.{verdict}"] for verdict in ("right", "near", "wrong"))
    precision = _share(right, right + near + wrong)
    conflicts = _share(counts[f"{part}.conflicts_found"], counts[f"{part}.conflicts"])
    pairs = _share(counts[f"{part}.pairs_found"], counts[f"{part}.pairs"])
    return {
        "precision": precision,
        "recall": conflicts,
        "f1": _f1(precision, conflicts),
        "pair_recall": pairs,
        "pair_f1": _f1(precision, pairs),
        "findings": right + near + wrong,
        "right": right,
        "open": counts[f"{part}.open"],
        **{name: counts[f"{part}.{name}"] for name in ("conflicts", "conflicts_found", "pairs", "pairs_found")},
    }


def _share(part: int, whole: int) -> float | None:
    """Return a share, or None where there is nothing to have a share of."""
    return part / whole if whole else None


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None if recall is None else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def run(model: str | None = None, threshold: float | None = None, out: Path | None = None) -> dict[str, Any]:
    """Scan the marked articles with a model and measure.

    Args:
        model: Folder or hub name; None for the model that ships with the package.
        threshold: Least P(contradiction) of a finding; None for the one that a scan takes.
        out: File for the figures and the errors on dev, as JSON; None to write none.

    Returns:
        The figures of `measure`, with the model, the threshold, the date and the versions.

    Raises:
        OutputError: If the file cannot be written.
        ModelError: If the model cannot be loaded.
    """
    if out is not None and not out.absolute().parent.is_dir():
        raise OutputError(f"{out} cannot be written: there is no folder {out.parent}; make it first.")
    from nli.detector import load
    from nli.eval import environment
    from nli.scanning.scan import scan

    detector = load(model)

    def scanned(documents: Sequence[Document]) -> Scan:
        return scan(
            documents, detector=detector, threshold=threshold, where="within" if len(documents) == 1 else "across"
        )

    figures = {
        **measure(scanned),
        "model": detector.name,
        "threshold": threshold,
        "date": time.strftime("%Y-%m-%d"),
        "versions": environment.versions(),
    }
    if out is not None:
        try:
            out.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{out} cannot be written ({error.strerror}); name another file.") from error
    return figures


def summary(split: str, figures: Mapping[str, Any]) -> str:
    """Return the figures of a split as lines of text."""
    lines = [f"{split}: {figures['articles']} articles"]
    for part, row in figures["contradictions"].items():
        lines.append(
            f"  contradictions {part}: precision {_percent(row['precision'])} of {row['findings']}, "
            f"recall {_percent(row['recall'])} of {row['conflicts']}, F1 {_percent(row['f1'])}; "
            f"pairs: recall {_percent(row['pair_recall'])} of {row['pairs']}, F1 {_percent(row['pair_f1'])}"
        )
    row = figures["speakers"]
    of = {
        name: f"{_percent(row[name])} of {row[count]}" for name, count in (("precision", "named"), ("recall", "gold"))
    }
    lines += [
        f"  speakers: precision {of['precision']}, recall {of['recall']}, F1 {_percent(row['f1'])}",
        f"  frames: {_percent(figures['frames']['accuracy'])} right",
        f"  pairs with both sides extracted: {_percent(figures['pairs_extracted']['share'])}",
        f"  false flags on {figures['clean']['articles']} clean articles: {figures['clean']['false_flags']}",
        f"  near misses flagged: {figures['near_misses']['flagged']} of {figures['near_misses']['pairs']}",
    ]
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
