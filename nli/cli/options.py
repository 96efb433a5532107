"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_MODEL_OPTIONS = (
    click.option(
        "--model",
        metavar="NAME",
        help="denial-mpnet, faster denial-minilm, a folder or a hub name.  [default: $NLI_MODEL, else denial-mpnet]",
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
        help="P(contradiction) from which a pair is flagged.  [default: the model's; a scan has its own]",
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


_ENGINE_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Where the model runs: in this process, or on a Ray cluster.",
    ),
    click.option(
        "--ray-address",
        metavar="HOST:PORT",
        help="Head node of the cluster, or auto.  [default: RAY_ADDRESS, else this machine alone]",
    ),
    click.option(
        "--ray-workers",
        type=click.IntRange(min=1),
        help="Processes that hold the model, each with --threads CPUs.  [default: one a CPU, or a GPU]",
    ),
)


def engine_options(command: Command) -> Command:
    """Give a command the options that say whether this process scores or a cluster."""
    for option in reversed(_ENGINE_OPTIONS):
        command = option(command)
    return command


def cluster_of(engine: str, address: str | None, workers: int | None) -> dict[str, Any] | None:
    """Return what is said of the cluster, None where this process scores."""
    if engine == "ray":
        return {"address": address, "workers": workers}
    if address is not None or workers is not None:
        raise click.UsageError("--ray-address and --ray-workers go with --engine ray.")
    return None


def load_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of `model_options` as arguments of `nli.load`."""
    given = dict(options)
    return {
        "name": given.pop("model"),
        "direction": "forward" if given.pop("one_way") else "both",
        "probe": not given.pop("no_probe"),
        **given,
    }


def load_detector(options: dict[str, Any]) -> Any:  # noqa: ANN401 -- a Detector, whose module is not imported here
    """Load the detector that the options of `model_options` describe."""
    from nli.detector import load

    return load(**load_options(options))


TRAINING_MODULES = ("torch", "transformers", "accelerate", "pydantic", "yaml", "onnx", "sklearn", "matplotlib")


def require_training(what: str) -> None:
    """Raise `MissingExtraError` unless the extra for training is installed; nothing is imported."""
    from importlib.util import find_spec

    from nli.errors import MissingExtraError

    if any(find_spec(module) is None for module in TRAINING_MODULES):
        raise MissingExtraError(what, "train")
