"""``nli export``: an ONNX file for any model, used only if it agrees with the model."""

from __future__ import annotations

from pathlib import Path

import click

from nli.cli.options import require_training

GATE_FAILED = 1


@click.command("export", no_args_is_help=True)
@click.argument("model")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for a copy of the model.  [default: change MODEL's folder]"
)
@click.option(
    "--dev",
    type=click.Path(path_type=Path),
    help="Pairs to measure agreement on; labels are not needed.  [default: the denial cards of dev]",
)
@click.option(
    "--precision", type=click.Choice(["int8", "fp32"]), default="int8", show_default=True, help="Of the weights."
)
@click.option("--label-order", metavar="X,Y,Z", help="Class of logits 0, 1, 2.  [default: by the names in the model]")
def export_command(model: str, out: Path | None, dev: Path | None, precision: str, label_order: str | None) -> None:
    """Give MODEL, a folder or a hub name, an ONNX file, and measure how well it agrees with the float32 model.

    Below the gate the file is not used, and the command ends with exit code 1.
    """
    require_training("Exporting")
    from nli.finetune.folders import export_model

    folder, entry = export_model(model, out, dev=dev, precision=precision, label_order=label_order)
    agreement = entry["agreement"]
    click.echo("agreement: " + "; ".join(f"{name}: {value}" for name, value in agreement.items()), err=True)
    click.echo(str(folder))
    if not agreement["usable"]:
        click.echo(
            f"The {precision} file keeps the class of {agreement['argmax']:.1%} of the pairs, below the gate of "
            f"{agreement['gate']:.0%}: nli will run the model with PyTorch.",
            err=True,
        )
        click.get_current_context().exit(GATE_FAILED)
