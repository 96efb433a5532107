from __future__ import annotations

import re
import sys
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from nli.attribution.records import Frame, Statement
from nli.errors import MissingExtraError
from nli.scanning import page as page_module
from nli.scanning.page import render
from nli.scanning.records import Document, Finding, Kind, Scan, Side

pytest.importorskip("jinja2")

VOID = {"meta", "link", "input", "br"}
EVIL = "<script>alert('x')</script> & \"quoted\" </textarea><img src=x onerror=alert(1)>"


class Parsed(HTMLParser):
    """The elements of a page with attributes and text, numbers of back links left out; tags must close in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[list[str]] = []
        self.open: list[int] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append([])
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.elements[self.open[-1]][1].get("class") != "back":
            for at in self.open:
                self.texts[at].append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [attrs for attrs, _ in self.with_text(tag, **wanted)]

    def with_text(self, tag: str, **wanted: str) -> list[tuple[dict[str, str], str]]:
        return [
            (attrs, "".join(text))
            for (name, attrs), text in zip(self.elements, self.texts, strict=True)
            if name == tag and all(attrs.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]


def side(document: Document, stretch: str, text: str | None = None, **changes: Any) -> Side:
    start = document.text.index(stretch)
    copies = changes.pop("copies", ())
    frame: Frame = "asserts"
    fields: dict[str, Any] = {"speaker": "Ilsa Brandt", "cue": "said", "frame": frame, "direct": False} | changes
    return Side(
        Statement(text or f"{stretch}.", start=start, end=start + len(stretch), sentence=0, **fields), document, copies
    )


HERALD = Document(
    "The talks ended early. The ministry denied that it had sent missiles to Orsk. It said no more.\n\n"
    "The bridge opened on Monday, Brandt said. Traffic was light.",
    "news/herald.txt",
    title="Ministry denies it",
    source="Talvik Herald",
    date="14 May 2024",
    url="https://example.org/a?x=1&y=2",
    notes=("The encoding was guessed.",),
)
DAILY = Document(
    "“Krenholm sent 12 missiles to Orsk,” said Pavel Orlin. The bridge is closed.",
    "news/daily.txt",
    url="javascript:alert(1)",
)
QUIET = Document("Nothing happened.", "news/quiet.txt")
DENIAL = side(
    HERALD,
    "The ministry denied that it had sent missiles to Orsk",
    "Krenholm's ministry denied that it had sent missiles to Orsk.",
    speaker="Krenholm's ministry",
    cue="denied",
    copies=("wire/1.txt", "wire/2.txt"),
)
CLAIM = side(DAILY, "Krenholm sent 12 missiles to Orsk", speaker="Pavel Orlin", direct=True)
OPEN = side(HERALD, "The bridge opened on Monday")
CLOSED = side(DAILY, "The bridge is closed.", "The bridge is closed.", speaker=None, cue=None)


def scan(*findings: tuple[Side, Side, float, Kind], **changes: Any) -> Scan:
    fields: dict[str, Any] = {
        "documents": [HERALD, DAILY, QUIET],
        "statements": [[DENIAL.statement, OPEN.statement], [CLAIM.statement, CLOSED.statement], []],
        "pairs": 1234,
        "threshold": 0.62,
        "model": "denial-minilm",
        "notes": ["One file was left out."],
    }
    return Scan([Finding(*finding) for finding in findings], **(fields | changes))


def usual() -> Scan:
    return scan(
        (DENIAL, CLAIM, 0.99961, "between speakers"),
        (OPEN, CLOSED, 0.75, "unattributed"),
        (OPEN, DENIAL, 0.631, "self"),
    )


@pytest.fixture(scope="module")
def source() -> str:
    return render(usual())


@pytest.fixture(scope="module")
def parsed(source: str) -> Parsed:
    return Parsed(source)


def body(parsed: Parsed) -> str:
    return " ".join(parsed.with_text("body")[0][1].split())


def test_the_heading_tells_what_was_done_and_what_p_means(parsed: Parsed) -> None:
    facts = dict(
        zip(
            (text for _, text in parsed.with_text("dt")),
            (text for _, text in parsed.with_text("dd")),
            strict=True,
        )
    )
    assert facts == {
        "Documents": "3",
        "Statements": "4",
        "Pairs scored": "1,234",
        "Contradictions": "3",
        "Threshold": "P ≥ 0.620",
        "Model": "denial-minilm",
    }
    text = body(parsed)
    assert "conflict between positions, never who is right" in text
    assert "calibrated probability" in text
    assert "is not known for your texts" in text
    assert "One file was left out." in text
    assert "news/herald.txt: The encoding was guessed." in text


def test_every_contradiction_names_both_sides(parsed: Parsed) -> None:
    articles = [" ".join(text.split()) for _, text in parsed.with_text("article")]
    assert len(articles) == 3
    first = articles[0]
    for words in (
        "Krenholm's ministry against Pavel Orlin",
        "Krenholm's ministry denied that it had sent missiles to Orsk.",
        "The talks ended early. The ministry denied that it had sent missiles to Orsk. It said no more.",
        "“Krenholm sent 12 missiles to Orsk,” said Pavel Orlin.",
        "“denied”",
        "word for word",
        "news/herald.txt",
        "Talvik Herald",
        "14 May 2024",
        "Between two speakers",
        "P >0.999",
        "Also in 2 other documents",
        "wire/2.txt",
    ):
        assert words in first
    assert "The report\N{RIGHT SINGLE QUOTATION MARK}s own words" in articles[1]
    assert "P 0.750" in articles[1]
    assert "against their own words" in articles[2]


def test_the_words_that_differ_are_marked(source: str) -> None:
    first = source[source.index("<article") : source.index("</article>")]
    assert "<mark>denied</mark>" in first
    assert "<mark>12</mark>" in first


def test_p_is_drawn_against_the_threshold(parsed: Parsed) -> None:
    assert [attrs["style"] for attrs in parsed.all("span", class_="bar")] == [
        "--p: 100.0%; --at: 62.0%",
        "--p: 75.0%; --at: 62.0%",
        "--p: 63.1%; --at: 62.0%",
    ]


def test_the_page_says_where_a_higher_threshold_holds() -> None:
    plain, strict = render(usual()), render(scan(far_threshold=0.92, self_threshold=0.97))
    assert "0.970 for one speaker against itself" not in plain
    assert "P = 0.620 (0.920 where the two have little in common" in strict
    assert "0.970 for one speaker against itself" in strict


def test_a_page_without_findings_names_one_threshold_only_where_there_is_one() -> None:
    assert "none has a P at or above the threshold of 0.620." in render(scan())
    strict = render(scan(far_threshold=0.92, self_threshold=0.97))
    assert "none has a P at or above the threshold of its kind" in strict
    assert "0.970 for one speaker against itself" in strict


def test_filters_offer_all_there_is_and_each_choice_fits_something(parsed: Parsed) -> None:
    options = [text for _, text in parsed.with_text("option")]
    assert options == [
        *(
            "All speakers",
            "Ilsa Brandt",
            "Krenholm's ministry",
            "Pavel Orlin",
            "The report\N{RIGHT SINGLE QUOTATION MARK}s own words",
        ),
        *("All files", "news/herald.txt", "news/daily.txt"),
        *("All kinds", "Between two speakers", "One speaker against itself"),
        "In a report\N{RIGHT SINGLE QUOTATION MARK}s own words, with no speaker named",
    ]
    articles = parsed.all("article")
    values = [attrs["value"] for attrs in parsed.all("option")]
    for name, count in (("data-speakers", 4), ("data-files", 2), ("data-kind", 3)):
        chosen, values = values[1 : count + 1], values[count + 1 :]
        assert {value for attrs in articles for value in attrs[name].split()} == set(chosen)
    slider = parsed.all("input", type="range")[0]
    assert float(slider["min"]) / 100 <= min(float(attrs["data-p"]) for attrs in articles)


def test_every_choice_is_labelled_and_its_effect_announced(parsed: Parsed) -> None:
    ids = {attrs["id"] for tag in ("select", "input") for attrs in parsed.all(tag)}
    assert ids == {attrs["for"] for attrs in parsed.all("label")}
    assert parsed.all("p", role="status")[0]["aria-live"] == "polite"
    assert parsed.all("a", class_="skip")[0]["href"] == "#content"


@pytest.mark.parametrize("limit", [page_module.TEXTS_SHOWN, 10])
def test_links_lead_somewhere_and_back(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "TEXTS_SHOWN", limit)
    parsed = Parsed(render(usual()))
    ids = Counter(attrs["id"] for _, attrs in parsed.elements if "id" in attrs)
    assert set(ids.values()) == {1}
    named = {attrs[key] for _, attrs in parsed.elements for key in ("aria-labelledby", "for") if key in attrs}
    links = {attrs["href"][1:] for attrs in parsed.all("a") if attrs["href"].startswith("#")}
    assert named | links <= ids.keys()
    flags = {attrs["id"]: text for attrs, text in parsed.with_text("mark", class_="flag")}
    assert flags.keys() <= links
    assert sorted(flags.values()) == sorted(
        one.document.text[one.statement.start : one.statement.end] for one in (DENIAL, CLAIM, OPEN, CLOSED)
    )
    back = [attrs["href"] for attrs in parsed.all("a", class_="back")]
    assert Counter(back) == {"#f1": 2, "#f2": 2, "#f3": 2}


def test_documents_stand_in_full_where_they_are_short(parsed: Parsed) -> None:
    assert [text for _, text in parsed.with_text("div", class_="text")] == [HERALD.text, DAILY.text]


def test_long_documents_stand_in_extracts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "TEXTS_SHOWN", 1000)
    long = Document(HERALD.text + "\n\n" + "filler " * 1000, "long.txt")
    source = render(
        scan((side(long, "The bridge opened on Monday"), CLOSED, 0.9, "between speakers"), documents=[], statements=[])
    )
    assert "filler" not in source
    assert "Traffic was light." in source
    assert "too long for one page" in source


def test_overlapping_statements_are_flagged_once() -> None:
    inner = side(HERALD, "it had sent missiles to Orsk")
    parsed = Parsed(render(scan((DENIAL, CLAIM, 0.9, "between speakers"), (inner, CLAIM, 0.8, "between speakers"))))
    flags = [text for _, text in parsed.with_text("mark", class_="flag")]
    assert flags == ["The ministry denied that it had sent missiles to Orsk", "Krenholm sent 12 missiles to Orsk"]


def test_nothing_found_is_said_with_what_was_compared() -> None:
    parsed = Parsed(render(scan()))
    text = body(parsed)
    assert "No contradictions found" in text
    assert "4 statements from 3 documents made 1,234 pairs" in text
    assert "0.620" in text
    assert not parsed.all("form")
    assert not parsed.all("script")
    assert all(name in text for name in ("Ministry denies it", "news/herald.txt", "news/daily.txt", "news/quiet.txt"))
    assert "content" in {attrs.get("id") for _, attrs in parsed.elements}


def test_an_empty_scan_is_no_empty_page() -> None:
    text = body(Parsed(render(scan(documents=[], statements=[], pairs=0, notes=[]))))
    assert "nothing to compare: 0 statements from 0 documents" in text


def test_other_documents_are_named_and_copies_among_them_told(parsed: Parsed) -> None:
    assert "news/quiet.txt 0 statements Made by" in body(parsed)
    copy = Document(HERALD.text, "wire/1.txt")
    text = body(Parsed(render(scan((DENIAL, CLAIM, 0.9, "between speakers"), documents=[copy], statements=[[]]))))
    assert "wire/1.txt 0 statements, with a copy of one above" in text


@pytest.mark.parametrize("limit", [page_module.TEXTS_SHOWN, 10])
def test_texts_and_names_are_escaped(limit: int, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setattr(page_module, "TEXTS_SHOWN", limit)
    document = Document(f"{EVIL} before. {EVIL} said. {EVIL} after.", *[EVIL] * 5, notes=(EVIL,))
    evil = side(document, f"{EVIL} said", speaker=EVIL, cue=EVIL, copies=(EVIL,))
    other = side(document, "after.", EVIL, speaker=EVIL)
    made = scan(
        (evil, other, 0.9, "self"),
        documents=[document, Document("", EVIL)],
        statements=[[], []],
        model=EVIL,
        notes=[EVIL],
    )
    hostile = render(made)
    parsed = Parsed(hostile)
    assert hostile.count("<script") == source.count("<script") == 1
    assert not parsed.all("img")
    assert not any(name.startswith("on") for _, attrs in parsed.elements for name in attrs)
    assert EVIL in parsed.with_text("option")[1][1]


def test_the_page_is_one_file(source: str, parsed: Parsed) -> None:
    for tag, attrs in parsed.elements:
        assert tag not in {"iframe", "object", "embed", "base", "img", "source"}
        assert "src" not in attrs
        assert tag != "link" or attrs["href"] == "data:,"
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", source)
    policy = parsed.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy.startswith("default-src 'none'")
    outside = [attrs["href"] for attrs in parsed.all("a") if not attrs["href"].startswith("#")]
    assert outside == ["https://example.org/a?x=1&y=2"]


def test_the_same_scan_gives_the_same_page(source: str) -> None:
    assert render(usual()) == source


def test_a_thousand_contradictions_stay_light() -> None:
    source = render(scan(*[(DENIAL, CLAIM, 0.9, "between speakers")] * 1000))
    assert source.count("<article") == 1000
    assert len(source) < 3_000_000


def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "FINDINGS_SHOWN", 2)
    parsed = Parsed(render(usual()))
    assert len(parsed.all("article")) == 2
    assert "The 2 strongest of 3 stand on this page" in body(parsed)


def test_a_lone_surrogate_does_not_break_the_page() -> None:
    document = Document("It is \ud800 odd.", "odd.txt")
    one = side(document, "It is \ud800 odd")
    assert (
        "It is ? odd"
        in render(scan((one, CLOSED, 0.9, "between speakers"), documents=[], statements=[])).encode().decode()
    )


def test_direction_is_left_to_each_text(parsed: Parsed) -> None:
    assert {attrs.get("dir") for attrs in parsed.all("blockquote")} == {"auto"}
    assert {attrs.get("dir") for attrs in parsed.all("div", class_="text")} == {"auto"}


def luminance(colour: str) -> float:
    digits = "".join(2 * digit for digit in colour) if len(colour) == 3 else colour
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_contrast_is_enough_in_light_in_dark_and_on_paper(source: str, scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", source, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z]+): #([0-9a-f]{3,6})", block))
    pairs = [(text, back) for text in ("ink", "muted", "accent") for back in ("paper", "faint")] + [("ink", "mark")]
    for text, back in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[back])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, back)


def test_a_missing_template_engine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"nli\[scan\]"):
        render(usual())
