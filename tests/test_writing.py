"""Writing results: every format, faults, and runs that are killed and go on.

Run as a script it is the run that is killed: ``python test_writing.py everywhere|slow FOLDER NAME``.
"""

from __future__ import annotations

import csv
import datetime as dt
import errno
import gzip
import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.errors import InputError, MissingExtraError, OutputError
from nli.pairs import Reject, read_pairs
from nli.writing import ResultWriter, open_writer, output_row, source_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIELDS = ("contradiction", "label", "flagged", "window")
WINDOW = 4
ROWS = 30


def verdict(number: int) -> dict[str, Any]:
    score = (number * 37 % 100) / 99
    return {
        "contradiction": score,
        "label": "contradiction" if score > 0.5 else "neutral",
        "flagged": score > 0.5,
        "window": {"start": number, "end": None} if number % 5 == 0 else None,
    }


def make_input(folder: Path, total: int = ROWS) -> Path:
    """Write an input with bad rows at its start, within, around window ends and at its end."""
    source = folder / "in.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for number in range(total):
            row: dict[str, Any] = {"premise": f'„p"\n{number}', "hypothesis": "שלום 😀", "n": number, "label": "gold"}
            if number > 20:
                row["late"] = [number]
            bad = number in {0, 7, 8, 19, total - 2, total - 1}
            file.write("{bad\n" if bad else json.dumps(row, ensure_ascii=False) + "\n")
    return source


def run(
    source: Path,
    out: Path,
    rejects: Path | None = None,
    *,
    resume: bool = False,
    after_window: Callable[[int], None] = lambda _: None,
    **key: object,
) -> bool:
    """Score an input with invented verdicts, the way the command does; False if there was nothing to do."""
    run_key = {**source_key(source), **key}
    with open_writer(out, source=source, fields=FIELDS, run_key=run_key, resume=resume, rejects=rejects) as writer:
        if writer.already_done:
            return False
        counters = dict(writer.resumed.counters) or {"pairs": 0, "rejected": 0}

        def on_reject(reject: Reject) -> None:
            counters["rejected"] += 1
            writer.reject(reject)

        pairs = read_pairs(source, on_reject=on_reject, skip=writer.resumed.rows_read)
        while window := list(islice(pairs, WINDOW)):
            rows = [output_row(pair.row, verdict(pair.row["n"])) for pair in window]
            counters["pairs"] += len(window)
            writer.window(sum(counters.values()), rows, counters)
            after_window(counters["pairs"])
    return True


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".partial" in path.name)


def write(out: Path, rows: list[dict[str, Any]], fields: tuple[str, ...] = (), **options: Any) -> None:
    options = {"source": "-", "run_key": {}, **options}
    with open_writer(out, fields=fields, **options) as writer:
        for start in range(0, len(rows), 2):
            writer.window(start + 2, rows[start : start + 2], {})


def json_rows(path: Path) -> list[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def table_rows(path: Path) -> list[dict[str, str]]:
    data = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    text = io.StringIO(data.decode("utf-8"), newline="")
    return list(csv.DictReader(text, delimiter="\t" if ".tsv" in path.name else ","))


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    pq = pytest.importorskip("pyarrow.parquet")
    with pq.ParquetFile(path) as file:
        return file.read().to_pylist()


# --- rows ---------------------------------------------------------------------------------------------------


def test_output_row_keeps_the_input_and_adds_the_verdict() -> None:
    row = {"b": 1, "label": "gold", "a": 2}
    assert list(output_row(row, {"label": "neutral", "x": 3}).items()) == [
        ("b", 1),
        ("input_label", "gold"),
        ("a", 2),
        ("label", "neutral"),
        ("x", 3),
    ]
    again = output_row({"label": "old", "input_label": "gold"}, {"label": "new"})
    assert again == {"input_input_label": "old", "input_label": "gold", "label": "new"}


def test_scores_are_rounded_and_the_input_is_not(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    write(out, [{"x": 0.123456789, "contradiction": 0.123456789}], ("contradiction",))
    assert out.read_text() == '{"x": 0.123456789, "contradiction": 0.123457}\n'


def test_values_that_json_cannot_hold(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    out = tmp_path / "o.jsonl"
    row = {
        "nan": [math.nan, {"x": math.inf}],
        "text": b"\xc3\xa9",
        "bytes": b"\xff",
        "day": dt.date(2024, 1, 2),
        "number": numpy.float32(0.5),
        "half": "\ud83d",
    }
    write(out, [row])
    assert json_rows(out) == [
        {"nan": [None, {"x": None}], "text": "é", "bytes": "/w==", "day": "2024-01-02", "number": 0.5, "half": "\ud83d"}
    ]


# --- formats ------------------------------------------------------------------------------------------------


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    source = make_input(tmp_path)
    with open_writer(None, source=source, fields=FIELDS, run_key={}, rejects=tmp_path / "r.jsonl") as writer:
        writer.reject(Reject("in", 3, "why", "é\0"))
        writer.window(1, [{"premise": "é"}], {})
        assert capfdbinary.readouterr().out == '{"premise": "é"}\n'.encode()
    assert json_rows(tmp_path / "r.jsonl") == [{"file": "in", "line": 3, "reason": "why", "row": "é\0"}]
    assert leftovers(tmp_path) == []
    with pytest.raises(InputError, match="-o"):
        open_writer(None, source=source, fields=FIELDS, run_key={}, resume=True)


@pytest.mark.parametrize("name", ["o.jsonl", "o.ndjson", "o.jsonl.gz"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    assert run(make_input(tmp_path), tmp_path / name, tmp_path / "r.jsonl")
    rows = json_rows(tmp_path / name)
    assert len(rows) == ROWS - 6
    assert list(rows[0]) == ["premise", "hypothesis", "n", "input_label", *FIELDS]
    assert rows[0]["premise"] == '„p"\n1'
    assert rows[0]["window"] is None
    assert [reject["line"] for reject in json_rows(tmp_path / "r.jsonl")] == [1, 8, 9, 20, ROWS - 1, ROWS]
    assert leftovers(tmp_path) == []


def test_gzip_has_a_member_for_each_window_and_no_time(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl.gz"
    write(out, [{"n": number} for number in range(6)])
    data = out.read_bytes()
    members = [gzip.compress(part, 6, mtime=0) for part in (b'{"n": 0}\n{"n": 1}\n', b'{"n": 2}\n{"n": 3}\n')]
    assert data.startswith(b"".join(members))
    with gzip.open(out, "rt") as file:
        assert [json.loads(line)["n"] for line in file] == list(range(6))


@pytest.mark.parametrize("name", ["o.csv", "o.tsv", "o.csv.gz", "o.tsv.gz"])
def test_tables_have_a_column_for_every_field_of_any_row(tmp_path: Path, name: str) -> None:
    assert run(make_input(tmp_path), tmp_path / name)
    rows = table_rows(tmp_path / name)
    assert len(rows) == ROWS - 6
    assert list(rows[0]) == ["premise", "hypothesis", "n", "input_label", "late", *FIELDS]
    assert rows[0] == {
        "premise": '„p"\n1',
        "hypothesis": "שלום 😀",
        "n": "1",
        "input_label": "gold",
        "late": "",
        "contradiction": "0.373737",
        "label": "neutral",
        "flagged": "false",
        "window": "",
    }
    assert rows[-1]["late"] == "[27]"
    assert json.loads(rows[3]["window"]) == {"start": 5, "end": None} if rows[3]["n"] == "5" else True
    assert leftovers(tmp_path) == []


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        run(make_input(tmp_path), tmp_path / name)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_parquet(tmp_path: Path) -> None:
    assert run(make_input(tmp_path), tmp_path / "o.parquet")
    rows = parquet_rows(tmp_path / "o.parquet")
    assert len(rows) == ROWS - 6
    assert rows[0]["contradiction"] == pytest.approx(0.373737)
    assert (rows[0]["flagged"], rows[0]["late"], rows[-1]["late"]) == (False, None, [27])
    assert [row["window"] for row in rows if row["n"] == 5] == [{"start": 5, "end": None}]
    assert leftovers(tmp_path) == []


def test_parquet_of_mixed_kinds(tmp_path: Path) -> None:
    rows = [
        {"a": 1, "b": 1, "c": {}, "d": None, "e": 2**70, "f": [1]},
        {"a": 2.5, "b": "x", "c": {}, "d": None, "e": 1, "f": []},
        {"a": None, "b": [True], "c": {"y": 1}, "d": None, "e": 1, "f": [0.5]},
    ]
    write(tmp_path / "o.parquet", rows)
    assert parquet_rows(tmp_path / "o.parquet") == [
        {"a": 1.0, "b": "1", "c": {"y": None}, "d": None, "e": str(2**70), "f": [1.0]},
        {"a": 2.5, "b": "x", "c": {"y": None}, "d": None, "e": "1", "f": []},
        {"a": None, "b": "[true]", "c": {"y": 1}, "d": None, "e": "1", "f": [0.5]},
    ]
    write(tmp_path / "p.parquet", [{"c": {}}])
    assert parquet_rows(tmp_path / "p.parquet") == [{"c": "{}"}]


def test_parquet_keeps_the_types_of_a_parquet_source(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    columns = {
        "premise": pa.array(["a", None, "c"], pa.large_string()),
        "hypothesis": pa.array(["x", "y", "x"]).dictionary_encode(),
        "label": pa.array([0, 1, 2], pa.uint8()),
        "when": pa.array([1_700_000_000_123_456_789, None, 0], pa.timestamp("ns")),
        "zoned": pa.array([1, 2, 3], pa.timestamp("us", "UTC")),
        "day": pa.array([dt.date(2024, 2, 29)] * 3),
        "clock": pa.array([dt.time(1, 2, 3)] * 3),
        "took": pa.array([1, 2, 3], pa.duration("ms")),
        "price": pa.array([Decimal("1.10")] * 3, pa.decimal128(9, 2)),
        "small": pa.array([0.1, math.nan, 3], pa.float32()),
        "raw": pa.array([b"\xff\0", b"", b"\xc3\xa9"], pa.binary()),
        "list": pa.array([[1], [], None], pa.list_(pa.int16())),
        "deep": pa.array([{"at": dt.datetime(2024, 1, 1), "b": b"\xfe"}] * 3),  # noqa: DTZ001
    }
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table(columns), source)
    out = tmp_path / "o.parquet"
    with open_writer(out, source=source, fields=("label", "flagged"), run_key={}) as writer:
        pairs = list(read_pairs(source, on_reject=writer.reject))
        writer.window(3, [output_row(pair.row, {"label": "neutral", "flagged": True}) for pair in pairs], {})
    kept = pq.read_table(out)
    expected = pa.table(columns).take([0, 2])
    assert kept.column_names == ["input_label" if name == "label" else name for name in columns] + ["label", "flagged"]
    for name in columns:
        got, wanted = kept["input_label" if name == "label" else name], expected[name]
        assert got.type == wanted.type, name
        assert (
            got.cast(pa.string()) == wanted.cast(pa.string())
            if name == "small"
            else got.to_pylist() == wanted.to_pylist()
        )


def test_parquet_source_to_json_and_csv(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    source = tmp_path / "in.parquet"
    pq.write_table(
        pa.table({"premise": [b"a\xc3\xa9"], "hypothesis": ["b"], "day": [dt.date(2024, 2, 29)], "x": [math.nan]}),
        source,
    )
    [pair] = read_pairs(source, on_reject=lambda _: None)
    assert pair.premise == "aé"
    for name in ("o.jsonl", "o.csv"):
        write(tmp_path / name, [dict(pair.row)], source=source)
    assert json_rows(tmp_path / "o.jsonl") == [{"premise": "aé", "hypothesis": "b", "day": "2024-02-29", "x": None}]
    assert table_rows(tmp_path / "o.csv") == [{"premise": "aé", "hypothesis": "b", "day": "2024-02-29", "x": ""}]


@pytest.mark.parametrize("name", ["o.jsonl", "o.jsonl.gz", "o.csv", "o.tsv.gz", "o.parquet"])
def test_no_rows_at_all(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    write(out, [], FIELDS, rejects=tmp_path / "r.jsonl")
    if ".jsonl" in name:
        assert json_rows(out) == []
    elif name.endswith("parquet"):
        assert parquet_rows(out) == []
    else:
        assert table_rows(out) == []
    if name.endswith(".gz"):
        assert out.stat().st_size > 0
    assert (tmp_path / "r.jsonl").read_bytes() == b""


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
STATEMENT = ANY_TEXT.filter(str.strip)
JSON_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"premise": STATEMENT, "hypothesis": STATEMENT, "more": JSON_VALUE}, optional={"x": ANY_TEXT}
        ),
        min_size=1,
        max_size=6,
    ),
    name=st.sampled_from(["o.jsonl", "o.jsonl.gz", "o.csv", "o.tsv", "o.csv.gz"]),
)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], name: str
) -> None:
    out = tmp_path_factory.mktemp("o") / name
    write(out, rows)
    rejects: list[Reject] = []
    read = [dict(pair.row) for pair in read_pairs(out, on_reject=rejects.append)]
    assert rejects == []
    if ".jsonl" in name:
        assert read == rows
    else:
        assert [(row["premise"], row["hypothesis"]) for row in read] == [
            (row["premise"], row["hypothesis"]) for row in rows
        ]
        assert [row.get("x", "") for row in read] == [row.get("x", "") for row in rows]
        nested = [(got["more"], row["more"]) for got, row in zip(read, rows, strict=True)]
        assert all(
            json.loads(got) == value for got, value in nested if value is not None and not isinstance(value, str)
        )
        assert all(got == (value or "") for got, value in nested if value is None or isinstance(value, str))


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"premise": STATEMENT, "hypothesis": STATEMENT, "n": st.none() | st.integers(-(2**60), 2**60)}
        ),
        min_size=1,
        max_size=6,
    )
)
def test_parquet_is_read_again(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    pytest.importorskip("pyarrow")
    out = tmp_path_factory.mktemp("o") / "o.parquet"
    write(out, rows)
    read = [dict(pair.row) for pair in read_pairs(out, on_reject=lambda _: None)]
    assert [{**row, "n": None} for row in read] == [{**row, "n": None} for row in rows]
    if any(row["n"] is not None for row in rows):
        assert [row["n"] for row in read] == [row["n"] for row in rows]


# --- only whole files have the name -------------------------------------------------------------------------


class Stop(BaseException):
    """Something that stops a run, as Ctrl-C does."""


def stop_at(pairs: int) -> Callable[[int], None]:
    def after_window(done: int) -> None:
        if done >= pairs:
            raise Stop

    return after_window


ALL_NAMES = ["o.jsonl", "o.jsonl.gz", "o.csv", "o.tsv.gz", "o.parquet"]


@pytest.mark.parametrize("name", ALL_NAMES)
def test_a_stopped_run_leaves_no_output_and_can_go_on(tmp_path: Path, name: str) -> None:
    source = make_input(tmp_path)
    out, rejects = tmp_path / name, tmp_path / "r.jsonl"
    run(source, tmp_path / f"whole-{name}", rejects)
    whole_rejects = rejects.read_bytes()
    out.write_bytes(b"old")
    rejects.write_bytes(b"old")
    with pytest.raises(Stop):
        run(source, out, rejects, after_window=stop_at(8))
    assert (out.read_bytes(), rejects.read_bytes()) == (b"old", b"old")
    for pairs in (12, 16):
        with pytest.raises(Stop):
            run(source, out, rejects, resume=True, after_window=stop_at(pairs))
    assert (out.read_bytes(), rejects.read_bytes()) == (b"old", b"old")
    assert run(source, out, rejects, resume=True)
    assert out.read_bytes() == (tmp_path / f"whole-{name}").read_bytes()
    assert rejects.read_bytes() == whole_rejects
    assert leftovers(tmp_path) == []
    assert not run(source, out, rejects, resume=True)
    assert out.read_bytes() == (tmp_path / f"whole-{name}").read_bytes()


def test_resumed_says_how_far_the_earlier_run_got(tmp_path: Path) -> None:
    source = make_input(tmp_path)
    out = tmp_path / "o.jsonl"
    with pytest.raises(Stop):
        run(source, out, after_window=stop_at(8))
    with open_writer(out, source=source, fields=FIELDS, run_key=source_key(source), resume=True) as writer:
        assert not writer.already_done
        assert (writer.resumed.rows_read, writer.resumed.rows_written) == (11, 8)
        assert writer.resumed.counters == {"pairs": 8, "rejected": 3}


def test_without_resume_an_old_partial_is_replaced(tmp_path: Path) -> None:
    source = make_input(tmp_path)
    out = tmp_path / "o.jsonl"
    with pytest.raises(Stop):
        run(source, out, after_window=stop_at(8), threshold=0.1)
    assert leftovers(tmp_path) == ["o.jsonl.partial", "o.jsonl.partial.journal"]
    assert run(source, out, threshold=0.2)
    assert len(json_rows(out)) == ROWS - 6
    assert leftovers(tmp_path) == []


def test_a_run_that_has_written_no_rows_yet_can_be_resumed(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    stopped_run = open_writer(out, source="-", fields=(), run_key={"a": 1})
    stopped_run.window(5, [], {"x": 2})
    stopped_run.__exit__(Stop, Stop(), None)
    with open_writer(out, source="-", fields=(), run_key={"a": 1}, resume=True) as writer:
        assert (writer.resumed.rows_read, writer.resumed.counters) == (5, {"x": 2})
        writer.window(6, [{"n": 1}], {})
    assert json_rows(out) == [{"n": 1}]


def test_resume_with_nothing_to_resume_starts(tmp_path: Path) -> None:
    assert run(make_input(tmp_path), tmp_path / "o.jsonl", resume=True)
    assert len(json_rows(tmp_path / "o.jsonl")) == ROWS - 6


def test_a_run_stopped_before_its_first_window_leaves_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "in.jsonl"
    bad.write_text('{"x": 1}\n')
    with pytest.raises(InputError):
        run(bad, tmp_path / "o.jsonl", tmp_path / "r.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_resuming_another_run_is_refused_by_name(tmp_path: Path) -> None:
    source = make_input(tmp_path)
    out = tmp_path / "o.jsonl"
    with pytest.raises(Stop):
        run(source, out, after_window=stop_at(8), threshold=0.5)
    before = (tmp_path / "o.jsonl.partial").read_bytes()
    with pytest.raises(InputError, match=r"threshold was 0\.5 and is now 0\.6.*delete it"):
        run(source, out, resume=True, threshold=0.6)
    with pytest.raises(InputError, match=r"rejects was None and is now '.*r\.jsonl'"):
        run(source, out, tmp_path / "r.jsonl", resume=True, threshold=0.5)
    os.utime(source, ns=(1, 1))
    with pytest.raises(InputError, match="input_mtime_ns was"):
        run(source, out, resume=True, threshold=0.5)
    assert (tmp_path / "o.jsonl.partial").read_bytes() == before


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    source = make_input(tmp_path)
    out = tmp_path / "o.jsonl"

    def second(_: int) -> None:
        with pytest.raises(OutputError, match="Another run"):
            run(source, out)

    assert run(source, out, after_window=second)
    assert len(json_rows(out)) == ROWS - 6


def stopped(folder: Path, name: str = "o.jsonl") -> tuple[Path, Path, Path, bytes]:
    source = make_input(folder)
    out = folder / name
    run(source, out)
    whole = out.read_bytes()
    out.unlink()
    with pytest.raises(Stop):
        run(source, out, after_window=stop_at(12))
    return source, out, folder / f"{name}.partial.journal", whole


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-20],
        lambda data: data[:-1],
        lambda data: data + b'{"rows_read": 9',
        lambda data: data + b"\0\0\0\n",
        lambda data: data + b"[1]\n",
        lambda data: data + b'{"x": 1}\n',
        lambda data: data.splitlines(keepends=True)[0],
    ],
)
def test_a_damaged_journal_costs_windows_but_not_the_output(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    source, out, journal, whole = stopped(tmp_path)
    journal.write_bytes(damage(journal.read_bytes()))
    assert run(source, out, resume=True)
    assert out.read_bytes() == whole


@pytest.mark.parametrize("kept", [0, 1, 0.3, 0.9])
def test_a_partial_file_that_lost_its_end_goes_back_to_a_whole_window(tmp_path: Path, kept: float) -> None:
    source, out, _, whole = stopped(tmp_path)
    partial = tmp_path / "o.jsonl.partial"
    partial.write_bytes(partial.read_bytes()[: int(partial.stat().st_size * kept)] + (b"more" if kept == 1 else b""))
    assert run(source, out, resume=True)
    assert out.read_bytes() == whole


@pytest.mark.parametrize("lost", [b"", b"no json\n", None])
def test_a_lost_journal_is_said(tmp_path: Path, lost: bytes | None) -> None:
    source, out, journal, _ = stopped(tmp_path)
    journal.unlink()
    if lost is not None:
        journal.write_bytes(lost)
    with pytest.raises(InputError, match="its journal is lost"):
        run(source, out, resume=True)
    assert run(source, out)


# --- killed -------------------------------------------------------------------------------------------------


def die_at(operation: int) -> None:
    """Make this process die by SIGKILL at its n-th change of a file, half-way through if it is a write."""
    counter = count(1)

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if next(counter) == operation:
                if original is real_write:
                    original(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **options)

        return wrapped

    real_write = os.write
    for name in ("write", "fsync", "ftruncate", "replace", "unlink"):
        setattr(os, name, dying(getattr(os, name)))


def survived(work: Callable[[], object], operation: int) -> bool:
    """Do some work in a child that dies at an operation; True if it got to the end before that."""
    child = os.fork()
    if child == 0:
        die_at(operation)
        try:
            work()
        except BaseException:  # noqa: BLE001  (whatever it is, the parent must hear of it)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in {0, int(signal.SIGKILL)}, status
    return status == 0


def kill_everywhere(folder: Path, name: str) -> int:
    """Kill a run at each of its operations, and its resumed run at another, and compare the final files."""
    source = make_input(folder, 18)
    out, rejects = folder / name, folder / "r.jsonl"
    run(source, out, rejects)
    whole = [out.read_bytes(), rejects.read_bytes()]
    for operation in count(1):
        out.unlink()
        rejects.unlink()
        finished = survived(lambda: run(source, out, rejects), operation)
        for again in (operation * 5 % 31 + 1, 10**9):
            assert not out.exists() or out.read_bytes() == whole[0]
            assert not rejects.exists() or rejects.read_bytes() == whole[1]
            survived(lambda: run(source, out, rejects, resume=True), again)
        assert [out.read_bytes(), rejects.read_bytes()] == whole
        assert leftovers(folder) == []
        if finished:
            return operation
    raise AssertionError


def slow_run(folder: Path, name: str) -> None:
    """Run with pauses, so that there is time to be killed."""
    run(folder / "in.jsonl", folder / name, folder / "r.jsonl", resume=True, after_window=lambda _: time.sleep(0.03))


def script(*arguments: str | Path) -> list[str]:
    return [sys.executable, __file__, *map(str, arguments)]


unix = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork")


@unix
@pytest.mark.parametrize("name", ["o.jsonl", "o.csv.gz"])
def test_killed_at_every_single_operation(tmp_path: Path, name: str) -> None:
    done = subprocess.run(script("everywhere", tmp_path, name), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 25


@unix
@pytest.mark.parametrize("name", ["o.jsonl.gz", "o.csv"])
def test_killed_at_random_moments(tmp_path: Path, name: str) -> None:
    source = make_input(tmp_path)
    run(source, tmp_path / f"whole-{name}", tmp_path / "r.jsonl")
    whole_rejects = (tmp_path / "r.jsonl").read_bytes()
    chance = random.Random(7)
    kills = 0
    partial = tmp_path / f"{name}.partial"
    while True:
        process = subprocess.Popen(script("slow", tmp_path, name))
        before = partial.stat().st_size if partial.exists() else -1
        while process.poll() is None and (not partial.exists() or partial.stat().st_size == before):
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.06))
        if process.poll() is not None or kills == 4:
            break
        process.kill()
        process.wait()
        kills += 1
        assert not (tmp_path / name).exists()
    assert process.wait() == 0
    assert kills > 0
    assert (tmp_path / name).read_bytes() == (tmp_path / f"whole-{name}").read_bytes()
    assert (tmp_path / "r.jsonl").read_bytes() == whole_rejects
    assert leftovers(tmp_path) == []


# --- faults -------------------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Let a number of bytes through, and then no more."""
    real_write = os.write

    def fill(room: int) -> None:
        left = [room]

        def write_some(file: int, data: bytes) -> int:
            if left[0] <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            part = bytes(data)[: left[0]]
            left[0] -= len(part)
            return real_write(file, part)

        monkeypatch.setattr(os, "write", write_some)

    yield fill
    monkeypatch.undo()


@pytest.mark.parametrize("room", [0, 100, 1500, 2500, 4000])
def test_full_disk_is_one_sentence_and_can_go_on(
    tmp_path: Path, room: int, full_disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_input(tmp_path)
    out = tmp_path / "o.jsonl"
    run(source, out)
    whole = out.read_bytes()
    out.unlink()
    full_disk(room)
    with pytest.raises(OutputError, match=r"o\.jsonl cannot be written \(No space left on device\)") as caught:
        run(source, out)
    if (tmp_path / "o.jsonl.partial").exists():
        assert "--resume" in str(caught.value)
        assert "o.jsonl.partial" in str(caught.value)
    assert not out.exists()
    monkeypatch.undo()
    assert run(source, out, resume=True)
    assert out.read_bytes() == whole


@pytest.mark.parametrize("name", ["o.csv", "o.parquet"])
def test_full_disk_at_the_very_end_can_go_on(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_input(tmp_path)
    out = tmp_path / name
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as patch:

        def no_room(*_: object, **__: object) -> None:
            raise full

        patch.setattr("nli.writing.write_csv", no_room)
        patch.setattr("nli.parquet.write_table", no_room)
        with pytest.raises(OutputError, match="--resume"):
            run(source, out)
    assert not out.exists()
    assert not run(source, out, resume=True)
    assert out.exists()
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_standard_output(tmp_path: Path) -> None:
    code = (
        "from nli.writing import open_writer\nfrom nli.errors import OutputError\nimport os, sys\n"
        "try:\n    with open_writer(None, source='-', fields=(), run_key={}) as writer:\n"
        "        writer.window(1, [{'a': 1}], {})\n"
        "except OutputError as error: print(error, file=sys.stderr); os._exit(2)\n"
    )
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert "standard output cannot be written (No space left on device)" in done.stderr


def test_standard_output_that_is_closed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_input(tmp_path)
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(OutputError, match="Standard output is closed"):
        open_writer(None, source=source, fields=(), run_key={})


def test_closed_pipe_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        class buffer:  # noqa: N801
            @staticmethod
            def write(_: bytes) -> None:
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Closed)
    with (
        pytest.raises(BrokenPipeError),
        open_writer(None, source="-", fields=(), run_key={}, rejects=tmp_path / "r.jsonl") as writer,
    ):
        writer.window(1, [{"a": 1}], {})
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_are_refused_at_the_start(tmp_path: Path) -> None:
    source = make_input(tmp_path)
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "same.jsonl").symlink_to(source)
    before = source.read_bytes()
    refusals: list[tuple[Path, Path | None, str]] = [
        (tmp_path / "o.txt", None, "let it end in .jsonl"),
        (tmp_path / "no" / "o.jsonl", None, "there is no folder"),
        (tmp_path / "folder.jsonl", None, "is a folder"),
        (source, None, "is the input itself"),
        (tmp_path / "same.jsonl", None, "is the input itself"),
        (tmp_path / "o.jsonl", source, "is the input itself"),
        (tmp_path / "o.jsonl", tmp_path / "o.jsonl", "name two files"),
        (tmp_path / "o.jsonl", tmp_path / "r.csv", "end in .jsonl"),
        (tmp_path / "o.jsonl", tmp_path / "no" / "r.jsonl", "there is no folder"),
        (tmp_path / f"{300 * 'o'}.jsonl", None, "choose another place or name"),
        (tmp_path / "o.jsonl", tmp_path / f"{300 * 'r'}.jsonl", "choose another place or name"),
        (tmp_path / "o.jsonl", tmp_path / "o.jsonl.partial", "name another file"),
        (tmp_path / "o.jsonl", tmp_path / "o.jsonl.partial.journal", "name another file"),
        (tmp_path / "o.csv", tmp_path / "o.csv.partial.whole", "name another file"),
    ]
    for out, rejects, said in refusals:
        with pytest.raises(OutputError) as caught:
            open_writer(out, source=source, fields=(), run_key={}, rejects=rejects)
        assert said in str(caught.value)
        assert str(caught.value).endswith(".")
    assert leftovers(tmp_path) == []
    assert source.read_bytes() == before


@pytest.mark.parametrize("denied", ["o.jsonl.partial.journal", "o.jsonl.partial", "r.jsonl.partial"])
def test_no_permission(tmp_path: Path, denied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_input(tmp_path)
    real_open = Path.open

    def guarded(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == denied:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", guarded)
    with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"):
        open_writer(tmp_path / "o.jsonl", source=source, fields=(), run_key={}, rejects=tmp_path / "r.jsonl")
    assert leftovers(tmp_path) == []


def test_parquet_output_without_pyarrow_is_said_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"Writing Parquet .* pip install 'nli\[parquet\]'"):
        open_writer(tmp_path / "o.parquet", source="-", fields=(), run_key={})


def test_reading_and_writing_text_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom nli.pairs import read_pairs\nfrom nli.writing import open_writer\n"
        "with open_writer(sys.argv[2], source=sys.argv[1], fields=(), run_key={}) as writer:\n"
        "    writer.window(1, [pair.row for pair in read_pairs(sys.argv[1], on_reject=writer.reject)], {})\n"
        "assert not {'pyarrow', 'pandas', 'torch', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, make_input(tmp_path), tmp_path / "o.csv"], check=True)
    assert len(table_rows(tmp_path / "o.csv")) == ROWS - 6


def test_source_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_input(tmp_path)
    key = source_key(source)
    monkeypatch.chdir(tmp_path)
    assert source_key("in.jsonl") == key
    assert source_key("-") == {"input": "-"}
    with source.open("a") as file:
        file.write("\n")
    assert source_key(source) != key
    with pytest.raises(InputError):
        source_key(tmp_path / "none.jsonl")


def test_a_closed_writer_takes_no_more(tmp_path: Path) -> None:
    writer: ResultWriter
    with open_writer(tmp_path / "o.jsonl", source="-", fields=(), run_key={}) as writer:
        writer.window(1, [{"a": 1}], {})
    with pytest.raises(RuntimeError):
        writer.window(2, [{"a": 1}], {})


if __name__ == "__main__":
    job, where, file_name = sys.argv[1:]
    if job == "everywhere":
        sys.stdout.write(str(kill_everywhere(Path(where), file_name)))
    else:
        slow_run(Path(where), file_name)
