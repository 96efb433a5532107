"""How much of one statement another says too."""

import numpy as np
import pytest

from nli.scanning import embedding
from nli.scanning.matching import Matcher

TEXTS = [
    "Two workers died.",
    "After the blast at the mill, which shook half of the town, an official said that two workers had been killed.",
    "After the sale of the mill, which pleased half of the town, an official said that two bands had been hired.",
    "",
    "Two workers died.",
]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    encoder = embedding.load()
    return Matcher(encoder, encoder.tokens(TEXTS))


def test_the_same_text_says_all(matcher: Matcher) -> None:
    said = matcher.said_by(0, np.array([4, 0]))
    np.testing.assert_allclose(said, 1, atol=1e-5)


def test_other_words_for_the_same_say_more_than_other_matters(matcher: Matcher) -> None:
    killed, hired = matcher.said_by(0, np.array([1, 2]))
    assert hired < killed < 1


def test_a_long_statement_is_not_said_by_a_short_one(matcher: Matcher) -> None:
    assert matcher.said_by(1, np.array([0]))[0] < matcher.said_by(0, np.array([1]))[0]


def test_a_text_without_tokens_says_nothing_and_is_said_by_none(matcher: Matcher) -> None:
    np.testing.assert_array_equal(matcher.said_by(3, np.array([0, 1])), 0)
    said = matcher.said_by(0, np.array([3, 4, 3]))
    np.testing.assert_allclose(said, [0, 1, 0], atol=1e-5)
    assert matcher.said_by(0, np.zeros(0, np.int64)).shape == (0,)
