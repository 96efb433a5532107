"""Compositional pairs: two reports built from the same parts, the label computed from what each commits to.

A row puts two propositions into two reporting frames. Between the propositions stands one edit (none, a wider or
narrower kind, another object, party, time or number, another outcome); the relation that it makes and the stances of
the frames give the label. The rows train; they are too regular to measure anything but themselves.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from nli.errors import InputError
from nli.eval.denial.events import (
    EVENTS,
    NAMES,
    OUTCOMES,
    PLACES,
    Event,
    Name,
    Outcome,
    Proposition,
    Relation,
    relate,
)
from nli.eval.denial.frames import ANSWERS, FRAMES, SPEAKERS, Frame, pick, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

SPLITS: tuple[str, ...] = ("train", "dev")

_C, _E, _N = "contradiction", "entailment", "neutral"

# (relation, stance of the premise, stance of the hypothesis) -> label. What is missing is never made, as the
# guidelines leave room: to deny that 12 were sent in March says nothing certain of a report that some were sent.
LABELS: dict[tuple[Relation, int, int], str] = {
    ("same", 1, 1): _E,
    ("same", -1, -1): _E,
    ("same", 1, -1): _C,
    ("same", -1, 1): _C,
    ("up", 1, 1): _E,
    ("up", 1, -1): _C,
    ("up", -1, 1): _N,
    ("up", -1, -1): _N,
    ("down", 1, 1): _N,
    ("down", 1, -1): _N,
    ("down", -1, 1): _C,
    ("down", -1, -1): _E,
    ("less", 1, 1): _E,
    ("less", 1, -1): _C,
    ("more", 1, 1): _N,
    ("more", -1, 1): _C,
    ("more", -1, -1): _E,
    ("fewer", 1, 1): _E,
    ("exceeds", 1, 1): _N,
    ("exclusive", 1, 1): _C,
    ("exclusive", 1, -1): _E,
    ("conflict", 1, 1): _C,
    **{("other", one, two): _N for one in (1, -1) for two in (1, -1)},
}


def compose(n: int, seed: int, split: str) -> Iterator[dict[str, Any]]:
    """Makes labelled pairs.

    The same arguments give the same rows in every process; the first rows of a longer run are those of a shorter one.

    Args:
        n: Number of rows.
        seed: Seed.
        split: "train" or "dev", which share no verb, frame or speaker.

    Yields:
        Rows as those of the event cards: id, premise, hypothesis, label, tags, domain, group (id of the event),
        premise_source and hypothesis_source (empty: who speaks stands in the text).

    Raises:
        InputError: There is no such split, or ``n`` is negative.
    """
    if split not in SPLITS:
        raise InputError(f"There are no compositional pairs for the split {split!r}; choose train or dev.")
    if n < 0:
        raise InputError(f"{n} is not a number of pairs; ask for 0 or more.")
    for index in range(n):
        # a text as seed is hashed by SHA-512, which unlike hash() is the same in every process
        yield _row(random.Random(f"{split} {seed} {index}"), index, split)  # noqa: S311


# ---------------------------------------------------------------- propositions and edits

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_TIMES: tuple[tuple[str, ...], ...] = (
    tuple(f"in {month}" for month in _MONTHS),
    tuple(f"in {year}" for year in range(2012, 2025)),
    tuple(f"on {day} {month}" for month in _MONTHS[2:9] for day in (3, 11, 19, 27)),
    ("last spring", "last summer", "last autumn", "last winter"),
)


class _Maker:
    """Draws propositions of a split and edits them."""

    def __init__(self, rng: random.Random, split: str) -> None:
        self.rng = rng
        self.split = split

    def name(self, pool: str, *taken: Name | None) -> Name:
        return self.rng.choice([name for name in NAMES[pool][self.split] if name not in taken])

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def event(self) -> Proposition:
        what = self.rng.choice(EVENTS[self.split])
        actor = self.name(what.actor)
        recipient = self.name(what.recipient, actor) if what.recipient else None
        time = self.rng.choice(self.rng.choice(_TIMES)) if self.chance(0.4) else None
        return Proposition(what, actor, self.rng.choice(what.members), 0, recipient, time)

    def outcome(self) -> Proposition:
        what = self.rng.choice(OUTCOMES[self.split])
        actor = self.name(what.actor)
        recipient = self.name(what.recipient, actor) if what.recipient else None
        time = self.rng.choice(self.rng.choice(_TIMES)) if self.chance(0.4) else None
        return Proposition(what, actor, None, self.rng.randrange(len(what.ways)), recipient, time)

    def either(self) -> Proposition:
        return self.outcome() if self.chance(0.2) else self.event()

    def counted(self, most: float = 1.0) -> Proposition | None:
        base = self.event()
        if not self.chance(most) or not _countable(base):
            return None
        return replace(base, number=("exactly", self.count()))

    def count(self) -> int:
        return self.rng.choice((self.rng.randint(2, 12), self.rng.randint(13, 95)))

    def later(self, time: str) -> str:
        family = next(family for family in _TIMES if time in family)
        return self.rng.choice([other for other in family if other != time])


Pairing: TypeAlias = tuple[Proposition, Proposition]
Edit: TypeAlias = Callable[[_Maker], Pairing | None]


def _same(make: _Maker) -> Pairing | None:
    base = make.either()
    if _countable(base) and make.chance(0.15):
        base = replace(base, number=("exactly", make.count()))
    elif isinstance(base.what, Event) and make.chance(0.15):
        base = replace(base, thing=base.what.kind)
    return base, base


def _up(make: _Maker) -> Pairing | None:
    base = make.event()
    if not isinstance(base.what, Event):
        return None
    wide = replace(base, thing=base.what.kind)
    # a report without a date covers the one with a date, which matters for "has never"
    return base, replace(wide, time=None) if make.chance(0.3) else wide


def _down(make: _Maker) -> Pairing | None:
    pair = _up(make)
    return None if pair is None else (pair[1], pair[0])


def _less(make: _Maker) -> Pairing | None:
    base = make.counted(0.4) or make.either()
    full = base if base.time else replace(base, time=make.rng.choice(make.rng.choice(_TIMES)))
    if make.chance(0.35) and isinstance(full.what, Event) and _drops_recipient(full.what):
        full = replace(full, number=None)
        return full, replace(full, recipient=None)
    if full.number and make.chance(0.5):
        return full, replace(full, number=None)
    full = replace(full, number=None)
    return full, replace(full, time=None)


def _more(make: _Maker) -> Pairing | None:
    pair = _less(make)
    return None if pair is None else (pair[1], pair[0])


def _sibling(make: _Maker) -> Pairing | None:
    base = make.event()
    if not isinstance(base.what, Event):
        return None
    other = make.rng.choice([member for member in base.what.members if member != base.thing])
    if _countable(base) and not other.mass and make.chance(0.1):
        base = replace(base, number=("exactly", make.count()))
        return base, replace(base, thing=other, number=("exactly", make.count()))
    return base, replace(base, thing=other)


def _actor(make: _Maker) -> Pairing | None:
    base = make.event()
    return base, replace(base, actor=make.name(base.what.actor, base.actor, base.recipient))


def _recipient(make: _Maker) -> Pairing | None:
    base = make.either()
    if base.recipient is None:
        return None
    return base, replace(base, recipient=make.name(base.what.recipient, base.actor, base.recipient))


def _swap(make: _Maker) -> Pairing | None:
    base = make.event()
    if base.recipient is None or base.what.actor != base.what.recipient:
        return None
    return base, replace(base, actor=base.recipient, recipient=base.actor)


def _time(make: _Maker) -> Pairing | None:
    base = make.either()
    base = replace(base, time=base.time or make.rng.choice(make.rng.choice(_TIMES)))
    if base.time is None:
        return None
    other = replace(base, time=make.later(base.time))
    if _countable(base) and make.chance(0.15):
        return replace(base, number=("exactly", make.count())), replace(other, number=("exactly", make.count()))
    return base, other


def _once(make: _Maker) -> Pairing | None:
    base = make.outcome()
    if base.time is None:
        return None
    return base, replace(base, time=make.later(base.time))


def _rival(make: _Maker) -> Pairing | None:
    base = make.outcome()
    if not isinstance(base.what, Outcome):
        return None
    ways = [way for way in range(len(base.what.ways)) if way != base.way]
    return base, replace(base, way=make.rng.choice(ways))


def _rival_other(make: _Maker) -> Pairing | None:
    pair = _rival(make)
    if pair is None or pair[0].recipient is None:
        return None
    taken = (pair[0].actor, pair[0].recipient)
    return pair[0], replace(pair[1], recipient=make.name(pair[0].what.recipient, *taken))


def _number(make: _Maker) -> Pairing | None:
    base = make.counted()
    if base is None or base.number is None:
        return None
    count = make.count()
    if make.chance(0.3):
        # well above, so that nobody takes the two for the same round figure
        return base, replace(base, number=("at least", base.number[1] * 2 + count))
    return base, replace(base, number=("exactly", count))


_FEW = 3


def _fewer(make: _Maker) -> Pairing | None:
    base = make.counted()
    if base is None or base.number is None or base.number[1] <= _FEW:
        return None
    return base, replace(base, number=("at least", make.rng.randint(2, base.number[1] - 1)))


def _exceeds(make: _Maker) -> Pairing | None:
    pair = _fewer(make)
    return None if pair is None else (pair[1], pair[0])


def _unrelated(make: _Maker) -> Pairing | None:
    first, second = make.event(), make.event()
    return (first, replace(second, actor=first.actor)) if first.what.actor == second.what.actor else None


# label -> (weight, edit, stances of premise and hypothesis); the weights make 40 : 22 : 38 and leave asserting and
# denying hypotheses about as frequent under each label.
_PLANS: dict[str, tuple[tuple[float, Edit, int, int], ...]] = {
    _C: (
        (9.5, _same, 1, -1),
        (9, _same, -1, 1),
        (4, _up, 1, -1),
        (4, _down, -1, 1),
        (3, _less, 1, -1),
        (2, _more, -1, 1),
        (5, _number, 1, 1),
        (3, _rival, 1, 1),
        (1.5, _once, 1, 1),
    ),
    _E: (
        (4.5, _same, 1, 1),
        (4.5, _same, -1, -1),
        (3, _up, 1, 1),
        (3.5, _down, -1, -1),
        (1.5, _less, 1, 1),
        (1.5, _more, -1, -1),
        (3, _fewer, 1, 1),
        (1, _rival, 1, -1),
    ),
    _N: (
        *((weight, edit, one, two) for one in (1, -1) for two in (1, -1) for weight, edit in (
            (1.3, _sibling), (0.7, _actor), (0.9, _recipient), (1.0, _swap), (0.9, _time), (0.3, _rival_other),
            (0.4, _unrelated))),
        (1.8, _up, -1, 1),
        (1.5, _up, -1, -1),
        (1.8, _down, 1, 1),
        (1.8, _down, 1, -1),
        (0.8, _more, 1, 1),
        (1.5, _exceeds, 1, 1),
        (2.6, _same, 0, 1),
        (2.4, _same, 0, -1),
        (2.6, _same, 1, 0),
        (2.4, _same, -1, 0),
        (0.4, _sibling, 0, 1),
        (0.4, _sibling, -1, 0),
    ),
}  # fmt: skip
_SHARES = {_C: 40, _E: 22, _N: 38}

_EDIT_TAGS: dict[Edit, str] = {
    _up: "kind-member",
    _down: "kind-member",
    _sibling: "other-object",
    _actor: "other-object",
    _swap: "role-swap",
    _time: "time",
    _once: "time",
    _rival: "rival-outcome",
    _rival_other: "other-object",
    _number: "number",
    _fewer: "number",
    _exceeds: "number",
    _unrelated: "unrelated",
}


def _countable(base: Proposition) -> bool:
    return isinstance(base.what, Event) and base.what.counted and base.thing is not None and not base.thing.mass


def _drops_recipient(what: Event) -> bool:
    return bool(what.recipient) and what.tail.startswith("{o}")


# ---------------------------------------------------------------- rows


def _row(rng: random.Random, index: int, split: str) -> dict[str, Any]:
    make = _Maker(rng, split)
    label = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    plans = _PLANS[label]
    while True:
        _, edit, *stances = rng.choices(plans, [plan[0] for plan in plans])[0]
        pair = edit(make)
        if pair is None:
            continue
        first, second = pair if edit not in _EITHER_WAY or rng.random() < _HALF else pair[::-1]
        relation = relate(first, second)
        if 0 not in stances and LABELS.get((relation, stances[0], stances[1])) != label:
            continue
        written = _write(rng, split, first, second, stances, answer=edit is _same and rng.random() < _ANSWERS)
        if written is None or written[0].text == written[1].text:
            continue
        return {
            "id": f"k-{split}-{index}",
            "premise": written[0].text,
            "hypothesis": written[1].text,
            "label": label,
            "tags": _tags(edit, first, written, label),
            "domain": first.what.domain,
            "group": first.what.id,
            "premise_source": "",
            "hypothesis_source": "",
        }


_HALF = 0.5
_EITHER_WAY: frozenset[Edit] = frozenset({_number, _once, _sibling, _actor, _recipient, _time, _swap})
_ANSWERS = 0.15  # share of the pairs on the same proposition where one statement only points at the other


@dataclass(frozen=True, slots=True)
class _Written:
    text: str
    frame: Frame


def _write(
    rng: random.Random, split: str, first: Proposition, second: Proposition, stances: list[int], *, answer: bool
) -> tuple[_Written, _Written] | None:
    if answer:
        charged = rng.choice((0, 1))
        charge = pick(rng, split, first, FRAMES[split][stances[charged]], "c")
        reply = pick(rng, split, second, ANSWERS[split][stances[1 - charged]], "")
        frames = None if charge is None or reply is None else ([charge, reply] if charged == 0 else [reply, charge])
    else:
        one = pick(rng, split, first, FRAMES[split][stances[0]], "")
        two = pick(rng, split, second, FRAMES[split][stances[1]], "")
        frames = None if one is None or two is None or one is two else [one, two]
    if frames is None or _at_odds(frames):
        return None
    speakers = rng.sample(SPEAKERS[split], 2)
    texts = [
        sentence(rng, split, frame, proposition, speaker)
        for frame, proposition, speaker in zip(frames, (first, second), speakers, strict=True)
    ]
    return _Written(texts[0], frames[0]), _Written(texts[1], frames[1])


def _at_odds(frames: list[Frame]) -> bool:
    # "did not deny it" and "denied it", both of the actor, agree about the event but not about what was said
    return all(frame.actor_speaks for frame in frames) and any(frame.stance == 0 for frame in frames)


def _tags(edit: Edit, first: Proposition, written: tuple[_Written, _Written], label: str) -> list[str]:
    tags = [_EDIT_TAGS[edit]] if edit in _EDIT_TAGS else []
    if edit is _recipient:
        tags.append("place" if first.what.recipient in PLACES else "other-object")
    if edit is _rival:
        tags.append("antonym")
    stances = {side.frame.stance for side in written}
    if label == _E and stances == {-1}:
        tags.append("agreeing-denials")
    for side in written:
        tags += side.frame.tags
    return list(dict.fromkeys(tags))
