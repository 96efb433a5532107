# ruff: noqa: RUF001 -- typographic quotation marks are what this is about
"""Compare sentence splitters: `python -m nli.eval.scan.sentences [FILE.jsonl.gz]`.

Two measures, for our own rules and for each of pysbd, syntok and blingfire that is installed.

- A list of hand-made lines whose sentences are known: precision and recall of the breaks inside lines.
- PolNeAR, if its file is given: news in which people marked who is cited, with which words, for what. A sentence
  never ends inside the name of a source or inside the words of a cue, and does not end inside a content that holds
  no quotation mark; a break there is an error. Breaks in all are given beside it, as a splitter that never breaks
  makes no such error.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nli.attribution.sentences import paragraphs, sentences

Splitter = Callable[[str], list[tuple[int, int]]]

LINES = (
    "The minister resigned. | His deputy took over.",
    "Dr. Anna Vell and Mr. Orrin met Gov. Hale on Monday. | They agreed on nothing.",
    "J. K. Marsh wrote the report. | It was never published.",
    "Prices rose 3.5 percent in May. | Wages fell by 0.2 percent.",
    "“We did not do it,” she said. | “We never would.”",
    "“Who did this?” he asked. | Nobody answered.",
    "“Who did this?” Marsh asked the board.",
    "“It is over!” | The crowd cheered.",
    "“It was a lie. | It was always a lie,” said Marsh. | “They knew.”",
    "The company, Brall Inc., denied the claim. | Its shares fell.",
    "The talks were held in the U.S. in June. | The envoy left at once.",
    "He works for the U.S. | The envoy does not.",
    "The ship left at 6 a.m. on Sunday. | It sank at 9 p.m. | The crew was saved.",
    "The U.N. Security Council met. | No vote was held.",
    "Lt. Col. James B. Harrow denied it. | Gen. Orr did not.",
    "The vote was 5 to 4. | 20 members abstained.",
    "He paused … and then went on. | She left.",
    "“I … don’t know,” he said. | “Ask them.”",
    "Smith vs. Marsh was heard in Jan. 2019. | The court ruled in April.",
    "The firm paid $1.2 million. | $3 million is still owed.",
    "“No comment.” | With that she hung up.",
    "The plant (built in 1974.) closed. | It was old.",
    "He said: “I am innocent.” | The judge said nothing.",
    "Was it safe? | Nobody knew. | Was it legal? | Hardly!",
    "Marsh Jr. took the stand. | Marsh Sr. watched.",
    "'We have nothing to hide,' he said. | 'Come and look.'",
    '"It is false," said the ministry. | "It was never true."',
    "Results are on page No. 12 of the filing. | See Fig. 3 for costs.",
    "The email read “Stop.” | Work went on.",
    "About 1,200 people came, police said. | Organisers spoke of 5,000.",
    "Visit example.com for details. | The site is free.",
    "The U.K. and the E.U. signed. | France did not.",
    "Prof. Lee, Ph.D., spoke first. | Others followed.",
    "“You lied,” Hale said (twice). | Marsh laughed.",
    "St. Mary's was shut. | Mt. Orrin was not.",
    "It was World War I. | Nobody had won.",
    "Yahoo! denied the report. | Its rival did too.",
    "The bill passed Sept. 4. | It takes effect Oct. 1.",
)
"""Lines whose sentences are parted by " | "."""


def splitters() -> dict[str, Splitter]:
    """Return our splitter and those of the libraries that are installed."""
    found: dict[str, Splitter] = {"rules": sentences}
    makers = {"pysbd": _pysbd, "syntok": _syntok, "blingfire": _blingfire}
    return found | {name: make() for name, make in makers.items() if find_spec(name) is not None}


def _by_paragraph(split: Splitter) -> Splitter:
    """Give a library one paragraph at a time, as our rules have them."""

    def whole(text: str) -> list[tuple[int, int]]:
        return [(s + a, s + b) for s, e in paragraphs(text) for a, b in split(text[s:e])]

    return whole


def _pysbd() -> Splitter:
    segmenter = import_module("pysbd").Segmenter(language="en", clean=False, char_span=True)
    return _by_paragraph(lambda text: [(each.start, each.end) for each in segmenter.segment(text)])


def _syntok() -> Splitter:
    segmenter = import_module("syntok.segmenter")

    def split(text: str) -> list[tuple[int, int]]:
        return [
            (tokens[0].offset, tokens[-1].offset + len(tokens[-1].value))
            for paragraph in segmenter.analyze(text)
            for tokens in paragraph
        ]

    return _by_paragraph(split)


def _blingfire() -> Splitter:
    blingfire = import_module("blingfire")
    return _by_paragraph(lambda text: list(blingfire.text_to_sentences_and_offsets(text)[1]))


def hand_made(split: Splitter) -> dict[str, float]:
    """Return precision and recall of the breaks inside the hand-made lines, and the lines that are all right."""
    right = found = gold = whole = 0
    for line in LINES:
        parts = line.split(" | ")
        text = " ".join(parts)
        expected = {len(" ".join(parts[: i + 1])) for i in range(len(parts) - 1)}
        spans = split(text)
        given = {len(text[:end].rstrip()) for _, end in spans[:-1]}
        right += len(expected & given)
        found += len(given)
        gold += len(expected)
        whole += expected == given
    return {"precision": right / found if found else 0.0, "recall": right / gold, "lines_right": whole / len(LINES)}


def in_news(split: Splitter, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return how many marked stretches are broken, breaks in all and seconds."""
    broken = {"source": 0, "cue": 0, "content": 0}
    total = dict(broken)
    breaks = 0
    began = time.perf_counter()
    for row in rows:
        text = row["text"]
        ends = [end for _, end in split(text)]
        breaks += len(ends)
        for attribution in row["attributions"]:
            for kind in broken:
                for start, end in attribution[kind]:
                    stretch = text[start:end].rstrip()
                    if kind == "content" and any(mark in stretch for mark in '“”"‘\n'):
                        continue
                    total[kind] += 1
                    last = start + len(stretch)
                    broken[kind] += any(start < each < last for each in ends)
    shares = {f"{kind}_broken_per_1000": 1000 * broken[kind] / total[kind] for kind in broken}
    return {**shares, "sentences": breaks, "seconds": time.perf_counter() - began}


def main(arguments: list[str] | None = None) -> int:
    """Print both measures for each splitter as JSON lines."""
    parser = argparse.ArgumentParser(
        prog="python -m nli.eval.scan.sentences", description="Compare sentence splitters."
    )
    parser.add_argument("file", type=Path, nargs="?", help="PolNeAR as JSON lines, .gz")
    chosen = parser.parse_args(arguments)
    rows = []
    if chosen.file is not None:
        with gzip.open(chosen.file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
    for name, split in splitters().items():
        figures = {**hand_made(split), **(in_news(split, rows) if rows else {})}
        rounded = {key: round(value, 3) for key, value in figures.items()}
        sys.stdout.write(json.dumps({"splitter": name, **rounded}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
