"""Noun phrases of a sentence: where they begin and end."""

from __future__ import annotations

import re

from nli.attribution import lexicon
from nli.attribution.words import (
    ADVERBS,
    CONJUNCTIONS,
    DASHES,
    DETERMINERS,
    FINITE,
    OBJECTS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    STANDING,
    SUBORDINATORS,
    TIMES,
    Word,
    split_words,
)

JOINING = split_words("of for with in at from on to by among between near within against about")
_SUBJECT_JOINING = JOINING - {"by"}
_ASIDES = split_words("however recently meanwhile perhaps asked last this earlier")
_CLOSE = frozenset(["close", "familiar", "involved", "briefed"])
PASTS = split_words(
    """went came took gave made got stood kept ran fell grew met paid sent spent won lost began broke brought built
    bought caught chose drew drove flew forgot hid knew sat sold shook sang sank slept spoke stole struck taught tore
    threw woke wore became"""
)
_PASTS_OF_NAMES = split_words("cut put set hit let left saw felt held shut quit split read shot rose fed led")
"""Past forms that are as often nouns or the like: verbs behind a name."""
_SEASONS = split_words("spring summer autumn winter fall season term decade")
_MONTHS = split_words("january february march april may june july august september october november december")
_PAPERS = split_words("statement letter report interview reply filing memo note message speech email ruling paper")
_YEAR = re.compile(r"(?:19|20)\d\d")
MAX_SEGMENTS = 5
_MAX_PHRASE = 16
_LONGEST_BRACKET = 8


class Phrases:
    """The noun phrases of one sentence.

    Args:
        words: The words of the sentence, quotations as one word each.
    """

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.size = len(words)
        self.fronted = False
        self.first = self._first_subject()

    def _low(self, i: int) -> str:
        return self.words[i].low if 0 <= i < self.size else ""

    def _word(self, i: int) -> Word | None:
        return self.words[i] if 0 <= i < self.size else None

    def _phrase_before(self, j: int) -> tuple[int, int] | None:
        """Return the noun phrase whose last word is `j`, with what it is joined to by "of" or "for"."""
        last = self._word(j)
        if last is not None and last.low.endswith("ed") and self._low(j - 1) == "those":
            return j - 1, j + 1
        if last is not None and last.low.endswith("ed") and not last.capital and j > 0 and self.words[j - 1].nominal:
            j -= 1
        end = j + 1
        if self._close_to(j):
            j -= 3
        start = self._simple_before(j)
        if start is None:
            return None
        while start - 2 >= 0 and j - start < _MAX_PHRASE:
            joint = self._low(start - 1)
            if (joint in _SUBJECT_JOINING and self._low(start - 2) not in TIMES) or (
                joint == "and" and self._coordinates(start)
            ):
                left = self._simple_before(start - 2)
            else:
                break
            if left is None:
                break
            start = left
        return start, end

    def _close_to(self, j: int) -> bool:
        """Whether a phrase ends with a pronoun at `j` ("a person close to her")."""
        return self._low(j) in OBJECTS and self._low(j - 1) == "to" and self._low(j - 2) in _CLOSE

    def _coordinates(self, start: int) -> bool:
        """Whether "and" before a phrase joins it to a name before it."""
        left = self._word(start - 2)
        return left is not None and left.capital and left.nominal and self.words[start].capital

    def _simple_before(self, j: int) -> int | None:
        """Return where the noun phrase that ends at `j` begins, without what it is joined to."""
        words = self.words
        if j < 0:
            return None
        if words[j].text == ")":
            opening = next((k for k in range(j, max(-1, j - _LONGEST_BRACKET), -1) if words[k].text == "("), None)
            return None if opening is None else self._simple_before(opening - 1)
        if words[j].low in PRONOUNS or words[j].low in STANDING or words[j].low in {"this", "that", "these"}:
            return j
        if not words[j].nominal or words[j].low in TIMES or words[j].adverb:
            return None
        start = j
        while start > 0 and j - start < _MAX_PHRASE:
            if self._tied(start):
                start -= 2
                continue
            left = words[start - 1]
            if left.low in DETERMINERS or left.low in POSSESSIVES:
                return start - 2 if self._low(start - 2) in {"all", "both", "half", "such"} else start - 1
            if not left.nominal or left.low in TIMES or self._breaks(start - 1):
                break
            start -= 1
        return None if start == j and words[j].low in DETERMINERS and words[j].low not in STANDING else start

    def _tied(self, start: int) -> bool:
        """Whether a word is tied to the one before it by a possessive, a hyphen or "&"."""
        if start <= 1:
            return False
        owner, mark, word = self.words[start - 2], self.words[start - 1], self.words[start]
        if mark.kind == "clitic":
            return mark.low == "'s" and owner.nominal
        if mark.low == "'":
            return owner.low.endswith("s") and word.start > mark.end
        if mark.text in DASHES:
            return mark.end == word.start and owner.end == mark.start
        return mark.text == "&" and owner.capital

    def _breaks(self, i: int) -> bool:
        """Whether a word is a verb, so that a phrase to its right does not reach over it."""
        form = lexicon.verb_forms().get(self.words[i].low)
        if form is None or self.words[i].capital:
            return False
        if "past" in form[1] and "base" not in form[1]:
            return True
        before = self._word(i - 1)
        if before is None:
            return False
        if "ing" in form[1]:
            after = self._word(i + 1)
            common = after is not None and after.nominal and not after.capital and before.nominal and not before.capital
            return before.low not in DETERMINERS and not (common and not before.low.endswith("s"))
        return (
            before.low in PRONOUNS
            or before.low in RELATIVES
            or ("s" in form[1] and before.capital and (i > 1 or form[0] == "say"))
        )

    def _phrase_after(self, i: int) -> tuple[int, int] | None:
        """Return the noun phrase that begins at `i`, with what it is joined to by "of" or "for"."""
        words = self.words
        if i >= self.size:
            return None
        if words[i].low in PRONOUNS:
            return i, i + 1
        end = i + (words[i].low in DETERMINERS or words[i].low in STANDING)
        while end < self.size and end - i < _MAX_PHRASE:
            step = self._step(i, end)
            if step == 0:
                break
            end += step
        while end > i and (
            words[end - 1].low in JOINING
            or words[end - 1].kind in {"clitic", "mark"}
            or words[end - 1].low == "and"
            or (words[end - 1].low in {"last", "this", "next"} and self._low(end) in TIMES)
        ):
            end -= 1
        if end == i or (end == i + 1 and words[i].low in DETERMINERS and words[i].low not in STANDING):
            return None
        return i, end

    def _step(self, start: int, end: int) -> int:
        """Return how many words a noun phrase from `start` reaches beyond `end`."""
        word, before, after = self.words[end], self.words[end - 1], self._word(end + 1)
        if end > start and after is not None:
            if word.low in {"of", "for", "from", "with"} and (after.nominal or after.low in DETERMINERS):
                return 2 if after.low in DETERMINERS else 1
            if (word.low == "and" and after.capital and before.capital) or before.low in _CLOSE:
                return 1
            if word.text in DASHES and word.start == before.end and after.start == word.end:
                return 1
            if (word.kind == "clitic" and word.low == "'s") or (word.low == "'" and before.low.endswith("s")):
                return 1
            if before.text.isdigit() and word.capital and word.low in TIMES:
                return 1
        return int(word.nominal and word.low not in TIMES and not self._verb_like(end, start))

    def _verb_like(self, i: int, start: int) -> bool:
        """Whether a word after the start of a phrase is its verb."""
        word = self.words[i]
        if i == start:
            return False
        before = self.words[i - 1]
        past = word.low in PASTS or (word.low in _PASTS_OF_NAMES and before.capital)
        if past and not word.capital and before.low not in DETERMINERS:
            return True
        form = lexicon.verb_forms().get(word.low)
        if form is not None and not word.capital:
            kinds = form[1]
            if self._low(i - 1) in DETERMINERS:
                return False
            after = self._word(i + 1)
            object_follows = after is not None and (
                after.kind == "quote" or after.capital or after.low in DETERMINERS | PRONOUNS | OBJECTS | SUBORDINATORS
            )
            return "past" in kinds or (object_follows and bool(kinds & {"ing", "s"}))
        return word.low.endswith("ed") and not word.capital and self._low(i - 1) not in DETERMINERS

    def _first_subject(self) -> tuple[int, int] | None:
        """Return the subject with which the sentence most likely begins."""
        i = 0
        for _ in range(MAX_SEGMENTS):
            while i < self.size and (
                self.words[i].kind != "word" or self._low(i) in CONJUNCTIONS or self._low(i) in ADVERBS
            ):
                i += 1
            when = self._when(i)
            i += when
            self.fronted = self.fronted or when > 0
            low = self._low(i)
            aside = (
                low in PREPOSITIONS
                or (low in SUBORDINATORS and not (low == "that" and self._low(i + 1) in FINITE | {"one"}))
                or low in TIMES
                or low.endswith(("ing", "ly"))
                or low in _ASIDES
                or (low.endswith("ed") and i == 0 and self._low(1) in PREPOSITIONS)
            )
            if not aside:
                break
            comma = next((k for k in range(i, min(self.size, i + 40)) if self.words[k].text == ","), None)
            if comma is None:
                return None
            i = comma + 1
            self.fronted = True
            described = next((k for k in range(i, min(self.size, i + 5)) if self._low(k) == "which"), None)
            if described is not None and self._low(described - 1) == "of":  # "a copy of which was filed,"
                i = next((k + 1 for k in range(i, self.size) if self.words[k].text == ","), i)
        phrase = self._phrase_after(i)
        while phrase is not None and self._low(phrase[1]) in _SUBJECT_JOINING and phrase[1] - phrase[0] < _MAX_PHRASE:
            more = self._phrase_after(phrase[1] + 1)
            if more is None:
                break
            phrase = phrase[0], more[1]
        return None if phrase is None else self._with_others(phrase)

    def _when(self, i: int) -> int:
        """Return how many words at `i` say when, without a comma behind them ("last autumn", "back in 2019")."""
        later = i + (self._low(i) == "back")
        dated = _YEAR.fullmatch(self._low(later + 1)) or self._low(later + 1) in _MONTHS
        if self._low(later) == "in" and dated and self._low(later + 2) != ",":
            return later + 2 - i
        papers = (k for k in range(i + 2, i + 6) if self._low(k) in _PAPERS and self._low(k + 1) in DETERMINERS)
        paper = next(papers, None) if self._low(i) == "in" else None
        if paper is not None:
            return paper + 1 - i
        timed = self._low(i) in {"last", "this", "next"} and self._low(i + 1) in TIMES | _SEASONS
        return 2 if timed and self._low(i + 2) != "," else 0

    def _with_others(self, phrase: tuple[int, int]) -> tuple[int, int]:
        """Return a subject with the others that stand beside it ("the family, friends and the union")."""
        end = phrase[1]
        for _ in range(MAX_SEGMENTS):
            low = self._low(end)
            if low not in {",", "and"}:
                break
            more = self._phrase_after(end + 1)
            if more is None:
                break
            if low == "and":
                return phrase[0], more[1]
            end = more[1]
        return phrase
