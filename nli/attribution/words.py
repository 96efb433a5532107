# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Words of a sentence, with the little grammar that finding a subject needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

WORD = re.compile(
    r"(?P<dotted>(?:[A-Z]\.){2,}|[A-Z][a-z]{0,4}\.(?=[,]|\s+[A-Z0-9]))"
    r"|(?P<prefixed>[A-Z][’'][A-Z]\w+(?:-\w+)*)"
    r"|(?P<negated>[A-Za-z]+n[’']t\b)"
    r"|(?P<clitic>[’'](?:s|re|ve|ll|d|m)\b)"
    r"|(?P<word>[$£€]?\w+(?:[-.,/&]\w+)*%?)"
    r"|(?P<mark>[^\w\s])"
)


def split_words(text: str) -> frozenset[str]:
    """Return the words of a list written as text."""
    return frozenset(text.split())


DETERMINERS = split_words(
    """the a an this that these those some any no every each all both many several few most other another such its
    his her their our my your one two three four five six seven eight nine ten dozens hundreds thousands"""
)
POSSESSIVES = split_words("""his her its their our my your whose""")
PRONOUNS = split_words("""he she they it we i you""")
STANDING = split_words(
    """some many others everyone everybody somebody someone nobody none both most few those one two three four five
    six seven eight nine ten half third quarter another anyone"""
)
OBJECTS = split_words("""me him her us them himself herself themselves""")
RELATIVES = split_words("""who which that""")
PREPOSITIONS = split_words(
    """of for in at from with on by to about near against among between into over under through during within without
    across around behind beyond despite toward towards upon via like per amid inside outside off onto than
    versus regarding"""
)
CONJUNCTIONS = split_words("""and or but nor yet""")
SUBORDINATORS = split_words(
    """that because while when as if although though since after before until unless whether where whereas so how why
    what once lest"""
)
BE = split_words("""is are was were be been being am 's 're 'm isn't aren't wasn't weren't""")
HAVE = split_words("""has have had having 've hasn't haven't hadn't 'd""")
DO = split_words("""do does did don't doesn't didn't""")
MODALS = split_words(
    """will would can could may might must shall should 'll won't wouldn't can't cannot couldn't mightn't mustn't
    shouldn't"""
)
AUXILIARIES = BE | HAVE | DO | MODALS
NEGATIONS = split_words("not never neither nor hardly barely") | {
    each for each in AUXILIARIES if each.endswith(("n't", "cannot"))
}
ADVERBS = split_words(
    """not never also then now later again still just even once often always soon first twice ever thus already only
    too there here instead meanwhile further long himself herself themselves itself all both rather either neither
    previously yet simply well almost nearly"""
)
NOT_ADVERBS = split_words(
    """family ally reply supply assembly rally bully italy july kelly emily sally molly billy reilly daily weekly tally
    monthly quarterly monopoly anomaly"""
)
TIMES = split_words(
    """monday tuesday wednesday thursday friday saturday sunday yesterday today tomorrow tonight january february
    march april june july august september october november december morning afternoon evening night week month
    year weekend"""
)
FINITE = AUXILIARIES - {"be", "been", "being", "having"}
OPENING = frozenset('“"‘«„')
DASHES = frozenset("—–―-")


@dataclass(slots=True)
class Word:
    """A word, a mark, or a whole quotation standing as one.

    Attributes:
        text: As it stands.
        low: In lower case, with straight apostrophes.
        start: Where it begins in the text.
        end: Where it ends.
        kind: "word", "mark", "clitic" or "quote".
    """

    text: str
    low: str
    start: int
    end: int
    kind: str

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital."""
        return self.text[:1].isupper()

    @property
    def adverb(self) -> bool:
        """Whether it may stand between a subject and its verb."""
        return self.low in ADVERBS or (self.low.endswith("ly") and not self.capital and self.low not in NOT_ADVERBS)

    @property
    def surname(self) -> bool:
        """Whether it is a name that is spelt like an auxiliary."""
        return self.text in {"May", "Will"}

    @property
    def nominal(self) -> bool:
        """Whether it may be part of a noun phrase, apart from determiners."""
        return (
            self.kind == "word"
            and self.low not in PRONOUNS
            and self.low not in PREPOSITIONS
            and self.low not in CONJUNCTIONS
            and self.low not in SUBORDINATORS
            and self.low not in RELATIVES
            and (self.low not in AUXILIARIES or self.surname)
            and (self.capital or not self.adverb)
        )


def words(text: str, start: int, end: int) -> list[Word]:
    """Split a stretch of a text into words and marks."""
    found = []
    for match in WORD.finditer(text, start, end):
        kind = match.lastgroup or "mark"
        kind = "word" if kind in {"dotted", "prefixed", "negated", "word"} else kind
        found.append(Word(match.group(), match.group().lower().replace("’", "'"), match.start(), match.end(), kind))
    return found
