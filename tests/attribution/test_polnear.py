# ruff: noqa: RUF001 -- typographic quotation marks are what is tested
import gzip
import json

import pytest

from nli.eval.scan.polnear import head, main, measure

TEXT = "“The dam is safe,” Anna Hale of Orrin said. He denied it. Officials were told to wait."


def span(words):
    start = TEXT.index(words)
    return [[start, start + len(words)]]


def row(*attributions):
    return {"id": "a", "text": TEXT, "attributions": list(attributions)}


def attribution(source, cue, content):
    return {"source": span(source) if source else [], "cue": span(cue), "content": span(content)}


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("a spokesman for Anna Hale", "spokesman"),
        ("Anna Hale, the mayor,", "hale"),
        ("Hale’s", "hale"),
        ("Sen. Ted Orr (R-Tex)", "orr"),
        ("he", "he"),
        ("voters who", "voters"),
        ("one source in the room", "source"),
        ("Anna Hale -- the mayor of Ostrow --", "hale"),
        ("a slide that the agency made", "slide"),
        ("the for-profit college", "college"),
    ],
)
def test_head(phrase, expected):
    assert head(phrase) == expected


def test_right_missed_and_wrong_are_counted():
    figures = measure(
        [
            row(
                attribution("Anna Hale of Orrin", "said", "“The dam is safe,”"),
                attribution("Officials", "told", "to wait"),
            )
        ]
    )
    assert (figures["gold"], figures["predicted"], figures["right"]) == (2, 2, 1)
    assert (figures["precision"], figures["recall"], figures["f1"]) == (0.5, 0.5, 0.5)
    assert figures["direct"] == {"gold": 1, "right": 1, "recall": 1.0}
    assert figures["indirect"] == {"gold": 1, "right": 0, "recall": 0.0}


def test_a_gold_attribution_without_a_source_is_left_out():
    figures = measure(
        [row(attribution("", "denied", "it"), attribution("Anna Hale of Orrin", "said", "“The dam is safe,”"))]
    )
    assert (figures["gold"], figures["predicted"], figures["right"]) == (1, 1, 1)


def test_the_command_writes_its_figures(tmp_path, capsys):
    source, out = tmp_path / "a.jsonl.gz", tmp_path / "results.json"
    with gzip.open(source, "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(row(attribution("Anna Hale of Orrin", "said", "“The dam is safe,”"))) + "\n")
    assert main([str(source), "--out", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == json.loads(capsys.readouterr().out)


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "none.jsonl.gz")])
    assert stopped.value.code == 2
    assert "none.jsonl.gz" in capsys.readouterr().err
