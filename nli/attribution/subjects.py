# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Subjects of the verbs of a sentence, and what an attribution is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nli.attribution import lexicon
from nli.attribution.phrases import JOINING, MAX_SEGMENTS, Phrases
from nli.attribution.records import Frame
from nli.attribution.words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    FINITE,
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

Place = Literal["subject", "relative", "inverted", "shared", "according", "passive", "colon", "stance"]

DOCUMENTS = split_words(
    """statement poll polls video letter letters tweet tweets report reports ad ads article articles email emails memo
    survey surveys study studies document documents results sign signs note message messages post posts page op-ed
    editorial column release brief motion complaint lawsuit petition resolution analysis rule rules law laws bill
    result filing review"""
)
PUBLISHED = split_words(
    "released published conducted commissioned filed issued sponsored obtained written posted aired"
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
PLURALS = split_words("people police women men children who that which percent majority number")
_AGENTS = frozenset(["by", "at", "in", "from", "with"])
_DONE_TO = split_words("seen written shown known sent given made held read shared obtained found kept")
_LISTENING = split_words("tell ask remind inform assure notify advise brief warn urge")
_PARTING = frozenset((",", "—", "–", "-", "”", '"', "'", "’"))
LONGEST_LABEL = 5
_LONGEST_RELATIVE = 14


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
        gap: What a relative pronoun before the subject stands for ("a fin that he said came …"); None if there is none.
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
    gap: tuple[int, int] | None = None


class Subjects(Phrases):
    """The subjects of the verbs of one sentence.

    Args:
        words: The words of the sentence, quotations as one word each.
    """

    def __init__(self, words: list[Word]) -> None:
        super().__init__(words)
        self.found: list[Attribution] = []

    def _subject(  # noqa: PLR0911 -- a case a line
        self, i: int, first: int, after: int, kinds: frozenset[lexicon.Form], cue: lexicon.Cue, helped: bool
    ) -> tuple[tuple[int, int] | None, Place]:
        """Return the subject of the verb at `i`, whose group begins at `first`, and how it stands to it."""
        left = self._word(first - 1)
        finite = "past" in kinds or "s" in kinds or helped
        if "ing" in kinds and not helped:
            apart = left is None or left.kind == "quote" or left.text in {",", "—", "–"} or self._low(i - 2) == ","
            if left is not None and not apart and (left.capital or left.low in PLURALS) and left.nominal:
                start = self._simple_before(i - 1) if cue.quotes else None
                return (None if start is None else (start, i)), "subject"
            if left is not None and left.low in DOCUMENTS:
                return self._phrase_before(i - 1), "subject"
            return (self._shared(i, left) if apart or self._by_doing(i, left) else None), "shared"
        if left is None or left.kind == "quote" or left.text in _PARTING:
            return self._parted_subject(first, after, cue, finite=finite, inverts=cue.quotes and finite and not helped)
        if left.low in {"and", "but", "then", "or"}:
            shared = self._shared(i, left)
            return (shared if finite or (shared is not None and self._plural(shared)) else None), "shared"
        if left.low in RELATIVES:
            return ((first - 1, first) if self._relative(first - 1, cue) else None), "relative"
        if left.text == ")":
            return self._phrase_before(first - 1), "subject"
        reduced = "past" in kinds and not helped and self._reduced(after, cue) and not self._in_relative(first)
        if left.kind == "clitic" or reduced:
            return None, "subject"
        if (left.low in DETERMINERS - STANDING and not self._close_to(first - 1)) or (
            left.low in _MANY and "s" in kinds
        ):
            return None, "subject"
        subject = self._paired(self._near_subject(first), bare=not finite)
        able = finite or (subject is not None and (self._plural(subject) or self._collective(subject, cue)))
        return (subject if able else None), "subject"

    def _paired(self, subject: tuple[int, int] | None, *, bare: bool) -> tuple[int, int] | None:
        """Return a subject with the one that is paired with it ("neither the club nor Hale", "the club and Hale")."""
        if subject is None or self._low(subject[0] - 1) not in {"and", "nor"}:
            return subject
        left = self._phrase_before(subject[0] - 2)
        if left is None:
            return subject
        if self._low(subject[0] - 1) == "nor":
            return (left[0] - 1, subject[1]) if self._low(left[0] - 1) == "neither" else subject
        both = self._low(left[0]) == "both"
        return (left[0] + both, subject[1]) if both or (bare and self._may_begin(left[0])) else subject

    def _by_doing(self, i: int, left: Word | None) -> bool:
        """Whether a gerund says how or when the subject of the clause did something ("began by saying that …")."""
        return left is not None and left.low in _GERUND_AFTER and i > LONGEST_LABEL - 2

    def _parted_subject(
        self, first: int, after: int, cue: lexicon.Cue, *, finite: bool, inverts: bool
    ) -> tuple[tuple[int, int] | None, Place]:
        """Return the subject of a verb after a comma, a dash, a quotation or nothing."""
        left = self._word(first - 1)
        over = None if left is None or left.kind == "quote" else self._over_commas(first - 1)
        following = self._phrase_after(after) if inverts and not self._gerund(after) else None
        if following is not None and left is not None and left.text == "," and cue.lemma not in _LISTENING:
            named = self.words[following[1] - 1].capital
            if self._named_end(following) and (over is None or named):
                return following, "inverted"
        if over is not None:
            return (over if finite or self._plural(over) else None), "subject"
        if following is not None and self._inverts(following, left):
            return following, "inverted"
        return None, "subject"

    def _gerund(self, i: int) -> bool:
        """Whether a word is what its verb governs ("recalled hearing planes")."""
        word = self._word(i)
        return word is not None and word.low.endswith("ing") and not word.capital

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

    def _in_relative(self, first: int) -> bool:
        """Whether a verb group ends a relative clause that has its subject ("what he described as …")."""
        subject = self._phrase_before(first - 1)
        return subject is not None and self._low(subject[0] - 1) in RELATIVES | {"what"}

    def _near_subject(self, first: int) -> tuple[int, int] | None:  # noqa: PLR0911 -- a case a line
        """Return the subject that stands right before a verb group, or at the start of the clause."""
        subject = self._phrase_before(first - 1)
        if subject is None or (self._low(subject[0] - 1) in BE and subject[1] - subject[0] == 1):
            return self._clause_subject(first) or self._before_who(first)
        if self.first is not None and self.first[1] == first:
            return self.first
        if self._low(subject[1] - 1) in PUBLISHED:
            return subject[0], first
        before = self._word(subject[0] - 1)
        if before is None:
            return subject
        participle = before.low.endswith("ed") and not before.capital
        if before.low in {"who", "which"} and self._predicate(subject[0]) and not self._plural(subject):
            return self._antecedent(subject[0] - 1)
        if before.low in PREPOSITIONS:
            return self._clause_subject(first) or self._name_at_end(subject)
        if before.low not in RELATIVES and self.first is not None and self._low(self.first[1]) in {"who", "which"}:
            return self._clause_subject(first) or subject
        return (self._clause_subject(first) or subject) if self._breaks(subject[0] - 1) or participle else subject

    def _name_at_end(self, phrase: tuple[int, int]) -> tuple[int, int] | None:
        """Return the name that ends a phrase of common words: the subject in "in an interview Marsh said"."""
        start = phrase[1]
        while start > phrase[0] and self.words[start - 1].capital:
            start -= 1
        common = start > phrase[0] and self.words[start - 1].low not in DETERMINERS | POSSESSIVES | JOINING
        return (start, phrase[1]) if common and start < phrase[1] else None

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
        joint = next((k for k, low in enumerate(lows) if low in JOINING and k), len(lows))
        head = lows[joint - 1]
        if head in {"he", "she", "it"}:
            return False
        if joint < len(lows) and any(low.endswith("s") for low in (*lows[:joint], lows[-1])):
            return True
        return (
            head in PRONOUNS
            or head in STANDING
            or head in PLURALS
            or (head.endswith("s") and not head.endswith(("ss", "us")))
        )

    def _collective(self, phrase: tuple[int, int], cue: lexicon.Cue) -> bool:
        """Whether a phrase is the name of a group that may take a plural verb ("Rovers say")."""
        before = self._low(phrase[0] - 1)
        return (
            cue.lemma == "say"
            and all(word.capital for word in self.words[slice(*phrase)])
            and before not in PREPOSITIONS | AUXILIARIES | {"to"}
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
        best = self._office(comma) if mark == "," else None
        for _ in range(0 if best is not None else MAX_SEGMENTS):
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
                or (low in CONJUNCTIONS and self._low(start + 1) in RELATIVES)
                or low.endswith(("ly", "ing", "ed"))
                or low[:1].isdigit()
                or low in ADVERBS
                or (low in _DONE_TO and self._low(start + 1) in PREPOSITIONS)
                or not self._has_finite(start, end)
            )
            placed = phrase is not None and self._low(phrase[0] - 1) == "of" and self._low(phrase[0] - 2) in stops
            if placed:
                phrase = None
            named = best is None and end - start > 1 and all(word.capital for word in self.words[start:end])
            if named and phrase is not None and self._low(phrase[0] - 1) in _AGENTS:
                return start, end  # "a woman reached by phone, Ana Hale, said"
            if not inserted or (phrase is not None and not self._may_begin(phrase[0])):
                return best or (self._before_relative(start - 1) if inserted else None)
            if phrase is not None:
                best = phrase
            end = start - 1
            if self._begins_clause(phrase) or (best is not None and best == self.first):
                break
        return best

    def _office(self, comma: int) -> tuple[int, int] | None:
        """Return the office before a full name that ends at a comma ("the envoy, Ana Hale, said")."""
        start = comma
        while start > 0 and self.words[start - 1].kind == "word" and self.words[start - 1].capital:
            start -= 1
        if comma - start < 2 or self._low(start - 1) != ",":  # noqa: PLR2004 -- a first name and a last one
            return None
        phrase = self._phrase_before(start - 2)
        if phrase is None or self.words[start - 2].capital:
            return None
        before, named = self._word(phrase[0] - 1), self._word(phrase[0] - 2)
        if before is not None and before.low in PREPOSITIONS:
            joined = self.first is not None and self.first[1] == phrase[0] - 1
            return (self.first[0], phrase[1]) if self.first is not None and joined else None
        if before is not None and before.text == "," and named is not None and named.capital:
            return None  # the office of somebody named before it
        return phrase if self._low(phrase[0]) in POSSESSIVES | {"the"} else None

    def _before_who(self, first: int) -> tuple[int, int] | None:
        """Return the subject that a relative clause without commas parts from its verb ("a man who was there said")."""
        for k in range(first - 1, max(0, first - _LONGEST_RELATIVE), -1):
            if self.words[k].kind in {"mark", "quote"}:
                break
            if self.words[k].low == "who":
                phrase = self._antecedent(k)
                return phrase if phrase is not None and self._may_begin(phrase[0]) else None
        return None

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
        if self._low(j).isdigit() and self._low(j - 1) == ",":
            j -= 2  # an age
        return self._phrase_before(j)
