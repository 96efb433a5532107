"""Pairs about how many of a group something holds for: "all survived" and "nobody was killed" say the same.

Each statement speaks of one side of a pair of opposites ("survived" and "died", "open" and "closed"), so that a
negation as often makes two statements agree as it sets them against each other. What a statement leaves possible is a
set of counts (none, a part, all), and the label follows from the two sets. The rows train; they measure nothing but
themselves.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from typing import Any

from nli.errors import InputError
from nli.eval.denial.frames import SPEAKERS

Counts = frozenset[str]
EVERY: Counts = frozenset({"none", "part", "all"})
MIRROR = {"none": "all", "part": "part", "all": "none"}
SPLITS = ("train", "dev")


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to say how many; `exact` is what it leaves possible if "some" is taken to mean "not all"."""

    text: str
    possible: Counts
    exact: Counts


def _forms(possible: str, exact: str, *texts: str) -> tuple[_Form, ...]:
    return tuple(_Form(text, frozenset(possible.split()), frozenset(exact.split())) for text in texts)


# {many} {one}: the group; {are} {is}: what holds of several, of one; {n}: how many there are; {k}: some of those
_FORMS = (
    *_forms("all", "all", "all {n} {many} {are}", "all {many} {are}", "every {one} {is}"),
    *_forms("all", "all", "each of the {n} {many} {is}", "the {many} all {are}", "every single {one} {is}"),
    *_forms("none", "none", "none of the {n} {many} {are}", "no {one} {is}", "no {many} {are}"),
    *_forms("none", "none", "not one of the {many} {is}", "not a single {one} {is}", "none of the {many} {are}"),
    *_forms("part all", "part all", "at least one {one} {is}", "at least {k} of the {many} {are}"),
    *_forms("part all", "part", "some of the {many} {are}", "several {many} {are}"),
    *_forms("part all", "part", "{k} of the {n} {many} {are}", "{k} {many} {are}"),
    *_forms("none part", "part", "not all {many} {are}", "not every {one} {is}", "not all of the {n} {many} {are}"),
    *_forms("none part", "none part", "fewer than half of the {many} {are}"),
)  # fmt: skip
_ASSERT = ("{c}.", "{c}.", "{s} said that {c}.", "{s} confirmed that {c}.", "according to {s}, {c}.", "{c}, {s} said.",
           "{s} stated that {c}.", "in the words of {s}, {c}.")  # fmt: skip
_DENY = ("{s} denied that {c}.", "it is not true that {c}, {s} said.", "{s} rejected the claim that {c}.",
         "{s} called it false that {c}.")  # fmt: skip
_OPEN = ("{s} declined to say whether {c}.", "{s} asked whether {c}.", "it is not known whether {c}, {s} said.",
         "{s} will look into whether {c}.")  # fmt: skip

# group: several, one | opposites: several, one / several, one; each group has several pairs
_PEOPLE_SIDES = (
    ("survived", "survived", "died", "died"),
    ("survived the night", "survived the night", "were killed", "was killed"),
    ("were unharmed", "was unharmed", "were hurt", "was hurt"),
    ("came away unhurt", "came away unhurt", "were injured", "was injured"),
    ("got out alive", "got out alive", "lost their lives", "lost their life"),
    ("were free again", "was free again", "were still being held", "was still being held"),
    ("passed the test", "passed the test", "failed the test", "failed the test"),
    ("were paid", "was paid", "went without pay", "went without pay"),
    ("were present", "was present", "were absent", "was absent"),
    ("kept their jobs", "kept their job", "lost their jobs", "lost their job"),
)
_THING_SIDES = (
    ("were open", "was open", "were closed", "was closed"),
    ("were working", "was working", "were out of order", "was out of order"),
    ("were clean", "was clean", "were contaminated", "was contaminated"),
    ("were safe", "was safe", "were unsafe", "was unsafe"),
    ("were intact", "was intact", "were damaged", "was damaged"),
    ("passed inspection", "passed inspection", "failed inspection", "failed inspection"),
    ("were legal", "was legal", "were illegal", "was illegal"),
    ("were genuine", "was genuine", "were fake", "was fake"),
    ("were full", "was full", "had room left", "had room left"),
    ("were reported", "was reported", "went unreported", "went unreported"),
)
_GROUPS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "train": (
        ("miners", "miner", "people"), ("hostages", "hostage", "people"), ("crew members", "crew member", "people"),
        ("students", "student", "people"), ("patients", "patient", "people"), ("climbers", "climber", "people"),
        ("soldiers", "soldier", "people"), ("workers", "worker", "people"), ("residents", "resident", "people"),
        ("people on the train", "person on the train", "people"), ("detainees", "detainee", "people"),
        ("children on the bus", "child on the bus", "people"), ("employees", "employee", "people"),
        ("people in the building", "person in the building", "people"), ("pilots", "pilot", "people"),
        ("clinics", "clinic", "things"), ("bridges", "bridge", "things"), ("wells", "well", "things"),
        ("warehouses", "warehouse", "things"), ("reactors", "reactor", "things"), ("samples", "sample", "things"),
        ("documents", "document", "things"), ("payments", "payment", "things"), ("depots", "depot", "things"),
        ("polling stations", "polling station", "things"), ("lifts", "lift", "things"), ("shops", "shop", "things"),
        ("border crossings", "border crossing", "things"), ("tanks at the plant", "tank at the plant", "things"),
    ),
    "dev": (
        ("sailors", "sailor", "people"), ("guests", "guest", "people"), ("nurses", "nurse", "people"),
        ("schools", "school", "things"), ("pumps", "pump", "things"), ("invoices", "invoice", "things"),
    ),
}  # fmt: skip
_NUMBERS = (("three", "nine"), ("four", "twelve"), ("seven", "40"), ("11", "36"), ("15", "80"), ("23", "150"))
_SHARES = {"contradiction": 36, "entailment": 36, "neutral": 28}
_STANCES = {1: _ASSERT, -1: _DENY, 0: _OPEN}
_STANCE_SHARES = {1: 8, -1: 3, 0: 1}
_OTHER_MATTER = 0.06


def counts(count: int, seed: int, split: str = "train") -> list[dict[str, Any]]:
    """Make pairs.

    Args:
        count: How many.
        seed: Draws them; the same seed gives the same pairs.
        split: "train" or "dev", which speak of different groups.

    Returns:
        Rows with the fields of a pair.

    Raises:
        InputError: If there is no such split.
    """
    if split not in SPLITS:
        raise InputError(f"There is no split {split!r} of these pairs: choose {' or '.join(SPLITS)}.")
    rng = random.Random(f"counts/{seed}/{split}")  # noqa: S311 -- chance, not secrets
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    while len(rows) < count:
        wanted = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        row = _row(rng, split)
        if row["label"] == wanted and row["premise"] != row["hypothesis"]:
            rows.setdefault((row["premise"], row["hypothesis"]), {"id": f"n-{split}-{len(rows)}", **row})
    return list(rows.values())


def label_of(premise: Counts, hypothesis: Counts) -> str:
    """Return the label of two statements by the counts that each leaves possible."""
    if not premise & hypothesis:
        return "contradiction"
    return "entailment" if premise <= hypothesis else "neutral"


@dataclass(frozen=True, slots=True)
class _Said:
    text: str
    readings: tuple[Counts, ...]
    commits: bool


def _row(rng: random.Random, split: str) -> dict[str, Any]:
    """Draw pairs until every reading of one gives the same label."""
    while True:
        many, one, kind = rng.choice(_GROUPS[split])
        sides = _PEOPLE_SIDES if kind == "people" else _THING_SIDES
        matter = rng.choice(sides)
        other = rng.choice(sides) if rng.random() < _OTHER_MATTER else matter
        numbers = rng.choice(_NUMBERS)
        speakers = rng.sample(SPEAKERS[split], 2)
        said = [_say(rng, (many, one), side, numbers, s) for side, s in zip((matter, other), speakers, strict=True)]
        if other is not matter or not (said[0].commits and said[1].commits):
            labels = {"neutral"}
        else:
            labels = {label_of(one, two) for one, two in product(said[0].readings, said[1].readings)}
        if len(labels) == 1:
            return {
                "premise": said[0].text,
                "hypothesis": said[1].text,
                "label": labels.pop(),
                "tags": ["quantifier", "antonym"],
                "domain": "counts",
                "group": f"{many} {matter[0]}",
                "premise_source": "",
                "hypothesis_source": "",
            }


def _say(
    rng: random.Random,
    group: tuple[str, str],
    matter: tuple[str, str, str, str],
    numbers: tuple[str, str],
    speaker: str,
) -> _Said:
    opposite = rng.random() < 0.5  # noqa: PLR2004 -- an even chance
    are, is_ = matter[2:] if opposite else matter[:2]
    form = rng.choice(_FORMS)
    clause = form.text.format(many=group[0], one=group[1], are=are, **{"is": is_}, k=numbers[0], n=numbers[1])
    stance = rng.choices(list(_STANCE_SHARES), list(_STANCE_SHARES.values()))[0]
    if stance < 0 and "{k}" in form.text:
        stance = 1  # to deny that seven were is not to say that none was
    text = rng.choice(_STANCES[stance]).format(c=clause, s=speaker)
    readings = []
    for possible in {form.possible, form.exact}:
        meant = frozenset(MIRROR[count] for count in possible) if opposite else possible
        readings.append(EVERY - meant if stance < 0 else meant)
    return _Said(text[0].upper() + text[1:], tuple(readings), commits=stance != 0)
