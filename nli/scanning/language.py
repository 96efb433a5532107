"""Words of any script, and whether a text is English: by how many of its words are common English ones."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = 20_000
"""Characters at the start of a text that are looked at."""

FEWEST_WORDS = 30
"""Words below which a text is too short to be judged."""

LOWEST_SHARE = 0.02
"""Share of common words below which a text is not English: in news it is above 0.05, in other languages near 0."""

# A letter of a script that puts no spaces between words stands for a word.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")

# Only words that are rare as words of other languages: "a", "in", "was", "to", "of", "for", "but" are left out.
_COMMON = frozenset(
    [
        "about", "after", "and", "been", "before", "from", "has", "have", "his", "its", "not", "said", "she", "than",
        "that", "the", "their", "there", "they", "this", "were", "what", "when", "which", "who", "will", "with",
        "would",
    ]
)  # fmt: skip


def words(text: str) -> Iterator[str]:
    """Yield the words of a text, one by one; digits are none."""
    return (match.group() for match in _WORD.finditer(text))


def is_english(text: str) -> bool:
    """Say whether a text may be English; a short text always may.

    Args:
        text: The text; its first 20,000 characters are looked at.

    Returns:
        False only if it has at least 30 words and hardly any of them is a common English one.
    """
    found = [word.lower() for word in words(text[:SAMPLE])]
    common = sum(word in _COMMON for word in found)
    return len(found) < FEWEST_WORDS or common >= LOWEST_SHARE * len(found)


def has_sentence(text: str) -> bool:
    """Say whether a text has the three words that a sentence needs."""
    return len(list(islice(words(text), 3))) == 3  # noqa: PLR2004
