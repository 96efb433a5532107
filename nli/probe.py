"""A check of the label order by behaviour: plain pairs whose labels nobody disputes.

Names in a configuration can be wrong. A model with permuted names still answers plain pairs well under
another order, and that is what this looks for.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from nli.errors import LabelOrderError
from nli.labels import LABELS, Label

PAIRS: tuple[tuple[str, str, Label], ...] = (
    ("A man is playing a guitar on a stage.", "A man is playing an instrument.", Label.ENTAILMENT),
    ("Two children are running across a field.", "Children are outside.", Label.ENTAILMENT),
    ("The company opened three new shops in May.", "The company opened new shops.", Label.ENTAILMENT),
    ("A woman in a red coat is walking her dog.", "A woman is walking a dog.", Label.ENTAILMENT),
    ("A man is playing a guitar on a stage.", "The man wrote the song himself.", Label.NEUTRAL),
    ("Two children are running across a field.", "The children are brothers.", Label.NEUTRAL),
    ("The company opened three new shops in May.", "The company's director is fifty years old.", Label.NEUTRAL),
    ("A woman in a red coat is walking her dog.", "The woman is on her way to visit a friend.", Label.NEUTRAL),
    ("A man is playing a guitar on a stage.", "Nobody is playing an instrument.", Label.CONTRADICTION),
    ("Two children are running across a field.", "The children are asleep in bed.", Label.CONTRADICTION),
    ("The company opened three new shops in May.", "The company did not open any shop in May.", Label.CONTRADICTION),
    ("A woman in a red coat is walking her dog.", "The woman has no dog with her.", Label.CONTRADICTION),
)
CERTAIN = 9
"""Pairs, of the twelve, that an order must get right to count as the true one."""
MARGIN = 4
"""Pairs by which it must beat the order in use."""


def check(logits: npt.NDArray[np.floating[Any]], order: tuple[Label, ...], model: str) -> int:
    """Refuse a label order that another one plainly beats.

    Args:
        logits: The model's answers to `PAIRS`, [12, 3], in its own order of classes.
        order: The class of each logit, as it is believed to be.
        model: The model's name, for the message.

    Returns:
        How many of the twelve are right under the order in use.

    Raises:
        LabelOrderError: If another order gets at least 9 right and 4 more than the one in use.
    """
    answers = logits.argmax(axis=1)

    def right(candidate: tuple[Label, ...]) -> int:
        return sum(candidate[answer] == gold for answer, (_, _, gold) in zip(answers, PAIRS, strict=True))

    ours = right(order)
    best = max(permutations(LABELS), key=right)
    if right(best) >= CERTAIN and right(best) >= ours + MARGIN:
        letters = ",".join(label.value[0] for label in best)
        raise LabelOrderError(
            f"The model {model} gets {ours} of {len(PAIRS)} plain pairs right with the label order "
            f"{','.join(label.value[0] for label in order)}, but {right(best)} with {letters}: its class names seem "
            f"to be permuted; pass --label-order {letters}, or --no-probe if you are sure."
        )
    return ours
