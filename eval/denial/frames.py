"""Reporting frames of the compositional generator: who says it, and what the saying commits to.

A frame is a sentence with gaps that `compose` fills:

=================  ==================================================================
``{s}``            a third party that speaks ("an audit committee")
``{v}``            the actor or a voice of it ("a spokesman for Peru")
``{a}``, ``{as}``  the actor, and its possessive
``{p}``            pronoun of the actor
``{did}``          "Peru sold coal in May"; ``{p_did}`` "it sold coal in May"
``{notdid}``       "Peru did not sell …"; ``{p_notdid}`` "it did not sell …"
``{no}``           "Peru sold no coal …"
``{had}``          "Peru had sold …"; ``{p_had}`` "it had sold …"
``{nothad}``       "Peru had not sold …"; ``{p_nothad}`` "it had not sold …"
``{never}``        "Peru has never sold …"; ``{p_never}`` "it had never sold …"
``{does_not}``     "Peru does not sell …"
``{base}``         "sell …"; ``{pp}`` "sold …"
``{ing}``          "selling …"; ``{having}`` "having sold …"
``{passive}``      "coal was sold by Peru …"
``{nominal}``      "sale of coal …", without the time, which is ``{t}``
``{we}``           "We sold …"; ``{we_not}`` "We did not sell …"; ``{we_never}`` "We have never sold …"
=================  ==================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nli.eval.denial.events import Event, Outcome, Proposition

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Frame:
    """A way to put a claim.

    Args:
        text: The sentence, with gaps.
        stance: 1 if it stands behind the claim, -1 if behind the opposite, 0 if it settles nothing.
        tags: Phenomena of the guidelines.
        flags: ``b`` only for what one can be blamed for, ``r`` only for what one can make a rule, ``x`` without
            introductory phrase, ``y`` the object may take "any", ``c`` it names or makes a report that can be answered,
            ``f`` it looks ahead, so that it bears no date.
    """

    text: str
    stance: int
    tags: tuple[str, ...] = ()
    flags: str = ""

    @property
    def actor_speaks(self) -> bool:
        """Whether the frame reports what the actor says, or declines to say, of the claim."""
        plans = "{base}" in self.text or "{pp}" in self.text
        speaks = "{v}" in self.text or "{as}" in self.text or "despite denials" in self.text
        return speaks or (not plans and self.text.startswith("{a} "))


def _frames(stance: int, *rows: str) -> tuple[Frame, ...]:
    # a row is "text | flags | tags"
    parts = [[part.strip() for part in row.split("|")] for row in rows]
    return tuple(Frame(text, stance, tuple(tags.split()), flags) for text, flags, tags in parts)


# fmt: off
_TRAIN_ASSERT = _frames(
    1,
    "{did}. | xc | paraphrase",
    "{passive}. | xc | paraphrase",
    "{s} said that {had}. | c | paraphrase",
    "according to {s}, {did}. | xc | paraphrase",
    "{did}, {s} reported. | xc | paraphrase",
    "{s} accused {a} of {ing}. | bc | paraphrase",
    "{s} blamed {a} for {having}. | bc | paraphrase",
    "{a} admitted {having}. | b | confirmation",
    "{v} confirmed that {p_had}. || confirmation",
    "{v} acknowledged that {p_had}. || confirmation",
    "{v} conceded that {p_had}. || confirmation",
    "{v} did not dispute that {p_had}. || confirmation double-negation",
    "{v} no longer disputes that {p_had}. | x | confirmation double-negation",
    '"{we}," said {v}. | x | confirmation',
    "{v} announced that {p_had}. || paraphrase",
    "{s} published proof that {had}. | c | paraphrase",
    "{s} came to the conclusion that {had}. | c | paraphrase",
    "{passive}, {s} found. | xc | paraphrase",
    "despite denials by {a}, {s} maintained that {p_had}. | xc | paraphrase",
    "{s} rejected as untrue {as} assurance that {p_nothad}. || double-negation",
    "{s} dismissed as a lie the statement that {nothad}. || double-negation rejected-as-false",
    "there is no doubt that {did}, {s} said. | xc | double-negation",
    "it emerged that {had}. | xc | paraphrase",
    "{s} told a hearing that {had}. | c | paraphrase",
    "documents seen by {s} show that {did}. | xc | paraphrase",
    "asked whether {p_had}, {v} said that {p} had. | x | confirmation",
    "{v} declined to comment, but {s} confirmed that {p_had}. || confirmation",
    "{s} quoted {v} as saying that {p_had}. | c | nested-attribution",
    "it is not true that {notdid}, {s} said. | x | double-negation",
    '"{did}," {s} told reporters. | xc | paraphrase',
    "the {nominal} by {a} did take place{t}, {s} said. | xc | paraphrase",
    "{a} apologised for {having}. | b | confirmation",
    "{v} took back an earlier denial and said that {p_had}. || confirmation double-negation",
    "{v} had denied it for weeks, but now admits that {p_had}. | x | confirmation",
    "{v} admitted that it would be wrong to say that {p_nothad}. || double-negation confirmation",
    "{s} revealed that {had}. | c | paraphrase",
    "nobody denies any longer that {did}, {s} said. | x | double-negation",
    "{s}, who had long been sceptical, now agreed that {had}. || confirmation",
    "in the eyes of {s}, {as} denial is worthless: {p_did}. | x | paraphrase",
    "the truth is, {s} wrote, that {did}. | xc | paraphrase",
)

_DEV_ASSERT = _frames(
    1,
    "{s} alleged that {had}. | c | paraphrase",
    "{s} established that {had}. | c | paraphrase",
    "{a} owned up to {having}. | b | confirmation",
    "{v} made no attempt to dispute that {p_had}. || double-negation confirmation",
    "it turns out that {did}, as {s} discovered. | xc | paraphrase",
    "{v} stated openly that {p_had}. || confirmation",
    '"it is a fact that {did}," {s} insisted. | xc | paraphrase',
    "in the view of {s}, it is false that {notdid}. | x | double-negation",
    "{s} overheard {v} say that {p_had}. | c | nested-attribution",
    "for all the denials, {s} came up with evidence that {did}. | xc | paraphrase",
    "{passive}, as {s} noted. | xc | paraphrase",
)

_TRAIN_DENY = _frames(
    -1,
    "{notdid}. | xy | direct-denial",
    "{no}. | x | direct-denial quantifier",
    "{a} denied {ing}. | y | direct-denial",
    "{a} denied {having}. | y | direct-denial",
    "{a}, as before, denied {ing}. | y | direct-denial",
    "{a} strongly denied {having}. | y | direct-denial",
    "{v} denied that {p_had}. | y | direct-denial",
    "{a} denies the claim that {p_had}. | x | direct-denial",
    "{v} rejected the claim that {p_had}. || rejected-as-false",
    "{v} dismissed as a fabrication the report that {p_had}. || rejected-as-false",
    "the report that {did} is false, {s} said. | xc | rejected-as-false",
    '"{we_never}," said {v}. | x | direct-denial quantifier',
    '"{we_not}," {v} insisted. | xy | direct-denial',
    "{s} said that {nothad}. | y | direct-denial",
    "{v} called the story that {p_had} baseless. || rejected-as-false",
    "there is no truth in the claim that {did}, {s} said. | xc | rejected-as-false",
    "{v} insisted that {p_nothad}. | y | direct-denial",
    "contrary to some reports, {notdid}, according to {s}. | xy | direct-denial",
    "{s} confirmed that {nothad}. | y | direct-denial confirmation",
    "the story that {did} was invented, {s} said. | x | rejected-as-false",
    "{v} said that it was a lie that {p_had}. || rejected-as-false",
    "{v} described the allegation that {p_had} as pure fiction. | b | rejected-as-false",
    "asked whether {p_had}, {v} said that {p} had not. | x | direct-denial",
    "{s} exposed as a hoax the report that {had}. | c | rejected-as-false",
    "{v} disputed that {p_had}. || direct-denial",
    "{s} cleared {a} of {having}. | bc | rejected-as-false",
    "{v} branded as slander the suggestion that {p_had}. | b | rejected-as-false",
    "{a} has a policy of never {ing}. | xrf | indirect-denial",
    "{does_not}, as a matter of principle, said {v}. | xrf | indirect-denial",
    "it is against {as} rules to {base}, and {p} has always kept to them, {s} said. | xrf | indirect-denial",
    "{never}. | x | direct-denial quantifier",
    "{v} stated that {p_never}. || direct-denial quantifier",
    "the {nominal} by {a} never took place{t}, {s} said. | x | direct-denial",
    "{v} denied any {nominal}{t}. || direct-denial quantifier",
    "{v} laughed off as nonsense the news that {p_had}. || rejected-as-false",
    "not a word of it is true, said {v}: {p_notdid}. | x | rejected-as-false",
    "amid reports that {p_had}, {a} denied having done so. | x | direct-denial",
    "{v} did comment this time, and rejected the suggestion that {p_had}. | x | rejected-as-false",
    "the report that {did} has been proved wrong, {s} said. | xc | rejected-as-false",
    "{v} admitted other mistakes but denied that {p_had}. | b | direct-denial part-admission",
)

_DEV_DENY = _frames(
    -1,
    "{a} flatly rejected the idea that {p_had}. || rejected-as-false",
    "{v} contested the assertion that {p_had}. || direct-denial",
    "{v} dubbed the reports that {p_had} a smear. | b | rejected-as-false",
    "nothing of the kind happened, {s} said: {notdid}. | xy | direct-denial",
    "{s} refuted the allegation that {had}. | bc | rejected-as-false",
    "it was a mistake to write that {did}, {s} explained; the opposite is true. | x | rejected-as-false",
    '"whoever says that {did} is lying," {s} declared. | x | rejected-as-false',
    "{v} swore that {p_never}. || direct-denial quantifier",
    "{as} statutes forbid it to {base}, and {p} abides by them, said {s}. | xrf | indirect-denial",
    "{a} made clear that {p_nothad}. | y | direct-denial",
    "{s} found the account that {had} to be untrue. | c | rejected-as-false",
)

_TRAIN_OPEN = _frames(
    0,
    "{v} declined to say whether {p_had}. | y | non-denial",
    "{v} would neither confirm nor deny that {p_had}. || non-denial",
    "{s} asked whether {had}. | y | non-denial",
    "{s} warned {a} against {ing}. | bfy | modality",
    "{s} called for an inquiry into the charge that {had}. | bc | non-denial",
    "{v} did not deny that {p_had}. || double-negation non-denial",
    "{a} did not deny {having}. || double-negation non-denial",
    "{a} has not denied {ing}. | x | double-negation non-denial",
    "{s} urged {a} not to {base}. | bfy | modality",
    "{s} began looking into the report that {had}. | c | non-denial",
    "it is unclear whether {did}, {s} said. | x | non-denial",
    "{s} could not confirm the report that {had}. | c | non-denial",
    "{s} said that it would be wrong of {a} to {base}. | bf | modality",
    "if it turned out that {had}, there would be consequences, {s} warned. | bx | conditional",
    "{a} was considering whether to {base}. | rf | modality",
    "{a} threatened to {base}. | bf | modality",
    "{s} demanded proof of the claim that {had}. | c | non-denial",
    "{s} withdrew the claim that {had}. | c | non-denial",
    "{v} did not respond to questions about whether {p_had}. || non-denial",
    "{v} has never commented on reports that {p_had}. | x | non-denial",
    '"we do not discuss such matters," said {v} when asked whether {p_had}. | x | non-denial',
    "{a} may or may not have {pp}, {s} said. | x | modality",
    "{a} promised not to {base} in future. | bf | modality",
    "{s} would not rule out that {had}. || non-denial double-negation",
    "{s} feared that {a} would {base}. | bf | modality",
    "{v} refused to be drawn on whether {p_had}. || non-denial",
    "a judge has yet to decide whether {did}. | x | non-denial",
    "{v} said that it was too early to say whether {p_had}. || non-denial",
    "{a} asked for permission to {base}. | rf | modality",
    "{s} wondered why nobody had ever asked {a} about {ing}. | b | non-denial",
    "{a} should be punished if {p} really did {base}, {s} said. | bx | conditional",
    "{s} denied having said that {had}. || non-denial nested-attribution",
    "{s} rejected calls for a hearing on whether {had}. || non-denial",
    "{s} said that there was no way of knowing whether {had}. || non-denial",
    "{v} was silent when reporters asked whether {p_had}. || non-denial",
)

_DEV_OPEN = _frames(
    0,
    "{v} left open whether {p_had}. || non-denial",
    "{v} gave no answer when asked whether {p_had}. || non-denial",
    "{v} stopped short of denying that {p_had}. || double-negation non-denial",
    "{s} wanted to know whether {had}. || non-denial",
    "{s} advised {a} never to {base}. | bf | modality",
    "nobody has established yet whether {did}, {s} said. | x | non-denial",
    "{s} failed to verify the account that {had}. | c | non-denial",
    "should it prove true that {did}, {s} will take action. | x | conditional",
    "{a} reserved the right to {base}. | rf | modality",
    "{v} neither admitted nor disputed that {p_had}. || non-denial",
    "{s} retracted the allegation that {had}. | bc | non-denial",
)

FRAMES: dict[str, dict[int, tuple[Frame, ...]]] = {
    "train": {1: _TRAIN_ASSERT, -1: _TRAIN_DENY, 0: _TRAIN_OPEN},
    "dev": {1: _DEV_ASSERT, -1: _DEV_DENY, 0: _DEV_OPEN},
}
"""Frames that hold the claim themselves, by split and stance."""

# Answers name the claim only by pointing at it, so that they pair with a frame that names or makes a report.
ANSWERS: dict[str, dict[int, tuple[Frame, ...]]] = {
    "train": {
        1: _frames(
            1,
            "{v} admitted that the charge was true. | b | confirmation",
            "{v} conceded that the report was accurate. || confirmation",
            "{v} did not dispute the report. || confirmation double-negation",
            "{v} confirmed the report. || confirmation",
            "what is said of {a} is correct, {v} acknowledged. | x | confirmation",
        ),
        -1: _frames(
            -1,
            "{v} denied the charge. | b | direct-denial",
            "{v} rejected the accusation as baseless. | b | rejected-as-false",
            "{v} called the report a fabrication. || rejected-as-false",
            "{v} dismissed the claim out of hand as untrue. || rejected-as-false",
            "{v} denied the report. || direct-denial",
            "the allegation against {a} is false from start to finish, said {v}. | bx | rejected-as-false",
        ),
        0: _frames(
            0,
            "{v} declined to comment on the report. || non-denial",
            "{v} did not deny the report. || double-negation non-denial",
            "{v} said that {p} was studying the report. || non-denial",
            "{v} demanded to know who had made the charge. | b | non-denial",
            "{v} would neither confirm nor deny the claim. || non-denial",
            "{v} has not denied the accusation. | bx | double-negation non-denial",
        ),
    },
    "dev": {
        1: _frames(
            1,
            "{v} accepted that the allegation was well founded. | b | confirmation",
            "{v} raised no objection to the account and called it true. || confirmation",
        ),
        -1: _frames(
            -1,
            "{v} waved the allegation aside as a lie. | b | rejected-as-false",
            "{v} contradicted the account. || direct-denial",
            "{v} repudiated the account as false. || rejected-as-false",
        ),
        0: _frames(
            0,
            "{v} made no comment on the account. || non-denial",
            "{v} stopped short of denying the account. || double-negation non-denial",
            "{v} promised to answer the allegation next week. | b | non-denial",
        ),
    },
}

OPENINGS: dict[str, tuple[str, ...]] = {
    "train": (
        "on Tuesday", "on Friday evening", "in a statement", "in a brief statement", "at a press conference",
        "on Monday", "once again", "in a letter to parliament", "in an interview", "late on Thursday",
        "after a long meeting", "after three days of silence", "speaking to reporters", "under questioning",
        "in a radio interview on Saturday morning", "before a parliamentary committee",
        "in a statement released shortly before midnight", "at the opening of a conference in Vienna",
        "in reply to a question from a reporter", "during a debate that lasted most of the night",
        "a week before the vote", "in remarks that surprised many observers",
        "in a written answer that ran to no more than two lines", "not for the first time",
        "in a statement that was read out to reporters after a meeting behind closed doors that had lasted seven hours",
        "on the third day of a hearing that had been put off twice because of a dispute about the order of speakers",
        "in an interview that was recorded weeks ago but broadcast only now, after the end of the campaign",
    ),
    "dev": (
        "on Wednesday", "in a press release", "on the margins of a summit", "over the weekend",
        "in a short note", "in a televised address", "after weeks of speculation",
        "in a message posted online early on Sunday",
        "at a meeting with students that had been planned for months and was moved to a larger hall at short notice",
    ),
}
"""Phrases that may stand before a report of speech; they say nothing of the event."""

CLOSINGS: dict[str, tuple[str, ...]] = {
    "train": (
        "No further details were given.", "The matter is expected to come up again next week.",
        "It was the second statement on the subject within a month.", "The news made the front pages.",
        "Questions on other subjects were not taken.",
        "The meeting ended without a joint communiqué.", "Analysts had expected a longer text.",
        "The remarks were carried live on television.", "A hearing has been scheduled for the autumn.",
        "The full text has not been published.",
        "The remarks came a day after a delegation had left the capital and hours before the markets were to open.",
        "Copies were handed out to reporters at the door, but the authors left without taking any questions.",
    ),
    "dev": (
        "The statement was read out twice.", "No one asked a second question.",
        "A transcript is to be made public later.", "The reaction abroad was muted.",
        "The document was made available on paper only, and visitors were not allowed to take photographs of it.",
    ),
}
"""Sentences that may follow; they say nothing of the event."""

SPEAKERS: dict[str, tuple[str, ...]] = {
    "train": (
        "US officials", "an independent auditor", "a parliamentary committee", "two former employees", "investigators",
        "a Swiss newspaper", "the opposition", "a panel of experts", "a senior official", "an eyewitness",
        "the ombudsman", "a former minister", "human-rights observers", "a consumer group", "a trade journal",
        "German intelligence", "a whistle-blower", "the public prosecutor", "a retired general", "local residents",
        "the Reuland news agency", "a court-appointed expert", "EU diplomats", "a UN panel", "the audit office",
    ),
    "dev": (
        "British officials", "a fact-finding mission", "a commission of inquiry", "an insider", "a Danish broadcaster",
        "three witnesses", "a research institute", "the accounting chamber", "a rival party",
        "a committee of scientists",
    ),
}
"""Third parties that speak."""

# fmt: on
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPELLED = 12  # up to here a number is written out

# Nobody speaks for these, and they neither deny nor admit.
_VOICELESS = frozenset({"vessel", "drug"})
_VOICES = {
    "country": ("{a}", "{a}", "{as} foreign ministry", "{as} government", "a spokeswoman for {a}", "{as} ambassador"),
    "person": ("{a}", "{a}", "a lawyer for {a}", "a spokesman for {a}"),
    "body": ("{a}", "{a}", "a spokesman for {a}", "a spokeswoman for {a}", "the head of {a}"),
}
_OF_ACTOR = ("{v}", "{a}", "{p", "{we", "{ing}", "{having}", "{base}", "{does_not}")
_UNCOUNTED = ("{notdid}", "{nothad}", "{p_nothad}", "{p_notdid}", "{no}", "{we_not}")
_HALF = 0.5
_OPENED = 0.3  # share of the sentences with an introductory phrase
_CLOSED = 0.12  # and with another sentence after them
_ANY_SHARE = 0.3
_UNDATED = ("{never}", "{p_never}", "{we_never}")


def pick(rng: random.Random, split: str, base: Proposition, frames: tuple[Frame, ...], flag: str) -> Frame | None:
    """Draws a frame that a proposition can stand in.

    Args:
        rng: Source of chance.
        split: "train" or "dev".
        base: The proposition.
        frames: The frames to draw from.
        flag: A flag that the frame must have, or nothing.

    Returns:
        The frame; None if none fits.
    """
    fitting = [frame for frame in frames if flag in frame.flags and fits(frame, base)]
    if split == "train" and not flag:
        # the bare statement is what a report of plain fact looks like, so it comes up more often than the others
        fitting += [frame for frame in fitting if frame.text in {"{did}.", "{notdid}."}]
    return rng.choice(fitting) if fitting else None


def fits(frame: Frame, base: Proposition) -> bool:
    """Tells whether a proposition can stand in a frame.

    Args:
        frame: The frame.
        base: The proposition.

    Returns:
        Whether the sentence would be well formed and mean what the stance of the frame says.
    """
    text, what = frame.text, base.what
    event = what if isinstance(what, Event) else None
    checks = (
        "b" not in frame.flags or (event is not None and event.blamed),
        "r" not in frame.flags or (event is not None and event.policy),
        not ("f" in frame.flags or any(gap in text for gap in _UNDATED)) or (base.time is None and base.number is None),
        base.number is None or not any(gap in text for gap in _UNCOUNTED),
        what.actor not in _VOICELESS or not any(gap in text for gap in _OF_ACTOR),
        "{no}" not in text or _object_first(what),
        "{passive}" not in text or _object_first(what),
        "{nominal}" not in text or (event is not None and bool(event.nominal) and base.recipient is not None),
    )
    return all(checks)


def _object_first(what: Event | Outcome) -> bool:
    return isinstance(what, Event) and what.tail.startswith("{o}")


def sentence(rng: random.Random, split: str, frame: Frame, base: Proposition, speaker: str) -> str:
    """Writes a proposition down.

    Args:
        rng: Source of chance.
        split: "train" or "dev".
        frame: A frame that fits.
        base: The proposition.
        speaker: The third party that speaks, if the frame has one.

    Returns:
        The sentence, at times with an introductory phrase before it or another sentence after it.
    """
    any_thing = "y" in frame.flags and base.number is None and rng.random() < _ANY_SHARE
    gaps = _gaps(rng, base, speaker, any_thing=any_thing)
    if "{we" in frame.text and base.actor.pronoun != "it":
        gaps["v"] = gaps["a"]  # nobody says "I" for another
    text = frame.text.format(**gaps)
    if "x" not in frame.flags and rng.random() < _OPENED:
        text = f"{rng.choice(OPENINGS[split])}, {text}"
    text = _capitalise(text)
    if '"' in text and rng.random() < _HALF:
        text = text.replace('"', "\u201c", 1).replace('"', "\u201d")
    return f"{text} {rng.choice(CLOSINGS[split])}" if rng.random() < _CLOSED else text


def _capitalise(text: str) -> str:
    start = 1 if text.startswith('"') else 0
    return text[:start] + text[start].upper() + text[start + 1 :]


def _gaps(rng: random.Random, base: Proposition, speaker: str, *, any_thing: bool) -> dict[str, str]:
    what = base.what
    verb, tail = (what.verb, what.tail) if isinstance(what, Event) else what.ways[base.way]
    recipient = base.recipient.text if base.recipient else ""
    if base.recipient is None and isinstance(what, Event) and what.recipient:
        tail = "{o}"
    thing = _thing(rng, base, any_thing=any_thing)
    when = f" {base.time}" if base.time else ""
    rest = f"{tail.format(o=thing, r=recipient)}{when}"
    plain = f"{tail.format(o=_thing(rng, base, any_thing=False), r=recipient)}{when}"
    none = f"{tail.format(o=f'no {base.thing.text}' if base.thing else '', r=recipient)}{when}"
    actor = base.actor.text
    p = base.actor.pronoun
    we = "I" if p != "it" else "we"
    gaps = {
        "a": actor,
        "as": f"{actor}'" if actor.endswith("s") else f"{actor}'s",
        "p": p,
        "s": speaker,
        "t": when,
        "did": f"{actor} {verb.past} {plain}",
        "notdid": f"{actor} did not {verb.base} {rest}",
        "no": f"{actor} {verb.past} {none}",
        "had": f"{actor} had {verb.participle} {rest}",
        "nothad": f"{actor} had not {verb.participle} {rest}",
        "p_had": f"{p} had {verb.participle} {rest}",
        "p_did": f"{p} {verb.past} {plain}",
        "p_notdid": f"{p} did not {verb.base} {rest}",
        "p_nothad": f"{p} had not {verb.participle} {rest}",
        "p_never": f"{p} had never {verb.participle} {rest}",
        "never": f"{actor} has never {verb.participle} {rest}",
        "does_not": f"{actor} does not {verb.base} {rest}",
        "base": f"{verb.base} {rest}",
        "pp": f"{verb.participle} {rest}",
        "ing": f"{verb.gerund} {rest}",
        "having": f"having {verb.participle} {rest}",
        "we": f"{we} {verb.past} {plain}",
        "we_not": f"{we} did not {verb.base} {rest}",
        "we_never": f"{we} have never {verb.participle} {rest}",
        "passive": "",
        "nominal": "",
    }
    if isinstance(what, Event) and base.thing:
        be = "was" if base.thing.mass else "were"
        done, around = f"{be} {verb.participle}", tail.removeprefix("{o}").format(o="", r=recipient)
        first, then = (around, done) if what.modifies else (done, around)
        gaps["passive"] = f"{thing} {first} {then} by {actor}{when}"
        gaps["nominal"] = what.nominal.format(o=thing, r=recipient)
    kind = "country" if what.actor == "country" else "body" if p == "it" else "person"
    gaps["v"] = rng.choice(_VOICES[kind]).format(**gaps)
    return {gap: " ".join(text.split()) if gap != "t" else text for gap, text in gaps.items()}


def _thing(rng: random.Random, base: Proposition, *, any_thing: bool) -> str:
    if base.thing is None:
        return ""
    if base.number is not None:
        bound, count = base.number
        figure = _WORDS[count - 2] if count <= _SPELLED else str(count)
        return f"{figure} {base.thing.text}" if bound == "exactly" else f"at least {figure} {base.thing.text}"
    if any_thing and isinstance(base.what, Event) and base.thing == base.what.kind and rng.random() < _HALF:
        return f"{base.thing.text} of any kind"
    return f"any {base.thing.text}" if any_thing else base.thing.text
