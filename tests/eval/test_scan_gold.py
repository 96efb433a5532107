"""Marked articles: they are whole and of both splits, and the figures of a scan follow from what it finds."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from nli.attribution.records import Statement
from nli.errors import InputError, OutputError
from nli.eval.scan.gold import LEAST, Conflict, problems, read_gold, shipped
from nli.eval.scan.measure import head, measure, run
from nli.scanning.records import Finding, Scan, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nli.eval.scan.gold import Event
    from nli.scanning.records import Document

EVENTS = shipped()
HOMES = {f"{article.name}.txt": (event, article) for event in EVENTS for article in event.articles}


def statements_of(name: str) -> dict[str, Statement]:
    """Return what a perfect extraction would find in an article, by the ids of the marks."""
    return {
        item.id: Statement(item.quote, item.speaker, None, item.frame, False, item.start, item.end, 0)  # type: ignore[arg-type]
        for item in HOMES[name][1].statements
    }


def scanner(flags: Callable[[Event, str, str], bool], change: Callable[[Statement], Statement] = lambda s: s):
    """Return a scan that extracts all marks, changed, and flags the pairs that `flags` says, second side first."""

    def scan(documents: Sequence[Document]) -> Scan:
        sides = {
            key: Side(change(statement), document)
            for document in documents
            for key, statement in statements_of(document.name).items()
        }
        event = HOMES[documents[0].name][0]
        findings = [
            Finding(sides[two], sides[one], 0.9, "between speakers")
            for one, two in combinations(sides, 2)
            if flags(event, one, two)
        ]
        found = [[change(item) for item in statements_of(document.name).values()] for document in documents]
        return Scan(findings, list(documents), found, len(findings), 0.5, "stand-in")

    return scan


GOLD = {event.name: {pair for conflict in event.conflicts for pair in conflict.pairs} for event in EVENTS}


def is_gold(event: Event, one: str, two: str) -> bool:
    return frozenset({one, two}) in GOLD[event.name]


def test_the_articles_are_sound() -> None:
    assert problems(EVENTS) == []
    assert sum(len(event.articles) for event in EVENTS) == 45
    assert all(shipped(split) for split in ("dev", "test"))  # type: ignore[arg-type]
    assert len(shipped("dev")) + len(shipped("test")) == len(EVENTS)


def test_the_table_of_the_readme_is_true() -> None:
    text = (files("nli.eval.scan") / "README.md").read_text(encoding="utf-8")
    for split in ("dev", "test"):
        events = shipped(split)  # type: ignore[arg-type]
        counts = [
            *(sum(event.kind == kind for event in events) for kind in LEAST),
            sum(len(article.statements) for event in events for article in event.articles),
            sum(len(event.conflicts) for event in events),
            sum(len(GOLD[event.name]) for event in events),
            sum(len(event.near) for event in events),
        ]
        assert f"| {split} | {' | '.join(map(str, counts))} |" in text


def test_singles_have_two_to_five_conflicts_and_near_misses() -> None:
    assert all(2 <= len(event.conflicts) <= 5 for event in EVENTS if event.kind == "single")
    assert all(len(event.near) >= 5 for event in EVENTS)


def test_splits_share_no_speaker_named_in_full() -> None:
    names = {
        split: {
            item.speaker
            for event in shipped(split)  # type: ignore[arg-type]
            for article in event.articles
            for item in article.statements
            if item.speaker and len([word for word in item.speaker.split() if word[0].isupper()]) > 1
        }
        for split in ("dev", "test")
    }
    assert len(names["dev"]) > 20
    assert not names["dev"] & names["test"]


def test_a_perfect_scan_has_perfect_figures() -> None:
    figures = measure(scanner(is_gold))
    for split in ("dev", "test", "all"):
        for part in figures[split]["contradictions"].values():
            assert part["precision"] == part["recall"] == part["f1"] == part["pair_recall"] == part["pair_f1"] == 1
        assert figures[split]["speakers"]["f1"] == figures[split]["frames"]["accuracy"] == 1
        assert figures[split]["clean"]["false_flags"] == figures[split]["near_misses"]["flagged"] == 0
        assert figures[split]["pairs_extracted"]["share"] == 1
    counts = figures["all"]["contradictions"]
    assert counts["within"]["pairs"] + counts["across"]["pairs"] == counts["all"]["pairs"] == counts["all"]["right"]
    assert counts["all"]["conflicts"] == sum(len(event.conflicts) for event in EVENTS)
    assert all(not entry["wrong"] and not entry["missed"] for entry in figures["dev_errors"].values())
    assert set(figures["dev_errors"]) == {event.name for event in shipped("dev")}


def test_a_scan_that_flags_all_is_imprecise_and_one_that_flags_none_finds_none() -> None:
    some = [next(event for event in EVENTS if event.kind == kind) for kind in LEAST]
    everything = measure(scanner(lambda *_: True), some)["all"]
    assert everything["contradictions"]["all"]["recall"] == 1
    assert everything["contradictions"]["all"]["precision"] < 0.1
    assert everything["near_misses"]["flagged"] == everything["near_misses"]["pairs"]
    assert everything["clean"]["false_flags"] > 100
    nothing = measure(scanner(lambda *_: False), some)["all"]["contradictions"]["all"]
    assert nothing["precision"] is None
    assert nothing["recall"] == nothing["f1"] == nothing["findings"] == 0


def test_one_pair_is_enough_for_a_conflict_but_not_for_its_pairs() -> None:
    event = next(event for event in EVENTS if any(len(conflict.pairs) > 1 for conflict in event.conflicts))
    first = [(conflict.one[0], conflict.other[0]) for conflict in event.conflicts]
    part = measure(scanner(lambda _, one, two: (one, two) in first or (two, one) in first), [event])
    figures = part["all"]["contradictions"]["within"]
    assert figures["recall"] == figures["precision"] == 1
    assert figures["pairs_found"] == len(first) < figures["pairs"]


def test_open_pairs_count_neither_way_and_near_misses_are_wrong() -> None:
    event = next(event for event in EVENTS if event.kind == "single" and event.open)
    part = measure(scanner(lambda event, one, two: frozenset({one, two}) in event.open), [event])
    figures = part["all"]["contradictions"]["within"]
    assert (figures["findings"], figures["open"]) == (0, len(event.open))
    part = measure(scanner(lambda event, one, two: frozenset({one, two}) in event.near), [event])["all"]
    assert part["contradictions"]["within"]["precision"] == 0
    assert part["near_misses"]["flagged"] == len(event.near)


@pytest.mark.parametrize(("share", "recall"), [(0.1, 0), (0.5, 1)])
def test_a_side_must_share_half_of_the_shorter_stretch(share: float, recall: int) -> None:
    event = next(event for event in EVENTS if event.name == "tannery")

    def moved(statement: Statement) -> Statement:
        length = statement.end - statement.start
        start = statement.end - max(1, -(-int(length * share * 100) // 100)) - 1
        return replace(statement, start=start, end=start + length)

    assert measure(scanner(is_gold, moved), [event])["all"]["contradictions"]["within"]["recall"] == pytest.approx(
        recall
    )


def test_wrong_speakers_and_frames_are_counted() -> None:
    wrong = measure(scanner(is_gold, lambda item: replace(item, speaker="Nobody Known", frame="asks")))["test"]
    assert wrong["speakers"]["precision"] == wrong["speakers"]["recall"] == 0
    assert wrong["frames"]["accuracy"] < 0.2
    assert wrong["pairs_extracted"]["count"] == 0
    none = measure(scanner(is_gold, lambda item: replace(item, speaker=None)))["test"]["speakers"]
    assert (none["precision"], none["recall"], none["named"]) == (None, 0, 0)


def test_an_alias_is_as_right_as_the_name() -> None:
    event = next(event for event in EVENTS if event.name == "tannery")
    short = {"Hadrova Leather": "Hadrova", "Stefan Malik": "Malik, its managing director"}
    figures = measure(scanner(is_gold, lambda s: replace(s, speaker=short.get(s.speaker or "", s.speaker))), [event])
    assert figures["all"]["speakers"]["f1"] == 1


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Norland's foreign ministry", "ministry"),
        ("an aide to the minister", "aide"),
        ("Ana Brel, who leads the union", "brel"),
        ("the daily Tribun’s", "tribun"),  # noqa: RUF001
        ("", ""),
    ],
)
def test_the_head_of_a_name(name: str, word: str) -> None:
    assert head(name) == word


def test_what_is_wrong_with_marks_is_found() -> None:
    event = EVENTS[0]
    article = event.articles[0]
    one, two = article.statements[:2]

    def faults(**changes: object) -> str:
        return "\n".join(problems([replace(event, **changes), *EVENTS[1:]]))  # type: ignore[arg-type]

    def of_statements(*changed: object) -> str:
        return faults(articles=(replace(article, statements=(*changed, *article.statements[2:])),))

    assert "stands 0 times" in of_statements(replace(one, quote="Nobody wrote this.", start=-1), two)
    assert "stands more than once" in of_statements(one, replace(two, id=one.id))
    assert "unknown frame" in of_statements(replace(one, frame="sings"), two)
    assert "and the speaker None" in of_statements(replace(one, speaker=None), two)
    assert "headline" in of_statements(replace(one, quote=article.text[:30], start=0), two)
    assert "is none of dev, test" in faults(split="train")
    assert "of the kind clean" in faults(kind="clean")
    assert "has 1 articles" in faults(kind="pair")
    assert "there is no statement s99" in faults(conflicts=(Conflict("c1", ("s1",), ("s99",), ("number",)),))
    assert "paired with itself" in faults(conflicts=(Conflict("c1", ("s1",), ("s1",), ("number",)),))
    assert "is not a tag" in faults(conflicts=(Conflict("c1", ("s1",), ("s2",), ("loud",)),))
    assert "stand in c1 and in open" in faults(open=frozenset(event.conflicts[0].pairs))
    assert f"fewer than {LEAST['pair']}" in "\n".join(problems([event]))
    assert "words, not" in faults(articles=(replace(article, text="Short."),))


def test_unusable_files_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose one of dev, test"):
        shipped("train")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot be read"):
        read_gold(tmp_path / "none.jsonl", tmp_path)
    path = tmp_path / "gold.jsonl"
    for line in ("{", "[]", json.dumps({"event": "x"})):
        path.write_text(line + "\n", encoding="utf-8")
        with pytest.raises(InputError, match="line 1"):
            read_gold(path, tmp_path)


def test_a_missing_folder_is_told_before_the_model_runs(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make it first"):
        run(out=tmp_path / "none" / "figures.json")
