from __future__ import annotations

import gzip
import json
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import nli.eval
from nli.errors import InputError, OutputError
from nli.eval.bootstrap import Intervals
from nli.eval.compare import compare_sets
from nli.eval.metrics import evaluate_set, summarise
from nli.eval.report import write_comparison, write_report
from nli.eval.results_schema import Decision, PredictionRow
from nli.eval.suite import load_suite
from nli.eval.views import Text

ATTACK = "<script>alert('premise')</script> & <b>bold</b>"
DECISION = Decision(temperature=1.3, threshold=0.6)
QUICK = Intervals(resamples=20)
THREE = ("entailment", "neutral", "contradiction")


def rows(
    name: str, *, two_way: bool = False, only: str | None = None, seed: int = 0, n: int = 60
) -> list[PredictionRow]:
    """Predictions of a detector that is right more often than not; with seed 0 the first row is a sure error."""
    random = np.random.default_rng(seed)
    made: list[PredictionRow] = []
    for index in range(n):
        kind = THREE.index(only) if only else index % 3
        logits = random.normal(size=3)
        logits[kind] += 2
        if index == 0 and seed == 0:
            logits = np.array([0.0, 0.0, 0.0])
            logits[(kind + 1) % 3] = 9
        gold = THREE[kind]
        if two_way and gold != "entailment":
            gold = "not_entailment"
        made.append(
            {
                "id": f"{name}-{index}",
                "gold": gold,
                "premise": ATTACK if index == 0 else f"Premise {index}.",
                "hypothesis": f"Hypothesis {index} & more. " * (60 if index == 0 else 1),
                "forward": logits.tolist(),
                "backward": (logits + random.normal(size=3) / 9).tolist(),
                "probabilities": (np.exp(logits) / np.exp(logits).sum()).tolist(),
                "truncated": 3 if index % 9 == 0 else 0,
                "tags": ["even<i>" if index % 2 == 0 else "odd"],
                "cluster": f"c{index // 2}",
            }
        )
    return made


SETS: dict[str, dict[str, Any]] = {
    "snli": {},
    "hans": {"two_way": True},
    "scone": {"only": "neutral"},
    "breaking": {"only": "contradiction"},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a three-way set, a two-way set and two sets of a single class."""
    return make_run(tmp_path_factory.mktemp("run"), SETS)


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


def make_run(folder: Path, sets: dict[str, dict[str, Any]]) -> Path:
    (folder / "predictions").mkdir()
    evaluations = []
    for name, how in sets.items():
        made = rows(name, **how)
        with gzip.open(folder / "predictions" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in made)
        task = "two-way" if how.get("two_way") else "three-way"
        evaluations.append(
            evaluate_set(
                name, made, DECISION, task=task, dropped={"no gold label": 7}, pairs_per_second=321.0, intervals=QUICK
            )
        )
    results = {
        "schema_version": 1,
        "suite": "mine",
        "description": "Made up.",
        "created": "2025-11-25T03:24:00+00:00",
        "command": "nli eval mine",
        "model": {
            "name": "tiny",
            "weights_sha256": "ab" * 32,
            "runtime": "onnx-cpu-int8",
            "direction": "both",
            "temperature": 1.3,
            "threshold": 0.6,
            "provenance": {"data": "cards", "split": "fit", "rows": 1234, "metric": "F1", "date": "2025-11-20"},
        },
        "seed": 0,
        "limit": 60,
        "prevalence": 0.05,
        "versions": {"nli": "0.1.0"},
        "hardware": {"cpu": "some", "cores": 2, "platform": "Linux", "gpu": None},
        "missing": {"fnc1": "there is no file"},
        "leakage": {"train.jsonl": {"rows": 9, "sets": {"snli": {"n": 60, "pairs": 4, "texts": 5, "examples": []}}}},
        "summary": summarise(evaluations),
        "datasets": {
            one.name: {
                **one.results,
                "data": {
                    "sha256": "cd" * 32,
                    "source": "file",
                    "url": "https://example.org/set",
                    "licence": "CC0",
                    "available": 6000,
                    "seed": 0,
                },
            }
            for one in evaluations
        },
        "blind": {
            one.name: {"premise": ".", "n": 60, "majority": 0.4, "accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}}
            for one in evaluations
        },
    }
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return folder


def change(run: Path, to: Path, **keys: Any) -> Path:
    """Copy a run folder and change keys of its results; None takes a key away."""
    shutil.copytree(run, to)
    results = json.loads((to / "results.json").read_text(encoding="utf-8")) | keys
    kept = {key: value for key, value in results.items() if value is not None}
    (to / "results.json").write_text(json.dumps(kept), encoding="utf-8")
    return to


class Parsed(HTMLParser):
    """What the checks ask of a page."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "path", "use", "rect", "line", "circle"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def comparison() -> dict[str, dict[str, Any]]:
    return {
        name: compare_sets(
            name,
            rows(name, **how),
            rows(name, **how, seed=1),
            DECISION,
            DECISION,
            task="two-way" if how.get("two_way") else "three-way",
            intervals=QUICK,
        )
        for name, how in SETS.items()
    }


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("compared") / "comparison.html"
    return write_comparison(comparison(), path, names=("first <run>", "second")).read_text(encoding="utf-8")


def test_the_report_shows_every_set_and_what_was_scored(page: str) -> None:
    parsed = Parsed(page)
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert [heading for heading in headings if heading in SETS] == list(SETS)
    for said in ("tiny", "ab" * 32, "onnx-cpu-int8", "25 November 2025", "cards (split fit, 1,234 pairs)", "0.6"):
        assert said in parsed.text
    assert "It never says which of them is true" in parsed.text
    assert "7 no gold label" in parsed.text
    assert "of 6,000, seed 0" in parsed.text
    assert "there is no file" in parsed.text
    assert "4 of the 60 scored pairs of snli also stand in train.jsonl" in parsed.text


def test_figures_are_those_of_the_results(run: Path, page: str) -> None:
    entry = json.loads((run / "results.json").read_text(encoding="utf-8"))["datasets"]["snli"]
    for metric in (entry["accuracy"], entry["contradiction"]["f1"], entry["calibration"]["ece"]):
        value, low, high = (f"{metric[key]:.3f}" for key in ("value", "low", "high"))
        assert re.search(rf"{value}</span>\s*<span class=\"interval\">{low}.{high}<", page)


def test_every_section_of_a_three_way_set_is_there(page: str) -> None:
    section = page[page.index('id="set-snli"') : page.index('id="set-hans"')]
    for part in ("Reliability", "Precision against recall", "Confusion matrix", "Slices", "Worst errors", "Published"):
        assert part in section
    assert "threshold 0.6" in section
    assert "raw" in section
    assert section.count('<svg class="plot"') == 2
    assert section.count("<circle") == 2  # one dot a slice
    assert "92.4%" not in section
    assert "0.924" in section  # published, beside the run's own
    assert "With the premise hidden it is 50.0% (40.0" in section


def test_a_two_way_set_says_what_it_does_not_define(page: str) -> None:
    section = page[page.index('id="set-hans"') : page.index('id="set-scone"')]
    assert "does not say which pairs are contradictions" in section
    assert '<svg class="plot"' not in section
    assert 'predicted <span class="label">not entailment</span>' in section


@pytest.mark.parametrize("which", ["page", "compared"])
def test_a_page_is_self_contained(which: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(which)
    parsed = Parsed(page)
    for tag, attrs in parsed.elements:
        assert "src" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        target = attrs.get("href") or attrs.get("xlink:href") or ""
        assert target == "" or target.startswith(("#", "https://") if tag == "a" else ("#", "data:"))
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttp|import\(", page)


@pytest.mark.parametrize("which", ["page", "compared"])
def test_a_page_is_well_formed_and_accessible(which: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(which)
    parsed = Parsed(page)
    assert not parsed.unbalanced
    assert not parsed.open
    ids = [attrs["id"] for _, attrs in parsed.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in parsed.elements:
        for target in (attrs.get("aria-labelledby") or "").split():
            assert target in ids
        link = attrs.get("href") or ""
        assert not link.startswith("#") or link[1:] in ids
    assert len(parsed.all("table")) == len(parsed.all("caption"))
    assert all("scope" in attrs for attrs in parsed.all("th"))
    assert parsed.all("html")[0]["lang"] == "en-GB"
    plots = [attrs for attrs in parsed.all("svg") if attrs.get("class") == "plot"]
    assert all(attrs["role"] == "img" and attrs["aria-labelledby"] for attrs in plots)
    assert all(attrs.get("aria-hidden") == "true" for attrs in parsed.all("svg") if attrs not in plots)
    scrolled = [attrs for attrs in parsed.all("div") if attrs.get("class") == "scroll"]
    assert len(scrolled) == len(parsed.all("table"))
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in scrolled)
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels[1:]))
    assert not re.search(r"\b(None|nan|Undefined)\b", parsed.text)


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_text_contrast_is_at_least_four_and_a_half(page: str, scheme: int) -> None:
    colours = dict(re.findall(r"--(\w+): (#\w+)", re.findall(r":root \{(.*?)\}", page, flags=re.DOTALL)[scheme]))

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    for name in ("ink", "muted", "accent"):
        light, dark = sorted((luminance(colours[name]), luminance(colours["paper"])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("which", ["page", "compared"])
def test_texts_are_escaped(which: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(which)
    parsed = Parsed(page)
    assert len(parsed.all("script")) == 1
    assert not parsed.all("b")
    assert not parsed.all("i")
    assert ATTACK in parsed.text
    assert "even<i>" in parsed.text


def test_only_web_addresses_become_links(run: Path, tmp_path: Path) -> None:
    datasets = json.loads((run / "results.json").read_text(encoding="utf-8"))["datasets"]
    datasets["snli"]["data"]["url"] = "javascript:alert(1)"
    page = write_report(change(run, tmp_path / "copy", datasets=datasets)).read_text(encoding="utf-8")
    assert "javascript:" not in page


def test_long_texts_are_clipped_but_whole(page: str) -> None:
    assert re.search(r"<summary>… [\d,]+ more characters</summary>", page)
    long = "word " * 400
    clipped = Text.of(long)
    assert clipped.start + clipped.rest == long
    assert len(clipped.start) <= 500
    assert Text.of("x" * 500) == Text("x" * 500, "")
    assert Text.of("x" * 2000).start == "x" * 500


def test_the_same_folder_gives_the_same_bytes(run: Path, page: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    assert write_report(copy).read_bytes() == page.encode()


def test_the_same_comparison_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_comparison(comparison(), tmp_path / name) for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()


def test_without_predictions_the_errors_stand_by_id(run: Path, tmp_path: Path) -> None:
    copy = change(run, tmp_path / "copy")
    shutil.rmtree(copy / "predictions")
    text = Parsed(write_report(copy).read_text(encoding="utf-8")).text
    assert "snli-0" in text
    assert "Premise" not in text


@pytest.mark.parametrize("sets", [("snli",), ("snli", "hans")])
def test_optional_parts_may_be_missing(run: Path, tmp_path: Path, sets: tuple[str, ...]) -> None:
    whole = json.loads((run / "results.json").read_text(encoding="utf-8"))
    whole["model"]["provenance"] = {}
    bare = {
        "schema_version": 1,
        "model": whole["model"],
        "datasets": {name: {key: whole["datasets"][name][key] for key in ("n", "task", "accuracy")} for name in sets},
    }
    (tmp_path / "results.json").write_text(json.dumps(bare), encoding="utf-8")
    parsed = Parsed(write_report(tmp_path).read_text(encoding="utf-8"))
    assert not parsed.unbalanced
    assert "Nobody fitted a threshold" in parsed.text
    assert not re.search(r"\b(None|nan|Undefined)\b", parsed.text)


def test_no_interval_is_shown_where_there_is_none(tmp_path: Path) -> None:
    made = rows("snli")
    entry = evaluate_set("snli", made, DECISION, intervals=Intervals(resamples=0)).results
    run = make_run(tmp_path, {"snli": {}})
    changed = change(run, tmp_path / "copy", datasets={"snli": entry}, blind=None, summary=None)
    page = write_report(changed).read_text(encoding="utf-8")
    assert 'class="interval"' not in page
    assert "None" not in Parsed(page).text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"schema_version": 0}, "schema version 0"),
        ({"acc,none": 0.9}, "schema version None"),
        ({"schema_version": 1}, "does not say the model's name"),
        ({"schema_version": 1, "model": "tiny"}, "does not say the model's name"),
        ({"schema_version": 1, "datasets": {}}, "no numbers of any set"),
        ({"schema_version": 1, "datasets": {"snli": {"n": 3}}}, "size, task or accuracy of snli"),
        ({"schema_version": 1, "datasets": {"snli": {"n": 3, "task": "two-way", "accuracy": 0.9}}}, "accuracy of snli"),
    ],
)
def test_foreign_results_are_refused_in_one_sentence(
    run: Path, tmp_path: Path, content: dict[str, Any], said: str
) -> None:
    if "datasets" in content:
        content = content | {"model": json.loads((run / "results.json").read_text(encoding="utf-8"))["model"]}
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        write_report(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished evaluation"):
        write_report(tmp_path)


def test_predictions_that_do_not_fit_are_refused(run: Path, tmp_path: Path) -> None:
    copy = change(run, tmp_path / "copy")
    with gzip.open(copy / "predictions" / "snli.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write('{"id": "snli-0", "gold": "entailment"}\n')
    with pytest.raises(InputError, match="does not hold the whole pair 'snli-0'"):
        write_report(copy)


def test_a_page_that_cannot_be_written_is_an_output_error(run: Path, tmp_path: Path) -> None:
    copy = change(run, tmp_path / "copy")
    (copy / "report.html").unlink(missing_ok=True)
    (copy / "report.html").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(copy)


def test_the_comparison_shows_both_runs_and_where_they_differ(compared: str) -> None:
    parsed = Parsed(compared)
    made = comparison()
    assert "first <run>" in parsed.text
    for name, part in made.items():
        assert f'id="set-{name}"' in compared
        difference = part["differences"]["accuracy"]["difference"]["value"]
        assert f"{difference:+.3f}".replace("-", "\N{MINUS SIGN}") in parsed.text
    differing = sum(part["differing"]["total"] for part in made.values())
    assert f"judge {differing} of them differently" in parsed.text
    assert "it is not defined on 3 sets" in parsed.text


@pytest.mark.parametrize("foreign", [{}, {"snli": {"n": 3}}, {"snli": 3}])
def test_a_foreign_comparison_is_refused(tmp_path: Path, foreign: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="empty or not one that nli eval compare makes"):
        write_comparison(foreign, tmp_path / "comparison.html")


def test_published_figures_name_their_source_and_compare_like_with_like() -> None:
    folder = Path(next(iter(nli.eval.__path__)))
    published = yaml.safe_load((folder / "anchors.yaml").read_text(encoding="utf-8"))
    for name, anchors in published["sets"].items():
        for anchor in anchors:
            assert {"system", "measure", "value", "where", "source", "url"} <= anchor.keys(), name
            assert anchor.keys() <= {"system", "measure", "key", "value", "where", "source", "url"}
            assert 0 < anchor["value"] < 1
            assert anchor["url"].startswith("https://")
            assert anchor.get("key", "accuracy").rpartition(".")[2] == "accuracy"
    assert published["sets"].keys() <= {spec.name for spec in load_suite("all").sets}
