"""`nli score` as its users meet it: a process of its own, real files, and mostly the model that ships."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nli import configs
from nli.cli.score import score_command

EXAMPLES = Path(configs.__file__).parent / "examples" / "pairs.jsonl"
PREMISE = "The company has paid the fine."
DENIAL = "The company has not paid the fine."
LOOK_ALIKE = "The company opened a new office in the capital."
VERDICT = ["label", "contradiction", "entailment", "neutral", "flagged", "truncated", "window"]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def row(number: int, hypothesis: str = DENIAL) -> dict[str, Any]:
    return {"id": number, "premise": PREMISE, "hypothesis": hypothesis, "note": f"n{number}"}


def test_two_statements_readable(run: Callable[..., Any]) -> None:
    denied, other = run("score", PREMISE, DENIAL), run("score", PREMISE, LOOK_ALIKE)
    assert (denied.code, denied.err) == (other.code, other.err) == (0, "")
    assert denied.out.startswith("CONTRADICTION: P(contradiction) ")
    assert other.out.startswith("not flagged (neutral): P(contradiction) ")
    assert PREMISE in denied.out
    assert DENIAL in denied.out


def test_two_statements_as_json(run: Callable[..., Any]) -> None:
    (found,) = run("score", PREMISE, DENIAL, "--json").rows()
    assert list(found) == ["premise", "hypothesis", *VERDICT]
    assert (found["premise"], found["hypothesis"]) == (PREMISE, DENIAL)
    assert found["label"] == "contradiction"
    assert found["flagged"] is True
    assert found["contradiction"] + found["entailment"] + found["neutral"] == pytest.approx(1, abs=1e-5)


def test_options_of_the_decision(run: Callable[..., Any]) -> None:
    (strict,) = run("score", PREMISE, DENIAL, "--json", "--threshold", "1").rows()
    assert strict["flagged"] is False
    (forward,) = run("score", PREMISE, DENIAL, "--json", "--one-way").rows()
    (backward,) = run("score", DENIAL, PREMISE, "--json", "--one-way").rows()
    one, two = len(PREMISE) ** 2, len(DENIAL) ** 2
    expected = (one * forward["contradiction"] + two * backward["contradiction"]) / (one + two)
    assert strict["contradiction"] == pytest.approx(expected, abs=2e-6)


def test_the_examples_on_standard_output(run: Callable[..., Any]) -> None:
    done = run("score", EXAMPLES)
    assert done.code == 0
    given = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    assert [{name: out[name] for name in source} for source, out in zip(given, done.rows(), strict=True)] == given
    flagged = sum(out["flagged"] for out in done.rows())
    assert done.err.startswith(f"12 pairs, {flagged} flagged, 0 rejected, 0 truncated; ")
    assert done.err.endswith(" pairs/s\n")
    only = run("score", EXAMPLES, "--only-flagged", "--quiet")
    assert only.err == ""
    assert only.rows() == [out for out in done.rows() if out["flagged"]]


def test_standard_input(run: Callable[..., Any]) -> None:
    done = run("score", "-", stdin=lines([row(1), row(2, LOOK_ALIKE)]))
    assert [(out["id"], out["flagged"]) for out in done.rows()] == [(1, True), (2, False)]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "parquet", "jsonl.gz", "csv.gz", "tsv.gz"])
def test_every_format_in_and_out(run: Callable[..., Any], tmp_path: Path, ending: str) -> None:
    rows = [row(1), row(2, LOOK_ALIKE), row(3, 'A "quoted", text\nof two lines: שלום 🙂')]
    source, out = tmp_path / f"in.{ending}", tmp_path / f"out.{ending}"
    if ending == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), source)
    else:
        text = io.StringIO(newline="")
        if ending.startswith("jsonl"):
            text.write(lines(rows).decode())
        else:
            writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if ending.startswith("tsv") else ",")
            writer.writeheader()
            writer.writerows(rows)
        data = text.getvalue().encode()
        source.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    done = run("score", source, "-o", out)
    assert (done.code, done.out) == (0, "")
    if ending == "parquet":
        written = pq.read_table(out).to_pylist()
    else:
        text_out = (gzip.decompress(out.read_bytes()) if ending.endswith("gz") else out.read_bytes()).decode()
        if ending.startswith("jsonl"):
            written = [json.loads(line) for line in text_out.splitlines()]
        else:
            delimiter = "\t" if ending.startswith("tsv") else ","
            written = list(csv.DictReader(io.StringIO(text_out, newline=""), delimiter=delimiter))
    assert [list(found) for found in written] == [[*rows[0], *VERDICT]] * 3
    assert [found["hypothesis"] for found in written] == [given["hypothesis"] for given in rows]
    assert [str(found["flagged"]).lower() for found in written[:2]] == ["true", "false"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, out.name])


def test_bad_rows_go_to_the_rejects_and_the_rest_is_scored(run: Callable[..., Any], tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    bad = [
        b"{broken\n",
        lines([{"premise": "a"}]),
        lines([{"premise": "a", "hypothesis": ""}]),
        b'{"premise": "\xff"}\n',
    ]
    bad += [lines([{"premise": 3, "hypothesis": "b"}]), b"\n"]
    source.write_bytes(
        b"\xef\xbb\xbf" + lines([row(1)]).replace(b"\n", b"\r\n") + b"".join(bad) + lines([row(2), row(1)])
    )
    done = run("score", source, "--rejects", tmp_path / "bad.jsonl")
    assert [out["id"] for out in done.rows()] == [1, 2, 1]
    assert ", 5 rejected, " in done.err
    rejects = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert [(entry["file"], entry["line"]) for entry in rejects] == [(str(source), line) for line in (2, 3, 4, 5, 6)]
    assert all(entry["reason"] for entry in rejects)
    named = run("score", source)
    assert named.code == 0
    assert [line.split(": ")[0] for line in named.err.splitlines()[:3]] == [
        f"rejected {source}, line {line}" for line in (2, 3, 4)
    ]


def test_other_column_names(run: Callable[..., Any], refused: Callable[..., str], tmp_path: Path) -> None:
    source = tmp_path / "pairs.csv"
    source.write_text(f"claim,reply\n{PREMISE},{DENIAL}\n")
    done = run("score", source, "--columns", "premise=claim,hypothesis=reply")
    assert [out["flagged"] for out in done.rows()] == [True]
    assert "--columns" in refused("score", source)
    assert "'answer'" in refused("score", source, "--columns", "premise=claim,hypothesis=answer")


def test_long_pairs(run: Callable[..., Any], refused: Callable[..., str], tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    filler = "The committee met and talked about the budget of the coming year. " * 60
    source.write_bytes(lines([row(1, filler + DENIAL), row(2)]))
    windowed, cut = run("score", source), run("score", source, "--on-long", "truncate")
    assert ", 0 truncated, 1 scored in windows; " in windowed.err
    start, end = windowed.rows()[0]["window"]["hypothesis"]
    assert DENIAL in (filler + DENIAL)[start:end]
    assert windowed.rows()[0]["contradiction"] > cut.rows()[0]["contradiction"]
    assert ", 1 truncated; " in cut.err
    assert [out["truncated"] > 0 for out in cut.rows()] == [True, False]
    assert "--on-long window" in refused("score", source, "--on-long", "error")


def test_one_megabyte_in_one_field(run: Callable[..., Any], tiny_onnx: Path) -> None:
    done = run("score", "-", "--model", tiny_onnx, stdin=lines([row(1, "word " * 200_000), row(2)]))
    assert [out["id"] for out in done.rows()] == [1, 2]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere.jsonl"], "There is no file nowhere.jsonl"),
        (["pairs.txt"], "rename it to end in .jsonl"),
        (["empty.jsonl"], "empty.jsonl is empty"),
        (["."], "is a folder"),
        (["pairs.jsonl", "-o", "out.xls"], "does not say what to write"),
        (["pairs.jsonl", "-o", "nowhere/out.jsonl"], "there is no folder nowhere"),
        (["pairs.jsonl", "-o", "pairs.jsonl"], "is the input itself"),
        (["pairs.jsonl", "--resume"], "name the file with -o"),
        (["pairs.jsonl", "--model", "no-such-model"], "no-such-model"),
        (["pairs.jsonl", "--model", "./no/such/folder"], "There is no model folder"),
        (["pairs.jsonl", "--label-order", "c,e"], "--label-order"),
        (["pairs.jsonl", "--label-order", "c,e,n"], "--label-order e,n,c"),
        (["pairs.jsonl", "--max-tokens", "3"], "3 tokens a pair"),
        (["pairs.jsonl", "--columns", "premise"], "is not field=column"),
        (["zeros.parquet"], "is not a readable Parquet file"),
        (["array.jsonl"], "JSON Lines"),
        (["wide.jsonl"], "UTF-16"),
    ],
)
def test_mistakes_get_one_sentence(refused: Callable[..., str], tmp_path: Path, args: list[str], said: str) -> None:
    for name in ("pairs.jsonl", "pairs.txt"):
        (tmp_path / name).write_bytes(lines([row(1)]))
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "zeros.parquet").write_bytes(bytes(100))
    (tmp_path / "array.jsonl").write_text('[\n{"premise": "a"}]')
    (tmp_path / "wide.jsonl").write_text('{"premise": "a"}', encoding="utf-16")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert said in refused("score", *args, cwd=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["a", "b", "c"],
        ["a", "b", "-o", "x.jsonl"],
        ["a", "b", "--threshold", "2"],
        ["a", "b", "--on-long", "never"],
    ],
)
def test_wrong_usage(run: Callable[..., Any], args: list[str]) -> None:
    done = run("score", *args)
    assert done.code == (2 if args else 0)
    assert "Usage: nli score" in done.out + done.err
    assert "Traceback" not in done.err


def test_what_standard_output_cannot_show_is_escaped(run: Callable[..., Any], tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("Ana Ferrantō said that the mine is shut.", encoding="utf-8")
    done = run("statements", page, env={**os.environ, "PYTHONIOENCODING": "cp1252"})
    assert (done.code, done.err) == (0, "")
    assert "Ferrant\\u014d" in done.out


@pytest.mark.parametrize("names", [("pairs.csv", "out.csv"), ("A statement.", "pairs.csv")])
def test_names_of_files_are_no_statements(
    tmp_path: Path, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pairs.csv").write_text("premise,hypothesis\na,b\n")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(score_command, list(names))
    assert done.exit_code == 2
    assert "pairs.csv is a file, not a statement: give one FILE" in done.output


@pytest.mark.parametrize("statements", [["", "b"], ["a", " "]])
def test_an_empty_statement(refused: Callable[..., str], statements: list[str]) -> None:
    assert "is empty or not text" in refused("score", *statements)


def test_help_names_every_option_with_its_default(run: Callable[..., Any]) -> None:
    text = run("score", "--help").out
    names = [
        "model",
        "device",
        "one-way",
        "threshold",
        "columns",
        "label-order",
        "max-tokens",
        "on-long",
        "batch-tokens",
    ]
    for name in [*names, "threads", "only-flagged", "resume", "rejects", "no-probe", "json", "quiet", "out"]:
        described = text.split(f"--{name} ", 1)[1].split("\n  -", 1)[0]
        assert "[default:" in described, name


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv.gz", "out.parquet"])
def test_killed_and_resumed_is_the_same_file_byte_for_byte(
    start: Callable[..., Any], run: Callable[..., Any], tiny_onnx: Path, tmp_path: Path, name: str
) -> None:
    source = tmp_path / "pairs.jsonl"
    rows = [row(number, f"{DENIAL} It is number {number}.") for number in range(6000)]
    source.write_bytes(lines(rows[:3000]) + b"{broken\n" + lines(rows[3000:]))
    whole, out = tmp_path / f"whole-{name}", tmp_path / name
    options = ["--model", tiny_onnx, "--rejects"]
    assert run("score", source, "-o", whole, *options, tmp_path / "whole-bad.jsonl").code == 0
    process = start("score", source, "-o", out, *options, tmp_path / "bad.jsonl")
    partial = tmp_path / f"{name}.partial"
    wait_for(lambda: (partial.exists() and partial.stat().st_size > 0) or process.poll() is not None)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    resumed = run("score", source, "-o", out, *options, tmp_path / "bad.jsonl", "--resume")
    assert resumed.code == 0
    assert "6,000 pairs, " in resumed.err
    assert out.read_bytes() == whole.read_bytes()
    assert (tmp_path / "bad.jsonl").read_bytes() == (tmp_path / "whole-bad.jsonl").read_bytes()
    again = run("score", source, "-o", out, *options, tmp_path / "bad.jsonl", "--resume")
    assert "nothing to do" in again.err


def test_an_interrupt_ends_it_in_one_word(start: Callable[..., Any], tiny_onnx: Path, tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    source.write_bytes(lines([row(number, f"{DENIAL} {number}") for number in range(40_000)]))
    process = start("score", source, "-o", tmp_path / "out.jsonl", "--model", tiny_onnx)
    partial = tmp_path / "out.jsonl.partial"
    wait_for(lambda: (partial.exists() and partial.stat().st_size > 0) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"\ninterrupted\n")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_closed_pipe_ends_it_in_silence(start: Callable[..., Any], tiny_onnx: Path, tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    source.write_bytes(lines([row(number, f"{DENIAL} {number}") for number in range(10_000)]))
    process = start("score", source, "--model", tiny_onnx)
    assert json.loads(process.stdout.readline())["id"] == 0
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_gets_one_sentence(run: Callable[..., Any]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("score", EXAMPLES, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "No space left" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_no_permission(refused: Callable[..., str], tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    source.write_bytes(lines([row(1)]))
    source.chmod(0)
    assert "may not be read" in refused("score", source)


def test_neither_torch_nor_transformers_is_imported(run: Callable[..., Any]) -> None:
    """With the bundled model, in either form of the command; `-X importtime` names what is imported."""
    for args in (["score", PREMISE, DENIAL], ["score", str(EXAMPLES)]):
        done = run(*args, env={"PYTHONPROFILEIMPORTTIME": "1"})
        imported = {
            line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.err.splitlines() if "import time" in line
        }
        assert "onnxruntime" in imported
        assert not imported & {
            "torch",
            "transformers",
            "datasets",
            "pandas",
            "matplotlib",
            "pyarrow",
            "huggingface_hub",
        }


def test_the_command_line_answers_at_once(run: Callable[..., Any]) -> None:
    """`nli --help` and a verdict on two statements take less than a second of processor time each."""
    for args in (["--help"], ["score", PREMISE, DENIAL]):
        before = os.times()
        assert run(*args).code == 0
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        assert spent < (1 if args == ["--help"] else 3)
