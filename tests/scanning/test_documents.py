"""Reading documents: every kind of file, every kind of bad input, and what is said about it."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import socket
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nli.errors import InputError, MissingExtraError
from nli.scanning.documents import MAX_MARKUP_BYTES, ROWS_SHOWN, read_documents
from nli.scanning.encoding import decode
from nli.scanning.language import is_english
from nli.scanning.markdown import read_markdown
from nli.scanning.records import Document

PAGE = Path(__file__).parent / "fixtures" / "harbour.html"
LEAK = "The port denied on Tuesday that grain dust had leaked from its silo."
DUST = "The fire brigade said that it had found dust at nine of eleven places."
GERMAN = (
    "Der Minister bestritt am Dienstag, dass die Regierung Raketen geliefert habe. Was in der Nacht im Hafen geschah, "
    "ist nicht bekannt. Die Polizei war an Ort und Stelle, sagte ein Sprecher, und das Schiff sei leer gewesen."
)
CHINESE = "部长星期二否认政府交付了导弹。夜里港口发生了什么尚不清楚。警方在现场，一位发言人说，船是空的。"  # noqa: RUF001
NAMES = (
    "Anna Berg, Carl Dahl, Eva Falk, Gert Holm, Ida Jung, Karl Lund, Mia Nord, Olaf Palm and the others were there. "
)


def read(*sources: str | Path, **options: str) -> tuple[list[Document], list[str]]:
    notes: list[str] = []
    documents = list(read_documents(sources, on_note=notes.append, **options))  # type: ignore[arg-type]
    for note in notes:
        assert "\n" not in note
        assert note.endswith(".")
    return documents, notes


def refused(*sources: str | Path, **options: str) -> str:
    with pytest.raises(InputError) as caught:
        read(*sources, **options)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def save(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# --- plain text ------------------------------------------------------------------------------------------------


def test_plain_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "news/a.txt", f"Port denies leak\r\n\r\n{LEAK}\r\n")
    monkeypatch.chdir(tmp_path)
    documents, notes = read("news/a.txt")
    assert documents == [Document(text=f"Port denies leak\n\n{LEAK}\n", name=str(Path("news/a.txt")))]
    assert notes == []


def test_one_path_alone_and_capital_endings(tmp_path: Path) -> None:
    path = save(tmp_path, "A.TXT", LEAK)
    assert [document.text for document in read_documents(path)] == [LEAK]
    assert [document.text for document in read_documents(str(path))] == [LEAK]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LEAK.encode())))
    documents, _ = read("-")
    assert documents == [Document(text=LEAK, name="stdin")]


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert refused("-").startswith("stdin is empty")


def test_large_text_works_and_is_said(tmp_path: Path) -> None:
    text = f"{LEAK} " * (6_000_000 // len(LEAK))
    documents, notes = read(save(tmp_path, "a.txt", text))
    assert documents[0].text == text
    assert "large" in documents[0].notes[0]
    assert "large" in notes[0]


def test_too_large_a_page(tmp_path: Path) -> None:
    path = save(tmp_path, "a.html", b" " * (MAX_MARKUP_BYTES + 1))
    assert "larger than 20 MiB" in refused(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n", "is empty"),
        (b"12 34 56 -- *** 78", "holds no sentence"),
        (b"Two words", "holds no sentence"),
        (b"The port denied\0 it all.", "is not text"),
        (b"\xef\xbb\xbfThe port denied\0 it all.", "is not text"),
        (bytes(range(1, 256)) * 20, "is not text"),
        (bytes(range(32, 256)) * 20, "encoding of"),
        (b"%PDF-1.7 The port denied it.", "is a PDF file"),
        (b"PK\x03\x04 word/document.xml", "Word"),
    ],
)
def test_not_a_text(tmp_path: Path, content: bytes, said: str) -> None:
    path = save(tmp_path, "a.txt", content)
    message = refused(path)
    assert said in message
    assert str(path) in message


# --- encodings -------------------------------------------------------------------------------------------------

CAFE = "The café’s owner denied the leak on Monday – “no leak,” she said."  # noqa: RUF001


@pytest.mark.parametrize(
    "content",
    [
        CAFE.encode(),
        codecs.BOM_UTF8 + CAFE.encode(),
        CAFE.encode("utf-16"),
        codecs.BOM_UTF16_BE + CAFE.encode("utf-16-be"),
        CAFE.encode("utf-32"),
    ],
)
def test_encodings_that_show_themselves(tmp_path: Path, content: bytes) -> None:
    documents, notes = read(save(tmp_path, "a.txt", content))
    assert documents[0].text == CAFE
    assert documents[0].notes == ()
    assert notes == []


@pytest.mark.parametrize(
    ("content", "text", "said"),
    [
        (CAFE.encode("cp1252"), CAFE, "read as cp1252"),
        (LEAK.encode("utf-16-le"), LEAK, "taken for UTF-16-LE"),
        (LEAK.encode("utf-16-be"), LEAK, "taken for UTF-16-BE"),
        (CAFE.encode() + b" Caf\xc3", CAFE + " Caf\ufffd", "UTF-8 with broken characters (1)"),
    ],
)
def test_encodings_that_are_guessed(tmp_path: Path, content: bytes, text: str, said: str) -> None:
    path = save(tmp_path, "a.txt", content)
    documents, notes = read(path)
    assert documents[0].text == text
    assert said in documents[0].notes[0]
    assert notes == [f"{path}: {documents[0].notes[0]}"]


@pytest.mark.parametrize("declared", ["windows-1251", "rot13", "idna", "nonsense"])
def test_declared_encoding_of_a_page(tmp_path: Path, declared: str) -> None:
    page = f"<html><head><meta charset='{declared}'></head><body><p>{LEAK} Утечки не было.</p></body></html>"
    documents, _ = read(save(tmp_path, "a.html", page.encode("cp1251")))
    assert documents[0].text.startswith(LEAK)
    assert ("Утечки не было" in documents[0].text) or documents[0].notes


def test_guessing_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    with pytest.raises(MissingExtraError, match=r"nli\[scan\]"):
        read(save(tmp_path, "a.txt", CAFE.encode("cp1252")))


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_characters="\0\r\ufeff", exclude_categories=["Cs", "Cc"])))
def test_utf8_comes_back(text: str) -> None:
    assert decode(("a " + text).encode(), "x") == ("a " + text, None)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xfe\0")
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        text, _ = decode(data, "x", page=True)
    except InputError:
        return
    assert "\0" not in text
    assert "\r" not in text
    text.encode()


# --- Markdown --------------------------------------------------------------------------------------------------

MARKDOWN = """---
title: "The silo"
date: 2024-03-12
source: Velden Courier
url: https://courier.example/silo
tags:
  - grain
---
# Port *denies* leak

The **port** denied [the leak](https://x.example/ "title") on
Tuesday, `entirely` &amp; plainly\\*. ![A silo](silo.png)

> “No leak,” said Aalders.

- One point is made here.
- ~~Withdrawn~~ Another one.

| Place | Dust |
|-------|------|
| North | much |

```python
print("code")
```

<div>raw markup</div>
"""


def test_markdown(tmp_path: Path) -> None:
    documents, notes = read(save(tmp_path, "a.md", MARKDOWN))
    assert documents[0].text == (
        "Port denies leak\n\nThe port denied the leak on\nTuesday, entirely & plainly*.\n\n“No leak,” said Aalders."
        "\n\nOne point is made here.\n\nAnother one."
    )
    assert documents[0].title == "The silo"
    assert documents[0].source == "Velden Courier"
    assert documents[0].date == "2024-03-12"
    assert documents[0].url == "https://courier.example/silo"
    assert notes == []


def test_markdown_without_front_matter() -> None:
    document = read_markdown(f"---\n{LEAK}\n\n---\n\n## The *silo*\n\n{DUST}\n", "a.md")
    assert document.text == f"{LEAK}\n\nThe silo\n\n{DUST}"
    assert document.title == "The silo"
    assert document.date is None


def test_markdown_without_prose(tmp_path: Path) -> None:
    assert "holds no sentence" in refused(save(tmp_path, "a.md", "```\nThe port denied it all.\n```\n"))


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="ab c*_~`>#-[]()!|\n\\<&:", max_size=80))
def test_markdown_never_fails(text: str) -> None:
    read_markdown(text, "a.md")
    assert LEAK in read_markdown(f"{LEAK}\n\n{text}", "a.md").text.replace("\n", " ")


def test_markdown_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    with pytest.raises(MissingExtraError, match=r"nli\[scan\]"):
        read(save(tmp_path, "a.md", LEAK))


# --- web pages -------------------------------------------------------------------------------------------------


def test_page_without_its_furniture(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise AssertionError("a page was read over the network")

    monkeypatch.setattr(socket.socket, "connect", closed)
    documents, notes = read(PAGE)
    (document,) = documents
    assert notes == []
    for kept in ("denied on Tuesday that grain dust", "“The instruments show nothing.”", "nine of the eleven places"):
        assert kept in " ".join(document.text.split())
    for dropped in ("cookies", "Subscribe", "Sport", "newsletter", "rights reserved", "recipes", "tracking", "<"):
        assert dropped not in document.text
    assert document.title == "Port of Velden denies silo leak"
    assert document.source == "The Velden Courier"
    assert document.date == "2024-03-12"
    assert document.url == "https://courier.example/2024/03/port-denies-leak"


def test_bare_page(tmp_path: Path) -> None:
    page = f"<?xml version='1.0' encoding='utf-8'?><html><body><ul><li>{LEAK}</li><li>{DUST}</li></ul></body></html>"
    documents, _ = read(save(tmp_path, "a.htm", page))
    assert documents[0].text == f"{LEAK}\n{DUST}"
    assert (documents[0].title, documents[0].date, documents[0].source, documents[0].url) == (None,) * 4


@pytest.mark.parametrize("page", ["<html><head><script>1</script></head><body></body></html>", "<p>", "no tags here"])
def test_page_without_text(tmp_path: Path, page: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "has no text" in refused(save(tmp_path, "a.html", page))
    assert capfd.readouterr() == ("", "")


def test_pages_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(MissingExtraError, match=r"Reading HTML.*nli\[scan\]"):
        read(PAGE)


# --- tables ----------------------------------------------------------------------------------------------------

ROWS = [
    {"id": "a1", "title": "Leak", "body": LEAK, "source": "Courier", "date": "2024-03-12", "url": "https://x.example"},
    {"id": "a2", "title": "", "body": DUST, "source": "Herald", "date": "2024-03-13", "url": ""},
]
EXPECTED = [
    Document(LEAK, "{}#a1", title="Leak", source="Courier", date="2024-03-12", url="https://x.example"),
    Document(DUST, "{}#a2", source="Herald", date="2024-03-13"),
]


def table(path: Path, rows: list[dict[str, object]]) -> Path:
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    delimiter = {"csv": ",", "tsv": "\t"}.get(path.name.split(".")[1])
    if delimiter:
        cells = [list(rows[0]), *(list(row.values()) for row in rows)]
        content = "".join(delimiter.join(map(str, row)) + "\n" for row in cells).encode()
    else:
        content = lines(*rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "csv", "tsv", "jsonl.gz", "csv.gz", "parquet"])
def test_tables(tmp_path: Path, ending: str) -> None:
    path = table(tmp_path / f"news.{ending}", ROWS)
    documents, notes = read(path)
    assert [document.name for document in documents] == [each.name.format(path) for each in EXPECTED]
    assert [(d.text, d.title, d.source, d.date, d.url) for d in documents] == [
        (d.text, d.title, d.source, d.date, d.url) for d in EXPECTED
    ]
    assert notes == []


def test_text_column_first_of_its_names_or_named(tmp_path: Path) -> None:
    path = save(tmp_path, "a.jsonl", lines({"Article": DUST, "Body": LEAK, "Date": 2024, "claim": "It is all untrue."}))
    documents, _ = read(path)
    assert (documents[0].text, documents[0].name, documents[0].date) == (LEAK, f"{path}#1", "2024")
    assert read(path, text_column="claim")[0][0].text == "It is all untrue."


def test_ids_that_repeat_or_lack(tmp_path: Path) -> None:
    rows = [{"id": 7, "text": LEAK}, {"id": 7, "text": DUST}, {"id": None, "text": "It rained on Monday."}]
    path = save(tmp_path, "a.jsonl", lines(*rows))
    assert [document.name for document in read(path)[0]] == [f"{path}#7", f"{path}#7 (row 2)", f"{path}#3"]


def test_missing_column(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", "headline,story\nx,y\n")
    assert "no column text, body, content or article (found: 'headline', 'story')" in refused(path)
    assert "no column 'txt'" in refused(path, text_column="txt")


def test_column_that_is_not_text(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", [{"text": 1}])
    assert "is of type int64, not text" in refused(path)


def test_rows_without_text(tmp_path: Path) -> None:
    bad = ['{"text": null}', '{"text": 3}', '{"text": " "}', '{"text": "a\\u0000 b c d"}', '{"txt": "x"}', "{broken"]
    path = save(tmp_path, "a.jsonl", lines({"text": LEAK}) + "\n".join([*bad, bad[0]]) + "\n" + lines({"text": DUST}))
    documents, notes = read(path)
    assert [document.name for document in documents] == [f"{path}#1", f"{path}#9"]
    assert [note.split(": ")[0] for note in notes[:ROWS_SHOWN]] == [f"{path}, line {n}" for n in range(2, 7)]
    assert "'text' is not text" in notes[1]
    assert "NUL" in notes[3]
    assert notes[ROWS_SHOWN:] == [f"{path}: 2 more rows without a text left out."]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "text,date\n", "holds no rows"),
        ("a.jsonl", '{"text": ""}\n', "no row with a text in 'text'"),
        ("a.jsonl", "{\n", "is a JSON document"),
        ("a.parquet", "no parquet", "is not a readable Parquet file"),
        ("a.jsonl.gz", "no gzip", "is not gzip"),
    ],
)
def test_bad_tables(tmp_path: Path, name: str, content: str, said: str) -> None:
    assert said in refused(save(tmp_path, name, content))


def test_table_cut_off_gives_what_came_before(tmp_path: Path) -> None:
    rows = [{"text": f"{LEAK} Number {n} {os.urandom(40).hex()}."} for n in range(200)]
    whole = gzip.compress(lines(*rows).encode())
    path = save(tmp_path, "a.jsonl.gz", whole[: len(whole) // 2])
    documents: list[Document] = []
    with pytest.raises(InputError, match="ends early"):
        documents.extend(read_documents([path]))
    documents, notes = read(path, save(tmp_path, "b.txt", DUST))
    assert 20 < len(documents) < 200
    assert documents[-1].text == DUST
    assert "ends early" in notes[0]


def test_tables_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("w") as file:
        for number in range(1000):
            file.write(lines({"text": f"{number} {LEAK} " + "x" * 5000}))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_documents([path]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 1000
    assert peak < path.stat().st_size / 4


# --- folders, several sources ----------------------------------------------------------------------------------


def test_folder(tmp_path: Path) -> None:
    save(tmp_path, "b/two.txt", DUST)
    save(tmp_path, "a.jsonl", lines({"text": LEAK}))
    save(tmp_path, "c.html", PAGE.read_bytes())
    for other in ("b/x.pdf", "y.PDF", "README", ".hidden.txt", ".git/config.txt"):
        save(tmp_path, other, "nothing of use here")
    documents, notes = read(tmp_path)
    names = [str(Path(document.name.partition("#")[0]).relative_to(tmp_path)) for document in documents]
    assert names == ["a.jsonl", str(Path("b/two.txt")), "c.html"]
    assert notes == [f"{tmp_path} holds 3 files of other kinds, which are passed over: 2 .pdf, 1 no ending."]


def test_folder_without_files(tmp_path: Path) -> None:
    save(tmp_path, "x.pdf", "%PDF")
    assert "holds no file that can be read" in refused(tmp_path)


def test_folder_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    save(tmp_path, "closed/a.txt", LEAK)
    save(tmp_path, "open.txt", DUST)
    scandir = os.scandir

    def guarded(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    documents, notes = read(tmp_path)
    assert [document.text for document in documents] == [DUST]
    assert notes == [f"The folder {closed} may not be read by you (Permission denied): it is passed over."]


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, "a.txt", LEAK)

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    assert "may not be read by you" in refused(path)


def test_missing_and_unknown_files(tmp_path: Path) -> None:
    assert "There is no file" in refused(tmp_path / "none.txt")
    assert "ending that says nothing" in refused(save(tmp_path, "a.docx", "x"))
    assert "No document is given" in refused()


def test_the_others_go_on(tmp_path: Path) -> None:
    good = save(tmp_path, "a.txt", LEAK)
    bad = [
        tmp_path / "none.txt",
        save(tmp_path, "a.docx", "x"),
        save(tmp_path, "e.txt", ""),
        save(tmp_path, "n.csv", "x,y\n1,2\n"),
    ]
    documents, notes = read(*bad[:2], good, *bad[2:])
    assert [document.name for document in documents] == [str(good)]
    assert len(notes) == len(bad)
    assert all(any(str(path) in note for note in notes) for path in bad)


def test_none_can_be_used(tmp_path: Path) -> None:
    message = refused(save(tmp_path, "a.txt", ""), tmp_path / "none.txt")
    assert message.startswith("None of the 2 sources can be used; of the first: There is no file")


def test_files_are_checked_before_the_first_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_documents(tmp_path / "none.txt")


def test_same_text_or_file_twice(tmp_path: Path) -> None:
    one, two = save(tmp_path, "a.txt", LEAK), save(tmp_path, "b.txt", LEAK + "\n")
    documents, notes = read(one, two, one)
    assert [document.name for document in documents] == [str(one)]
    assert notes == [f"{one} is given twice: it is read once.", f"{two} holds the same text as {one}: it is read once."]


def test_same_text_of_two_sources_is_kept(tmp_path: Path) -> None:
    rows = [{"text": LEAK, "source": "A"}, {"text": LEAK, "source": "B"}, {"text": LEAK, "source": "A"}]
    path = save(tmp_path, "a.jsonl", lines(*rows))
    documents, notes = read(path)
    assert [document.source for document in documents] == ["A", "B"]
    assert notes == [f"{path}: 1 row with a text that was read before left out."]


def test_notes_are_warnings_by_default(tmp_path: Path) -> None:
    path = save(tmp_path, "a.txt", GERMAN)
    with pytest.warns(UserWarning, match="does not read as English"):
        list(read_documents([path]))


# --- language --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [GERMAN, CHINESE], ids=["German", "Chinese"])
def test_another_language_is_said(tmp_path: Path, text: str) -> None:
    documents, notes = read(save(tmp_path, "a.txt", text))
    assert "English" in documents[0].notes[0]
    assert len(notes) == 1
    path = save(tmp_path, "a.jsonl", lines({"text": text}, {"text": LEAK}))
    documents, notes = read(path)
    assert [len(document.notes) for document in documents] == [1, 0]
    assert notes == [f"{path}: 1 row that may not be English, the language that the model knows."]


@pytest.mark.parametrize(
    "text",
    ["", "Bonjour tout le monde", LEAK * 5, NAMES * 3, f"“{GERMAN}” That is what he said to the press and to them."],
)
def test_english_is_never_called_foreign(text: str) -> None:
    assert is_english(text)


def test_importing_is_light() -> None:
    program = (
        "import sys, nli.scanning.documents; "
        "print(sorted({'trafilatura', 'markdown_it', 'pyarrow', 'charset_normalizer', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_standard_input_that_is_closed_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="Standard input is closed"):
        read("-")
