"""Whole files through a detector: every row kept, every bad row named, every interruption made good."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nli
from nli import detector as detectors
from nli import scoring
from nli.detector import Detector
from nli.errors import InputError
from nli.pairs import Pair
from nli.scoring import Summary, score_file

FIELDS = ("label", "contradiction", "entailment", "neutral", "flagged", "truncated", "window")
WINDOW = 8
LONG = "Two children are running across a field. " * 12


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "WINDOW", WINDOW)
    monkeypatch.setattr(detectors, "WINDOW", WINDOW)


@pytest.fixture(scope="module")
def detector(tiny_onnx: Path) -> Detector:
    return nli.load(tiny_onnx, threads=1)


def rows(pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"id": f"p{number}", "premise": one, "note": {"n": number}, "hypothesis": two}
        for number, (one, two) in enumerate(pairs)
    ]


def write(path: Path, lines: list[dict[str, Any] | bytes]) -> Path:
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()]


def test_rows_keep_their_order_and_fields_and_gain_the_verdict(
    detector: Detector, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    given = rows(pairs)
    summary = score_file(detector, write(tmp_path / "in.jsonl", list(given)), tmp_path / "out.jsonl")
    written = read(tmp_path / "out.jsonl")
    assert len(written) == len(given) == summary.pairs == summary.scored_now
    for before, after, verdict in zip(given, written, detector.stream(pairs), strict=True):
        assert list(after) == [*before, *FIELDS]
        assert {name: after[name] for name in before} == before
        assert after["contradiction"] == pytest.approx(verdict.contradiction, abs=1e-5)
        assert after["flagged"] == verdict.flagged
    assert summary.flagged == sum(row["flagged"] for row in written)
    assert 0 < summary.flagged < summary.pairs
    assert summary.seconds > 0


def test_only_flagged(detector: Detector, pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", list(rows(pairs)))
    score_file(detector, source, tmp_path / "all.jsonl")
    summary = score_file(detector, source, tmp_path / "flagged.jsonl", only_flagged=True)
    assert read(tmp_path / "flagged.jsonl") == [row for row in read(tmp_path / "all.jsonl") if row["flagged"]]
    assert summary.pairs == len(pairs)


def test_bad_rows_are_counted_named_and_kept(detector: Detector, pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    bad = [
        b'{"a"\n',
        {"premise": "a"},
        {"premise": "a", "hypothesis": ""},
        {"premise": "a", "hypothesis": 3},
        b'{"premise": "\xff"}\n',
    ]
    good = rows(pairs[:20])
    source = write(tmp_path / "in.jsonl", [*bad[:2], *good[:9], bad[2], *good[9:], *bad[3:]])
    summary = score_file(detector, source, tmp_path / "out.jsonl", rejects=tmp_path / "bad.jsonl")
    assert (summary.pairs, summary.rejected) == (20, 5)
    assert [row["id"] for row in read(tmp_path / "out.jsonl")] == [row["id"] for row in good]
    rejected = read(tmp_path / "bad.jsonl")
    assert [row["line"] for row in rejected] == [1, 2, 12, 24, 25]
    assert all(row["file"] == str(source) and row["reason"] for row in rejected)
    assert [reject.line for reject in summary.first_rejects] == [1, 2, 12]


def test_nothing_but_bad_rows(detector: Detector, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"premise": "a", "hypothesis": ""}] * 3)
    summary = score_file(detector, source, tmp_path / "out.jsonl")
    assert (summary.pairs, summary.rejected) == (0, 3)
    assert read(tmp_path / "out.jsonl") == []


def test_long_pairs_are_counted(detector: Detector, tiny_onnx: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", list(rows([(LONG, "Children are outside."), ("A man", "a man")])))
    assert score_file(detector, source, tmp_path / "a.jsonl").windowed == 1
    first, second = read(tmp_path / "a.jsonl")
    assert second["window"] is None
    start, end = first["window"]["premise"]
    assert 0 <= start < end <= len(LONG)
    assert score_file(nli.load(tiny_onnx, on_long="truncate"), source, tmp_path / "b.jsonl").truncated == 1
    assert read(tmp_path / "b.jsonl")[0]["truncated"] > 0
    with pytest.raises(InputError, match="Two children are running"):
        score_file(nli.load(tiny_onnx, on_long="error"), source, tmp_path / "c.jsonl")
    assert not (tmp_path / "c.jsonl").exists()


def test_other_columns(detector: Detector, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"claim": "A man is playing.", "reply": "Nobody is.", "label": "x"}])
    score_file(detector, source, tmp_path / "out.jsonl", columns={"premise": "claim", "hypothesis": "reply"})
    (row,) = read(tmp_path / "out.jsonl")
    assert list(row)[:3] == ["claim", "reply", "input_label"]
    assert row["label"] in {"entailment", "neutral", "contradiction"}


def test_progress_counts_every_row(detector: Detector, pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    seen: list[int] = []
    source = write(tmp_path / "in.jsonl", [{"premise": ""}, *rows(pairs[:20])])
    score_file(detector, source, tmp_path / "out.jsonl", progress=seen.append)
    assert seen == [9, 8, 4]


class StoppedError(Exception):
    """What stops a run in a test."""


class Failing:
    """A detector that stops after some pairs."""

    def __init__(self, detector: Detector, after: int) -> None:
        self._detector, self._left = detector, after
        self.identity = detector.identity

    def stream(self, pairs: list[Pair]) -> Iterator[Any]:
        for verdict in self._detector.stream(pairs):
            if self._left == 0:
                raise StoppedError
            self._left -= 1
            yield verdict


@pytest.mark.parametrize("after", [0, 1, 7, 8, 9, 40, 67])
@pytest.mark.parametrize("name", ["out.jsonl", "out.csv.gz", "out.parquet"])
def test_a_run_that_is_resumed_gives_the_same_bytes_and_counts(
    detector: Detector, pairs: list[tuple[str, str]], tmp_path: Path, after: int, name: str
) -> None:
    lines: list[dict[str, Any] | bytes] = [*rows(pairs)]
    for place in (0, 3, 9, 30, len(lines)):
        lines.insert(place, b"not json\n")
    source = write(tmp_path / "in.jsonl", lines)
    whole, part = tmp_path / f"whole-{name}", tmp_path / f"part-{name}"
    expected = score_file(detector, source, whole, rejects=tmp_path / "whole.jsonl")
    options: dict[str, Any] = {"rejects": tmp_path / "part.jsonl", "resume": True}
    with pytest.raises(StoppedError):
        score_file(Failing(detector, after), source, part, **options)  # type: ignore[arg-type]
    assert not part.exists()
    assert not (tmp_path / "part.jsonl").exists()
    summary = score_file(detector, source, part, **options)
    assert part.read_bytes() == whole.read_bytes()
    assert (tmp_path / "part.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert summary.counters() == expected.counters()
    assert summary.scored_now == len(pairs) - after // WINDOW * WINDOW
    again = score_file(detector, source, part, **options)
    assert again.already_done
    assert part.read_bytes() == whole.read_bytes()


def test_a_run_with_other_options_is_not_resumed(
    detector: Detector, tiny_onnx: Path, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = write(tmp_path / "in.jsonl", list(rows(pairs)))
    with pytest.raises(StoppedError):
        score_file(Failing(detector, 20), source, tmp_path / "out.jsonl")  # type: ignore[arg-type]
    for other, option in ((nli.load(tiny_onnx, threshold=0.9), {}), (detector, {"only_flagged": True})):
        with pytest.raises(InputError, match="belongs to another run"):
            score_file(other, source, tmp_path / "out.jsonl", resume=True, **option)
    source.write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(InputError, match="input_size"):
        score_file(detector, source, tmp_path / "out.jsonl", resume=True)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts the pairs alive at once, which is what memory hangs on; the process is measured by the benchmark."""
    import gc
    import tracemalloc

    class Stub:
        def identity(self) -> dict[str, Any]:
            return {}

        def stream(self, pairs: list[Pair]) -> Iterator[nli.Verdict]:
            return (nli.Verdict(0.1, 0.2, 0.7, nli.Label.NEUTRAL, flagged=False) for _ in pairs)

    def peak(source: Path) -> int:
        gc.collect()
        tracemalloc.start()
        score_file(Stub(), source, source.with_suffix(".out.jsonl"))  # type: ignore[arg-type]
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    monkeypatch.setattr(scoring, "WINDOW", 100)
    peaks = []
    for count in (1_000, 10_000):
        source = write(tmp_path / f"{count}.jsonl", [{"premise": f"a {n}", "hypothesis": "b"} for n in range(count)])
        # What other threads of the process hold at the moment is counted too, so the lesser of two peaks is taken.
        peaks.append(min(peak(source), peak(source)))
    assert peaks[1] < 1.1 * peaks[0]


def test_an_empty_summary() -> None:
    assert Summary().counters() == {"pairs": 0, "flagged": 0, "rejected": 0, "truncated": 0, "windowed": 0}
