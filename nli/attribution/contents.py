# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""What the attributions of a sentence introduce, and which of them stand inside what another one introduces."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from nli.attribution import lexicon
from nli.attribution.subjects import DOCUMENTS, Attribution
from nli.attribution.words import (
    CONJUNCTIONS,
    DETERMINERS,
    FINITE,
    OBJECTS,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    STANDING,
    SUBORDINATORS,
    TIMES,
    Word,
    split_words,
)

Position = Literal["after", "before", "around", "none"]

_LISTENING = split_words("""tell ask remind inform assure notify advise brief warn convince persuade urge reassure""")
_LONGEST_LISTENER = 14
_LONGEST_PHRASE = 10
_SHORT = 3
_LONGEST_NAME = 4
# Adverbs that belong to what is said, at its beginning.
_MEANT = split_words(
    """not never neither either only just even all both rather almost nearly hardly barely once twice first still no
    already there here too"""
)
_SAID = (["said"], ["says"])
_COMMAS = frozenset((",", "—", "–"))
_BREAKS = _COMMAS | {"?", "!"}
_WHILE = split_words("as when while after before because since although though")
_OPENERS = split_words("that to whether if how what why")
_JOINTS = split_words("and but while though although whereas ;")


@dataclass(slots=True)
class Introduced:
    """An attribution and where its content stands, in places of the sentence's words.

    Attributes:
        attribution: The attribution.
        position: Where the content stands to the cue.
        before: The part before the cue.
        after: The part after it.
    """

    attribution: Attribution
    position: Position
    before: tuple[int, int]
    after: tuple[int, int]


def introduced(words: list[Word], found: list[Attribution], main: int) -> list[Introduced]:
    """Return the attributions of the sentence itself with their contents; those inside a content are left out.

    Args:
        words: The words of a sentence, quotations as one word each.
        found: Its attributions, in order.
        main: The place of the word at which the main clause begins, 0 if nothing stands before it.

    Returns:
        Those that stand in no other's content, in order.
    """
    placed = [_place(words, each) for each in found]
    for each in placed:
        if each.attribution.verb < main - 1 and each.after[0] < main - 1 < each.after[1]:
            each.after = each.after[0], max(each.after[0], main - 1)
    kept: list[Introduced] = []
    for each in placed:
        framing = each.position in {"before", "around"} and each.attribution.cue.quotes
        if not framing and any(_inside(words, each, other) for other in kept):
            continue
        if each.position in {"before", "around"} and each.attribution.place != "according":
            kept = [
                other
                for other in kept
                if not each.before[0] <= other.attribution.verb < each.before[1] or other.attribution.cue.quotes
            ]
        if each.attribution.borrowed:
            _borrow(each.attribution, kept)
        kept.append(each)
    for each, following in pairwise(kept):
        _cut(words, each, following)
    return kept


def _borrow(attribution: Attribution, kept: list[Introduced]) -> None:
    """Give a second verb or participle the subject of the last one that stands beside it."""
    for other in reversed(kept):
        if other.attribution.place in {"subject", "inverted", "shared"}:
            attribution.subject = other.attribution.subject
            return


def _place(words: list[Word], each: Attribution) -> Introduced:  # noqa: PLR0911 -- a case a line
    """Say where the content of an attribution stands."""
    size = len(words)
    last = size - 1 if size and words[-1].kind == "mark" and words[-1].text in ".!?…" else size
    if each.place == "passive":
        return Introduced(each, "none", (0, 0), (0, 0))
    if each.place == "colon":
        return Introduced(each, "after", (0, 0), (each.group[1], last))
    start = min(each.subject[0], each.group[0])
    previous = words[start - 1] if start else None
    quoted = previous is not None and previous.kind == "quote"
    parted = quoted or (previous is not None and previous.text in _BREAKS)
    if each.place == "according":
        return _beside(words, each, start, last, parted=parted)
    if start > _SHORT and [word.low for word in words[start - 3 : start]] == [",", "or", "so"]:
        return Introduced(each, "before", (0, start - 3), (0, 0))
    if each.place == "inverted":
        return _before_cue(words, each, (0, start - parted), last)
    if each.place != "shared" and quoted and each.cue.quotes:
        return Introduced(each, "before", (0, start), (0, 0))
    if each.place != "shared" and parted and each.cue.shape != "whole":
        found = _around_cue(words, each, start, last)
        if found is not None:
            return found
    return Introduced(each, "after", (0, 0), (_content_start(words, each), last))


def _around_cue(words: list[Word], each: Attribution, start: int, last: int) -> Introduced | None:
    """Place a content that stands before a cue between commas, or on both sides of it; None if it stands behind it."""
    size = len(words)
    tail = skip_circumstances(words, _past_listener(words, each))
    if tail < last and words[tail].text == ";":
        return Introduced(each, "around", (0, start - 1), (tail + 1, last))
    if tail >= last or words[tail].low in _WHILE or _described(words, each, start, tail):
        return Introduced(each, "before", (0, start - 1), (0, 0))
    opening = words[0].low in (PREPOSITIONS | SUBORDINATORS) - {"that"} and start < _LONGEST_LISTENER
    lone = words[0].low in STANDING | {"nothing"} or (words[0].capital and words[0].nominal and start == _SHORT - 1)
    alone = lone and tail + 1 < size and words[tail + 1].low in FINITE
    whole = start >= _SHORT or alone
    if words[tail].text in _COMMAS and not opening and whole and not _quote_at(words, tail + 1):
        return Introduced(each, "around", (0, start - 1), (tail + 1, last))
    return None


def _before_cue(words: list[Word], each: Attribution, before: tuple[int, int], last: int) -> Introduced:
    """Place the content of a cue that stands before its subject, most of which stands before it."""
    tail = skip_circumstances(words, each.subject[1])
    if before[1] < _SHORT:
        colon = next((k for k in range(tail, min(tail + _LONGEST_PHRASE, last)) if words[k].text == ":"), None)
        if colon is not None:
            return Introduced(each, "after", (0, 0), (colon + 1, last))
    opening = words[0].low in (PREPOSITIONS | SUBORDINATORS) - {"that"} and words[0].kind == "word"
    if opening and tail < last and words[tail].text == "," and words[tail + 1].low not in RELATIVES:
        stop = next((k for k in range(tail + 1, last) if words[k].text == ","), last)
        if any(word.low in FINITE for word in words[tail + 1 : stop]):
            return Introduced(each, "around", before, (tail + 1, last))
    return Introduced(each, "before", before, (0, 0))


def _described(words: list[Word], each: Attribution, start: int, tail: int) -> bool:
    """Whether a cue stands after its content and has a relative clause behind it ("…, he said in a note that hurt")."""
    opening, follower = words[0], words[tail + 1] if tail + 1 < len(words) else None
    fronted = opening.low in (PREPOSITIONS | SUBORDINATORS) - {"that"} or opening.low.endswith("ing")
    if fronted or follower is None or tail <= each.group[1] or start <= 2 * _SHORT or each.place != "subject":
        return False
    clause = follower.capital or follower.low in DETERMINERS | PRONOUNS | STANDING
    return words[tail].low in {"that", "which"} and words[each.subject[0]].low not in RELATIVES and not clause


def _beside(words: list[Word], each: Attribution, start: int, last: int, *, parted: bool) -> Introduced:
    """Place the content of "according to X"."""
    tail = _past_description(words, skip_circumstances(words, max(each.group[1], each.subject[1])), last)
    begun = start - parted < _SHORT
    comma = tail < last and words[tail].text in _COMMAS and (begun or not _describes(words, tail + 1))
    if start == 0 or (start < _SHORT and words[start - 1].text == ","):
        return Introduced(each, "after", (0, 0), (tail + comma, last))
    return Introduced(each, "around" if comma else "before", (0, start - parted), (tail + 1, last) if comma else (0, 0))


def _past_description(words: list[Word], i: int, last: int) -> int:
    """Return the place after what describes a name between commas (", the union's head,", ", Ana Brel,", ", who …")."""
    if i >= last or words[i].text != ",":
        return i
    stop = next((k for k in range(i + 1, last) if words[k].text == ","), last)
    inside = words[i + 1 : stop]
    if not inside or any(word.kind == "quote" for word in inside):
        return i
    known = words[i - 1].capital
    named = not known and len(inside) <= _LONGEST_NAME and all(word.capital and word.kind != "mark" for word in inside)
    named = named and words[i - 1].low not in DOCUMENTS
    title = (
        known
        and stop < last
        and len(inside) <= _LONGEST_PHRASE
        and inside[0].low in DETERMINERS
        and not any(word.low in FINITE or word.low in lexicon.verb_forms() for word in inside)
    )
    return stop if named or title or (inside[0].low in {"who", "which", "whose"} and stop < last) else i


def _describes(words: list[Word], i: int) -> bool:
    """Whether what follows a comma describes the name before it."""
    return i < len(words) and (words[i].low in RELATIVES or words[i].low in DETERMINERS or words[i].low == "whose")


def _quote_at(words: list[Word], i: int) -> bool:
    return i >= len(words) or words[i].kind == "quote"


def _owners(words: list[Word], i: int) -> bool:
    """Whether a mark is the apostrophe of several owners ("a patients' group")."""
    return words[i].low == "'" and words[i - 1].low.endswith("s") and words[i - 1].end == words[i].start


def skip_circumstances(words: list[Word], i: int) -> int:
    """Return the place after circumstances that begin at `i` ("on Monday in a statement to reporters")."""
    size = len(words)
    while i < size:
        word = words[i]
        if (
            word.low in TIMES
            or (word.adverb and word.low not in _MEANT)
            or (word.low in {"last", "this", "late", "early"} and i + 1 < size and words[i + 1].low in TIMES)
        ):
            i += 1
            continue
        if word.low in PREPOSITIONS and i + 1 < size and word.low != "than":
            j = i + 1
            while (
                j < size
                and j - i < _LONGEST_PHRASE
                and (words[j].kind in {"word", "clitic"} or _owners(words, j))
                and words[j].low not in PREPOSITIONS | PRONOUNS | SUBORDINATORS
                and words[j].low not in CONJUNCTIONS
                and (j == i + 1 or words[j].low not in DETERMINERS)
            ):
                j += 1
            if j == i + 1:
                return i
            i = j
            continue
        return i
    return i


def _content_start(words: list[Word], each: Attribution) -> int:
    """Return where what a cue introduces begins: after "that", a listener, a time and a place."""
    if each.cue.shape == "whole":
        return each.group[1]
    i = _after_listener(words, each.group[1]) if each.cue.lemma in _LISTENING else each.group[1]
    size = len(words)
    if [word.low for word in words[i : i + 2]] == ["only", "that"]:
        return i + 2
    circumstances = skip_circumstances(words, i)
    for j in range(i, min(size, i + _LONGEST_PHRASE)):
        if words[j].low == "that" and ((j == i and j == each.group[1]) or not _relative_at(words, j, circumstances)):
            return j + 1 - (words[j + 1 : j + 2] != [] and words[j + 1].low in FINITE)  # "says that is not true"
        if words[j].kind == "quote":
            return j
        if words[j].low in PRONOUNS or words[j].text == ":":
            break
    if circumstances < size and words[circumstances].text in {":", ","}:
        return circumstances + 1
    return circumstances if circumstances < size - 1 else i


def _relative_at(words: list[Word], i: int, circumstances: int) -> bool:
    """Whether "that" stands for the noun before it, where circumstances of the cue end at a place."""
    after = words[i + 1] if i + 1 < len(words) else None
    forms = lexicon.verb_forms()
    if after is not None and (after.low in TIMES or after.low == "same"):
        return True
    if i == circumstances:
        return after is not None and after.low in FINITE
    if after is not None and after.low in PRONOUNS and [word.low for word in words[i + 2 : i + 3]] in _SAID:
        opening = words[i + 3] if i + 3 < len(words) else None
        return opening is not None and opening.low not in DETERMINERS | PRONOUNS | {"that"} and not opening.capital
    verb = any(word.low in FINITE or word.low in forms for word in words[max(0, i - 3) : i])
    return after is None or verb or after.low in FINITE or after.low in forms or after.low.endswith(("s", "ed"))


def _past_listener(words: list[Word], each: Attribution) -> int:
    """Return the place after the cue and the listener between it and a mark ("she told the Post.")."""
    end = each.group[1]
    if each.cue.lemma not in _LISTENING:
        return end
    stop = next((k for k in range(end, len(words)) if words[k].kind in {"mark", "quote"}), len(words))
    short = stop - end <= _LONGEST_PHRASE and not any(word.low in _OPENERS for word in words[end:stop])
    return stop if short else end


def _after_listener(words: list[Word], i: int) -> int:
    """Pass over those who are told something."""
    for j in range(i, min(len(words), i + _LONGEST_LISTENER)):
        if words[j].low in _OPENERS or words[j].kind == "quote":
            return j
        if words[j].text in {",", ":"}:
            return j + 1
    for j in range(i, min(len(words), i + _SHORT + 1)):
        if not (words[j].nominal or words[j].low in DETERMINERS):
            return j
        if words[j].low in OBJECTS or words[j].low.endswith("s"):
            return j + 1
    return min(len(words), i + _SHORT + 1)


def _inside(words: list[Word], each: Introduced, other: Introduced) -> bool:
    """Whether an attribution stands in what an earlier one introduces."""
    a, b = each.attribution, other.attribution
    start, end = other.after
    opens = b.cue.shape != "whole" or b.frame != "asserts"
    if not opens or other.position not in {"after", "around"} or not start <= a.verb < end:
        return False
    if other.position == "around" and words[start - 1].text == ";":
        return False
    if a.place == "according" or a.gap is not None or (a.place == "subject" and a.subject[0] < b.verb):
        return False
    if a.place == "shared":
        return not (a.cue.quotes or words[a.verb].low.endswith("ing"))
    return a.place != "subject" or not _joined(words, a, start)


def _joined(words: list[Word], a: Attribution, start: int) -> bool:
    """Whether a clause is joined by "and", "but" … to what begins at `start`, as a statement beside it."""
    first = a.subject[0]
    if first <= start + 1 or words[first - 1].low not in _JOINTS:
        return False
    forms = lexicon.verb_forms()
    verbs = (word.low in FINITE or word.low in forms or word.low.endswith("ed") for word in words[start : first - 1])
    parted = words[first - 1].text == ";" or words[first - 2].text in {",", ";", "—"}
    return parted or (any(verbs) and (a.cue.quotes or a.frame == "denies"))


def _cut(words: list[Word], each: Introduced, following: Introduced) -> None:
    """End a content where the next attribution of the sentence begins."""
    a = following.attribution
    limit = min(a.subject[0], a.group[0]) if a.place in {"subject", "inverted"} else a.group[0]
    if following.position == "before" or not each.after[0] <= limit < each.after[1]:
        return
    while limit > each.after[0] and (
        words[limit - 1].low in _JOINTS | SUBORDINATORS | RELATIVES or words[limit - 1].text in {",", ";", "—"}
    ):
        limit -= 1
    each.after = each.after[0], limit
