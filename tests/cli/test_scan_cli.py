"""``nli scan`` and ``nli statements`` as processes, with the model that ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nli.errors import OutputError
from nli.scanning.files import check_outputs
from nli.scanning.scan import SELF_THRESHOLD

TEXT = """Two governments at odds over the strait

PORT KESH (AFN) - The Arvanian navy fired two missiles at the tanker Lindis, Kesh's defence ministry said.

"Not one missile was fired at the tanker," said Admiral Oren Talvik of the Arvanian navy. "Our ships were in port."

A spokesman for the tanker's owner declined to comment. Kesh called for an inquiry.
"""

REPLY = "Arvania's foreign ministry denied that its navy had fired missiles at the tanker Lindis in the strait of Kesh."


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "strait.txt"
    path.write_text(TEXT)
    return path


def test_a_text_is_scanned_in_one_go(run: Callable, article: Path):
    done = run("scan", article, "--json", "--quiet")
    assert done.code == 0, done.err
    assert done.err == ""
    (first, *_) = json.loads(done.out)
    assert first["kind"] == "between speakers"
    sides = {first[side]["speaker"]: first[side] for side in "ab"}
    assert any("Talvik" in speaker for speaker in sides)
    for side in sides.values():
        assert side["file"] == str(article)
        assert side["text"].strip(".").lower()[-20:] in TEXT[side["start"] : side["end"]].lower() or side["direct"]


def test_the_terminal_shows_a_against_b_and_what_was_done(run: Callable, article: Path):
    done = run("scan", article)
    assert done.code == 0, done.err
    assert done.out.startswith("P(contradiction) ")
    assert "  A  " in done.out
    assert "Not one missile was fired" in done.out
    assert done.err.startswith("1 document, ")
    assert " pair scored, " in done.err


def test_findings_and_page_go_into_files(run: Callable, article: Path, tmp_path: Path):
    other = tmp_path / "reply.txt"
    other.write_text(REPLY)
    out, page = tmp_path / "found.jsonl", tmp_path / "page.html"
    done = run("scan", article, other, "-o", out, "--html", page, "--across", "--threshold", 0.1)
    assert done.code == 0, done.err
    assert done.out == ""
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows
    assert all({row["a"]["file"], row["b"]["file"]} == {str(article), str(other)} for row in rows)
    assert [row["contradiction"] for row in rows] == sorted((row["contradiction"] for row in rows), reverse=True)
    assert "Talvik" in page.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.jsonl", "page.html", "reply.txt", "strait.txt"]


def test_standard_input_and_tables(run: Callable, tmp_path: Path):
    by_pipe = json.loads(run("scan", "-", "--json", "--quiet", stdin=TEXT.encode()).out)
    table = tmp_path / "news.jsonl"
    table.write_text(json.dumps({"id": "n1", "story": TEXT, "source": "AFN"}) + "\n")
    by_table = json.loads(run("scan", table, "--text-column", "story", "--json", "--quiet").out)
    assert [row["contradiction"] for row in by_pipe] == [row["contradiction"] for row in by_table]
    assert by_table[0]["a"]["file"] == f"{table}#n1"
    assert by_table[0]["a"]["source"] == "AFN"


def test_the_limits_of_all_kinds_of_pairs_are_said(run: Callable, tmp_path: Path):
    path = tmp_path / "bridge.txt"
    path.write_text("The mayor said the bridge was safe on Monday. The mayor said the bridge was closed on Monday.")
    done = run("scan", path, "--text-column", "story")
    assert f"{SELF_THRESHOLD:g} for one speaker against itself" in done.out
    assert f"or {SELF_THRESHOLD:g} on" in done.err
    assert "note: No table was read" in done.err


def test_a_higher_threshold_finds_nothing_and_says_so(run: Callable, article: Path):
    done = run("scan", article, "--threshold", "1")
    assert done.code == 0
    assert done.out.startswith("No contradiction: none of ")


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "empty"), (b"\0\1\2\3" * 50, "binary"), (b"*** --- ***\n", "sentence")],
)
def test_a_file_that_cannot_be_used_is_refused(refused: Callable, tmp_path: Path, content: bytes, what: str):
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    assert what in refused("scan", path)


def test_outputs_are_checked_before_anything_is_done(refused: Callable, article: Path, tmp_path: Path):
    assert "end in .jsonl" in refused("scan", article, "-o", tmp_path / "found.txt")
    assert "end in .html" in refused("scan", article, "--html", tmp_path / "page.pdf")
    assert "does not exist" in refused("scan", article, "-o", tmp_path / "none" / "found.jsonl")
    inputs = tmp_path / "in.jsonl"
    inputs.write_text(json.dumps({"text": TEXT}) + "\n")
    assert "one of the inputs" in refused("scan", inputs, "-o", inputs)
    assert inputs.read_text()


def test_what_a_folder_holds_is_not_overwritten_and_no_output_becomes_an_input(tmp_path: Path):
    press = tmp_path / "press"
    press.mkdir()
    page, wire, linked = press / "b.html", press / "wire.jsonl", tmp_path / "linked.jsonl"
    page.write_text(f"<p>{REPLY}</p>")
    for table in (wire, linked):
        table.write_text(json.dumps({"text": TEXT}) + "\n")
    (press / "link.jsonl").symlink_to(linked)
    for path in (page, wire, linked):
        with pytest.raises(OutputError, match=f"{path.name} is one of the inputs"):
            check_outputs([str(press)], *((None, path) if path == page else (path, None)))
    with pytest.raises(OutputError, match="the next scan would read it"):
        check_outputs([str(press)], press / "found.jsonl", None)
    with pytest.raises(OutputError, match="the next scan would read it"):
        check_outputs([str(tmp_path)], None, press / "report.html")
    check_outputs([str(press)], tmp_path / "found.jsonl", press / ".report.html")


def test_options_that_exclude_each_other(run: Callable, article: Path):
    for options in (["--within", "--across"], ["--resume"], ["--ray-workers", "2"], ["--json", "-o", "x.jsonl"]):
        done = run("scan", article, *options)
        assert done.code == 2, options
        assert "Traceback" not in done.err


def test_statements_are_listed_with_speaker_frame_and_place(run: Callable, article: Path):
    rows = run("statements", article, "--json").rows()
    by_frame = {row["frame"]: row for row in rows}
    assert by_frame["declines"]["cue"] == "declined"
    assert by_frame["asks"]["speaker"] == "Kesh"
    quote = next(row for row in rows if row["text"].startswith("Not one missile"))
    assert quote["direct"]
    assert quote["speaker"] == "Oren Talvik" or "Talvik" in quote["speaker"]
    assert TEXT[quote["start"] : quote["end"]].strip('"“”, ').startswith("Not one missile")
    assert not any("PORT KESH" in row["text"] for row in rows)
    readable = run("statements", article)
    assert "Talvik" in readable.out
    assert f"{article}:" in readable.out
