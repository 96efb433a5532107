"""The three classes, and which logit of a model is which of them.

Five orders are in use on model hubs, so a position alone says nothing. The order is read from the
names in the model's configuration, refused where the names do not settle it, and checked by a probe
(`nli.probe`) where they might be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from nli.errors import InputError, LabelOrderError


class Label(str, Enum):
    """A class of natural-language inference; the value is what stands in files."""

    ENTAILMENT = "entailment"
    NEUTRAL = "neutral"
    CONTRADICTION = "contradiction"

    def __str__(self) -> str:
        """Return the value, so that f-strings and CSV cells show the plain word."""
        return self.value


LABELS: tuple[Label, ...] = (Label.ENTAILMENT, Label.NEUTRAL, Label.CONTRADICTION)
"""Column order of every array of scores in this project."""

_SYNONYMS: Mapping[str, Label] = {
    "entailment": Label.ENTAILMENT,
    "entail": Label.ENTAILMENT,
    "entails": Label.ENTAILMENT,
    "entailed": Label.ENTAILMENT,
    "implies": Label.ENTAILMENT,
    "supports": Label.ENTAILMENT,
    "supported": Label.ENTAILMENT,
    "support": Label.ENTAILMENT,
    "e": Label.ENTAILMENT,
    "neutral": Label.NEUTRAL,
    "neither": Label.NEUTRAL,
    "unrelated": Label.NEUTRAL,
    "unknown": Label.NEUTRAL,
    "not enough info": Label.NEUTRAL,
    "nei": Label.NEUTRAL,
    "n": Label.NEUTRAL,
    "contradiction": Label.CONTRADICTION,
    "contradict": Label.CONTRADICTION,
    "contradicts": Label.CONTRADICTION,
    "contradictory": Label.CONTRADICTION,
    "contradicted": Label.CONTRADICTION,
    "refutes": Label.CONTRADICTION,
    "refuted": Label.CONTRADICTION,
    "refute": Label.CONTRADICTION,
    "c": Label.CONTRADICTION,
}


def label_named(name: str) -> Label | None:
    """Return the class that a label name means, or None if it names none of the three.

    Case, hyphens and underscores make no difference, and the usual synonyms are known.
    """
    return _SYNONYMS.get(" ".join(name.replace("_", " ").replace("-", " ").lower().split()))


def parse_label_order(text: str) -> tuple[Label, ...]:
    """Read an order of classes as given on the command line, such as ``c,e,n``.

    Args:
        text: The classes of logit 0, 1 and 2, by name or first letter, with commas between.

    Returns:
        Three different labels; element ``i`` is the class of logit ``i``.

    Raises:
        InputError: If the text does not name each of the three classes once.
    """
    found = _each_once(text)
    if found is None:
        raise InputError(
            f"The label order {text!r} does not name each of entailment, neutral and contradiction once: "
            "write for example --label-order c,e,n if logit 0 is contradiction, 1 entailment, 2 neutral."
        )
    return found


def parse_label_names(text: str) -> tuple[Label, ...]:
    """Read what numbers in a column of labels mean, as given on the command line, such as ``e,n,c``.

    Args:
        text: The classes of the labels 0, 1 and 2, by name or first letter, with commas between.

    Returns:
        Three different labels; element ``i`` is the class that ``i`` means.

    Raises:
        InputError: If the text does not name each of the three classes once.
    """
    found = _each_once(text)
    if found is None:
        raise InputError(
            f"--label-names {text} does not name each of entailment, neutral and contradiction once: "
            "write for example --label-names e,n,c if the label 0 is entailment, 1 neutral, 2 contradiction."
        )
    return found


def _each_once(text: str) -> tuple[Label, ...] | None:
    """Return the three classes in the order that a text names them in; None if it does not name each once."""
    labels = [label_named(part) for part in text.split(",")]
    found = tuple(label for label in labels if label is not None)
    return found if len(labels) == len(LABELS) and set(found) == set(LABELS) else None


def resolve_label_order(config: Mapping[str, Any], model: str) -> tuple[Label, ...]:
    """Find which class each logit of a model stands for, by the names in its configuration.

    Args:
        config: The model's ``config.json`` as a mapping.
        model: The model's name, for messages.

    Returns:
        Three different labels; element ``i`` is the class of logit ``i``.

    Raises:
        LabelOrderError: If there are not three classes, or their names do not say which is which.
    """
    names = _names_by_index(config, model)
    shown = ", ".join(f"{index}: {name!r}" for index, name in enumerate(names))
    if len(names) != len(LABELS):
        raise LabelOrderError(
            f"The model {model} has {len(names)} class{'es' if len(names) > 1 else ''} ({shown}), not the three of "
            "natural-language inference: choose one with entailment, neutral and contradiction with --model."
        )
    labels = [label_named(name) for name in names]
    found = tuple(label for label in labels if label is not None)
    if set(found) != set(LABELS) or len(found) != len(LABELS):
        raise LabelOrderError(
            f"The model {model} names its classes {shown}, which does not say which is contradiction, entailment "
            "and neutral: look the order up in its card and pass it, for example --label-order c,e,n."
        )
    return found


def _names_by_index(config: Mapping[str, Any], model: str) -> list[str]:
    """Return the class names in logit order from ``id2label``, else from ``label2id``."""
    pairs: list[tuple[object, object]] = []
    if isinstance(config.get("id2label"), Mapping):
        pairs = list(config["id2label"].items())
    elif isinstance(config.get("label2id"), Mapping):
        pairs = [(index, name) for name, index in config["label2id"].items()]
    by_index: dict[int, str] = {}
    try:
        for index, name in pairs:
            position = int(str(index))
            if position in by_index:
                raise ValueError(f"index {position} twice")
            by_index[position] = str(name)
    except ValueError as error:
        raise LabelOrderError(
            f"The model {model} has an id2label that cannot be read ({error}): "
            "correct its config.json, or pass the order, for example --label-order c,e,n."
        ) from error
    if not by_index or sorted(by_index) != list(range(len(by_index))):
        raise LabelOrderError(
            f"The model {model} has no complete id2label in its config.json (indices {sorted(by_index)}): "
            "pass the order of its classes, for example --label-order c,e,n."
        )
    return [by_index[index] for index in range(len(by_index))]
