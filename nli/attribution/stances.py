"""Attributions that several words make together: "as Hale sees it", "Hale's position is that", "made clear that"."""

from __future__ import annotations

from nli.attribution import lexicon
from nli.attribution.subjects import Attribution, Place, Subjects
from nli.attribution.words import BE, CONJUNCTIONS, POSSESSIVES, Word, split_words

_VIEWS = split_words("words view eyes opinion judgment judgement estimation telling account version reading")
_SEEING = split_words("sees saw tells told puts put has describes recalls remembers")
_POINTING = split_words("points pointed says said notes noted argues argued claims claimed insists insisted")
_POSITIONS = split_words(
    """position view line stance contention case argument claim version account answer explanation opinion belief
    verdict message conclusion finding theory story defence defense response reply"""
)
_IS = split_words("is was remains remained")
_MAKING = split_words("make makes made making")
_LETTING = split_words("let lets letting")
_LEAVING = split_words("leave leaves left")
_TAKING = split_words("take takes took takes hold holds held")
_PLAIN = split_words(
    """doubt clear adamant blunt blunter franker clearer bluntly certain unequivocal categorical emphatic firm plainly
    brief"""
)
_OTHERWISE = split_words("otherwise differently different")
_CITING = split_words("quote quotes quoted quoting cite cites cited citing")
_LONGEST_OWNER = 6


class Stances(Subjects):
    """Finds the attributions of one sentence that no single verb or noun makes.

    Args:
        words: The words of the sentence, quotations as one word each.
    """

    def __init__(self, words: list[Word]) -> None:
        super().__init__(words)
        self.taken: set[int] = set()

    def _stance(self, i: int) -> bool:
        """Add the attribution that the word at `i` opens or closes, if there is one; say whether there is."""
        low = self._low(i)
        if low == "as":
            return self._as_seen(i)
        if low in {"in", "by", "on"}:
            return self._in_view(i)
        if low in _CITING:
            return self._cited(i)
        if low in _POSITIONS and (self._held(i) or self._held_by(i)):
            return True
        return self._low(i + 1) == "that" and self._made_known(i)

    def _attribute(
        self,
        words: str,
        place: Place,
        subject: tuple[int, int],
        group: tuple[int, int],
        verb: int,
        *,
        quotes: bool = False,
    ) -> bool:
        self.taken.update(range(*group))
        cue = lexicon.Cue(words, "asserts", "clause", quotes=quotes)
        self.found.append(Attribution(cue, "asserts", place, subject, group, verb))
        return True

    def _as_seen(self, i: int) -> bool:
        """Find a view between commas ("as Hale sees it")."""
        phrase = self._phrase_after(i + 1)
        if phrase is None:
            return False
        if phrase[1] - phrase[0] > 1 and self._low(phrase[1] - 1) in _SEEING | _POINTING:
            phrase = phrase[0], phrase[1] - 1
        verb, particle = self._low(phrase[1]), self._low(phrase[1] + 1)
        seen = verb in _SEEING and particle == "it"
        if not seen and not (verb in _POINTING and (particle == "out") == verb.startswith("point")):
            return False
        end = phrase[1] + 1 + (seen or particle == "out")
        after = self._word(end)
        if after is not None and after.kind not in {"mark", "quote"}:
            return False
        return self._attribute("as … sees it", "according", phrase, (i, end), i, quotes=True)

    def _in_view(self, i: int) -> bool:
        """Find whose view it is ("in the view of Hale", "in Hale's view,")."""
        if (
            self._low(i) == "in"
            and self._low(i + 1) == "the"
            and self._low(i + 2) in _VIEWS
            and self._low(i + 3) == "of"
        ):
            phrase = self._phrase_after(i + 4)
            return phrase is not None and self._attribute(
                "in the view of", "according", phrase, (i, i + 4), i, quotes=True
            )
        parted = i == 0 or self._low(i - 1) == ","
        for k in range(i + 2, min(i + _LONGEST_OWNER, self.size - 1)):
            if self._low(k) in _VIEWS and parted and self._low(k + 1) == ",":
                owner = self._owner_before(k)
                if owner is not None and owner[0] == i + 1:
                    return self._attribute("in … view", "according", owner, (i, k + 1), i, quotes=True)
        return False

    def _owner_before(self, i: int) -> tuple[int, int] | None:
        """Return the owner of the noun at `i` ("Hale's", "his"), with an adjective or two between them."""
        owner = i - 1
        while owner > 0 and self.words[owner].kind == "word" and self._low(owner) not in POSSESSIVES and i - owner <= 2:  # noqa: PLR2004 -- an adjective or two
            owner -= 1
        if self._low(owner) == "'s" or (self._low(owner) == "'" and self._low(owner - 1).endswith("s")):
            start = self._simple_before(owner - 1)
            return None if start is None else (start, owner)
        return (owner, owner + 1) if self._low(owner) in POSSESSIVES else None

    def _held(self, i: int) -> bool:
        """Find what somebody's position is ("the ministry's line is that …")."""
        if self._low(i + 1) not in _IS or self._low(i + 2) != "that":
            return False
        owner = self._owner_before(i)
        return owner is not None and self._attribute(self._low(i), "stance", owner, (i, i + 2), i)

    def _held_by(self, i: int) -> bool:
        """Find whose position it is ("it remains the view of the court that …", "the view of the court is that …")."""
        if self._low(i + 1) != "of":
            return False
        phrase = self._phrase_after(i + 2)
        if phrase is None:
            return False
        start = self._simple_before(i)
        after = phrase[1]
        if self._low(after) in _IS and self._low(after + 1) == "that":
            return self._attribute(self._low(i), "stance", phrase, (i, after + 1), i)
        held = self._low(after) == "that" and start is not None and self._low(start - 1) in _IS
        return held and self._attribute(self._low(i), "stance", phrase, (i, after), i)

    def _cited(self, i: int) -> bool:
        """Find whom somebody cites ("the agency quoted the governor as saying that …")."""
        phrase = self._phrase_after(i + 1)
        if phrase is None or self._low(phrase[1]) != "as" or self._low(phrase[1] + 1) != "saying":
            return False
        return self._attribute("say", "stance", phrase, (phrase[1], phrase[1] + 2), phrase[1] + 1)

    def _made_known(self, i: int) -> bool:
        """Find what somebody makes clear, lets be known, leaves no doubt of or takes for his view, before "that"."""
        before = [self._low(i - k) for k in (1, 2, 3)]
        verb = None
        match self._low(i):
            case "clear" | "plain" | "known":
                verb = i - 1 if before[0] in _MAKING else i - 2 if before[0] == "it" and before[1] in _MAKING else None
                if before[:2] == ["be", "it"] and before[2] in _LETTING:
                    verb = i - 3
            case "doubt" if before[0] == "no":
                verb = i - 2 if before[1] in _LEAVING else i - 3 if before[1] == "in" and before[2] in BE else None
            case "view" | "opinion" if before[0] == "the":
                verb = i - 2 if before[1] in _TAKING else i - 3 if before[1] == "of" and before[2] in BE else None
        subject = None if verb is None else self._near_subject(verb)
        if verb is None or subject is None:
            return False
        return self._attribute("make clear", "subject", subject, (verb, i + 1), verb)

    def _plainly(self, i: int) -> bool:
        """Find a speaker before a colon ("Hale put it bluntly: …", "Her lawyers are in no doubt: …")."""
        first = self.first
        if first is None or self.found or i + 1 >= self.size:
            return False
        if any(word.low not in CONJUNCTIONS for word in self.words[: first[0]]):
            return False
        quoted = self.words[i + 1].kind == "quote"
        start = self._past_apposition(first[1], i)
        between = self.words[start:i]
        if not between:
            meant = quoted
        elif any(word.text == "," for word in between):
            meant = False
        else:
            plain = between[-1].low in _PLAIN and (between[0].low in BE or quoted)
            meant = plain or between[-1].low in _OTHERWISE or (quoted and self._somebody(first))
        if not meant:
            return False
        last = first[1] - 1
        owner = self._owner_before(last) if self._low(last) in _POSITIONS else None
        return self._attribute(":", "colon", owner or first, (i, i + 1), i, quotes=True)

    def _past_apposition(self, i: int, stop: int) -> int:
        """Return the place after what describes a subject between commas, or between a comma and the place `stop`."""
        if self._low(i) != ",":
            return i
        comma = next((k for k in range(i + 1, stop) if self.words[k].text == ","), None)
        return stop if comma is None else comma + 1

    def _somebody(self, phrase: tuple[int, int]) -> bool:
        """Whether a phrase is a name of one or two words, or a pronoun for people."""
        low = self._low(phrase[0])
        named = all(word.capital and word.kind == "word" for word in self.words[slice(*phrase)])
        return low in {"he", "she", "they"} or (named and low not in {"the", "a", "an"})
