"""Copies of one statement: the same words, however a newsroom set its quotes, commas and capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_SINGLE = dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u00b4`"), "'")
_DOUBLE = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"), '"')
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))
_PLAIN = {**_DASHES, **_SINGLE, **_DOUBLE, **_UNSEEN, ord("\u2026"): "..."}

# A date in it would be a number that is lost, so that only a place and an agency are taken for a dateline.
_DATELINE = re.compile(r"^(?:[A-Z][^\d()]{0,40} )?\((?:AFP|AP|Reuters|dpa|ANSA|EFE|Xinhua|TASS|Bloomberg)\) ?-+ ?")
# A minus sign, which must not be lost, is a mark of its own from here on; hyphens and dashes are not.
_SIGN = "\u2212"
_MINUS = re.compile(r"(?<![\w)])-(?=[$€£¥]?\.?\d)")
# Numbers keep their points, commas and ranges ("1,200.5", "5-7", ".5"), words their apostrophes ("didn't").
_TOKEN = re.compile(r"(?:(?<!\w)\.)?\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]")
# Marks that may differ between copies; a question mark, a minus, a currency or a percent sign may not.
_MARKS = frozenset("\"'.,;:!-*")
# "The firm said that it paid" is "The firm said it paid".
_IDLE = frozenset({"that"})
_NEGATIONS = frozenset({"no", "not", "never", "none", "nothing", "nobody", "neither", "nor"})


def collapse(texts: Sequence[str]) -> list[list[int]]:
    """Group the texts that are copies of one another.

    Copies have the same words in the same order. White space, quotation marks, capitals, hyphens, commas and final
    punctuation may differ, so may the conjunction "that" and an agency's dateline. Every other word, every number with
    its sign and unit, and a question mark must be the same: texts that differ in a negation or a number are no copies.

    Args:
        texts: The texts.

    Returns:
        Groups of positions in `texts`, each in ascending order, by their first members; that one represents its group.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for position, text in enumerate(texts):
        groups.setdefault(_key(text), []).append(position)
    return list(groups.values())


def _key(text: str) -> tuple[str, ...]:
    """Return what copies have in common; a text without words is a copy only of the same characters."""
    plain = _without_end(_DATELINE.sub("", " ".join(text.translate(_PLAIN).split())))
    key: list[str] = []
    previous = ""
    for part in _TOKEN.findall(_MINUS.sub(_SIGN, plain).casefold()):
        if part not in _IDLE and (part not in _MARKS or _tells(part, previous)):
            key.append(part)
        previous = part
    return tuple(key) or (text,)


def _without_end(text: str) -> str:
    """Cut final punctuation, but not the mark of feet or inches."""
    end = text.rstrip(" .,;:!-'\"")
    return end + text[len(end)] if end[-1:].isdigit() and text[len(end) : len(end) + 1] in {"'", '"'} else end


def _tells(mark: str, previous: str) -> bool:
    """Whether a mark may change what is said: "No, shots were fired" denies nothing, and 5' is not 5"."""
    if mark in "'\"":
        return previous[-1:].isdigit()
    return previous in _NEGATIONS or previous.endswith("n't")
