"""The walk of a scan, with scorers that say what they are told; the model that ships is tested in tests/e2e."""

import errno
import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import nli
from nli import Document, InputError, Label, Verdict

TEXT = """The governor of Rivan, Salma Ferrante, said that the company had opened the gates of the dam.

Ulmaz Power denied that it had opened the gates of the dam.

Ulmaz Power said that the gates had been opened by the army.

The mayor declined to comment on the gates of the dam. Two bridges are closed."""


def scan(documents: Any, **options: Any) -> nli.Scan:
    """Scan with every pair scored, however far apart."""
    return nli.scan(documents, **{"least_nearness": -1.0, **options})


class Told:
    """Gives the pairs that hold both of two words a high P(contradiction), and counts what it was asked."""

    def __init__(self, *pairs: tuple[str, str, float]) -> None:
        self.pairs = pairs
        self.asked: list[tuple[str, str]] = []

    def stream(self, pairs: Iterable[tuple[str, str]], *, least: Iterable[float] = ()) -> Iterator[Verdict]:
        for one, other in pairs:
            self.asked.append((one, other))
            scores = [p for a, b, p in self.pairs if (a in one and b in other) or (a in other and b in one)]
            p = max(scores, default=0.01)
            yield Verdict(p, 0.0, 1 - p, Label.CONTRADICTION if p > 0.5 else Label.NEUTRAL, p > 0.5)


class Breaks(Told):
    """Fails after so many pairs, as a machine that goes down."""

    def __init__(self, after: int) -> None:
        super().__init__(("denied", "company", 0.9))
        self.after = after

    def stream(self, pairs: Iterable[tuple[str, str]], *, least: Iterable[float] = ()) -> Iterator[Verdict]:
        for verdict in super().stream(pairs):
            if len(self.asked) > self.after:
                raise ConnectionError
            yield verdict


def test_the_strongest_comes_first_with_speakers_and_places():
    scorer = Told(("denied", "company", 0.9), ("army", "company", 0.8))
    found = scan([Document(TEXT, "dam.txt")], scorer=scorer)
    assert [finding.contradiction for finding in found.findings] == [0.9, 0.8]
    first = found.findings[0]
    assert first.kind == "between speakers"
    assert "Ferrante" in (first.a.statement.speaker or "")
    assert first.b.statement.speaker == "Ulmaz Power"
    assert "denied" in TEXT[first.b.statement.start : first.b.statement.end]
    assert first.as_dict()["a"]["file"] == "dam.txt"


def test_what_nobody_claims_is_never_compared():
    scorer = Told()
    found = scan([TEXT], scorer=scorer)
    assert any(statement.frame == "declines" for statement in found.statements[0])
    assert scorer.asked
    assert not any("declined" in text for pair in scorer.asked for text in pair)


def test_what_the_narrator_says_must_be_nearer_to_be_compared():
    text = (files("nli.eval.scan") / "articles" / "yeast.txt").read_text(encoding="utf-8")
    near, nearer = Told(), Told()
    nli.scan([text], scorer=near, least_nearness=0.3)
    nli.scan([text], scorer=nearer)
    left_out = [pair for pair in near.asked if pair not in nearer.asked]
    assert 0 < len(nearer.asked) == len(near.asked) - len(left_out)
    speakers = [[re.match(r"([A-Z][^:]{2,60}) said: ", side) for side in pair] for pair in left_out]
    assert speakers
    assert all(a is None or b is None or a[1] == b[1] for a, b in speakers)


def test_one_speaker_against_itself_and_the_narrator_are_told_apart():
    scorer = Told(("denied", "army", 0.98), ("bridges", "company", 0.93))
    kinds = {finding.contradiction: finding.kind for finding in scan([TEXT], scorer=scorer).findings}
    assert kinds == {0.98: "self", 0.93: "unattributed"}


def test_pairs_that_are_about_different_matters_are_not_scored():
    every, near = Told(), Told()
    scan([TEXT], scorer=every)
    nli.scan([TEXT], scorer=near)
    assert set(near.asked) < set(every.asked)
    assert not any("bridges" in one and "bridges" not in other for one, other in near.asked)
    assert any("denied" in one + other and "company" in one + other for one, other in near.asked)


def test_a_speaker_is_set_against_itself_only_where_that_is_very_likely():
    text = TEXT
    assert not scan([text], scorer=Told(("denied", "army", 0.93))).findings
    assert scan([text], scorer=Told(("denied", "army", 0.93)), threshold=0.6).findings
    assert scan([text], scorer=Told(("denied", "company", 0.93))).findings
    assert not scan([text], scorer=Told(("denied", "company", 0.25))).findings


@pytest.mark.parametrize(("reply", "near"), [("The dam burst on Monday", True), ("No water had left its lake", False)])
def test_statements_with_little_in_common_need_a_higher_p(reply: str, near: bool):
    text = f"The army said that the dam burst on Monday. {reply}, the company said."
    assert bool(scan([text], scorer=Told(("Monday", reply, 0.7))).findings) is near
    assert scan([text], scorer=Told(("Monday", reply, 0.94))).findings
    assert scan([text], scorer=Told(("Monday", reply, 0.7)), threshold=0.4).findings


def test_what_the_narrator_says_needs_a_higher_p():
    text = "The army said that the dam burst on Monday. The dam burst on Monday night."
    assert not scan([text], scorer=Told(("army", "night", 0.8))).findings
    assert scan([text], scorer=Told(("army", "night", 0.93))).findings


def test_a_threshold_and_a_number_of_findings():
    scorer = Told(("denied", "company", 0.9), ("army", "company", 0.8), ("bridges", "company", 0.7))
    assert [f.contradiction for f in scan([TEXT], scorer=scorer, threshold=0.75).findings] == [0.9, 0.8]
    given, usual = scan([TEXT], scorer=scorer, threshold=0.75), scan([TEXT], scorer=scorer)
    assert (given.threshold, given.far_threshold, given.self_threshold) == (0.75, None, None)
    assert (usual.threshold, usual.far_threshold, usual.self_threshold) == (0.70, 0.84, 0.95)
    assert [f.contradiction for f in scan([TEXT], scorer=scorer, top=1).findings] == [0.9]


OTHER = "Ulmaz Power, in a statement, denied that the company had sent any water down the valley."


@pytest.mark.parametrize(("where", "files"), [("within", {("a", "a"), ("b", "b")}), ("across", {("a", "b")})])
def test_within_and_across(where: str, files: set[tuple[str, str]]):
    documents = [Document(TEXT, "a"), Document(f"{OTHER} The army said that it had opened the gates itself.", "b")]
    found = scan(documents, scorer=Told(("", "", 1.0)), where=where)
    assert {(finding.a.document.name, finding.b.document.name) for finding in found.findings} == files


def test_a_wire_copy_counts_once_and_is_named():
    documents = [Document(TEXT, "a"), Document(TEXT.replace("\n\n", "\n\n\n"), "b"), Document(OTHER, "c")]
    scorer = Told(("", "", 1.0))
    found = scan(documents, scorer=scorer)
    sides = [side for finding in found.findings for side in (finding.a, finding.b)]
    assert {side.document.name for side in sides} == {"a", "c"}
    assert all(side.copies == ("b",) for side in sides if side.document.name == "a")
    assert len(scorer.asked) == len(set(map(frozenset, scorer.asked)))


def test_the_same_statement_of_two_speakers_is_two_statements():
    documents = ["The mayor said that the bridge was safe.", "The governor said that the bridge was safe."]
    scorer = Told()
    scan(documents, scorer=scorer)
    assert len(scorer.asked) == 1


def test_a_scan_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nli.scanning.scan.WINDOW", 2)
    out = tmp_path / "out.jsonl"
    whole = scan([TEXT], scorer=Told(("denied", "company", 0.9)))
    with pytest.raises(ConnectionError):
        scan([TEXT], scorer=Breaks(5), out=out)
    rest = Told(("denied", "company", 0.9))
    found = scan([TEXT], scorer=rest, out=out, resume=True)
    assert found.pairs == whole.pairs == len(rest.asked) + 4
    assert [f.as_dict() for f in found.findings] == [f.as_dict() for f in whole.findings]
    assert [json.loads(line) for line in out.read_text().splitlines()] == [f.as_dict() for f in whole.findings]
    assert list(tmp_path.iterdir()) == [out]


def test_findings_that_cannot_be_written_leave_the_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out.jsonl"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("nli.partfile.PartFile.sync", full)
        with pytest.raises(nli.OutputError, match="No space left"):
            scan([TEXT], scorer=Told(("denied", "company", 0.9)), out=out)
    assert list(tmp_path.iterdir()) == [tmp_path / "out.jsonl.scores"]
    again = Told()
    assert len(scan([TEXT], scorer=again, out=out, resume=True).findings) == 1
    assert not again.asked


def test_another_text_cannot_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nli.scanning.scan.WINDOW", 2)
    with pytest.raises(ConnectionError):
        scan([TEXT], scorer=Breaks(5), out=tmp_path / "out.jsonl")
    with pytest.raises(InputError, match="other texts, options or another model"):
        scan([TEXT + " Nobody was hurt."], scorer=Told(), out=tmp_path / "out.jsonl", resume=True)


@pytest.mark.parametrize("documents", [[], [""], ["\n\n"], ["* * *"]])
def test_nothing_to_compare_is_said(documents: list[str]):
    with pytest.raises(InputError, match="no statement"):
        scan(documents, scorer=Told())


def test_the_model_reads_who_said_what():
    asked = Told()
    scan(
        ["“We sold nothing,” Ana Hale said. The bridge at Orle was sold. The town denied that it had sold it."],
        scorer=asked,
    )
    assert any("Ana Hale said: We sold nothing." in pair for pair in asked.asked)
    assert any("The bridge at Orle was sold." in pair for pair in asked.asked)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"where": "foo"}, "one of 'anywhere', 'within', 'across'"),
        ({"threshold": float("nan")}, "from 0 to 1"),
        ({"threshold": 7}, "from 0 to 1"),
        ({"top": 0}, "top is 0"),
        ({"top": -1}, "top is -1"),
        ({"per_statement": 0}, "per_statement is 0"),
        ({"documents": TEXT}, r"put it in \[ \]"),
        ({"documents": Document(TEXT, "a.txt")}, r"put it in \[ \]"),
    ],
)
def test_arguments_that_would_find_nothing_are_refused(options: dict[str, Any], said: str):
    with pytest.raises(InputError, match=said):
        scan(**{"documents": [TEXT], "scorer": Told(), **options})


def test_findings_are_written_to_a_path_given_as_text(tmp_path: Path):
    scan([TEXT], scorer=Told(("denied", "company", 0.9)), out=str(tmp_path / "out.jsonl"))
    assert (tmp_path / "out.jsonl").read_text()
