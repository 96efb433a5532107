"""Pairs in which one word decides: the labels follow from the relation of the words."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from nli.errors import InputError
from nli.eval.denial import lexicon as module
from nli.eval.denial.lexicon import article, label_of, lexicon, relation_of

ROWS = {split: lexicon(5000 if split == "train" else 1000, 1, split) for split in ("train", "dev")}
SENTENCES = {row[side] for rows in ROWS.values() for row in rows for side in ("premise", "hypothesis")}


def test_the_same_seed_gives_the_same_pairs() -> None:
    rows = lexicon(300, 3)
    assert rows == lexicon(300, 3)
    assert rows != lexicon(300, 4)
    assert rows[:100] == lexicon(100, 3)


def test_no_pair_comes_twice() -> None:
    for rows in ROWS.values():
        assert len({(row["premise"], row["hypothesis"]) for row in rows}) == len(rows)
        assert all(row["premise"] != row["hypothesis"] for row in rows)


@pytest.mark.parametrize(
    ("one", "two", "relation", "label"),
    [
        ("harp", "trumpet", "sibling", "contradiction"),
        ("Peru", "Kenya", "sibling", "contradiction"),
        ("Peru", "an African country", "sibling", "contradiction"),
        ("crimson", "blue", "sibling", "contradiction"),
        ("open", "shut", "opposite", "contradiction"),
        ("hot", "cold", "contrary", "contradiction"),
        ("approved", "rejected", "contrary", "contradiction"),
        ("violin", "fiddle", "synonym", "entailment"),
        ("alive", "living", "synonym", "entailment"),
        ("violin", "musical instrument", "up", "entailment"),
        ("missiles", "weapons", "up", "entailment"),
        ("Peru", "a South American country", "up", "entailment"),
        ("crimson", "red", "up", "entailment"),
        ("weapons", "missiles", "down", "neutral"),
        ("red", "crimson", "down", "neutral"),
        ("brass instrument", "trumpet", "down", "neutral"),
    ],
)
def test_relations_of_known_words(one: str, two: str, relation: str, label: str) -> None:
    assert relation_of(one, two) == relation
    assert label_of(relation) == label


def test_negation() -> None:
    assert label_of("opposite", -1, 1) == "entailment"
    assert label_of("sibling", 1, -1) == "entailment"
    assert label_of("synonym", 1, -1) == "contradiction"
    assert label_of("down", -1, 1) == "contradiction"
    assert label_of("contrary", -1, 1) is None
    assert label_of("sibling", -1, 1) is None
    assert relation_of("open", "violin") is None


def exclusive(split: str) -> set[frozenset[str]]:
    frames, opposites = module._READ[split]
    return {
        frozenset((one.text, two.text))
        for topic in {topic for frame in (*frames, *opposites) for topic in frame.topics}
        for one in topic.words
        for two in topic.words
        if module._relate(topic, one, two) in {"sibling", "contrary", "opposite"}
    }


def test_the_splits_share_no_frame_and_no_pair_of_words() -> None:
    assert not exclusive("train") & exclusive("dev")
    texts = {split: {frame.text for part in module._READ[split] for frame in part} for split in module.SPLITS}
    assert not texts["train"] & texts["dev"]
    assert not {row["premise"] for row in ROWS["train"]} & {row["premise"] for row in ROWS["dev"]}


def test_there_is_enough_to_draw_from() -> None:
    large = [text for text in module._GROUPS.values() if 8 <= len(re.split("[,;]", text)) <= 20]
    assert len(large) >= 45
    assert all("^" in text for text in module._GROUPS.values())
    assert sum(map(len, module._FRAMES.values())) >= 90
    assert sum(map(len, module._OPPOSITES.values())) >= 120
    used = {topic.name for frame in module._READ["train"][0] for topic in frame.topics}
    assert used == set(module._GROUPS)
    synonyms = {
        frozenset((one.text, two.text))
        for topic in module._topics()
        for one in topic.words
        for two in topic.words
        if module._relate(topic, one, two) == "synonym"
    }
    assert len(synonyms) >= 120


@pytest.mark.parametrize("split", ["train", "dev"])
def test_shares_of_labels_and_of_negations(split: str) -> None:
    rows = ROWS[split]
    labels = Counter(row["label"] for row in rows)
    for label, share in {"contradiction": 0.45, "entailment": 0.25, "neutral": 0.3}.items():
        assert labels[label] / len(rows) == pytest.approx(share, abs=0.05)
        for side, expected in {"premise": 0.12, "hypothesis": 0.18}.items():
            negated = sum(row["label"] == label and bool(module._NEGATION.search(row[side])) for row in rows)
            assert negated / labels[label] == pytest.approx(expected, abs=0.06)


def test_articles_and_shape() -> None:
    assert [article(noun) for noun in ("apple", "European", "university", "hour", "ukulele", "umbrella")] == [
        "an apple",
        "a European",
        "a university",
        "an hour",
        "a ukulele",
        "an umbrella",
    ]
    for text in SENTENCES:
        assert not re.search(r"\b[Aa] (?!uni|euro|one|use|uku|Euro)[aeiouAEIOU]", text), text
        assert not re.search(r"\b[Aa]n (?!hour|honest|heir)[^aeiouAEIO]", text), text
        assert not re.search(r"[{}\[\]<>|^=]|//|  | [.,]|\.\.|,,|\b(\w+) \1\b", text), text
        assert text[0].isupper()
        assert text.endswith(".")
        assert 4 <= len(text.split()) <= 45, text


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(InputError, match="train or dev"):
        lexicon(1, 1, "test")


def test_too_many_pairs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TRIES", 0)
    with pytest.raises(InputError, match="ask for fewer"):
        lexicon(1, 1)
