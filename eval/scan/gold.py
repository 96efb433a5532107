"""News articles whose statements, speakers and contradictions were marked by hand; ``README.md`` describes the form.

``gold.jsonl`` has one event a line: one article, or two that report the event from opposing sides.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, get_args

from nli.attribution.records import Frame
from nli.errors import InputError
from nli.eval.denial.cards import DOMAINS, TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.abc import Traversable
    from pathlib import Path

Split = Literal["dev", "test"]
Kind = Literal["single", "pair", "clean"]
Pair = frozenset[str]
"""The ids of two statements of an event, in no order."""

LEAST = {"single": 3, "pair": 1, "clean": 1}
"""Events of each kind that a split has at least."""
WORDS = (250, 600)
"""Fewest and most words of an article."""


@dataclass(frozen=True, slots=True)
class GoldStatement:
    """A statement that was marked in an article.

    Attributes:
        id: Its name, unique in the event.
        quote: The stretch of the article, word for word.
        speaker: Who stands behind it; None for the narrator.
        frame: What the speaker does with the claim.
        start: Where the stretch begins in the article, in characters; -1 if it is not there.
    """

    id: str
    quote: str
    speaker: str | None
    frame: str
    start: int

    @property
    def end(self) -> int:
        """Where the stretch ends."""
        return self.start + len(self.quote)


@dataclass(frozen=True, slots=True)
class Article:
    """A text and what was marked in it.

    Attributes:
        name: Name of its file, without the suffix.
        text: The text; its first line is the headline.
        aliases: Other names of a speaker that are as right as the one that the statements give.
        statements: The statements, in no order that matters.
    """

    name: str
    text: str
    aliases: Mapping[str, tuple[str, ...]]
    statements: tuple[GoldStatement, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One matter that parties contradict each other on.

    Attributes:
        id: Its name, unique in the event.
        one: Ids of the statements on one side.
        other: Ids of those on the other; each contradicts each of `one`.
        tags: Phenomena, as on DenialBench's pairs.
    """

    id: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def pairs(self) -> set[Pair]:
        """The contradicting pairs."""
        return {frozenset(pair) for pair in product(self.one, self.other)}


@dataclass(frozen=True, slots=True)
class Event:
    """One event and the articles on it.

    Attributes:
        name: Its name, unique.
        split: "dev" may be looked at and tuned on; "test" only measures.
        kind: "single" is one article with contradictions, "pair" two on one event from opposing sides, "clean" one that
            is full of denials and has no contradiction.
        domain: One of the domains of DenialBench.
        articles: One article, or two.
        conflicts: All contradictions, within the articles and across them.
        near: Pairs that look like a contradiction and are none, each with the phenomenon that misleads.
        open: Pairs that careful readers may judge either way; they count neither for nor against.
    """

    name: str
    split: str
    kind: str
    domain: str
    articles: tuple[Article, ...]
    conflicts: tuple[Conflict, ...]
    near: Mapping[Pair, str]
    open: frozenset[Pair]

    @property
    def home(self) -> dict[str, int]:
        """The number of the article, from 0, that each statement stands in, by the statement's id."""
        return {item.id: number for number, article in enumerate(self.articles) for item in article.statements}


def shipped(split: Split | None = None) -> list[Event]:
    """Read the events that ship.

    Args:
        split: "dev" or "test"; None for both.

    Returns:
        The events, in the order of the file.

    Raises:
        InputError: If there is no such split, or the files cannot be used.
    """
    if split is not None and split not in get_args(Split):
        raise InputError(f"There are no articles for the split {split!r}; choose one of {', '.join(get_args(Split))}.")
    folder = files("nli.eval.scan")
    found = read_gold(folder / "gold.jsonl", folder / "articles")
    return [event for event in found if split in {None, event.split}]


def read_gold(path: Path | Traversable, articles: Path | Traversable) -> list[Event]:
    """Read a file of marked events.

    Args:
        path: The file, one event a line.
        articles: The folder that holds NAME.txt for each article.

    Returns:
        The events, in the order of the file.

    Raises:
        InputError: If a file cannot be read, or a line is no event of the form that ``README.md`` describes.
    """
    events = []
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            events.append(_event(json.loads(line), articles))
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: not a JSON object ({error}); write one event a line.") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: no event as README.md describes it ({error!r}); mend its fields.") from error
    return events


def problems(events: Sequence[Event]) -> list[str]:
    """Look for what would make the figures wrong.

    Args:
        events: All events.

    Returns:
        One sentence for each problem; none if all is well.
    """
    found = [f"{name} stands more than once." for name, count in Counter(e.name for e in events).items() if count > 1]
    for split, (kind, least) in product(get_args(Split), LEAST.items()):
        count = sum(event.split == split and event.kind == kind for event in events)
        if count < least:
            found.append(f"{split} has {count} events of the kind {kind}, fewer than {least}.")
    for event in events:
        found += _problems_of_event(event)
        for article in event.articles:
            found += _problems_of_article(article)
    return found


def _problems_of_event(event: Event) -> Iterator[str]:
    name = event.name
    for value, known in ((event.split, get_args(Split)), (event.kind, get_args(Kind)), (event.domain, DOMAINS)):
        if value not in known:
            yield f"{name}: {value} is none of {', '.join(known)}."
    if len(event.articles) != (2 if event.kind == "pair" else 1):
        yield f"{name} has {len(event.articles)} articles, which is wrong for the kind {event.kind}."
    if (event.kind == "clean") == bool(event.conflicts):
        yield f"{name} is of the kind {event.kind} and has {len(event.conflicts)} conflicts."
    ids = Counter(item.id for article in event.articles for item in article.statements)
    yield from (f"{name}: the statement {key} stands more than once." for key, count in ids.items() if count > 1)
    seen: dict[Pair, str] = {}
    marked = [(pair, conflict.id) for conflict in event.conflicts for pair in conflict.pairs]
    marked += [(pair, "near") for pair in event.near] + [(pair, "open") for pair in event.open]
    for pair, where in marked:
        both = " and ".join(sorted(pair))
        if len(pair) != 2:  # noqa: PLR2004 -- a pair
            yield f"{name}, {where}: {both} is paired with itself."
        if unknown := sorted(pair - set(ids)):
            yield f"{name}, {where}: there is no statement {', '.join(unknown)}."
        if pair in seen:
            yield f"{name}: {both} stand in {seen[pair]} and in {where}."
        seen[pair] = where
    tags = [tag for conflict in event.conflicts for tag in conflict.tags] + list(event.near.values())
    yield from (f"{name}: {tag} is not a tag." for tag in sorted(set(tags) - set(TAGS)))


def _problems_of_article(article: Article) -> Iterator[str]:
    name, text = article.name, article.text
    least, most = WORDS
    if not least <= len(text.split()) <= most:
        yield f"{name} has {len(text.split())} words, not {least} to {most}."
    headline = len(text.partition("\n")[0])
    for item in article.statements:
        count = text.count(item.quote)
        if count != 1:
            yield f"{name}: the stretch of {item.id} stands {count} times in the text, not once."
        elif item.start < headline:
            yield f"{name}: {item.id} stands in the headline, which is no statement."
        if item.frame not in get_args(Frame):
            yield f"{name}: {item.id} has the unknown frame {item.frame}."
        if (item.speaker is None) != (item.frame == "reports"):
            yield f"{name}: {item.id} has the frame {item.frame} and the speaker {item.speaker}."
    speakers = {item.speaker for item in article.statements}
    yield from (f"{name}: {other} has aliases and says nothing." for other in article.aliases if other not in speakers)


def _event(row: Mapping[str, Any], folder: Path | Traversable) -> Event:
    return Event(
        row["event"],
        row["split"],
        row["kind"],
        row["domain"],
        tuple(_article(article, folder) for article in row["articles"]),
        tuple(
            Conflict(entry["id"], tuple(entry["one"]), tuple(entry["other"]), tuple(entry["tags"]))
            for entry in row["conflicts"]
        ),
        {frozenset(entry["pair"]): entry["tag"] for entry in row["near"]},
        frozenset(frozenset(pair) for pair in row["open"]),
    )


def _article(row: Mapping[str, Any], folder: Path | Traversable) -> Article:
    text = _read(folder / f"{row['name']}.txt")
    statements = tuple(
        GoldStatement(item["id"], item["quote"], item["speaker"], item["frame"], text.find(item["quote"]))
        for item in row["statements"]
    )
    return Article(row["name"], text, {name: tuple(names) for name, names in row["aliases"].items()}, statements)


def _read(path: Path | Traversable) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as UTF-8 text ({error}); name a file of the marked articles."
        ) from error
