# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""What a speaker does with a claim, from the cue and the words around it."""

from __future__ import annotations

import re

from nli.attribution import lexicon
from nli.attribution.records import Frame
from nli.attribution.subjects import Attribution
from nli.attribution.words import Word, split_words

_TELLING = split_words(
    """comment say confirm deny discuss answer elaborate give provide specify name identify disclose respond
    reply speculate address explain reveal talk speak rule detail tell be confirm"""
)
_ANSWERING = split_words(
    """respond reply comment answer elaborate confirm return say tell disclose specify explain reveal mention
    detail discuss exclude"""
)
_OF_CLAIMS = split_words("reject dismiss contradict repudiate disown") | {
    "brush off",
    "brush aside",
    "shrug off",
    "shoot down",
    "rule out",
}
_CLAIMS = split_words(
    """claim claims report reports allegation allegations accusation accusations suggestion suggestions charge
    charges rumour rumours rumor rumors idea notion criticism account accounts version story stories finding
    findings that it them this as assertion assertions any all conclusion conclusions speculation complaint
    complaints study possibility talk fears"""
)
_THREATENING = split_words("regard consider view see treat deem interpret")
_POSSIBLE = split_words("could might may")
_OPEN_MODALS = split_words("would could might may should must can 'd ’d")
_REPLYING = frozenset(["hit back", "push back"])
_NO_MORE = split_words(". , ; more further else to")
_REACH = 14
_LEAVES_OPEN = re.compile(
    r"(?:I|we|it|they|he|she)\s+(?:"
    r"(?:(?:can|could|would|will|do|does|did)(?:\s+not|n['’]t)|cannot)\s+(?:yet\s+|currently\s+)?(?:"
    r"confirm|tell|comment|discuss|speculate|rule\s+out|exclude|say\s+(?:yet|who|what|why|how|whether|when|where|if)"
    r"|know\s+(?:yet|who|what|why|how|whether|when|where|if|which))\b"
    r"|(?:have|has|had)(?:\s+not|n['’]t)\s+(?:yet\s+)?(?:formed|reached|drawn|come\s+to)\s+(?:a|any)\s+(?:view|conclusion)"
    r"|(?:have|has|had)\s+no\s+comment\b"
    r"|(?:am|are|is|was|were)\s+(?:still\s+)?(?:trying|waiting|working)\s+to\s+(?:find\s+out|establish|learn|determine)\b)",
    re.IGNORECASE,
)


def frame(words: list[Word], found: Attribution) -> Frame:
    """Return what the speaker does with the claim.

    Args:
        words: The words of the sentence.
        found: The attribution.

    Returns:
        The frame; negation and modals turn that of the cue: who did not deny declines, who does not dispute asserts.
    """
    lemma = found.cue.lemma
    group = {word.low for word in words[max(0, found.subject[0] - 1) : found.subject[0]]} & {"neither"}
    group |= {word.low for word in words[found.group[0] : found.verb]}
    following = [word.low for word in words[found.group[1] : found.group[1] + _REACH]]
    if lemma in {"decline", "refuse"}:
        return "declines" if following[:1] == ["to"] and following[1:2] and following[1] in _TELLING else "asserts"
    if found.negated or "neither" in group or "yet" in group:
        return _negated(lemma, found.frame)
    said = _by_what_follows(lemma, following)
    if said is not None:
        return said
    if lemma in _THREATENING and group & _OPEN_MODALS:
        return "warns"
    return "declines" if group & _POSSIBLE and found.frame in {"asserts", "denies"} else found.frame


def _by_what_follows(lemma: str, following: list[str]) -> Frame | None:
    """Return the frame of a cue that the words behind it decide, None where they do not."""
    untrue, claims = bool(lexicon.UNTRUE & set(following)), bool(_CLAIMS & set(following))
    if lemma == "say" and following[:1] == ["nothing"] and following[1:2] and following[1] in _NO_MORE:
        return "declines"
    if lemma == "want" and following[:2] == ["to", "know"]:
        return "asks"
    if lemma == "plead" and "guilty" in following[:2]:
        return "denies" if following[0] == "not" else "asserts"
    if lemma in _OF_CLAIMS and not claims and not untrue:
        return "asserts"
    denies = (lexicon.judges(lemma) and untrue) or (lemma in _REPLYING and _CLAIMS & set(following[:4]))
    return "denies" if denies else None


def _negated(lemma: str, before: Frame) -> Frame:
    """Turn the frame of a cue that is negated."""
    if lemma in {"dispute", "contradict"}:
        return "asserts"
    if lemma in {"accept", "agree"}:
        return "denies"
    if lemma in {"deny", "rule out", "repeat"} or lemma in _ANSWERING:
        return "declines"
    return "asserts" if before == "denies" else before


def leaves_open(body: str) -> bool:
    """Say whether what somebody says of himself is that he cannot or will not say ("it could not confirm …")."""
    return _LEAVES_OPEN.match(body) is not None
