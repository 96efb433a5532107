"""``nli finetune``: train, calibrate and export a detector as a recipe says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from nli.cli.options import require_training
from nli.errors import ConfigError

INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C stopped."""


@click.command("finetune", no_args_is_help=True)
@click.argument("recipe")
@click.option(
    "--train",
    "train_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Labelled pairs to train on (JSON Lines, CSV, TSV, Parquet); may be given again.",
)
@click.option(
    "--dev",
    type=click.Path(path_type=Path),
    help="Labelled pairs that choose and calibrate.  [default: a fifth of --train, by premise]",
)
@click.option("--label-names", metavar="X,Y,Z", help="Class of labels 0, 1, 2 in those files, such as e,n,c.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write to.  [default: runs/<recipe's name>]")
@click.option(
    "--data-root",
    type=click.Path(path_type=Path),
    help="Folder of the data files that the recipe names; dev and test files in it are never trained on.  "
    "[default: $NLI_DATA]",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a setting of the recipe, such as training.batch_tokens=4096; may be given again.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    show_default=True,
    help="Where to train; auto is the first there is of cuda, mps and cpu.",
)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in the folder.  [default: start anew]")
@click.option("--dry-run", is_flag=True, help="Validate recipe and data, print the plan, and stop.")
def finetune_command(
    recipe: str,
    train_files: tuple[Path, ...],
    dev: Path | None,
    label_names: str | None,
    out: Path | None,
    data_root: Path | None,
    settings: tuple[str, ...],
    device: str,
    *,
    resume: bool,
    dry_run: bool,
) -> None:
    """Train, calibrate and export a detector as RECIPE says.

    RECIPE is the name of a shipped recipe (new-pairs, hub-model, denial-mpnet, denial-minilm, smoke) or a YAML file
    like them. The folder that comes out loads with nli.load, transformers and sentence-transformers. On several GPUs:
    torchrun --nproc-per-node 4 -m nli finetune RECIPE …
    """
    require_training("Fine-tuning")
    from nli.eval.datasets import find_data_root
    from nli.finetune.faults import InterruptedTrainingError
    from nli.finetune.mixture import Given, read_sources
    from nli.finetune.pipeline import finetune
    from nli.finetune.plan import plan
    from nli.finetune.recipe import load_recipe
    from nli.finetune.train import require_folder, require_reports
    from nli.labels import parse_label_names
    from nli.runtimes.torch import choose_device

    first = os.environ.get("RANK", "0") == "0"
    chosen, _ = load_recipe(recipe, dict(_setting(text) for text in settings))
    target = out or Path("runs") / chosen.name
    require_folder(target)
    names = tuple(label.value for label in parse_label_names(label_names)) if label_names else None
    loaded = read_sources(chosen, find_data_root(data_root), Given(train_files, dev, names))
    require_reports(chosen)
    if first:
        for line in plan(chosen, loaded, choose_device(device)):
            click.echo(line, err=True)
    if dry_run:
        return
    try:
        folder = finetune(chosen, loaded, target, device=device, resume=resume)
    except InterruptedTrainingError as stopped:
        click.echo(str(stopped), err=True)
        click.get_current_context().exit(INTERRUPTED)
    if folder is not None:
        _tell(folder)


def _tell(folder: Path) -> None:
    """Print what training changed, and where the model is."""
    import json

    from nli.eval.tables import align
    from nli.finetune.pipeline import RESULTS
    from nli.finetune.results import table

    found = json.loads((folder.parent / RESULTS).read_text(encoding="utf-8"))
    lines = [["set", "pairs", "figure", "before", "after", "difference"]]
    lines += [[str(cell) for cell in row] for row in table(found)]
    click.echo(align(lines, numbers=(1, 3)), err=True)
    click.echo(str(folder))


def _setting(text: str) -> tuple[str, Any]:
    import yaml

    key, equals, value = text.partition("=")
    if not (key.strip() and equals):
        raise ConfigError(f"--set {text} is not KEY=VALUE: write for example --set training.batch_tokens=4096.")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {text} has a value that is not YAML: put quotes around it.") from error
