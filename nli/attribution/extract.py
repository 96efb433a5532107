# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Statements of a news text, each with who stands behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from nli.attribution import lexicon
from nli.attribution.contents import Introduced, introduced, skip_circumstances
from nli.attribution.cues import attributions
from nli.attribution.frames import frame, leaves_open
from nli.attribution.layout import dateline, furniture, headline, label, signature
from nli.attribution.phrases import PASTS
from nli.attribution.quotes import Quotation, quotations
from nli.attribution.records import Frame, Statement
from nli.attribution.sentences import in_paragraph, paragraphs
from nli.attribution.speakers import Speakers
from nli.attribution.words import (
    CONJUNCTIONS,
    DETERMINERS,
    FINITE,
    OBJECTS,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    STANDING,
    TIMES,
    Word,
    split_words,
    words,
)

_FEWEST_WORDS = 3
_LONGEST_SENTENCE = 400
_MOST_SHARED = 0.6
_SHORT_QUOTE = 3
_LONG_QUOTE = 5
_MARKS = re.compile(r"[“”„«»\"]|(?<!\w)['‘]+|['’]+(?!\w)|''")
_MARKS_BUT_PLURALS = re.compile(r"[“”„«»\"]|(?<!\w)['‘]+|(?<!s)['’]+(?!\w)|['’]+(?!\w|\s\w)|''")
_OPENED_SINGLE = re.compile(r"(?<!\w)['‘](?=\w)")
_RESOLVED = split_words("he she it they his her its their him them")
_EDGES = " \t\n\r\xa0,;:–—-"
_FIRST_WORD = re.compile(r"\W*(?P<word>he|she|it|they)\b(?P<rest>\s+(?P<next>[\w’']+))?", re.IGNORECASE)
_OF_SOMEBODY = re.compile(
    r"(?i:his|her) [a-z]|.*\b(?:spokes\w+|lawyers?|counsel|aides?) (?:for|to|of) (?:M[rs]s?\.? )?[A-Z]\S+$"
)
_OF_IT = split_words("has had did does will would never also denied denies deny rejects rejected")
_NO_CLAUSE = (OBJECTS - {"her"}) | split_words("to of about on for how what why whether if")
_DEPENDENT = split_words("who which whose when where")
_TALES = split_words("story stories tale tales truth lie lies joke jokes difference")
_EMBEDDED = frozenset({"relative", "passive"})
_CONTESTED = re.compile(
    r"(?P<claim>.{12,}?)(?:,\s+which|,?\s+(?:something|an?\s+(?:claim|charge|allegation|accusation|version|account|figure))"
    r"(?:\s+that|\s+which)?)\s+(?P<who>[^,;]{2,60}?)"
    r"\s+(?P<cue>(?:(?:has|have|had)\s+)?(?:\w+ly\s+|always\s+|also\s+)?"
    r"(?:den(?:y|ies|ied)|disput(?:e|es|ed)|reject(?:s|ed)?|contest(?:s|ed)?|dismiss(?:es|ed)?"
    r"|call(?:s|ed)\s+(?:false|untrue|baseless|absurd|nonsense|fabricated|an?\s+(?:lie|fabrication|invention))))\W*",
    re.DOTALL,
)
"""A claim and who contests it in a clause behind it ("…, which Vance denies")."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A statement and the words of the text that name its speaker.

    Attributes:
        statement: The statement.
        mention: The words that stand in the text, such as "he" or "the ministry"; None for the narrator.
    """

    statement: Statement
    mention: str | None


@dataclass(slots=True)
class _Voice:
    """Somebody who speaks in a sentence, and by which words."""

    speaker: str
    mention: str
    cue: str
    cue_start: int
    frame: Frame


@dataclass(slots=True)
class _Sentence:
    start: int
    end: int
    number: int
    words: list[Word]
    pieces: list[tuple[int, int, int]] = field(default_factory=list)


def statements(text: str) -> list[Statement]:
    """Find the statements of a news text in English.

    A sentence that is attributed to somebody gives a statement for each attribution; a quotation gives one for each of
    its sentences, also where the speaker is named only before or after it; any other sentence is the narrator's.
    Headlines without a mark at their end, by-lines, datelines, credits and pointers to other texts are left out, and
    so is what has fewer than three words.

    Args:
        text: The text; paragraphs are parted by line breaks.

    Returns:
        The statements in the order in which they begin, with offsets in characters of `text`.
    """
    return [each.statement for each in mentioned(text)]


def mentioned(text: str) -> list[Mentioned]:
    """Find the statements of a text as `statements` does, with the words that name each speaker.

    Args:
        text: The text.

    Returns:
        The statements in the order in which they begin.
    """
    return _Text(text).read()


def _unmarked(text: str) -> str:
    """Take the quotation marks off; the apostrophe of a plural owner ("the engineers' chamber") stays."""
    return (_MARKS if _OPENED_SINGLE.search(text) else _MARKS_BUT_PLURALS).sub("", text)


class _Text:
    def __init__(self, text: str) -> None:
        self.text = text
        self.speakers = Speakers(text)
        self.out: list[Mentioned] = []
        self.number = 0
        self.last: _Voice | None = None

    def read(self) -> list[Mentioned]:
        spans = paragraphs(self.text)
        for i, (start, end) in enumerate(spans):
            paragraph = self.text[start:end]
            signs = signature(paragraph)
            signed_only = signs is not None and not any(map(str.isalnum, paragraph[: signs[0]]))
            if furniture(paragraph) or signed_only or (signs is None and headline(paragraph, first=i == 0)):
                self.number += len(in_paragraph(self.text, start, end))
                continue
            opening = dateline(paragraph) or label(paragraph)
            self._paragraph(start + opening, end, self._signed(spans[i : i + 2]))
        self.out.sort(key=lambda each: (each.statement.start, each.statement.end))
        return self.out

    def _signed(self, lines: list[tuple[int, int]]) -> _Voice | None:
        """Return who signs a paragraph, at its end or in the line that follows it."""
        for k, (start, end) in enumerate(lines):
            name = signature(self.text[start:end])
            if name is not None and (k == 0 or name[0] < _FEWEST_WORDS):
                mention = self.text[start + name[0] : start + name[1]]
                speaker = self.speakers.meet(mention, start)
                dash = start + len(self.text[start : start + name[0]].rstrip()) - 1
                return _Voice(speaker, mention, self.text[dash : dash + 1], dash, "asserts")
        return None

    def _paragraph(self, start: int, end: int, signed: _Voice | None) -> None:
        quoted = quotations(self.text, start, end)
        claims: dict[int, _Voice] = {}
        waiting: list[_Sentence] = []
        current = signed
        first_quote = 0
        for a, b in in_paragraph(self.text, start, end):
            while first_quote < len(quoted) and quoted[first_quote].end <= a:
                first_quote += 1
            sentence = self._sentence(a, b, quoted, first_quote)
            self.number += 1
            voice = self._attributed(sentence)
            if not sentence.pieces:
                current = voice or current
                continue
            if voice is not None:
                claims.update((which, voice) for _, _, which in sentence.pieces)
                current = self.last = voice
                self._direct(sentence, voice)
            else:
                waiting.append(sentence)
                if current is not None:
                    claims.setdefault(sentence.pieces[0][2], current)
        for sentence in waiting:
            self._direct(sentence, claims.get(sentence.pieces[0][2]) or current or self.last)
        if current is not None:
            self.last = current

    def _sentence(self, start: int, end: int, quoted: list[Quotation], first: int) -> _Sentence:
        """Split a sentence into words; a quotation that is a statement of its own is one word."""
        found = _Sentence(start, end, self.number, [])
        at = start
        for k in range(first, len(quoted)):
            quote = quoted[k]
            if quote.start >= end:
                break
            a, b = max(start, quote.start), min(end, quote.end)
            if b <= at:
                continue
            found.words += words(self.text, at, a)
            if self._whole(quote, start, end, bool(found.pieces)):
                found.words.append(Word(self.text[a:b], "“”", a, b, "quote"))
                found.pieces.append((max(start, quote.inner), min(end, quote.inner_end), k))
            else:
                found.words += words(self.text, quote.inner, quote.inner_end)
            at = b
        found.words += words(self.text, at, end)
        return found

    def _whole(self, quote: Quotation, start: int, end: int, after_another: bool) -> bool:
        """Whether a quotation is a statement of its own and not part of the sentence around it."""
        if quote.start < start or quote.end > end:
            return True
        inner = self.text[quote.inner : quote.inner_end].rstrip("\"'’”“ ")
        count = len(inner.split())
        before = self.text[start : quote.start].rstrip()
        if not before:
            return inner[-1:] in ",.?!…—-" or (count >= _SHORT_QUOTE and self.text[quote.end : quote.end + 1] == ",")
        if before[-1] not in ",:" or count < _SHORT_QUOTE:
            return False
        return (
            inner[:1].isupper()
            or before[-1] == ":"
            or (after_another and count >= _SHORT_QUOTE)
            or count >= _LONG_QUOTE
        )

    def _attributed(self, sentence: _Sentence) -> _Voice | None:
        """Add the statements that a sentence attributes in its own words; return who speaks its quotations."""
        tokens = sentence.words
        if len(tokens) > _LONGEST_SENTENCE:
            self._narrated(sentence)
            return None
        found, main = attributions(tokens)
        kept = introduced(tokens, found, main)
        voices = [self._voice(tokens, each) for each in kept]
        covered = False
        before = len(self.out)
        for each, voice in zip(kept, voices, strict=True):
            covered = self._indirect(sentence, each, voice, main) or covered
        share = max((each.statement.end - each.statement.start for each in self.out[before:]), default=0)
        if not covered and not sentence.pieces and share < _MOST_SHARED * (sentence.end - sentence.start):
            self._narrated(sentence)
        return self._quoting(tokens, kept, voices) if sentence.pieces or kept else None

    def _quoting(self, tokens: list[Word], kept: list[Introduced], voices: list[_Voice]) -> _Voice | None:
        places = [i for i, word in enumerate(tokens) if word.kind == "quote"]
        best: tuple[int, int] | None = None
        for k, each in enumerate(kept):
            found = each.attribution
            if found.place in _EMBEDDED:
                continue
            distance = min((abs(found.verb - place) for place in places), default=found.verb)
            rank = distance + (0 if found.cue.quotes else len(tokens))
            if best is None or rank < best[0]:
                best = rank, k
        return None if best is None else voices[best[1]]

    def _voice(self, tokens: list[Word], each: Introduced) -> _Voice:
        found = each.attribution
        a, b = found.subject
        start, end = tokens[a].start, tokens[b - 1].end
        mention = self.text[start:end]
        full = all(each.capital and each.low not in DETERMINERS for each in tokens[:2])
        if mention.lower() in {"he", "she"} and a > 2 and full:  # noqa: PLR2004 -- a first name and a last one
            self.speakers.notice(self.text, tokens[0].start, tokens[1].end)  # "Ana Brel wept as she described …"
        if found.antecedent is not None:
            c, d = found.antecedent
            speaker = self.speakers.resolve(self.text[tokens[c].start : tokens[d - 1].end], tokens[c].start)
        elif (
            mention.lower() in _RESOLVED
            or mention.lower().startswith(("the ", "this ", "its ", "his ", "her ", "their "))
            or self._name_after(tokens, b)
        ):
            title = mention.lower() in _RESOLVED or any(not each.capital for each in tokens[a:b])
            named = self._name_after(tokens, b) if title else ""
            speaker = self.speakers.meet(named, start, mention) if named else self.speakers.resolve(mention, start)
        elif mention.lower() in PRONOUNS | RELATIVES | STANDING or mention.lower() == "no one":
            speaker = mention
        else:
            speaker = self.speakers.meet(mention, start, self._apposition(tokens, b))
        first = found.group[0] if found.negated else found.verb
        last = max(found.group[1], found.verb + 1)
        cue = self.text[tokens[first].start : tokens[last - 1].end]
        return _Voice(speaker, mention, cue, tokens[first].start, frame(tokens, found))

    def _name_after(self, tokens: list[Word], i: int) -> str:
        """Return the name that follows a title between commas ("the minister, Anna Hale, said")."""
        if i >= len(tokens) or tokens[i].text != ",":
            return ""
        stop = i + 1
        while stop < len(tokens) and tokens[stop].kind == "word" and tokens[stop].capital and stop < i + 5:
            stop += 1
        if stop == i + 1 or stop >= len(tokens) or tokens[stop].text not in {",", ".", ":"}:
            return ""
        return self.text[tokens[i + 1].start : tokens[stop - 1].end]

    def _apposition(self, tokens: list[Word], i: int) -> str:
        """Return what follows a name between commas."""
        if i >= len(tokens) or tokens[i].text != ",":
            return ""
        stop = next((k for k in range(i + 1, min(len(tokens), i + 15)) if tokens[k].text in {",", "."}), i)
        return self.text[tokens[i].end : tokens[stop].start]

    # Statements in the words of the text

    def _indirect(self, sentence: _Sentence, each: Introduced, voice: _Voice, main: int) -> bool:
        """Add the statement that an attribution introduces; return whether it stands for its whole sentence."""
        tokens, found = sentence.words, each.attribution
        told = {word.low for word in tokens[found.group[1] : found.group[1] + _FEWEST_WORDS + 1]}
        if found.cue.lemma == "tell" and told & _TALES:
            return False
        body, spans = "", self._content(tokens, each)
        claim = (
            voice.frame == "asserts" and not found.negated and found.cue.shape != "whole" and each.position != "none"
        )
        owner = self._owner(tokens, each) if spans else ""
        clausal = bool(spans) and (bool(owner) or each.position != "after" or self._is_clause(tokens, each))
        if claim and len(spans) > 1 and each.after[0] and tokens[each.after[0] - 1].text == ";":
            # "…, Hale said; …": she goes on with a sentence of its own.
            *spans, (start, end) = spans
            self._add(self._named(self._clean([(start, end)]), voice), start, end, sentence.number, voice, direct=False)
        if claim and clausal:
            body = self._tidy(f"{owner} {self.text[spans[0][0] : spans[-1][1]]}") if owner else self._clean(spans)
            voice = replace(voice, frame="declines") if leaves_open(body) else voice
            if found.place == "colon" and self.text[sentence.end - 1] == "?":
                body, voice = f"{body.rstrip('.')}?", replace(voice, frame="asks")
            body = self._named(body, voice, behind=each.position == "after")
            start, end = spans[0][0], spans[-1][1]
        elif not (claim and sentence.pieces and self._only_quotes(tokens, each)):
            body, start, end = self._clause(sentence, each, voice)
            if voice.frame == "asserts" and body in {
                self._tidy(f"{name} {voice.cue}") for name in (voice.speaker, voice.mention)
            }:
                body = ""  # "…", Hale believes.
        if body and claim and clausal:
            body, end = self._contested(body, start, end, sentence.number)
        if body:
            added = self._add(body, start, end, sentence.number, voice, direct=False)
            if not added or found.place == "passive":
                return added
        front = found.place in _EMBEDDED or (found.borrowed and tokens[found.verb].low.endswith("ing"))
        return not front and (
            each.position in {"before", "around"}
            or (found.subject[0] <= max(main + 1, skip_circumstances(tokens, 0)) and found.verb >= main)
            or found.place in {"according", "stance"}
        )

    def _contested(self, body: str, start: int, end: int, number: int) -> tuple[str, int]:
        """Part a content from the clause behind it in which somebody contests it, as a statement of its own."""
        told, match = _CONTESTED.fullmatch(body), _CONTESTED.fullmatch(self.text[start:end])
        if told is None or match is None:
            return body, end
        mention, at = match["who"], start + match.start("who")
        resolved = mention.lower() in _RESOLVED or mention.lower().startswith(
            ("the ", "his ", "her ", "its ", "their ")
        )
        speaker = (self.speakers.resolve if resolved else self.speakers.meet)(mention, at)
        voice = _Voice(speaker, mention, match["cue"], start + match.start("cue"), "denies")
        claim = told["claim"].rstrip(_EDGES)
        common = claim.split()[0].lower() in DETERMINERS | PRONOUNS or self.text[start].islower()
        denied = claim[0].lower() + claim[1:] if common else claim
        cue = "denies" if match["cue"].startswith("call") else match["cue"]
        self._add(self._tidy(f"{speaker} {cue} that {denied}"), start, end, number, voice, direct=False)
        return f"{claim}.", start + match.end("claim")

    def _content(self, tokens: list[Word], each: Introduced) -> list[tuple[int, int]]:
        """Return the stretches of text that an attribution introduces, without whole quotations."""
        spans: list[tuple[int, int]] = []
        for a, b in (each.before, each.after):
            run: tuple[int, int] | None = None
            for word in tokens[a:b]:
                if word.kind == "quote":
                    spans += [run] if run else []
                    run = None
                else:
                    run = (word.start if run is None else run[0], word.end)
            spans += [run] if run else []
        return [span for span in spans if re.search(r"\w", self.text[span[0] : span[1]])]

    def _owner(self, tokens: list[Word], each: Introduced) -> str:
        """Return the subject of a content that stands before its cue ("a fin that he said came from a shell")."""
        gap = each.attribution.gap
        if gap is None or each.position != "after":
            return ""
        return self.text[tokens[gap[0]].start : tokens[gap[1] - 1].end]

    @staticmethod
    def _is_clause(tokens: list[Word], each: Introduced) -> bool:
        """Whether what follows a cue can stand as a sentence."""
        a, b = each.after
        inside = [word for word in tokens[a:b] if word.kind != "quote"]
        if not inside:
            return False
        opening = inside[0]
        if each.attribution.place in {"according", "colon"} or tokens[a - 1].low == "that":
            return True
        if opening.low in PRONOUNS:
            governed = not inside[1:] or inside[1].kind == "mark" or inside[1].low in PREPOSITIONS | TIMES
            return not (opening.low == "it" and governed)
        if opening.low in _NO_CLAUSE or (opening.low in {"when", "where"} and tokens[a - 1].text == ","):
            return False
        forms = lexicon.verb_forms()
        stop = next((k for k, word in enumerate(inside) if k and word.low in _DEPENDENT), len(inside))
        return any(
            (word.low in FINITE and not word.surname)
            or (k > 0 and (word.low in forms or word.low in PASTS or word.low.endswith("ed")) and not word.capital)
            for k, word in enumerate(inside[:stop])
        ) and (each.attribution.cue.shape == "clause" or opening.low in DETERMINERS or opening.nominal)

    @staticmethod
    def _only_quotes(tokens: list[Word], each: Introduced) -> bool:
        """Whether nothing but quotations and circumstances belong to an attribution."""
        return any(word.kind == "quote" for word in tokens) and each.attribution.cue.quotes

    def _clause(self, sentence: _Sentence, each: Introduced, voice: _Voice) -> tuple[str, int, int]:
        """Return the clause of an attribution with its speaker and cue."""
        tokens, found = sentence.words, each.attribution
        if found.place in {"inverted", "passive", "according"} or (each.position in {"before", "around"}):
            spans = self._content(tokens, Introduced(found, "after", (0, 0), (0, len(tokens))))
            return (self._clean(spans), spans[0][0], spans[-1][1]) if spans else ("", 0, 0)
        stop = each.after[1] if each.after[1] > found.verb else len(tokens)
        if found.place == "relative" or tokens[found.subject[0] - 1].low in {"which", "whom"}:
            stop = next((k for k in range(found.verb, stop) if tokens[k].text in {",", "—", "–"}), stop)
        quote = next((k for k in range(found.verb, stop) if tokens[k].kind == "quote"), stop)
        rest_start = found.group[0]
        if found.borrowed and tokens[found.verb].low.endswith("ing") and found.group[0] == found.verb:
            first = found.verb + 1
            verb = lexicon.past(found.cue.lemma.split()[0])
            rest = f"{verb} {self.text[tokens[first].start : tokens[quote - 1].end]}" if first < quote else verb
        else:
            rest = self.text[tokens[rest_start].start : tokens[quote - 1].end]
            rest = f"{found.fronted} not {rest}" if found.fronted else rest
        start = tokens[rest_start].start if found.place in {"shared", "relative"} else tokens[found.subject[0]].start
        between = ""
        if found.place == "subject" and found.subject[1] < rest_start:
            between = self.text[tokens[found.subject[1]].start : tokens[rest_start].start]
        if voice.speaker in between or not any(map(str.isalnum, between)):
            between = ""
        gap = "" if between[:1] == "," else " "
        return self._tidy(f"{voice.speaker}{gap}{between}{rest}"), start, tokens[quote - 1].end

    def _named(self, body: str, voice: _Voice, *, behind: bool = False) -> str:
        """Put the speaker in the place of a pronoun at the start that means the speaker.

        Args:
            body: What is said.
            voice: Who says it.
            behind: Whether it stands behind its speaker: "it" before one need not be the speaker.
        """
        match, speaker = _FIRST_WORD.match(body), voice.speaker
        several = lexicon.plain(voice.cue) and match is not None and match["word"].lower() != "they"
        if (
            match is None
            or several
            or speaker.lower() in PRONOUNS
            or not self.speakers.may_be(speaker, match["word"].lower())
        ):
            return body
        word = match["word"].lower()
        owner = {"he": "his ", "she": "her "}.get(word, " ")
        if voice.mention.lower().startswith(owner) or (
            word in {"he", "she"} and speaker == voice.mention and _OF_SOMEBODY.match(speaker)
        ):
            return body  # the one whom the speaker speaks for
        if word == "it" and not (behind and (match["next"] or "").lower() in _OF_IT):
            return body
        return self._tidy(speaker + body[match.end("word") :])

    # Quotations and narration

    def _direct(self, sentence: _Sentence, voice: _Voice | None) -> None:
        """Add the quotations of a sentence, those that run on as one."""
        runs: list[list[tuple[int, int]]] = []
        for a, b, _ in sentence.pieces:
            inner = self.text[a:b].lstrip(" …[")
            if runs and inner[:1].islower():
                runs[-1].append((a, b))
            else:
                runs.append([(a, b)])
        for run in runs:
            self._quotation(sentence, run, voice)

    def _quotation(self, sentence: _Sentence, run: list[tuple[int, int]], voice: _Voice | None) -> None:
        body = self._clean(run)
        start, end = run[0][0], run[-1][1]
        if voice is None:
            self._add(body, start, end, sentence.number, None, direct=True)
            return
        kind: Frame = "asks" if body.endswith("?") else "warns" if voice.frame == "warns" else "asserts"
        kind = "declines" if leaves_open(body) else kind
        said = _Voice(voice.speaker, voice.mention, voice.cue, voice.cue_start, kind)
        self._add(body, start, end, sentence.number, said, direct=True)

    def _narrated(self, sentence: _Sentence) -> None:
        body = self._clean([(sentence.start, sentence.end)])
        match = _FIRST_WORD.match(body)
        if match and match["word"].lower() in {"he", "she"}:
            body = self._tidy(self.speakers.resolve(match["word"].lower(), sentence.start) + body[match.end("word") :])
        self.speakers.notice(self.text, sentence.start, sentence.end)
        self._add(body, sentence.start, sentence.end, sentence.number, None, direct=False)

    def _add(self, body: str, start: int, end: int, number: int, voice: _Voice | None, *, direct: bool) -> bool:
        """Add a statement unless it is too short to claim anything; say whether it was added."""
        if sum(any(map(str.isalnum, word)) for word in body.split()) < _FEWEST_WORDS:
            return False
        if voice is None:
            said = Statement(body, None, None, "reports", direct, start, end, number)
        else:
            said = Statement(body, voice.speaker, voice.cue, voice.frame, direct, start, end, number, voice.cue_start)
        last = self.out[-1].statement if self.out else None
        if last is None or (last.text, last.speaker, last.start) != (said.text, said.speaker, start):
            self.out.append(Mentioned(said, None if voice is None else voice.mention))
        return True

    def _clean(self, spans: list[tuple[int, int]]) -> str:
        """Join stretches of the text to one sentence without quotation marks."""
        parts = [self.text[a:b].strip(_EDGES) for a, b in spans]
        return self._tidy(" ".join(_unmarked(part).strip(_EDGES) for part in parts if part))

    @staticmethod
    def _tidy(body: str) -> str:
        body = re.sub(r"\s+", " ", _unmarked(body)).strip(_EDGES)
        first = body.split(" ", 1)[0].lower()
        if first in CONJUNCTIONS - {"nor"} and " " in body:
            body = body.split(" ", 1)[1]
        body = re.sub(r"\s+([,.;:?!])", r"\1", body)
        if not body:
            return ""
        return body[0].upper() + body[1:] + ("" if body[-1] in ".?!…" else ".")
