"""Reading pairs: every format, every kind of bad input, and what is said about it."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.errors import InputError, MissingExtraError
from nli.pairs import Pair, Reject, parse_columns, read_pairs

GOOD = {"premise": "The bridge is open.", "hypothesis": "The bridge is closed."}
TRICKY = {
    "premise": 'She said:\n"שלום, مرحبا",\tthen\r\nleft 👩‍👩‍👧.',
    "hypothesis": "  a,b;c\td 'quoted' \u2028 \\ end ",
}


def read(path: str | Path, **options: object) -> tuple[list[Pair], list[Reject]]:
    rejects: list[Reject] = []
    pairs = list(read_pairs(path, on_reject=rejects.append, **options))  # type: ignore[arg-type]
    return pairs, rejects


def refused(path: str | Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def json_bytes(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def csv_bytes(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def text_bytes(name: str, *rows: dict[str, str]) -> bytes:
    if "csv" in name or "tsv" in name:
        return csv_bytes(*rows, delimiter="\t" if "tsv" in name else ",")
    return json_bytes(*rows)


def save(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def save_parquet(folder: Path, columns: dict[str, object], **options: object) -> Path:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = folder / "pairs.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


# --- what is read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["p.jsonl", "p.ndjson", "p.JSONL", "p.jsonl.gz", "p.csv", "p.csv.gz", "p.tsv", "p.tsv.gz"]
)
def test_every_text_format_gives_the_same_pairs(tmp_path: Path, name: str) -> None:
    rows = [GOOD, TRICKY, {"premise": "x", "hypothesis": "y" * 1_000_000}]
    data = text_bytes(name, *rows)
    pairs, rejects = read(save(tmp_path, name, data))
    assert [(pair.premise, pair.hypothesis) for pair in pairs] == [(row["premise"], row["hypothesis"]) for row in rows]
    assert [pair.row for pair in pairs] == rows
    assert rejects == []


def test_parquet_gives_the_same_pairs(tmp_path: Path) -> None:
    rows = [GOOD, TRICKY]
    path = save_parquet(tmp_path, {key: [row[key] for row in rows] for key in GOOD})
    pairs, rejects = read(path)
    assert [pair.row for pair in pairs] == rows
    assert rejects == []


def test_all_fields_are_read_and_the_row_is_kept_in_order(tmp_path: Path) -> None:
    row = {
        "note": {"deep": [1, 2.5, None, True]},
        "hypothesis": "B.",
        "premise": "A.",
        "id": 7,
        "label": "contradiction",
        "premise_source": "US",
        "hypothesis_source": "Iran",
        "tags": ["direct-denial", "number"],
    }
    [pair], _ = read(save(tmp_path, "p.jsonl", json_bytes(row)))
    assert pair == Pair("A.", "B.", "7", "contradiction", "US", "Iran", ("direct-denial", "number"), row)
    assert list(pair.row) == list(row)


@pytest.mark.parametrize(
    ("cell", "tags"),
    [("a, b", ("a", "b")), ('["a", "b"]', ("a", "b")), ("", ()), ("[a", ("[a",)), ('[{"x": 1}]', ())],
)
def test_tags_in_a_cell(tmp_path: Path, cell: str, tags: tuple[str, ...]) -> None:
    [pair], _ = read(save(tmp_path, "p.csv", csv_bytes({**GOOD, "tags": cell})))
    assert pair.tags == tags


def test_fields_that_are_no_text_count_as_absent_but_stay_in_the_row(tmp_path: Path) -> None:
    row = {**GOOD, "id": True, "label": 2, "premise_source": "", "tags": {"a": 1}}
    [pair], rejects = read(save(tmp_path, "p.jsonl", json_bytes(row)))
    assert (pair.id, pair.label, pair.premise_source, pair.tags, rejects) == (None, None, None, (), [])
    assert pair.row == row


def test_mark_line_ends_blank_lines_and_missing_last_line_end(tmp_path: Path) -> None:
    line = json_bytes(GOOD).rstrip(b"\n")
    data = codecs.BOM_UTF8 + b"\r\n".join([line, b"", b"   ", line])
    pairs, rejects = read(save(tmp_path, "p.jsonl", data))
    assert (len(pairs), rejects) == (2, [])
    table = codecs.BOM_UTF8 + b"premise,hypothesis\r\n\r\na,b\r\n\r\nc,d"
    pairs, rejects = read(save(tmp_path, "p.csv", table))
    assert [(pair.premise, pair.hypothesis) for pair in pairs] == [("a", "b"), ("c", "d")]
    assert rejects == []


def test_duplicate_ids_are_kept(tmp_path: Path) -> None:
    pairs, rejects = read(save(tmp_path, "p.jsonl", json_bytes({"id": "1", **GOOD}, {"id": "1", **GOOD})))
    assert ([pair.id for pair in pairs], rejects) == (["1", "1"], [])


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(json_bytes(GOOD) + b"oops\n"))
    pairs, [reject] = read("-")
    assert (len(pairs), reject.file, reject.line) == (1, "stdin", 2)
    assert not sys.stdin.buffer.closed
    monkeypatch.setattr(sys, "stdin", _Stdin(b""))
    assert refused("-") == "stdin holds no rows: give a file with at least one pair."


def test_standard_input_that_is_closed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert "Standard input is closed" in refused("-")


def test_reading_is_lazy_and_never_ahead(tmp_path: Path) -> None:
    rejects: list[Reject] = []
    path = save(tmp_path, "p.jsonl", json_bytes(GOOD, 1, GOOD, 2, 3))
    pairs = read_pairs(path, on_reject=rejects.append)
    next(pairs)
    assert len(rejects) == 0
    next(pairs)
    assert len(rejects) == 1
    assert list(pairs) == []
    assert [reject.line for reject in rejects] == [2, 4, 5]


# --- columns ------------------------------------------------------------------------------------------------


def test_parse_columns() -> None:
    assert parse_columns("premise=claim, hypothesis = the reply") == {"premise": "claim", "hypothesis": "the reply"}
    assert parse_columns("id=a=b") == {"id": "a=b"}


@pytest.mark.parametrize(
    "text", ["", "premise", "premise=", "=x", "claim=premise", "id=a,id=b", "premise=a,hypothesis=a"]
)
def test_parse_columns_refuses(text: str) -> None:
    with pytest.raises(InputError):
        parse_columns(text)


@pytest.mark.parametrize("name", ["p.jsonl", "p.csv"])
@pytest.mark.parametrize("columns", [{"premise": "hypothesis"}, {"hypothesis": "premise"}])
def test_a_column_is_not_compared_with_itself(tmp_path: Path, name: str, columns: dict[str, str]) -> None:
    path = save(tmp_path, name, text_bytes(name, {"premise": "A.", "hypothesis": "B."}))
    assert "both to be read from the column" in refused(path, columns=columns)


def test_unknown_field_names_the_fields(tmp_path: Path) -> None:
    path = save(tmp_path, "p.jsonl", json_bytes(GOOD))
    message = refused(path, columns={"claim": "x"})
    assert "'claim'" in message
    assert "premise_source" in message


@pytest.mark.parametrize("name", ["p.jsonl", "p.csv"])
def test_columns_by_name_and_by_other_names(tmp_path: Path, name: str) -> None:
    make = json_bytes if name == "p.jsonl" else csv_bytes
    named = {"claim": "A.", "reply": "B.", "nr": "1"}
    [pair], _ = read(save(tmp_path, name, make(named)), columns={"premise": "claim", "hypothesis": "reply", "id": "nr"})
    assert (pair.premise, pair.hypothesis, pair.id, pair.row) == ("A.", "B.", "1", named)
    [pair], _ = read(save(tmp_path, name, make({"sentence2": "B.", "sentence1": "A."})))
    assert (pair.premise, pair.hypothesis) == ("A.", "B.")
    [pair], _ = read(save(tmp_path, name, make({**GOOD, "sentence1": "A.", "sentence2": "B."})))
    assert pair.premise == GOOD["premise"]


@pytest.mark.parametrize("row", [{"claim": "a", "reply": "b"}, {"premise": "a", "sentence1": "b", "sentence2": "c"}])
def test_missing_column_says_what_was_found_and_how_to_name_it(tmp_path: Path, row: dict[str, str]) -> None:
    paths = [
        save(tmp_path, "p.jsonl", json_bytes(row)),
        save(tmp_path, "p.csv", csv_bytes(row)),
        save_parquet(tmp_path, {key: [value] for key, value in row.items()}),
    ]
    for path in paths:
        message = refused(path)
        assert str(path) in message
        assert "--columns" in message
        assert "hypothesis=NAME" in message
        assert all(repr(key) in message for key in row)


def test_named_optional_column_must_be_there(tmp_path: Path) -> None:
    for path in (save(tmp_path, "p.csv", csv_bytes(GOOD)), save(tmp_path, "p.jsonl", json_bytes(GOOD))):
        assert "'who'" in refused(path, columns={"premise_source": "who"})


def test_wide_tables_are_shown_in_part(tmp_path: Path) -> None:
    message = refused(save(tmp_path, "p.csv", csv_bytes({f"c{number}": "x" for number in range(500)})))
    assert "and others" in message
    assert len(message) < 1000


def test_json_field_missing_in_the_first_rows_but_not_later_rejects_only_those(tmp_path: Path) -> None:
    pairs, rejects = read(save(tmp_path, "p.jsonl", json_bytes({"premise": "a"}, GOOD)))
    assert (len(pairs), [reject.reason for reject in rejects]) == (1, ["no field 'hypothesis'"])
    late = json_bytes(*[{"premise": "a"}] * 20, GOOD)
    assert "'hypothesis'" in refused(save(tmp_path, "p.jsonl", late))


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    assert "two columns named 'x'" in refused(save(tmp_path, "p.csv", b"premise,hypothesis,x,x\na,b,c,d\n"))


# --- rows that are rejected, while the rest goes on -----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{'premise': 1}", "not valid JSON (Expecting property name"),
        (b'{"premise": "a", "hypothesis": "b"', "not valid JSON"),
        (b'["a", "b"]', "not an object"),
        (b"42", "not an object"),
        (b'{"premise": "a"}', "no field 'hypothesis'"),
        (b'{"premise": "", "hypothesis": "b"}', "'premise' is empty"),
        (b'{"premise": " \\t\\u00a0", "hypothesis": "b"}', "'premise' is white space only"),
        (b'{"premise": null, "hypothesis": "b"}', "'premise' is null"),
        (b'{"premise": 17, "hypothesis": "b"}', "'premise' is a number, not text"),
        (b'{"premise": true, "hypothesis": "b"}', "'premise' is true or false, not text"),
        (b'{"premise": ["a"], "hypothesis": "b"}', "'premise' is a list, not text"),
        (b'{"premise": {}, "hypothesis": "b"}', "'premise' is an object, not text"),
        (b'{"premise": NaN, "hypothesis": "b"}', "NaN is no JSON number"),
        (b'{"premise": "a", "hypothesis": "b", "x": -Infinity}', "-Infinity is no JSON number"),
        (b'{"premise": "a", "hypothesis": "b", "x": 1e999}', "1e999 is too large a number"),
        (b'{"premise": "a", "premise": "c", "hypothesis": "b"}', "the key 'premise' stands twice"),
        (b'{"premise": "\xff", "hypothesis": "b"}', "invalid UTF-8 (byte 14"),
        (b'{"premise": "a\0", "hypothesis": "b"}', "a NUL byte"),
        (b'{"premise": "a\\u0000", "hypothesis": "b"}', "a NUL character in 'premise'"),
        (b'{"premise": "a", "hypothesis": "b\\ud83d"}', "half of a surrogate pair"),
        (b'{"premise": "a", "hypothesis": "b", "x": ["\\uDE00"]}', "half of a surrogate pair"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"premise": ' + b"9" * 5000 + b', "hypothesis": "b"}', ""),
    ],
)
def test_bad_json_lines(tmp_path: Path, line: bytes, reason: str) -> None:
    path = save(tmp_path, "p.jsonl", json_bytes(GOOD) + b"\n" + line + b"\n" + json_bytes(GOOD))
    pairs, [reject] = read(path)
    assert len(pairs) == 2
    assert reason in reject.reason
    assert (reject.file, reject.line) == (str(path), 3)
    assert reject.row == line.decode("utf-8", "backslashreplace")[:2000]
    json.dumps(reject.row).encode()


def test_emoji_as_an_escaped_surrogate_pair_is_fine(tmp_path: Path) -> None:
    [pair], _ = read(save(tmp_path, "p.jsonl", b'{"premise": "\\ud83d\\ude00", "hypothesis": "\\u05e9"}\n'))
    assert (pair.premise, pair.hypothesis) == ("😀", "ש")


def test_only_bad_rows_are_all_rejected_without_an_error(tmp_path: Path) -> None:
    pairs, rejects = read(save(tmp_path, "p.jsonl", b"x\n" * 50))
    assert (pairs, len(rejects)) == ([], 50)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a,b", "2 cells where the header has 3"),
        (b"a,b,c,d", "4 cells where the header has 3"),
        (b",b,c", "'premise' is empty"),
        (b"a, ,c", "'hypothesis' is white space only"),
        (b"a\xff,b,c", "invalid UTF-8 (byte 2 of line 3)"),
        (b"a\0,b,c", "a NUL byte on line 3"),
        (b'"a"x,b,c', "a quote that is out of place"),
        (b"a\rx,b,c", "a carriage return"),
    ],
)
def test_bad_table_lines(tmp_path: Path, line: bytes, reason: str) -> None:
    lines = b"premise,hypothesis,n\r\na,b,c\r\n" + line + b"\r\nd,e,f\r\n"
    paths = [save(tmp_path, "p.csv", lines)]
    if b'"' not in line and b"\r" not in line:  # which in TSV may stand as they are
        paths.append(save(tmp_path, "p.tsv", lines.replace(b",", b"\t")))
    for path in paths:
        pairs, [reject] = read(path)
        assert [pair.premise for pair in pairs] == ["a", "d"]
        assert (reject.line, reason in reject.reason) == (3, True), reject.reason


def test_physical_line_numbers_after_quoted_newlines(tmp_path: Path) -> None:
    data = b'premise,hypothesis\n"a\n\nb","c\r\nd"\n,x\n"e\nf",\n'
    pairs, rejects = read(save(tmp_path, "p.csv", data))
    assert [(pair.premise, pair.hypothesis) for pair in pairs] == [("a\n\nb", "c\r\nd")]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (6, "'premise' is empty"),
        (7, "'hypothesis' is empty"),
    ]
    assert rejects[1].row == '"e\nf",'


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    data = b'premise,hypothesis\na,b\n"c,d\ne,f\n"g\nh",i\nj,k\n'
    pairs, [reject] = read(save(tmp_path, "p.csv", data))
    assert [pair.premise for pair in pairs] == ["a", "e", "g\nh", "j"]
    assert (reject.line, reject.row) == (3, '"c,d')
    at_the_end, [reject] = read(save(tmp_path, "p.csv", b'premise,hypothesis\na,b\n"c,d\ne,f\n'))
    assert ([pair.premise for pair in at_the_end], reject.line) == (["a", "e"], 3)


@pytest.mark.parametrize("name", ["p.tsv", "p.csv"])
def test_a_closing_quote_further_down_costs_no_rows_between(tmp_path: Path, name: str) -> None:
    data = 'premise,hypothesis\n"Open, he said.,Shut.\n' + "a,b\n" * 20 + 'x,He said: Open."\n'
    if name == "p.tsv":
        data = data.replace(",", "\t").replace("Open\t", "Open,")
    pairs, rejects = read(save(tmp_path, name, data.encode()))
    assert [pair.premise for pair in pairs][-21:] == ["a"] * 20 + ["x"]
    assert (len(pairs), len(rejects)) == ((22, 0) if name == "p.tsv" else (21, 1))


def test_rows_of_tsv_swallowed_into_a_cell_are_read(tmp_path: Path) -> None:
    data = b'premise\thypothesis\n"Open, he said.\tShut.\n' + b"a\tb\n" * 20 + b'He said: Open."\tShut.\n'
    pairs, rejects = read(save(tmp_path, "p.tsv", data))
    assert [pair.premise for pair in pairs] == ['"Open, he said.', *["a"] * 20, 'He said: Open."']
    assert rejects == []
    kept, rejects = read(save(tmp_path, "q.tsv", b'premise\thypothesis\nx\t"one\ntwo\nthree"\n"a\tb\nc"\ty\n'))
    assert [(pair.premise, pair.hypothesis) for pair in kept] == [("x", "one\ntwo\nthree"), ("a\tb\nc", "y")]
    assert rejects == []


def test_a_cell_beyond_the_limit_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = csv.field_size_limit(1000)
    monkeypatch.setattr("nli.csvrecords.MAX_CELL", 1000)
    try:
        data = b'premise,hypothesis\n"a,' + b"b\n" * 2000 + b"c,d\n"
        pairs, rejects = read(save(tmp_path, "p.csv", data))
    finally:
        csv.field_size_limit(before)
    assert [pair.premise for pair in pairs] == ["c"]
    assert "never closed" in rejects[0].reason
    assert len(rejects) == 2000


def test_tsv_without_quoting_is_taken_as_it_stands(tmp_path: Path) -> None:
    data = b'premise\thypothesis\n"Yes," he said.\tHe "agreed\n"No\tx\n"quoted\ttab"\ty\n'
    pairs, rejects = read(save(tmp_path, "p.tsv", data))
    assert [(pair.premise, pair.hypothesis) for pair in pairs] == [
        ('"Yes," he said.', 'He "agreed'),
        ('"No', "x"),
        ("quoted\ttab", "y"),
    ]
    assert rejects == []


def test_long_raw_rows_are_cut(tmp_path: Path) -> None:
    _, [reject] = read(save(tmp_path, "p.jsonl", json_bytes(GOOD) + "é".encode() * 100_000))
    assert reject.row == "é" * 2000


def test_require_label(tmp_path: Path) -> None:
    rows = [{**GOOD, "label": "neutral"}, {**GOOD, "label": 1}, {**GOOD, "label": None}, {**GOOD, "label": ""}, GOOD]
    pairs, rejects = read(save(tmp_path, "p.jsonl", json_bytes(*rows)), require_label=True)
    assert [pair.label for pair in pairs] == ["neutral"]
    assert [reject.reason for reject in rejects] == [
        "'label' is a number, not text",
        "'label' is null",
        "'label' is empty",
        "no field 'label'",
    ]
    assert "'label'" in refused(save(tmp_path, "p.csv", csv_bytes(GOOD)), require_label=True)


# --- files that cannot be used ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["p.txt", "p", "p.json", "p.parquet.gz", "p.gz", ".csv"])
def test_wrong_ending_lists_the_endings(tmp_path: Path, name: str) -> None:
    assert ".tsv (each also with .gz), or .parquet" in refused(save(tmp_path, name, json_bytes(GOOD)))


def test_no_such_file_folder_and_empty_file_are_refused_before_reading(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    empty = save(tmp_path, "empty.jsonl", b"")
    for path, said in [
        (tmp_path / "none.csv", "There is no file"),
        (tmp_path / "folder.csv", "is a folder"),
        (tmp_path / "none.csv" / "x.csv", "There is no file"),
        (empty / "x.csv", "cannot be read"),
        (empty, "is empty"),
    ]:
        with pytest.raises(InputError, match=said):
            read_pairs(path, on_reject=lambda _: None)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("p.jsonl", b"\n\n", "holds no rows"),
        ("p.jsonl", codecs.BOM_UTF8, "holds no rows"),
        ("p.jsonl.gz", b"", "holds no rows"),
        ("p.csv", b"premise,hypothesis\n", "holds no rows"),
        ("p.csv", b"\n", "is empty"),
        ("p.csv.gz", b"", "is empty"),
        ("p.csv", b'premise,"hypo"thesis\na,b\n', "header"),
        ("p.csv", b"premise\xff,hypothesis\na,b\n", "header"),
        ("p.jsonl", json_bytes(GOOD).decode().encode("utf-16"), "is UTF-16, not UTF-8: convert it with iconv"),
        ("p.csv", csv_bytes(GOOD).decode().encode("utf-16-le"), "is UTF-16"),
        ("p.csv", csv_bytes(GOOD).decode().encode("utf-16-be"), "is UTF-16"),
        ("p.jsonl", b'[\n{"premise": "a"}\n]\n', "jq -c '.[]'"),
        ("p.jsonl", b'[{"premise": "a"}]', "jq -c '.[]'"),
        ("p.jsonl", b'{\n"premise": "a"\n}\n', "jq -c ."),
    ],
)
def test_whole_file_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    assert said in refused(save(tmp_path, name, data))


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, "p.csv", csv_bytes(GOOD))

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    assert "may not be read by you" in refused(path)


def test_gzip_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(json_bytes(GOOD))
    assert "is not gzip" in refused(path)


@pytest.mark.parametrize("name", ["p.jsonl.gz", "p.csv.gz"])
@pytest.mark.parametrize("rows", [3, 2000])
def test_truncated_gzip_gives_all_that_can_be_read_first(tmp_path: Path, name: str, rows: int) -> None:
    many = [{"premise": f"premise {number} {number**9 % 99991}", "hypothesis": "b"} for number in range(rows)]
    path = save(tmp_path, name, json_bytes(*many) if "json" in name else csv_bytes(*many))
    path.write_bytes(path.read_bytes()[:-9])
    pairs: list[Pair] = []
    reader = read_pairs(path, on_reject=lambda _: None)

    def read_one_by_one() -> None:
        while True:
            pairs.append(next(reader))

    with pytest.raises(InputError) as caught:
        read_one_by_one()
    assert rows - 2 <= len(pairs) <= rows
    assert f"ends early at line {len(pairs) + (1 if 'json' in name else 2)}" in str(caught.value)


def test_damaged_gzip_says_where(tmp_path: Path) -> None:
    path = save(tmp_path, "p.jsonl.gz", json_bytes(*[GOOD] * 3))
    path.write_bytes(path.read_bytes()[:-8] + b"\0" * 8)
    assert "cannot be read past line 3" in refused(path)


# --- Parquet ------------------------------------------------------------------------------------------------


def test_parquet_text_types(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    texts = ["A.", "B.", None]
    for kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.dictionary(pa.int8(), pa.string())):
        premise = pa.array(texts, pa.string()).cast(pa.string() if pa.types.is_dictionary(kind) else kind)
        premise = premise.dictionary_encode() if pa.types.is_dictionary(kind) else premise
        pairs, rejects = read(save_parquet(tmp_path, {"premise": premise, "hypothesis": ["x"] * 3}))
        assert [pair.premise for pair in pairs] == ["A.", "B."]
        assert [(reject.line, reject.reason) for reject in rejects] == [(3, "'premise' is null")]
        assert json.loads(rejects[0].row) == {"premise": None, "hypothesis": "x"}


@pytest.mark.parametrize("values", [[1, 2], [1.5, 2.5], [["a"], ["b"]], [None, None], [True, False], [{"a": 1}, None]])
def test_parquet_column_that_is_no_text_is_refused_by_its_type(tmp_path: Path, values: list[object]) -> None:
    path = save_parquet(tmp_path, {"premise": values, "hypothesis": ["a", "b"]})
    message = refused(path)
    assert "'premise'" in message
    assert "is of type" in message


def test_parquet_invalid_utf8_rejects_only_that_row(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    broken = pa.array([b"good", b"b\xffd", b"fine"]).view(pa.string())
    pairs, [reject] = read(save_parquet(tmp_path, {"premise": broken, "hypothesis": ["x"] * 3}))
    assert [pair.premise for pair in pairs] == ["good", "fine"]
    assert (reject.line, reject.reason) == (2, "invalid UTF-8 in 'premise'")


def test_parquet_other_columns_are_kept(tmp_path: Path) -> None:
    import datetime as dt

    pa = pytest.importorskip("pyarrow")
    path = save_parquet(
        tmp_path,
        {
            "premise": ["a"],
            "hypothesis": ["b"],
            "id": [12],
            "tags": [["x", "y"]],
            "when": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")),
            "day": [dt.date(2024, 2, 29)],
            "price": [Decimal("1.10")],
            "raw": [b"\xff"],
            "deep": [{"a": [1, None]}],
        },
    )
    [pair], _ = read(path)
    assert (pair.id, pair.tags) == ("12", ("x", "y"))
    assert pair.row["when"] == "2023-11-14 22:13:20.123456789"
    assert (pair.row["day"], pair.row["price"]) == ("2024-02-29", "1.10")
    assert (pair.row["raw"], pair.row["deep"]) == (b"\xff", {"a": [1, None]})


def test_parquet_files_that_cannot_be_used(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    assert "is not a readable Parquet file" in refused(save(tmp_path, "x.parquet", b"PAR1 not really"))
    assert "holds no rows" in refused(
        save_parquet(tmp_path, {"premise": pa.array([], pa.string()), "hypothesis": pa.array([], pa.string())})
    )


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, "p.parquet", b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"nli\[parquet\]"):
        read(path)


# --- passing over rows ----------------------------------------------------------------------------------------


def in_order(path: Path, skip: int = 0) -> list[Pair | Reject]:
    """Return pairs and rejects as they come, mixed."""
    events: list[Pair | Reject] = []
    for pair in read_pairs(path, on_reject=events.append, skip=skip):
        events.append(pair)  # noqa: PERF402
    return events


def mixed_rows() -> list[object]:
    rows: list[object] = [1, {"premise": "late"}]
    good = ({"premise": f"p{number}", "hypothesis": "h", "n": number} for number in range(60))
    return rows + [row if row["n"] % 7 else {"premise": ""} for row in good]  # type: ignore[operator]


@pytest.mark.parametrize("name", ["p.jsonl", "p.csv", "p.parquet"])
def test_skip_goes_on_exactly_where_another_reader_stopped(tmp_path: Path, name: str) -> None:
    if name == "p.jsonl":
        path = save(tmp_path, name, b"\n".join(json.dumps(row).encode() + b"\n" for row in mixed_rows()))
    else:
        texts = ["" if number % 7 == 0 else f"p\n{number}" for number in range(62)]
        if name == "p.csv":
            path = save(tmp_path, name, csv_bytes(*[{"premise": text, "hypothesis": "h"} for text in texts]))
        else:
            path = save_parquet(tmp_path, {"premise": texts, "hypothesis": ["h"] * 62}, row_group_size=10)
    events = in_order(path)
    assert len(events) == 62
    for skip in (0, 1, 19, 20, 21, 30, 61, 62):
        assert in_order(path, skip) == events[skip:]


def test_skip_does_not_change_which_columns_are_found(tmp_path: Path) -> None:
    old = {"sentence1": "A.", "sentence2": "B."}
    path = save(tmp_path, "p.jsonl", json_bytes(*[old] * 30, *[{**old, **GOOD}] * 3))
    pairs, _ = read(path, skip=30)
    assert [pair.premise for pair in pairs] == ["A."] * 3


# --- properties -----------------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
STATEMENT = ANY_TEXT.filter(str.strip)
ROWS = st.lists(st.fixed_dictionaries({"premise": STATEMENT, "x": ANY_TEXT, "hypothesis": STATEMENT}), min_size=1)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, name=st.sampled_from(["p.jsonl", "p.csv", "p.tsv", "p.csv.gz"]))
def test_whatever_text_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], name: str
) -> None:
    data = text_bytes(name, *rows)
    pairs, rejects = read(save(tmp_path_factory.mktemp("p"), name, data))
    assert [pair.row for pair in pairs] == rows
    assert rejects == []


@settings(max_examples=100, deadline=None)
@given(junk=st.binary(max_size=200), name=st.sampled_from(["p.jsonl", "p.csv", "p.tsv"]))
def test_junk_never_crashes_and_good_rows_around_it_live(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, name: str
) -> None:
    good = json_bytes(GOOD) if name == "p.jsonl" else b"a,b\n"
    header = b"" if name == "p.jsonl" else b"premise,hypothesis\n"
    data = header + good + junk.replace(b'"', b"") + b"\n" + good
    if name == "p.tsv":
        data = data.replace(b",", b"\t")
    pairs, rejects = read(save(tmp_path_factory.mktemp("p"), name, data))
    assert pairs[0].row == pairs[-1].row
    assert len(pairs) >= 2
    assert all(reject.reason and reject.line > 1 for reject in rejects)
