"""Shared words: who shares them, and what they weigh."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.scanning.lexical import index

TEXTS = [
    "Iran seized the tanker on 4 May.",
    "The Iranian navy denied it.",
    "The tanker sank.",
    "Prices rose by 4.5 percent.",
    "Prices rose by 45 percent.",
    "",
]


def overlaps(texts: list[str], row: int) -> np.ndarray:
    scores = np.zeros(len(texts), np.float32)
    index(texts).add(row, scores, 1.0)
    return scores


def test_forms_of_a_name_are_one_word() -> None:
    assert overlaps(TEXTS, 0)[1] > 0


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    texts = ["alpha common", "alpha other", "common other", "common thing", "common place", "sun", "moon"]
    scores = overlaps(texts, 0)
    assert scores[1] > scores[2] > 0


def test_numbers_are_known_whole() -> None:
    texts = ["4.5", "4.5", "45", "4", "4", "45"]
    assert [bool(score) for score in overlaps(texts, 0)] == [True, True, False, False, False, False]


def test_a_text_without_words_shares_nothing() -> None:
    assert not overlaps(TEXTS, 5).any()
    assert not overlaps(["", ""], 0).any()
    assert len(index([]).words) == 0


def test_a_word_of_very_many_statements_is_left_out() -> None:
    texts = ["word"] * 6001 + ["rare", "rare"]
    assert not overlaps(texts, 0).any()
    assert overlaps(texts, 6001)[6002] > 0


def test_a_long_statement_may_hold_all_of_a_short_one() -> None:
    words = [f"word{number}" for number in range(30)]
    short, long = " ".join(words[:3]), " ".join(words)
    same_share = " ".join([*words[:1], "other", "third"])
    texts = [short, long, same_share, long]
    scores = overlaps(texts, 0)
    assert scores[1] > scores[2] > 0
    lexicon = index(texts)
    assert lexicon.cosine(scores, np.arange(4))[1] < lexicon.cosine(overlaps(texts, 1), np.arange(4))[3]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="ab1 ", max_size=8), min_size=2, max_size=8))
def test_the_cosine_is_symmetric_and_at_most_one(texts: list[str]) -> None:
    lexicon, everywhere = index(texts), np.arange(len(texts))
    table = np.stack([lexicon.cosine(overlaps(texts, row), everywhere) for row in range(len(texts))])
    np.testing.assert_allclose(table, table.T, atol=1e-5)
    assert table.min() >= 0
    assert table.max() <= 1 + 1e-5
