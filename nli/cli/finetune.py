"""``nli finetune``: train, calibrate and export a detector as a recipe says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nli.errors import ConfigError, MissingExtraError


@click.command("finetune", no_args_is_help=True)
@click.argument("recipe")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write to.  [default: runs/<recipe's name>]")
@click.option(
    "--data-root",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="NLI_DATA",
    show_envvar=True,
    help="Folder of the data files that the recipe names.",
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
    out: Path | None,
    data_root: Path | None,
    settings: tuple[str, ...],
    device: str,
    *,
    resume: bool,
    dry_run: bool,
) -> None:
    """Train, calibrate and export a detector as RECIPE says.

    RECIPE is the name of a shipped recipe (denial-minilm, smoke) or a YAML file like them. The folder that comes out
    loads with nli.load, transformers and sentence-transformers.
    """
    from importlib.util import find_spec

    if any(find_spec(module) is None for module in ("torch", "transformers", "pydantic", "yaml", "onnx", "sklearn")):
        raise MissingExtraError("Fine-tuning", "train")
    from nli.finetune.pipeline import finetune, plan
    from nli.finetune.recipe import load_recipe

    chosen, _ = load_recipe(recipe, dict(_setting(text) for text in settings))
    for line in plan(chosen, data_root):
        click.echo(line, err=True)
    if dry_run:
        return
    folder = finetune(chosen, out or Path("runs") / chosen.name, data_root=data_root, device=device, resume=resume)
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
