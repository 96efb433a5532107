"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_MODEL_OPTIONS = (
    click.option(
        "--model", metavar="NAME", help="A folder or a Hugging Face hub name.  [default: the model that ships with nli]"
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda", "mps"]),
        default="auto",
        show_default=True,
        help="auto: ONNX on the CPU where the model has it, else PyTorch on the first of cuda, mps and cpu.",
    ),
    click.option(
        "--one-way",
        is_flag=True,
        help="Score premise -> hypothesis alone, in half the time.  [default: both directions]",
    ),
    click.option(
        "--threshold",
        type=click.FloatRange(0, 1),
        help="P(contradiction) from which a pair is flagged.  [default: the model's]",
    ),
    click.option(
        "--label-order",
        metavar="X,Y,Z",
        help="Class of logits 0, 1, 2, such as c,e,n.  [default: by the names in the model]",
    ),
    click.option(
        "--max-tokens",
        type=click.IntRange(min=1),
        help="Most tokens of a pair scored together.  [default: the model's]",
    ),
    click.option(
        "--on-long",
        type=click.Choice(["window", "truncate", "error"]),
        default="window",
        show_default=True,
        help="Longer pairs: score overlapping windows and take the highest P(contradiction), cut and count, or stop.",
    ),
    click.option(
        "--batch-tokens", type=click.IntRange(min=1), help="Tokens in a batch.  [default: what suits the device]"
    ),
    click.option("--threads", type=click.IntRange(min=1), help="CPU threads.  [default: all cores]"),
    click.option("--no-probe", is_flag=True, help="Do not check the label order on plain pairs.  [default: check]"),
)


def model_options(command: Command) -> Command:
    """Give a command the options that say which model scores, where and how."""
    for option in reversed(_MODEL_OPTIONS):
        command = option(command)
    return command


def load_detector(options: dict[str, Any]) -> Any:  # noqa: ANN401 -- a Detector, whose module is not imported here
    """Take the model's options out of a command's and load the detector they describe."""
    from nli.detector import load

    return load(
        options.pop("model"),
        device=options.pop("device"),
        direction="forward" if options.pop("one_way") else "both",
        threshold=options.pop("threshold"),
        threads=options.pop("threads"),
        label_order=options.pop("label_order"),
        max_tokens=options.pop("max_tokens"),
        on_long=options.pop("on_long"),
        batch_tokens=options.pop("batch_tokens"),
        probe=not options.pop("no_probe"),
    )


TRAINING_MODULES = ("torch", "transformers", "accelerate", "pydantic", "yaml", "onnx", "sklearn", "matplotlib")


def require_training(what: str) -> None:
    """Raise `MissingExtraError` unless the extra for training is installed; nothing is imported."""
    from importlib.util import find_spec

    from nli.errors import MissingExtraError

    if any(find_spec(module) is None for module in TRAINING_MODULES):
        raise MissingExtraError(what, "train")
