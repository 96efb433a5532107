"""Scoring on Ray: a cluster of two CPUs on this machine, the model that ships, and the local engine's rows to match."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

import nli
from nli.engines.cluster import cluster, own_output
from nli.engines.parts import partial_folder
from nli.engines.ray import RayScorer, score_parquet
from nli.errors import InputError, MissingExtraError, ModelError, OutputError
from nli.probe import PAIRS
from nli.scoring import score_file

pytestmark = [
    pytest.mark.xdist_group("ray"),  # one cluster at a time
    # Ray leaves what it opened for its processes to the end of this one.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data.context"),  # of its own defaults
    pytest.mark.filterwarnings("ignore:Tip. In future versions of Ray:FutureWarning"),
]

ROWS = 300
MODEL = {"threads": 1, "probe": False}
LONG = "The committee met and talked about the budget of the coming year. " * 50


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    """One cluster for all tests; what they start in this process finds itself connected and leaves it so."""
    with cluster("local", MODEL, 2) as placement:
        assert (placement.workers, placement.cpus, placement.gpus) == (2, 1, 0)
        yield


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Rows of many types, one long pair, and some rows that cannot be used."""
    premises = [PAIRS[number % len(PAIRS)][0] + f" It is the year {number}." for number in range(ROWS)]
    hypotheses: list[str | None] = [PAIRS[number % len(PAIRS)][1] for number in range(ROWS)]
    premises[120] = LONG
    hypotheses[7], hypotheses[55], hypotheses[299] = None, " ", ""
    return pa.table(
        {
            "number": pa.array(range(ROWS), pa.uint16()),
            "claim": pa.array(premises, pa.large_string()),
            "reply": pa.array(hypotheses).dictionary_encode(),
            "label": pa.array(["c", None, "e"] * 100),
            "day": pa.array([datetime(2026, 1, 1, tzinfo=timezone.utc)] * ROWS, pa.timestamp("ns", "UTC")),
            "price": pa.array([Decimal("1.50"), None] * 150, pa.decimal128(9, 2)),
            "nested": pa.array([{"a": [1, 2], "b": None}] * ROWS),
            "nothing": pa.nulls(ROWS),
        }
    )


COLUMNS = {"premise": "claim", "hypothesis": "reply"}


@pytest.fixture(scope="module")
def source(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.parquet"
    pq.write_table(table, path, row_group_size=70)
    return path


@pytest.fixture(scope="module")
def local(source: Path) -> Path:
    """A folder with what the local engine makes of the source."""
    folder = source.parent
    detector = nli.load(**MODEL)
    score_file(detector, source, folder / "all.parquet", columns=COLUMNS, rejects=folder / "bad.jsonl")
    return folder


def same(found: pa.Table, wanted: pa.Table) -> None:
    """Equal rows, columns and types; the scores to what batches of another make-up may change."""
    assert found.schema == wanted.schema
    scores = ["contradiction", "entailment", "neutral"]
    assert found.drop_columns(scores).to_pylist() == wanted.drop_columns(scores).to_pylist()
    for name in scores:
        assert found[name].to_pylist() == pytest.approx(wanted[name].to_pylist(), abs=2e-6)


def kill_one_worker_once(ready: Callable[[], bool], killed: list[int]) -> threading.Thread:
    """Kill a busy worker of this process's cluster as soon as something is ready."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while not ready() and time.monotonic() < deadline:
            time.sleep(0.01)
        for process in psutil.Process().children(recursive=True):
            title = " ".join(process.cmdline())
            if title.startswith(("ray::MapWorker", "ray::PairScorer")):
                process.send_signal(signal.SIGKILL)
                killed.append(process.pid)
                return

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_one_file_as_the_local_engine_writes_it_though_a_worker_is_killed(
    source: Path, local: Path, tmp_path: Path
) -> None:
    out, bad = tmp_path / "out.parquet", tmp_path / "bad.jsonl"
    parts = partial_folder(out) / "parts"
    killed: list[int] = []
    rows_seen: list[int] = []
    thread = kill_one_worker_once(lambda: any(parts.glob("*.parquet")), killed)
    summary = score_parquet(
        source, out, model=MODEL, columns=COLUMNS, rejects=bad, workers=2, part_rows=20, progress=rows_seen.append
    )
    thread.join()
    assert len(killed) == 1
    same(pq.read_table(out), pq.read_table(local / "all.parquet"))
    assert bad.read_bytes() == (local / "bad.jsonl").read_bytes()
    assert (summary.pairs, summary.rejected, summary.windowed, sum(rows_seen)) == (ROWS - 3, 3, 1, ROWS)
    assert [reject.line for reject in summary.first_rejects] == [8, 56, 300]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "out.parquet"]


def test_a_folder_of_parts_and_going_on(source: Path, local: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options: dict[str, Any] = {"model": MODEL, "columns": COLUMNS, "only_flagged": True, "workers": 1}

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_parquet(source, out, **options, part_rows=150, progress=stop)
    assert not out.exists()
    with pytest.raises(InputError, match=r"belongs to another run .*only_flagged"):
        score_parquet(source, out, **{**options, "only_flagged": False}, resume=True)
    summary = score_parquet(source, out, **options, resume=True)
    assert summary.resumed_at == 150
    assert summary.pairs == ROWS - 3
    assert sorted(path.name for path in out.iterdir()) == [f"part-{first:012d}.parquet" for first in (0, 150)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    parts = [pq.read_table(path) for path in sorted(out.iterdir())]
    assert len({str(part.schema) for part in parts}) == 1
    wanted = pq.read_table(local / "all.parquet")
    found = pa.concat_tables(parts).drop_columns("window")
    same(found, wanted.filter(wanted["flagged"]).drop_columns("window"))
    assert score_parquet(source, out, **options, resume=True).already_done
    with pytest.raises(OutputError, match="is there already"):
        score_parquet(source, out, **options)


def test_pairs_as_they_come_though_a_worker_is_killed(table: pa.Table) -> None:
    claims, replies = table["claim"].to_pylist(), table["reply"].to_pylist()
    pairs = [(claim, (reply or "").strip() or "No.") for claim, reply in zip(claims, replies, strict=True)]
    taken: list[int] = []
    killed: list[int] = []

    def read() -> Iterator[tuple[str, str]]:
        for number, pair in enumerate(pairs):
            taken.append(number)
            yield pair

    with RayScorer(MODEL, workers=2, chunk=20) as scorer:
        detector = nli.load(**MODEL)
        assert scorer.identity() == detector.identity()
        verdicts = scorer.stream(read())
        found = [next(verdicts)]
        assert len(taken) <= 7 * 20  # no more than what is under way, and the chunk to come
        kill_one_worker_once(lambda: True, killed).join()
        found += list(verdicts)
        with pytest.raises(InputError, match="is empty or not text"):
            list(scorer.stream([("a", "")]))
    assert len(killed) == 1
    wanted = list(detector.stream(pairs))
    assert [verdict.flagged for verdict in found] == [verdict.flagged for verdict in wanted]
    assert [verdict.window for verdict in found] == [verdict.window for verdict in wanted]
    assert [verdict.contradiction for verdict in found] == pytest.approx(
        [verdict.contradiction for verdict in wanted], abs=2e-6
    )


def test_a_scan_finds_the_same_on_the_cluster() -> None:
    article = files("nli.eval.scan") / "articles" / "dam-a.txt"
    documents = [nli.Document(article.read_text(encoding="utf-8"), "dam-a")]
    with RayScorer(MODEL, workers=2, chunk=32) as scorer:
        there = nli.scan(documents, scorer=scorer, threshold=0.3)
    here = nli.scan(documents, threshold=0.3)
    assert here.pairs == there.pairs > 0
    assert {(f.a.statement.start, f.b.statement.start) for f in there.findings} == {
        (f.a.statement.start, f.b.statement.start) for f in here.findings
    }


def test_a_workers_mistakes_come_back_as_one_sentence_and_nothing_is_left(source: Path, tmp_path: Path) -> None:
    model = {**MODEL, "on_long": "error"}
    with pytest.raises(InputError, match="--on-long window"):
        score_parquet(source, tmp_path / "out.parquet", model=model, columns=COLUMNS, workers=1, part_rows=300)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"columns": None}, InputError, "has no column 'premise' or 'hypothesis'"),
        ({"source": "pairs.jsonl"}, InputError, "pairs.jsonl is none"),
        ({"source": "nowhere.parquet"}, InputError, "There is no file"),
        ({"out": "out.jsonl"}, OutputError, "let it end in .parquet, or name a folder"),
        ({"out": "nowhere/out.parquet"}, OutputError, "there is no folder"),
        ({"out": "full"}, OutputError, "full is there already"),
        ({"out": "../{source}"}, OutputError, "is the input itself"),
        ({"rejects": "bad.csv"}, OutputError, "let .*bad.csv end in .jsonl"),
        ({"model": {"name": "./no/such/folder"}}, ModelError, "There is no model folder"),
        ({"workers": 0}, InputError, "0 workers"),
        ({"model": {"device": "cuda"}}, InputError, "No machine of the Ray cluster has 1 CPU and a GPU"),
        ({"model": {"threads": 64}}, InputError, "No machine of the Ray cluster has 64 CPUs"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(
    source: Path, tmp_path: Path, change: dict[str, Any], error: type[Exception], said: str
) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"premise": "a", "hypothesis": "b"}\n')
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    options = {"out": "out.parquet", "columns": COLUMNS, **change}
    given = tmp_path / options.pop("source") if "source" in options else source
    out = source if "{source}" in options["out"] else tmp_path / options["out"]
    if "rejects" in options:
        options["rejects"] = tmp_path / options["rejects"]
    with pytest.raises(error, match=said):
        score_parquet(given, **{**options, "out": out})
    assert sorted(tmp_path.rglob("*")) == before


def test_without_ray(monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingExtraError, match=r"Running on Ray .*'nli\[ray\]'"):
        score_parquet(source, tmp_path / "out.parquet")


def test_what_ray_prints_stays_off_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with own_output():
        thread = threading.Thread(target=print, args=["a worker died"], name="ray_listen_error_messages")
        thread.start()
        thread.join()
        sys.stdout.write("a verdict\n")
    assert capsys.readouterr() == ("a verdict\n", "a worker died\n")


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:PORT", "Nothing answers at the Ray address 127.0.0.1:"),
        ("ray://head:10001", "'ray://head:10001' is not HOST:PORT"),
        ("head", "'head' is not HOST:PORT"),
    ],
)
def test_a_cluster_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path, address: str, said: str
) -> None:
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    address = address.replace("PORT", str(closed_port()), 1) if address.endswith(":PORT") else address
    with pytest.raises(InputError, match=said):
        score_parquet(source, tmp_path / "out.parquet", columns=COLUMNS, address=address)
    assert list(tmp_path.iterdir()) == []


def test_the_command_on_a_running_cluster(run: Callable[..., Any], source: Path, local: Path, tmp_path: Path) -> None:
    import ray

    out = tmp_path / "out.parquet"
    address = ray.get_runtime_context().gcs_address
    options = ["--columns", "premise=claim,hypothesis=reply", "--no-probe", "--engine", "ray", "--ray-workers", "1"]
    done = run("score", source, "-o", out, *options, "--ray-address", address)
    assert (done.code, done.out) == (0, ""), done.err
    rejected, counts = done.err.splitlines()[:3], done.err.splitlines()[3:]
    assert [line.split(": ")[0] for line in rejected] == [f"rejected {source}, line {line}" for line in (8, 56, 300)]
    assert len(counts) == 1
    assert counts[0].startswith("297 pairs, ")
    same(pq.read_table(out), pq.read_table(local / "all.parquet"))


def test_the_command_needs_a_file_to_write(refused: Callable[..., str], source: Path) -> None:
    assert "name a .parquet file or a new folder" in refused("score", source, "--engine", "ray")


@pytest.mark.parametrize("args", [["a", "b", "--engine", "ray"], ["a.parquet", "--ray-workers", "2"]])
def test_wrong_usage(run: Callable[..., Any], args: list[str]) -> None:
    done = run("score", *args)
    assert done.code == 2
    assert "Usage: nli score" in done.err
