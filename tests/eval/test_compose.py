from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.errors import InputError
from nli.eval.denial.cards import DOMAINS, TAGS
from nli.eval.denial.compose import LABELS, SPLITS, compose
from nli.eval.denial.events import EVENTS, NAMES, OUTCOMES, Event, Name, Outcome, Proposition, Relation, relate
from nli.eval.denial.frames import ANSWERS, FRAMES, OPENINGS, SPEAKERS, Frame

NEGATIVE = re.compile(r"\b(den\w+|no|not|never|false|nobody|lie|hoax|untrue|baseless)\b", re.IGNORECASE)
MIRROR = {"up": "down", "less": "more", "fewer": "exceeds"}
MIRROR |= {back: there for there, back in MIRROR.items()}


@pytest.fixture(scope="module", params=SPLITS)
def rows(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return list(compose(4000, 3, request.param))


def event(name: str) -> Event:
    return next(event for split in SPLITS for event in EVENTS[split] if event.id == name)


def outcome(name: str) -> Outcome:
    return next(outcome for split in SPLITS for outcome in OUTCOMES[split] if outcome.id == name)


def sent(thing: int | None = 0, **changes: Any) -> Proposition:
    what = event("send")
    object_ = what.kind if thing is None else what.members[thing]
    return replace(Proposition(what, Name("Peru"), object_, 0, Name("Chile"), "in May"), **changes)


def ruled(way: int, **changes: Any) -> Proposition:
    found = Proposition(outcome("verdict"), Name("the court"), None, way, Name("Ada", "she"), "in May")
    return replace(found, **changes)


class TestRelate:
    @pytest.mark.parametrize(
        ("first", "second", "relation"),
        [
            (sent(), sent(), "same"),
            (sent(), sent(None), "up"),
            (sent(None), sent(), "down"),
            (sent(), sent(1), "other"),
            (sent(), sent(actor=Name("Cuba")), "other"),
            (sent(), sent(recipient=Name("Cuba")), "other"),
            (sent(), sent(time="in June"), "other"),
            (sent(), sent(time=None), "less"),
            (sent(time=None), sent(), "more"),
            (sent(), sent(None, time=None), "less"),
            (sent(None, time=None), sent(), "more"),
            (sent(time=None), sent(None), "unsafe"),
            (sent(number=("exactly", 5)), sent(number=("exactly", 7)), "conflict"),
            (sent(number=("exactly", 5)), sent(number=("at least", 3)), "fewer"),
            (sent(number=("exactly", 5)), sent(number=("at least", 9)), "conflict"),
            (sent(number=("at least", 3)), sent(number=("exactly", 5)), "exceeds"),
            (sent(number=("at least", 9)), sent(number=("exactly", 5)), "conflict"),
            (sent(number=("at least", 9)), sent(number=("at least", 5)), "unsafe"),
            (sent(number=("exactly", 5)), sent(), "less"),
            (sent(number=("exactly", 5)), sent(1, number=("exactly", 7)), "other"),
            (sent(number=("exactly", 5)), sent(None, number=("exactly", 7)), "unsafe"),
            (ruled(0), ruled(1), "exclusive"),
            (ruled(0), ruled(1, time=None), "unsafe"),
            (ruled(0), ruled(1, recipient=Name("Bo", "he")), "other"),
            (ruled(0), ruled(0, time="in June"), "exclusive"),
            (ruled(0), ruled(1, time="in June"), "unsafe"),
            (ruled(0), ruled(0, actor=Name("the high court")), "unsafe"),
            (sent(), ruled(0), "other"),
        ],
    )
    def test_examples(self, first: Proposition, second: Proposition, relation: Relation) -> None:
        assert relate(first, second) == relation
        assert relate(second, first) == MIRROR.get(relation, relation)

    things = st.sampled_from([None, 0, 1])
    names = st.sampled_from([Name("Peru"), Name("Cuba")])
    times = st.sampled_from([None, "in May", "in June"])
    numbers = st.one_of(st.none(), st.tuples(st.sampled_from(["exactly", "at least"]), st.integers(2, 9)))
    sendings = st.builds(
        lambda thing, actor, time, number: sent(thing, actor=actor, time=time, number=number),
        things,
        names,
        times,
        numbers,
    )

    @given(sendings, sendings)
    def test_relations_turn_round(self, first: Proposition, second: Proposition) -> None:
        there, back = relate(first, second), relate(second, first)
        assert back == MIRROR.get(there, there)

    @given(sendings)
    def test_everything_is_itself(self, base: Proposition) -> None:
        assert relate(base, base) == "same"


class TestLabels:
    def test_table_names_relations(self) -> None:
        assert {relation for relation, _, _ in LABELS} <= set(get_args(Relation)) - {"unsafe"}
        assert set(LABELS.values()) == {"contradiction", "entailment", "neutral"}

    def test_contradiction_is_symmetric(self) -> None:
        for (relation, one, two), label in LABELS.items():
            turned = LABELS.get((MIRROR.get(relation, relation), two, one))
            if label == "contradiction" and turned is not None:
                assert turned == "contradiction"

    def test_entailment_turns_round_under_negation(self) -> None:
        # if P gives Q, then not Q gives not P
        for (relation, one, two), label in LABELS.items():
            turned = LABELS.get((MIRROR.get(relation, relation), -two, -one))
            if label == "entailment" and turned is not None:
                assert turned == "entailment"

    def test_entailment_contradicts_the_opposite(self) -> None:
        for (relation, one, two), label in LABELS.items():
            opposite = LABELS.get((relation, one, -two))
            if label != "neutral" and opposite is not None and relation != "other":
                assert {label, opposite} == {"entailment", "contradiction"}

    def test_other_events_are_neutral(self) -> None:
        assert all(LABELS["other", one, two] == "neutral" for one, two in product((1, -1), repeat=2))


class TestCompose:
    def test_rows_have_the_form_of_cards(self, rows: list[dict[str, Any]]) -> None:
        fields = {"id", "premise", "hypothesis", "label", "tags", "domain", "group", "premise_source"}
        assert all(set(row) == fields | {"hypothesis_source"} for row in rows)
        assert len({row["id"] for row in rows}) == len(rows)
        assert {row["domain"] for row in rows} == set(DOMAINS)
        assert all(set(row["tags"]) <= set(TAGS) and row["tags"] for row in rows)

    def test_texts_are_written_out(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            assert row["premise"] != row["hypothesis"]
            for text in (row["premise"], row["hypothesis"]):
                assert "{" not in text
                assert "  " not in text
                assert text == text.strip()
                assert text[-1] in '.”"'
                assert text.lstrip('"“')[0].isupper() or text.lstrip('"“')[0].isdigit()
                assert 4 <= len(text.split()) <= 70

    def test_ids_carry_split_and_place(self) -> None:
        assert [row["id"] for row in compose(2, 0, "dev")] == ["k-dev-0", "k-dev-1"]

    def test_labels_are_balanced(self, rows: list[dict[str, Any]]) -> None:
        counts = Counter(row["label"] for row in rows)
        assert 0.37 < counts["contradiction"] / len(rows) < 0.43
        assert 0.19 < counts["entailment"] / len(rows) < 0.25
        assert 0.35 < counts["neutral"] / len(rows) < 0.41

    @pytest.mark.parametrize("side", ["premise", "hypothesis"])
    def test_negative_words_give_nothing_away(self, rows: list[dict[str, Any]], side: str) -> None:
        shares = [
            sum(bool(NEGATIVE.search(row[side])) for row in rows if row["label"] == label)
            / sum(row["label"] == label for row in rows)
            for label in ("contradiction", "entailment", "neutral")
        ]
        assert max(shares) - min(shares) < 0.12

    @pytest.mark.parametrize("side", ["premise", "hypothesis"])
    def test_one_side_alone_says_little(self, rows: list[dict[str, Any]], side: str) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression

        labels = [row["label"] for row in rows]
        words = CountVectorizer(min_df=5, binary=True).fit_transform(row[side] for row in rows)
        fitted = LogisticRegression(max_iter=500, C=0.3).fit(words[:3000], labels[:3000])
        majority = labels[3000:].count("contradiction") / 1000
        assert fitted.score(words[3000:], labels[3000:]) < majority + 0.13

    def test_is_the_same_in_every_process(self) -> None:
        script = (
            "import json; from nli.eval.denial.compose import compose; print(json.dumps(list(compose(40, 5, 'train'))))"
        )
        found = [
            subprocess.run(
                [sys.executable, "-c", script],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        ]
        assert found[0] == found[1]
        assert json.loads(found[0]) == list(compose(40, 5, "train"))

    @given(st.integers(0, 30), st.integers(0, 5), st.sampled_from(SPLITS))
    @settings(max_examples=20, deadline=None)
    def test_a_longer_run_begins_like_a_shorter_one(self, n: int, seed: int, split: str) -> None:
        assert list(compose(n, seed, split)) == list(compose(30, seed, split))[:n]

    def test_seeds_differ(self) -> None:
        assert list(compose(20, 1, "train")) != list(compose(20, 2, "train"))

    @pytest.mark.parametrize(("n", "split", "message"), [(1, "test", "choose train or dev"), (-1, "dev", "0 or more")])
    def test_refuses_what_it_cannot_make(self, n: int, split: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            list(compose(n, 0, split))


class TestParts:
    def test_enough_events_and_frames(self) -> None:
        assert sum(len(EVENTS[split]) + len(OUTCOMES[split]) for split in SPLITS) >= 120
        for stance in (1, -1, 0):
            assert sum(len(FRAMES[split][stance]) for split in SPLITS) >= 25

    def test_splits_share_no_verb(self) -> None:
        verbs = {
            split: {event.verb.base for event in EVENTS[split]}
            | {verb.base for outcome in OUTCOMES[split] for verb, _ in outcome.ways}
            for split in SPLITS
        }
        assert not verbs["train"] & verbs["dev"]
        groups = {split: {row["group"] for row in compose(300, 1, split)} for split in SPLITS}
        assert not groups["train"] & groups["dev"]

    def test_splits_share_no_frame_or_speaker(self) -> None:
        for pool in (FRAMES, ANSWERS):
            texts = {split: {frame.text for kind in pool[split].values() for frame in kind} for split in SPLITS}
            assert not texts["train"] & texts["dev"]
        assert not set(SPEAKERS["train"]) & set(SPEAKERS["dev"])
        assert not set(OPENINGS["train"]) & set(OPENINGS["dev"])

    @pytest.mark.parametrize("split", SPLITS)
    def test_frames_stand_where_they_belong(self, split: str) -> None:
        for stance, frames in [*FRAMES[split].items(), *ANSWERS[split].items()]:
            for frame in frames:
                assert isinstance(frame, Frame)
                assert frame.stance == stance
                assert set(frame.tags) <= set(TAGS)
                assert frame.tags
                assert set(frame.flags) <= set("brxycf")

    @pytest.mark.parametrize("split", SPLITS)
    def test_events_are_whole(self, split: str) -> None:
        for what in (*EVENTS[split], *OUTCOMES[split]):
            assert what.domain in DOMAINS
            assert what.actor in NAMES
            assert not what.recipient or what.recipient in NAMES
            tails = [what.tail] if isinstance(what, Event) else [tail for _, tail in what.ways]
            assert isinstance(what, Event) or len(tails) > 1
            assert all(("{r}" in tail) == bool(what.recipient) for tail in tails)
        for made in EVENTS[split]:
            assert len(set(made.members)) == len(made.members) > 1
            assert made.kind not in made.members
