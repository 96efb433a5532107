# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Attributions of one sentence: which words attribute, and to whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from nli.attribution import lexicon
from nli.attribution.records import Frame
from nli.attribution.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DASHES,
    DETERMINERS,
    FINITE,
    NEGATIONS,
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

Place = Literal["subject", "relative", "inverted", "shared", "according", "passive", "colon"]

_JOINING = split_words("of for with in at from on to by among between near within against about")
_SUBJECT_JOINING = _JOINING - {"by"}
_TO_VERBS = split_words(
    """went goes going go continued continues continue came appeared appears appear seemed seems seem tried tries try
    began begins begin started starts start needs need helped helps used managed proceeded failed
    able rushed took ready set quick"""
)
_DOCUMENTS = split_words(
    """statement poll polls video letter letters tweet tweets report reports ad ads article articles email emails memo
    survey surveys study studies document documents results sign signs note message messages post posts page op-ed
    editorial column release brief motion complaint lawsuit petition resolution analysis rule rules law laws bill"""
)
_PUBLISHED = split_words("released published conducted commissioned filed issued sponsored obtained written posted aired")
_JUDGES = split_words(
    """report study poll survey review analysis audit investigation inquiry panel judge court jury committee commission
    researchers investigators authors scientists inspectors auditors examination test tests council tribunal"""
)
_GERUND_AFTER = split_words("by while started began kept keeps avoided avoids")
_MANY = split_words("those few some many others both most these several")
_SEGMENT_STARTS = (
    DETERMINERS
    | RELATIVES
    | PREPOSITIONS
    | split_words(
        """whose where when while however meanwhile though then too also including formerly now once himself herself
    president chairman chairwoman director"""
    )
)
_PLURALS = split_words("people police women men children who that which percent majority number")
_LISTENING = split_words("tell ask remind inform assure notify advise brief warn urge")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ASIDES = split_words("however recently meanwhile perhaps asked last this earlier")
_NEED_THAT = {
    "find": frozenset({"that", "no"}),
    "rule": split_words("that against in for monday tuesday wednesday thursday friday"),
    "see": frozenset({"that"}),
    "learn": frozenset({"that"}),
    "maintain": split_words("that the he she they it"),
    "state": frozenset({"that"}),
    "feel": split_words("that like the he she they it betrayed"),
    "judge": frozenset({"that"}),
    "document": frozenset({"that"}),
    "confirm": split_words("that to the he she they it"),
}
_TIME_WORDS = split_words("this last next late early earlier")
_NO_SPEAKERS = split_words(
    """latest correction clarification note update updated editor photo photos video related more source sources
    abstract time question answer result email name goal conclusion reminder remember"""
)
_CLOSE = frozenset(["close", "familiar", "involved", "briefed"])
_AFTER_ADJECTIVES = frozenset(["that", "about", "of", "to"])
_PARTING = frozenset((",", "—", "–", "-", "”", '"', "'", "’"))
_LONGEST_LABEL = 5
_MAX_SEGMENTS = 5
_MAX_PHRASE = 16
_LONGEST_BRACKET = 8
_LONG_WORD = 5


@dataclass(slots=True)
class Attribution:
    """One attribution in a sentence, in places of its words.

    Attributes:
        cue: The verb, with its frame and shape.
        frame: The frame here, after negation, modals and what is said of the claim.
        place: How the cue stands to its subject.
        subject: First word of the subject and the one after its last.
        group: First word of the verb group ("had not", "also") and the one after the cue's last.
        verb: The cue's own word.
        antecedent: What a relative pronoun stands for; None if the subject is none.
        negated: Whether the cue is negated.
        borrowed: Whether the subject is that of a verb before it.
        fronted: The auxiliary before the subject after "nor" ("Nor would it say …"); empty if there is none.
    """

    cue: lexicon.Cue
    frame: Frame
    place: Place
    subject: tuple[int, int]
    group: tuple[int, int]
    verb: int
    antecedent: tuple[int, int] | None = None
    negated: bool = False
    borrowed: bool = False
    fronted: str = ""


def attributions(words: list[Word]) -> tuple[list[Attribution], int]:
    """Find the attributions of a sentence.

    Args:
        words: The words of the sentence, quotations as one word each.

    Returns:
        The attributions in the order of their cues, and the place of the word at which the main clause begins, after
        a phrase or clause before it ("While he agreed, …"); 0 if there is none.
    """
    reader = _Reader(words)
    found = reader.read()
    return found, reader.first[0] if reader.first is not None and reader.fronted else 0


class _Reader:
    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.size = len(words)
        self.found: list[Attribution] = []
        lower = [
            word for word in words if word.kind == "word" and word.text[:1].islower() and len(word.text) >= _LONG_WORD
        ]
        self.titled = not lower
        self.fronted = False
        self.first = self._first_subject()

    def read(self) -> list[Attribution]:
        forms = lexicon.verb_forms()
        for i, word in enumerate(self.words):
            if word.kind != "word":
                if i and word.text == ":":
                    self._colon(i)
                elif i and word.text in DASHES:
                    self._signature(i)
            elif word.low == "according" and self._low(i + 1) == "to":
                self._according(i)
            elif (
                word.low in lexicon.ADJECTIVES
                and self._low(i - 1) in BE | ADVERBS
                and self._low(i + 1) in _AFTER_ADJECTIVES
            ):
                self._adjective(i)
            elif word.low in lexicon.NOUNS and self._low(i + 1) == "that" and self._noun(i):
                continue
            elif word.low in forms:
                self._verb(i, *forms[word.low])
        return self.found

    def _low(self, i: int) -> str:
        return self.words[i].low if 0 <= i < self.size else ""

    def _word(self, i: int) -> Word | None:
        return self.words[i] if 0 <= i < self.size else None

    # Noun phrases

    def _phrase_before(self, j: int) -> tuple[int, int] | None:
        """Return the noun phrase whose last word is `j`, with what it is joined to by "of" or "for"."""
        last = self._word(j)
        if last is not None and last.low.endswith("ed") and self._low(j - 1) == "those":
            return j - 1, j + 1
        if last is not None and last.low.endswith("ed") and not last.capital and j > 0 and self.words[j - 1].nominal:
            j -= 1
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
        return start, j + 1

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
            return before.low not in DETERMINERS
        return before.low in PRONOUNS or before.low in RELATIVES or ("s" in form[1] and before.capital and i > 1)

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
            words[end - 1].low in _JOINING or words[end - 1].kind in {"clitic", "mark"} or words[end - 1].low == "and"
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
        return int(word.nominal and word.low not in TIMES and not self._verb_like(end, start))

    def _verb_like(self, i: int, start: int) -> bool:
        """Whether a word after the start of a phrase is its verb."""
        word = self.words[i]
        if i == start:
            return False
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
        for _ in range(_MAX_SEGMENTS):
            while i < self.size and (
                self.words[i].kind != "word" or self._low(i) in CONJUNCTIONS or self._low(i) in ADVERBS
            ):
                i += 1
            low = self._low(i)
            aside = (
                low in PREPOSITIONS
                or low in SUBORDINATORS
                or low in TIMES
                or low.endswith(("ing", "ly"))
                or low in _ASIDES
            )
            if not aside:
                break
            comma = next((k for k in range(i, min(self.size, i + 40)) if self.words[k].text == ","), None)
            if comma is None:
                return None
            i = comma + 1
            self.fronted = True
        phrase = self._phrase_after(i)
        while phrase is not None and self._low(phrase[1]) in _SUBJECT_JOINING and phrase[1] - phrase[0] < _MAX_PHRASE:
            more = self._phrase_after(phrase[1] + 1)
            if more is None:
                break
            phrase = phrase[0], more[1]
        return phrase

    # Cues

    def _add(self, found: Attribution) -> None:
        self.found.append(found)

    def _according(self, i: int) -> None:
        phrase = self._phrase_after(i + 2)
        if phrase is not None:
            if self._low(phrase[1]) in _PUBLISHED:
                ends = (k for k in range(phrase[1], self.size) if self.words[k].kind != "word")
                phrase = phrase[0], next(ends, self.size)
            cue = lexicon.Cue("according to", "asserts", "clause", quotes=True)
            self._add(Attribution(cue, "asserts", "according", phrase, (i, i + 2), i))

    def _colon(self, i: int) -> None:
        """A name and a colon at the start of a line: "Marsh: …"."""
        if i > _LONGEST_LABEL or i + 1 >= self.size or self.found or not self.words[0].capital:
            return
        named = all((word.nominal and word.capital) or word.low in {"of", "the"} for word in self.words[:i])
        if not named or self.size - i < 4:  # noqa: PLR2004 -- a mark and three words
            return
        if self.words[i - 1].low in _NO_SPEAKERS:
            return
        cue = lexicon.Cue(":", "asserts", "clause", quotes=True)
        self._add(Attribution(cue, "asserts", "colon", (0, i), (i, i + 1), i))

    def _adjective(self, i: int) -> None:
        """A state of mind: "is confident that …", "were worried about …"."""
        first, auxiliaries, negated, infinitive = self._verb_group(i)
        if infinitive or not auxiliaries or auxiliaries[0] not in BE:
            return
        cue = lexicon.Cue(self.words[i].low, lexicon.ADJECTIVES[self.words[i].low], "either", quotes=False)
        subject, place = self._subject(i, first, i + 1, frozenset({"past"}), cue, helped=True)
        if subject is not None and place == "subject":
            self._add(Attribution(cue, cue.frame, place, subject, (first, i + 1), i, negated=negated))

    def _noun(self, i: int) -> bool:
        """What somebody's claim, warning … is, where it ends a sentence: "… rejected Hale's claim that …"."""
        owner = i - 1
        while owner > 0 and self.words[owner].kind == "word" and self._low(owner) not in POSSESSIVES and i - owner <= 2:  # noqa: PLR2004 -- an adjective or two
            owner -= 1
        start: int | None = owner
        if self._low(owner) == "'s" or (self._low(owner) == "'" and self._low(owner - 1).endswith("s")):
            start, end = self._simple_before(owner - 1), owner
        elif self._low(owner) in POSSESSIVES:
            end = owner + 1
        else:
            return False
        if start is None or not self._has_verb(0, start):
            return False
        cue = lexicon.Cue(self.words[i].low, lexicon.NOUNS[self.words[i].low], "clause", quotes=False)
        self._add(Attribution(cue, cue.frame, "subject", (start, end), (i, i + 1), i))
        return True

    def _has_verb(self, start: int, end: int) -> bool:
        """Whether a stretch has a verb, with regular past forms of any."""
        return self._has_finite(start, end) or any(
            word.low.endswith("ed") and not word.capital for word in self.words[start:end]
        )

    def _signature(self, i: int) -> None:
        """A dash and a name after a quotation: "…" — Anna Marsh."""
        rest = [word for word in self.words[i + 1 :] if word.text != "."]
        if self.words[i - 1].kind != "quote" or not rest or not all(word.nominal and word.capital for word in rest):
            return
        cue = lexicon.Cue(self.words[i].text, "asserts", "clause", quotes=True)
        self._add(Attribution(cue, "asserts", "inverted", (i + 1, i + 1 + len(rest)), (i, i + 1), i))

    def _verb(self, i: int, lemma: str, kinds: frozenset[lexicon.Form]) -> None:  # noqa: PLR0911 -- a case a line
        at = i + 2 if self._low(i + 1) in TIMES else i + 1
        looked = lexicon.cue(lemma, self._low(at))
        if looked is None:
            return
        cue, joined = looked
        after = at + 1 if joined else i + 1
        follower = self._word(after)
        first, auxiliaries, negated, infinitive = self._verb_group(i)
        needed = _NEED_THAT.get(cue.lemma)
        if (
            needed is not None
            and not (negated or auxiliaries)
            and follower is not None
            and follower.kind == "word"
            and self._low(i + 1) not in needed
            and not (cue.lemma == "find" and (follower.capital or self._finds(first)))
            and not (cue.lemma == "see" and any(self._low(k) == "as" for k in range(after, after + 8)))
        ):
            return
        if lemma == "continue" and follower is not None and follower.kind == "word":
            return
        if lemma in lexicon.NOUNISH and not self._clearly_verb(i, after, kinds, bool(auxiliaries) or first < i):
            return
        if infinitive or ("ing" in kinds and not auxiliaries and self._low(first - 1) in DETERMINERS):
            return
        passive = "past" in kinds and any(each in BE for each in auxiliaries[:1])
        by = next((k for k in range(after, min(after + 6, self.size)) if self._low(k) == "by"), None)
        passive = passive and not (auxiliaries[0] == "'s" and by is None)
        if (
            "base" in kinds
            and "past" not in kinds
            and any(each in BE or each.endswith("ave") for each in auxiliaries[:1])
        ):
            return
        place: Place = "subject"
        fronted = ""
        if passive:
            subject = self._phrase_after(by + 1) if by is not None else None
            place = "passive"
        else:
            fronted = self._fronted(first)
            subject, place = self._subject(i, first, after, kinds, cue, bool(auxiliaries) or bool(fronted))
            negated = negated or bool(fronted)
        if subject is None or (self._low(subject[0]) == "you" and place == "subject"):
            return
        found = Attribution(cue, cue.frame, place, subject, (first, after), i, negated=negated)
        found.fronted = fronted
        found.borrowed = place == "shared"
        if place == "relative":
            found.antecedent = self._antecedent(subject[0])
        self._add(found)

    def _fronted(self, first: int) -> str:
        """Return the auxiliary that stands with "nor" or "neither" before the subject of a verb, "" if none does."""
        subject = self._phrase_before(first - 1)
        if subject is None or self._low(subject[0] - 2) not in {"nor", "neither"}:
            return ""
        before = self._low(subject[0] - 1)
        return before if before in AUXILIARIES else ""

    def _finds(self, first: int) -> bool:
        """Whether the subject of "found" is one that finds facts, not things ("the court found him guilty")."""
        subject = self._near_subject(first)
        return subject is not None and any(self._low(k) in _JUDGES for k in range(*subject))

    def _clearly_verb(self, i: int, after: int, kinds: frozenset[lexicon.Form], helped: bool) -> bool:  # noqa: PLR0911 -- a case a line
        """Tell "she plans to go" and "reports that" from "the plans" and "reports of"."""
        if helped or ("past" in kinds and "base" not in kinds) or "ing" in kinds:
            return True
        word, left, right = self.words[i], self._word(i - 1), self._word(after)
        if word.low == "show" and left is not None:
            return left.low.endswith("s") or left.low in _PLURALS
        if after > i + 1 and "s" in kinds and left is not None and left.capital:
            return True
        if left is not None and left.capital and right is not None and right.text in {".", ":"} and "s" in kinds:
            return not word.capital
        if left is None or right is None or (word.capital and not self.titled):
            return False
        if left.low in PRONOUNS or left.low in RELATIVES or left.low in STANDING:
            return True
        opens = (
            right.kind == "quote" or right.low in DETERMINERS | PRONOUNS | SUBORDINATORS | OBJECTS or right.low == "to"
        )
        if "s" not in kinds:
            return opens or (right.capital and left.low.endswith("s"))
        if not (opens or right.capital):
            return False
        return left.capital or (not left.low.endswith("s") and self._determined(i - 1))

    def _determined(self, j: int) -> bool:
        """Whether the noun phrase that ends at `j` has a determiner, an owner or a name."""
        start = self._simple_before(j)
        return start is not None and (
            self.words[start].low in DETERMINERS | POSSESSIVES or any(word.capital for word in self.words[start:j])
        )

    def _verb_group(self, i: int) -> tuple[int, list[str], bool, bool]:
        """Return where a verb's group begins, its auxiliaries from the verb outwards, negation, and bare "to"."""
        j = i
        auxiliaries: list[str] = []
        negated = False
        while j > 0:
            word = self.words[j - 1]
            if word.low in AUXILIARIES and not word.surname:
                if word.low == "'s" and self._low(j - 2) not in PRONOUNS | RELATIVES | {"there", "what", "here"}:
                    break
                auxiliaries.append(word.low)
            elif word.low == "to":
                if self._low(j - 2) in _TO_VERBS or (self._low(j - 2) == "on" and self._low(j - 3) in _TO_VERBS):
                    j -= 2 if self._low(j - 2) in _TO_VERBS else 3
                    auxiliaries.append("to")
                    continue
                if self._low(j - 2) == "yet":
                    j -= 2
                    auxiliaries.append("to")
                    negated = True
                    continue
                return j, auxiliaries, negated, True
            elif not (word.adverb and word.kind == "word" and not (word.low in {"all", "both"} and not auxiliaries)):
                break
            negated = negated or word.low in NEGATIONS
            j -= 1
        j = self._over_time(j)
        return j, auxiliaries, negated, False

    def _over_time(self, j: int) -> int:
        """Pass leftwards over a time between subject and verb ("on Tuesday", "this week", "in 2010")."""
        k = j
        while k > 1 and (
            self._low(k - 1) in TIMES or self._low(k - 1) in _TIME_WORDS or _YEAR.fullmatch(self._low(k - 1))
        ):
            k -= 1
        if k == j:
            return j
        if self._low(k - 1) in {"on", "in", "since", "by", "at"} and k > 1:
            return k - 1
        return k if self._low(k) in TIMES or self._low(k) in _TIME_WORDS else j

    def _subject(  # noqa: PLR0911 -- a case a line
        self, i: int, first: int, after: int, kinds: frozenset[lexicon.Form], cue: lexicon.Cue, helped: bool
    ) -> tuple[tuple[int, int] | None, Place]:
        """Return the subject of the verb at `i`, whose group begins at `first`, and how it stands to it."""
        left = self._word(first - 1)
        finite = "past" in kinds or "s" in kinds or helped
        if "ing" in kinds and not helped:
            apart = left is None or left.kind == "quote" or left.text in {",", "—", "–"} or self._low(i - 2) == ","
            if left is not None and not apart and (left.capital or left.low in _PLURALS) and left.nominal:
                start = self._simple_before(i - 1) if cue.quotes else None
                return (None if start is None else (start, i)), "subject"
            if left is not None and left.low in _DOCUMENTS:
                return self._phrase_before(i - 1), "subject"
            return (self._shared(i, left) if apart or self._by_doing(i, left) else None), "shared"
        if left is None or left.kind == "quote" or left.text in _PARTING:
            return self._parted_subject(first, after, cue, finite=finite, inverts=cue.quotes and finite and not helped)
        if left.low in {"and", "but", "then", "or"}:
            return (self._shared(i, left) if finite else None), "shared"
        if left.low in RELATIVES:
            return ((first - 1, first) if self._relative(first - 1, cue) else None), "relative"
        if left.text == ")":
            return self._phrase_before(first - 1), "subject"
        if left.kind == "clitic" or ("past" in kinds and not helped and self._reduced(after, cue)):
            return None, "subject"
        if left.low in DETERMINERS - STANDING or (left.low in _MANY and "s" in kinds):
            return None, "subject"
        subject = self._near_subject(first)
        return (subject if subject is not None and (finite or self._plural(subject)) else None), "subject"

    def _by_doing(self, i: int, left: Word | None) -> bool:
        """Whether a gerund says how or when the subject of the clause did something ("began by saying that …")."""
        return left is not None and left.low in _GERUND_AFTER and i > _LONGEST_LABEL - 2

    def _parted_subject(
        self, first: int, after: int, cue: lexicon.Cue, *, finite: bool, inverts: bool
    ) -> tuple[tuple[int, int] | None, Place]:
        """Return the subject of a verb after a comma, a dash, a quotation or nothing."""
        left = self._word(first - 1)
        over = None if left is None or left.kind == "quote" else self._over_commas(first - 1)
        following = self._phrase_after(after) if inverts else None
        if following is not None and left is not None and left.text == "," and cue.lemma not in _LISTENING:
            named = self.words[following[1] - 1].capital
            if self._named_end(following) and (over is None or named):
                return following, "inverted"
        if over is not None:
            return (over if finite or self._plural(over) else None), "subject"
        if following is not None and self._inverts(following, left):
            return following, "inverted"
        return None, "subject"

    def _relative(self, i: int, cue: lexicon.Cue) -> bool:
        """Whether "who", "which" or "that" before a verb stands for a noun before it."""
        if self._low(i) != "that":
            return True
        before = self._word(i - 1)
        return cue.quotes and before is not None and before.nominal and before.low not in lexicon.verb_forms()

    def _reduced(self, after: int, cue: lexicon.Cue) -> bool:
        """Whether a past form is a participle without its auxiliary ("a man accused of …", "words said by …")."""
        following = self._low(after)
        if following == "by":
            return cue.lemma != "respond"
        return following in {"of", "as"} and cue.lemma in {"accuse", "know", "see", "call", "describe"}

    def _near_subject(self, first: int) -> tuple[int, int] | None:
        """Return the subject that stands right before a verb group, or at the start of the clause."""
        subject = self._phrase_before(first - 1)
        if subject is None:
            return self._clause_subject(first)
        if self._low(subject[1] - 1) in _PUBLISHED:
            return subject[0], first
        before = self._word(subject[0] - 1)
        if before is None:
            return subject
        if before.low in {"who", "which"} and self._predicate(subject[0]):
            return self._antecedent(subject[0] - 1)
        if before.low in PREPOSITIONS:
            return self._clause_subject(first)
        return (self._clause_subject(first) or subject) if self._breaks(subject[0] - 1) else subject

    def _predicate(self, i: int) -> bool:
        """Whether the word after "who" or "which" is likely its verb and not the subject of another."""
        word = self.words[i]
        return not (word.capital or word.low in PRONOUNS or word.low in DETERMINERS or word.low in STANDING)

    def _clause_subject(self, first: int) -> tuple[int, int] | None:
        """Return the subject of the sentence if its verb may be the one that begins at `first`."""
        if self.first is None or self.first[1] >= first:
            return None
        between = self.words[self.first[1] : first]
        if any(word.text in {",", ";", ":"} for word in between):
            return None
        if between[0].low not in {"who", "which", "that"} and (
            any(each.verb >= self.first[1] for each in self.found)
            or any(word.low in FINITE or word.low in SUBORDINATORS for word in between)
        ):
            return None
        return self.first

    def _plural(self, phrase: tuple[int, int]) -> bool:
        """Whether a phrase can be the subject of a bare verb ("officials say", "Marsh and Orr say")."""
        lows = [self._low(k) for k in range(*phrase)]
        if "and" in lows:
            return True
        joint = next((k for k, low in enumerate(lows) if low in _JOINING and k), len(lows))
        head = lows[joint - 1]
        if head in {"he", "she", "it"}:
            return False
        if joint < len(lows) and any(low.endswith("s") for low in (*lows[:joint], lows[-1])):
            return True
        return (
            head in PRONOUNS
            or head in STANDING
            or head in _PLURALS
            or (head.endswith("s") and not head.endswith(("ss", "us")))
        )

    def _inverts(self, phrase: tuple[int, int], left: Word | None) -> bool:
        """Whether a phrase after a cue is its subject, not what it introduces."""
        after = self._word(phrase[1])
        if left is None and self._low(0) not in {"said", "says"}:
            return False
        return (
            after is None
            or after.kind in {"mark", "quote"}
            or after.low in PREPOSITIONS
            or after.low in TIMES
            or after.low in RELATIVES
            or after.adverb
            or after.low in SUBORDINATORS
            or after.low in CONJUNCTIONS
            or after.low in {"earlier", "late", "last", "this"}
        )

    def _named_end(self, phrase: tuple[int, int]) -> bool:
        """Whether a phrase names somebody and ends what it stands in ("said Mr Marsh, …")."""
        after = self._word(phrase[1])
        ends = (
            after is None
            or after.text in {",", ".", ";", "("}
            or after.low in {"who", "in", "during", "after"}
            or after.low in TIMES
        )
        last = self.words[phrase[1] - 1]
        opens = self.words[phrase[0]]
        return ends and (last.capital or opens.low in {"a", "an", "the", "one", "another"})

    def _over_commas(self, comma: int) -> tuple[int, int] | None:
        """Return the subject before an insertion between commas or dashes that ends at `comma`."""
        mark = self.words[comma].text
        stops = {",", "—", "–"} if mark == "," else {mark}
        end = comma
        best: tuple[int, int] | None = None
        for _ in range(_MAX_SEGMENTS):
            start = end
            while start > 0 and self.words[start - 1].text not in stops and self.words[start - 1].kind != "quote":
                start -= 1
            if start == 0 or self.words[start - 1].kind == "quote":
                break
            low = self._low(start)
            phrase = self._phrase_before(start - 2)
            if phrase is not None and phrase[1] - phrase[0] == 1 and self.words[phrase[0]].text.endswith("."):
                phrase = None
            inserted = (
                low in _SEGMENT_STARTS
                or low.endswith(("ly", "ing", "ed"))
                or low[:1].isdigit()
                or low in ADVERBS
                or not self._has_finite(start, end)
            )
            if not inserted or (phrase is not None and not self._may_begin(phrase[0])):
                return best or (self._before_relative(start - 1) if inserted else None)
            if phrase is not None:
                best = phrase
            end = start - 1
            if self._begins_clause(phrase):
                break
        return best

    def _before_relative(self, end: int) -> tuple[int, int] | None:
        """Return the subject of the sentence if nothing but a relative clause parts it from a comma at `end`."""
        first = self.first
        if first is None or first[1] >= end or self._low(first[1]) not in RELATIVES:
            return None
        return None if any(word.text == "," for word in self.words[first[1] : end]) else first

    def _may_begin(self, i: int) -> bool:
        """Whether a subject can begin at a word: nothing before it in its clause governs it."""
        before = self._word(i - 1)
        return (
            before is None
            or before.kind in {"mark", "quote"}
            or before.low in CONJUNCTIONS
            or before.low in SUBORDINATORS
            or before.low in TIMES
            or before.adverb
        )

    def _has_finite(self, start: int, end: int) -> bool:
        forms = lexicon.verb_forms()
        for k in range(start, end):
            low = self.words[k].low
            if (low in FINITE and low != "'s") or ("past" in forms.get(low, ("", frozenset()))[1]):
                return True
        return False

    def _begins_clause(self, phrase: tuple[int, int] | None) -> bool:
        if phrase is None:
            return False
        before = self._word(phrase[0] - 1)
        if before is not None and before.low == "and":
            joined = self._word(phrase[0] - 2)
            return joined is None or not joined.nominal or joined.capital or joined.low.endswith("ed")
        return before is None or before.kind == "quote" or before.low in CONJUNCTIONS | SUBORDINATORS

    def _shared(self, i: int, left: Word | None) -> tuple[int, int] | None:
        """Return the subject that a participle or a second verb shares with a verb before it."""
        if (
            left is not None
            and left.nominal
            and left.text != ","
            and not left.adverb
            and left.low not in lexicon.verb_forms()
        ):
            return self._phrase_before(i - 1)
        for earlier in reversed(self.found):
            if earlier.place in {"subject", "relative", "inverted", "shared"}:
                return earlier.subject
        return self.first

    def _antecedent(self, i: int) -> tuple[int, int] | None:
        j = i - 1
        if self._low(j) in {",", "—", "–"}:
            j -= 1
        return self._phrase_before(j)
