# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""What a speaker does with a claim, from the cue and the words around it."""

from __future__ import annotations

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
    detail"""
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
    complaints study possibility"""
)
_THREATENING = split_words("regard consider view see treat deem interpret")
_POSSIBLE = split_words("could might may")
_OPEN_MODALS = split_words("would could might may should must can 'd ’d")
_REACH = 14


def frame(words: list[Word], found: Attribution) -> Frame:
    """Return what the speaker does with the claim.

    Args:
        words: The words of the sentence.
        found: The attribution.

    Returns:
        The frame; negation and modals turn that of the cue: who did not deny declines, who does not dispute asserts.
    """
    lemma = found.cue.lemma
    group = {word.low for word in words[found.group[0] : found.verb]}
    following = [word.low for word in words[found.group[1] : found.group[1] + _REACH]]
    negated = found.negated or "neither" in group or "yet" in group
    if lemma in {"decline", "refuse"}:
        return "declines" if following[:1] == ["to"] and following[1:2] and following[1] in _TELLING else "asserts"
    if negated:
        return _negated(lemma, found.frame)
    if lemma in _OF_CLAIMS and not _CLAIMS & set(following) and not lexicon.UNTRUE & set(following):
        return "asserts"
    if lexicon.judges(lemma) and lexicon.UNTRUE & set(following):
        return "denies"
    if lemma in _THREATENING and group & _OPEN_MODALS:
        return "warns"
    return "declines" if group & _POSSIBLE and found.frame in {"asserts", "denies"} else found.frame


def _negated(lemma: str, before: Frame) -> Frame:
    """Turn the frame of a cue that is negated."""
    if lemma in {"dispute", "contradict"}:
        return "asserts"
    if lemma in {"accept", "agree"}:
        return "denies"
    if lemma in {"deny", "rule out", "repeat"} or lemma in _ANSWERING:
        return "declines"
    return "asserts" if before == "denies" else before
