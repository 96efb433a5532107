"""What is found in a text: statements, and who stands behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Frame = Literal["asserts", "denies", "declines", "asks", "warns", "reports"]
"""What a speaker does with a claim; "reports" is the narrator's own statement, with nobody named."""

CLAIMING: frozenset[Frame] = frozenset({"asserts", "denies", "reports"})
"""Frames that stand behind a claim; the others never make a contradiction."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a text.

    Attributes:
        text: What is compared: a whole sentence that can be read without its context. A denial keeps its frame
            ("The ministry denied that …"), and a speaker who is a pronoun is named.
        speaker: Who stands behind it, in the fullest form that the text has; None for the narrator.
        cue: The words that attribute it ("denied", "according to"); None for the narrator.
        frame: What the speaker does with the claim.
        direct: Whether it is quoted word for word.
        start: Where the statement begins in the original text, in characters.
        end: Where it ends; `original[start:end]` is what `text` was made from.
        sentence: Number of the sentence it begins in, from 0.
        cue_start: Where the cue begins in the original text; None for the narrator.
    """

    text: str
    speaker: str | None
    cue: str | None
    frame: Frame
    direct: bool
    start: int
    end: int
    sentence: int
    cue_start: int | None = None

    @property
    def claims(self) -> bool:
        """Whether the speaker stands behind a claim that another statement can contradict."""
        return self.frame in CLAIMING

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as an output row has them."""
        return {
            "text": self.text,
            "speaker": self.speaker,
            "cue": self.cue,
            "frame": self.frame,
            "direct": self.direct,
            "start": self.start,
            "end": self.end,
            "sentence": self.sentence,
        }
