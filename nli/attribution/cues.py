"""Attributions of one sentence: which words attribute, and to whom."""

from __future__ import annotations

import re

from nli.attribution import lexicon
from nli.attribution.stances import Stances
from nli.attribution.subjects import LONGEST_LABEL, PLURALS, PUBLISHED, Attribution, Place
from nli.attribution.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    DASHES,
    DETERMINERS,
    FINITE,
    NEGATIONS,
    OBJECTS,
    POSSESSIVES,
    PRONOUNS,
    RELATIVES,
    STANDING,
    SUBORDINATORS,
    TIMES,
    Word,
    split_words,
)

_TO_VERBS = split_words(
    """went goes going go continued continues continue came appeared appears appear seemed seems seem tried tries try
    began begins begin started starts start needs need helped helps used managed proceeded failed
    able rushed took ready set quick"""
)
_JUDGES = split_words(
    """report study poll survey review analysis audit investigation inquiry panel judge court jury committee commission
    researchers investigators authors scientists inspectors auditors examination test tests council tribunal"""
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NEED_THAT = {
    "find": frozenset({"that", "no"}),
    "rule": split_words("that against in for monday tuesday wednesday thursday friday"),
    "see": frozenset({"that"}),
    "learn": frozenset({"that"}),
    "maintain": split_words("that the he she they it no nobody nothing there all"),
    "state": frozenset({"that"}),
    "feel": split_words("that like the he she they it betrayed"),
    "judge": frozenset({"that"}),
    "document": frozenset({"that"}),
    "confirm": split_words("that to the he she they it"),
}
_TIME_WORDS = split_words("this last next late early earlier")
_NO_SPEAKERS = split_words(
    """latest correction clarification note update updated editor photo photos video related more source sources
    abstract time question answer result email name goal conclusion reminder remember claim verdict rating myth rumour
    rumor fact"""
)
_AFTER_ADJECTIVES = frozenset(["that", "about", "of", "to"])
_AFTER_DRAWN = frozenset(["on", "into", "about"])
_NUMBER = re.compile(
    r"[$£€]?\d.*|no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty(-\w+)?|half"
    r"|hundreds|dozens|thousands|a"
)
_ROUGHLY = split_words("about nearly over only just around some almost between roughly more less fewer than at least")
_ANYBODY = split_words("anybody anyone nobody none no")
_NOBODY = split_words("nobody none no neither")
"""How subjects begin with which nobody stands behind what is introduced, as with a negated cue."""
_COUNTS = split_words("one two three four five six seven eight nine ten dozen several few many these those all")
_PERCEIVED = frozenset({"see", "read", "hear"})
_FAR = 10
_LONG_WORD = 5


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


class _Reader(Stances):
    def __init__(self, words: list[Word]) -> None:
        super().__init__(words)
        lower = [
            word for word in words if word.kind == "word" and word.text[:1].islower() and len(word.text) >= _LONG_WORD
        ]
        self.titled = not lower

    def read(self) -> list[Attribution]:
        forms = lexicon.verb_forms()
        for i, word in enumerate(self.words):
            if word.kind != "word":
                if i and word.text == ":":
                    self._colon(i)
                    self._plainly(i)
                elif i and word.text in DASHES:
                    self._signature(i)
            elif word.low == "according" and self._low(i + 1) == "to":
                self._according(i, i + 2)
            elif i in self.taken or self._stance(i):
                continue
            elif (
                word.low in lexicon.ADJECTIVES
                and self._low(i - 1) in BE | ADVERBS
                and self._low(i + 1) in (_AFTER_DRAWN if word.low == "drawn" else _AFTER_ADJECTIVES)
            ):
                self._adjective(i)
            elif word.low in lexicon.NOUNS and self._low(i + 1) == "that" and self._noun(i):
                continue
            elif word.low in forms:
                self._verb(i, *forms[word.low])
        return self.found

    # Cues

    def _add(self, found: Attribution) -> None:
        self.found.append(found)

    def _according(self, i: int, after: int) -> None:
        phrase = self._phrase_after(after)
        if phrase is not None:
            if self._low(phrase[1]) in PUBLISHED:
                ends = (k for k in range(phrase[1], self.size) if self.words[k].kind != "word")
                phrase = phrase[0], next(ends, self.size)
            cue = lexicon.Cue("according to", "asserts", "clause", quotes=True)
            self._add(Attribution(cue, "asserts", "according", phrase, (i, after), i))

    def _colon(self, i: int) -> None:
        """A name and a colon at the start of a line: "Marsh: …"."""
        account = i == 2 and self.words[0].text == "@"  # noqa: PLR2004 -- the mark and the name
        if i > LONGEST_LABEL or i + 1 >= self.size or self.found or not (self.words[0].capital or account):
            return
        named = all((word.nominal and word.capital) or word.low in {"of", "the"} for word in self.words[:i])
        short = self.size - i < 4 and self.words[i + 1].kind != "quote"  # noqa: PLR2004 -- a mark and three words
        if not (named or account) or short:
            return
        if self.words[i - 1].low in _NO_SPEAKERS:
            return
        cue = lexicon.Cue(":", "asserts", "clause", quotes=True)
        self._add(Attribution(cue, "asserts", "colon", (0, i), (i, i + 1), i))

    def _adjective(self, i: int) -> None:
        """A state of mind: "is confident that …", "were worried about …"."""
        first, auxiliaries, negated, infinitive = self._verb_group(i)
        if infinitive or not auxiliaries or auxiliaries[0] not in BE or (self._low(i) == "drawn" and not negated):
            return
        cue = lexicon.Cue(self.words[i].low, lexicon.ADJECTIVES[self.words[i].low], "either", quotes=False)
        subject, place = self._subject(i, first, i + 1, frozenset({"past"}), cue, helped=True)
        if subject is not None and place == "subject":
            self._add(Attribution(cue, cue.frame, place, subject, (first, i + 1), i, negated=negated))

    def _noun(self, i: int) -> bool:
        """What somebody's claim, warning … is, where it ends a sentence: "… rejected Hale's claim that …"."""
        owner = self._owner_before(i)
        if owner is None or not self._has_verb(0, owner[0]):
            return False
        cue = lexicon.Cue(self.words[i].low, lexicon.NOUNS[self.words[i].low], "clause", quotes=False)
        self._add(Attribution(cue, cue.frame, "subject", owner, (i, i + 1), i))
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
        if not self._in_its_sense(lemma, after, negated) or (not auxiliaries and self._counted(i, lemma, after, kinds)):
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
            subject = self._agent(by, cue)
            place = "passive"
        else:
            fronted = self._fronted(first)
            subject, place = self._subject(i, first, after, kinds, cue, bool(auxiliaries) or bool(fronted))
            negated = negated or bool(fronted)
        if subject is None or (place == "subject" and self._aside(subject, cue)):
            return
        found = Attribution(cue, cue.frame, place, subject, (first, after), i, negated=negated)
        found.fronted = fronted
        found.borrowed = place == "shared"
        self._relate(found)
        self._add(found)

    def _aside(self, subject: tuple[int, int], cue: lexicon.Cue) -> bool:
        """Whether a subject is the reader, or its verb an aside of the narrator's ("what it called a check")."""
        named = self._low(subject[0])
        before = self._low(subject[0] - 1)
        aside = named in PRONOUNS and before == "what" and (cue.lemma == "say" or lexicon.judges(cue.lemma))
        return named == "you" or aside or (before in {"that", "which"} and cue.lemma == "show")

    def _agent(self, by: int | None, cue: lexicon.Cue) -> tuple[int, int] | None:
        """Return who says it in a passive, None if that is nobody or said of no speech ("seen by a doctor")."""
        agent = self._phrase_after(by + 1) if by is not None else None
        if agent is None or self._low(agent[0]) in _ANYBODY:
            return None
        return None if cue.lemma in _PERCEIVED and self._low(agent[1]) != "as" else agent

    def _relate(self, found: Attribution) -> None:
        """Complete an attribution by what stands before its subject: "neither", a relative pronoun."""
        start, end = found.subject
        if self._low(start - 1) == "neither":
            found.subject = start - 1, end
        found.negated = found.negated or self._low(found.subject[0]) in _NOBODY
        if found.place == "relative":
            found.antecedent = self._antecedent(start)
        elif found.place == "subject" and found.cue.lemma == "say" and self._gaping(start - 1, found.group[1]):
            found.gap = self._antecedent(start - 1)

    def _gaping(self, i: int, after: int) -> bool:
        """Whether a relative pronoun is the subject of what is said ("a fin that he said came from …")."""
        opening, follower = self._word(after), self._word(after + 1)
        if self._low(i) not in RELATIVES or self._low(i - 1) in lexicon.verb_forms() or opening is None:
            return False
        if opening.low in FINITE:
            return True
        named = opening.capital or opening.low in DETERMINERS | PRONOUNS | STANDING | POSSESSIVES | {"that", "in"}
        return opening.kind == "word" and not (named or (follower is not None and follower.low in FINITE))

    def _counted(self, i: int, lemma: str, after: int, kinds: frozenset[lexicon.Form]) -> bool:
        """Whether a word is a noun: the subject of a verb after it, or counted ("the report was", "nine claims")."""
        if "past" in kinds or "ing" in kinds or lemma not in lexicon.NOUNISH:
            return False
        governs = self._low(after) in FINITE and self._low(i - 1) not in PRONOUNS
        return governs or ("s" in kinds and self._low(i - 1) in _COUNTS)

    def _in_its_sense(self, lemma: str, after: int, negated: bool) -> bool:
        """Whether a verb that attributes only with certain words has them."""
        follower = self._word(after)
        if lemma == "continue":
            return follower is None or follower.kind != "word"
        if lemma == "call":
            return follower is not None and follower.kind != "mark"
        if lemma in lexicon.SOUNDING:
            return any(word.kind == "quote" for word in self.words)
        if lemma in {"see", "learn"}:
            bare = lemma == "see" and self._low(after - 1) != "seeing"
            return follower is not None and follower.kind != "mark" and (bare or follower.low == "that")
        if lemma in lexicon.SILENT:
            allowed = lexicon.SILENT[lemma]
            return negated and (allowed is None or self._low(after) in allowed)
        return lemma not in lexicon.MEASURING or self._measures(lemma, after)

    def _measures(self, lemma: str, after: int) -> bool:
        """Whether a number follows that a verb gives as its subject's own ("puts the loss at 140 tonnes"; "put it")."""
        if lemma == "put":
            ending = self._word(after + 1)
            if self._low(after) == "it" and (ending is None or ending.kind != "word"):
                return True
            near = range(after + 1, min(after + _FAR, self.size))
            after = next((k + 1 for k in near if self._low(k) == "at"), self.size)
        while self._low(after) in _ROUGHLY:
            after += 1
        return bool(_NUMBER.fullmatch(self._low(after)))

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
            return left.low.endswith("s") or left.low in PLURALS
        if after > i + 1 and "s" in kinds and left is not None and left.capital:
            return True
        if left is not None and left.capital and right is not None and right.text in {".", ":"} and "s" in kinds:
            return not word.capital
        if left is None or right is None or (word.capital and not self.titled):
            return False
        if "s" in kinds and right.low == "that" and self._stands_apart(i):
            return True
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

    def _stands_apart(self, i: int) -> bool:
        """Whether a word before "that" is a verb, as it follows a comma and its subject, or no noun would fit."""
        opening = self._word(i + 2)
        clause = opening is not None and (opening.capital or opening.low in DETERMINERS | PRONOUNS | STANDING)
        parted = self._low(i - 1) == "," and self._over_commas(i - 1) is not None
        return parted or (clause and self._low(i) == "states")

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
