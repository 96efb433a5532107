# ruff: noqa: RUF001 -- typographic quotation marks are what this is about
"""Measure attribution on PolNeAR: `python -m nli.eval.scan.polnear FILE.jsonl.gz [--out results.json]`.

PolNeAR is news in which people marked attributions: who is cited (source), with which words (cue), for what (content).
FILE holds one text a line: `id`, `text`, `attributions`, each with lists of [start, end] for source, cue and content.

Rules:
- A prediction is a speaker and a cue of `nli.attribution`; several statements of one speaker and cue (a quotation of
  three sentences) are one prediction, and the narrator's statements are none.
- It is right if an attribution in the gold has its cue in the same sentence, as our splitter has them, and if the words
  that name the speaker in the text have the same head as the first stretch of the gold source. So a pronoun is right
  where the gold source is that pronoun: whom it stands for is not measured here.
- A head is the last word before the first preposition, relative pronoun, dash or comma, in lower case, without
  brackets, quotation marks and a final possessive: "one source in the room" has the head "source". A phrase of one word
  is its own head.
- An attribution in the gold is matched once; of several that fit, the one whose cue is nearest.
- An attribution in the gold without a source has no speaker to find: it is left out of recall, and a prediction whose
  cue touches its cue is neither right nor wrong. One without a cue is left out too.
- Direct are gold attributions whose content has a quotation mark at its start or end, indirect all others. The gold
  alone knows the kind of one that was missed, so recall is given by kind, and precision for all.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nli.attribution.extract import mentioned
from nli.attribution.sentences import sentences
from nli.errors import InputError

_AFTER_HEAD = (
    "of|for|in|at|on|from|with|to|by|about|against|over|among|near|inside|outside|within|behind|under"
    "|who|whom|whose|which|that"
)
_CUT = re.compile(rf",|\s--|\s?[–—―]|\s(?:{_AFTER_HEAD})\b(?!-)")
_WORD = re.compile(r"[\w.-]+(?:[’'](?!s\b)\w+)*")
_QUOTES = "“”\"‘'"


@dataclass(slots=True)
class _Gold:
    head: str
    cue: tuple[int, int]
    direct: bool
    matched: bool = False


def head(phrase: str) -> str:
    """Return the head word of the name of a source, by the rule above."""
    phrase = re.sub(r"\([^)]*\)", "", phrase).strip(" \n\xa0,“”\"'‘’—-")
    phrase = re.sub(r"[’']s?$", "", phrase)
    match = _CUT.search(phrase)
    if match and match.start() > 0:
        phrase = phrase[: match.start()]
    found = _WORD.findall(phrase)
    return str(found[-1]).lower().strip(".") if found else phrase.lower()


def measure(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Score our attributions against the gold of some texts.

    Args:
        rows: Texts with their attributions, as in a line of the file.

    Returns:
        Counts, precision, recall and F1, and recall by kind.
    """
    right = predicted = 0
    every: list[_Gold] = []
    for row in rows:
        text = row["text"]
        starts = [start for start, _ in sentences(text)]
        gold: dict[int, list[_Gold]] = {}
        unnamed: list[tuple[int, int]] = []
        for each in row["attributions"]:
            if not each["cue"]:
                continue
            cue = (each["cue"][0][0], each["cue"][-1][1])
            if not each["source"]:
                unnamed.append(cue)
                continue
            start, end = each["source"][0]
            content = "".join(text[a:b] for a, b in each["content"]).strip(" \n,.")
            direct = content[:1] in _QUOTES or content[-1:] in _QUOTES
            found = _Gold(head(text[start:end]), cue, bool(content) and direct)
            gold.setdefault(bisect_right(starts, cue[0]), []).append(found)
            every.append(found)
        for at, end, mention in _predictions(text):
            fitting = [
                each
                for each in gold.get(bisect_right(starts, at), [])
                if not each.matched and each.head == head(mention)
            ]
            if fitting:
                min(fitting, key=lambda each: abs(each.cue[0] - at)).matched = True
                right += 1
                predicted += 1
            elif not any(a < end and at < b for a, b in unnamed):
                predicted += 1
    return {"texts": len(rows), **_figures(right, predicted, every)}


def _predictions(text: str) -> list[tuple[int, int, str]]:
    """Return where each cue starts and ends, with the words that name its speaker."""
    found = {
        (each.statement.cue_start, each.statement.cue_start + len(each.statement.cue), each.mention)
        for each in mentioned(text)
        if each.mention is not None and each.statement.cue_start is not None and each.statement.cue is not None
    }
    return sorted(found)


def _figures(right: int, predicted: int, gold: list[_Gold]) -> dict[str, Any]:
    precision = right / predicted if predicted else 0.0
    recall = right / len(gold) if gold else 0.0
    total = precision + recall
    figures: dict[str, Any] = {
        "gold": len(gold),
        "predicted": predicted,
        "right": right,
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / total, 4) if total else 0.0,
    }
    for name, direct in (("direct", True), ("indirect", False)):
        chosen = [each for each in gold if each.direct is direct]
        found = sum(each.matched for each in chosen)
        figures[name] = {
            "gold": len(chosen),
            "right": found,
            "recall": round(found / len(chosen), 4) if chosen else 0.0,
        }
    return figures


def read(path: Path) -> list[dict[str, Any]]:
    """Read the texts of a PolNeAR file.

    Args:
        path: JSON lines, .gz.

    Returns:
        One dictionary a text.

    Raises:
        InputError: If there is no such file, or it is not what it should be.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except FileNotFoundError:
        raise InputError(f"There is no file {path}: name a split of PolNeAR as JSON lines, .jsonl.gz.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON lines with gzip ({error}): give a .jsonl.gz file.") from error


def main(arguments: list[str] | None = None) -> int:
    """Score one file and print the figures as JSON; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m nli.eval.scan.polnear", description="Measure attribution on a split of PolNeAR."
    )
    parser.add_argument("file", type=Path, help="PolNeAR as JSON lines, .gz")
    parser.add_argument("--out", type=Path, help="file for the figures too")
    chosen = parser.parse_args(arguments)
    try:
        figures = measure(read(chosen.file))
    except InputError as error:
        parser.error(str(error))
    text = json.dumps({"file": chosen.file.name, **figures}, indent=2)
    sys.stdout.write(text + "\n")
    if chosen.out is not None:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
