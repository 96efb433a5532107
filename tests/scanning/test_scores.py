from pathlib import Path

import pytest

from nli.errors import InputError, OutputError
from nli.scanning.scores import ScoreLog

KEY = {"statements": "abc", "where": "within"}


def test_a_resumed_log_knows_what_was_noted(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    with ScoreLog(out, KEY, resume=False) as log:
        log.add([0.25, 0.5])
        log.add([0.75])
    with ScoreLog(out, KEY, resume=True) as log:
        assert list(log.known) == [0.25, 0.5, 0.75]
        log.add([1.0])
    with ScoreLog(out, KEY, resume=True) as log:
        assert list(log.known) == [0.25, 0.5, 0.75, 1.0]


def test_a_number_that_was_cut_off_in_writing_is_not_there(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    with ScoreLog(out, KEY, resume=False) as log:
        log.add([0.25, 0.5])
    path = tmp_path / "out.jsonl.scores"
    path.write_bytes(path.read_bytes()[:-3])
    with ScoreLog(out, KEY, resume=True) as log:
        assert list(log.known) == [0.25]
        log.add([0.125])
    with ScoreLog(out, KEY, resume=True) as log:
        assert list(log.known) == [0.25, 0.125]


def test_without_resume_an_old_log_is_thrown_away(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    with ScoreLog(out, KEY, resume=False) as log:
        log.add([0.25])
    with ScoreLog(out, {"other": 1}, resume=False) as log:
        assert not log.known


def test_the_log_of_another_scan_is_refused_and_kept(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    with ScoreLog(out, KEY, resume=False) as log:
        log.add([0.25])
    with pytest.raises(InputError, match="other texts, options or another model"):
        ScoreLog(out, {**KEY, "where": "across"}, resume=True)
    with ScoreLog(out, KEY, resume=True) as log:
        assert list(log.known) == [0.25]


def test_two_scans_cannot_write_one_output(tmp_path: Path):
    with (
        ScoreLog(tmp_path / "out.jsonl", KEY, resume=False),
        pytest.raises(OutputError, match="Another scan is writing"),
    ):
        ScoreLog(tmp_path / "out.jsonl", KEY, resume=False)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(OutputError, match="cannot be written"):
        ScoreLog(tmp_path / "missing" / "out.jsonl", KEY, resume=False)


def test_removed_at_the_end(tmp_path: Path):
    with ScoreLog(tmp_path / "out.jsonl", KEY, resume=False) as log:
        log.add([0.5])
        log.remove()
    assert list(tmp_path.iterdir()) == []
