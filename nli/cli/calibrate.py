"""``nli calibrate``: fit the temperature and threshold of any model, without training it."""

from __future__ import annotations

from pathlib import Path

import click

from nli.cli.options import require_training


@click.command("calibrate", no_args_is_help=True)
@click.argument("model", required=False)
@click.option("--dev", required=True, type=click.Path(path_type=Path), help="Labelled pairs that trained nothing.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for a copy of the model.  [default: change MODEL's folder]"
)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True),
    help="Threshold with the greatest recall at no less than this precision.  [default: the greatest F1]",
)
@click.option(
    "--prevalence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Share of contradictions where the model will be used.  [default: that of --dev]",
)
@click.option("--label-names", metavar="X,Y,Z", help="Class of labels 0, 1, 2 in --dev, such as e,n,c.")
@click.option("--label-order", metavar="X,Y,Z", help="Class of logits 0, 1, 2.  [default: by the names in the model]")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    show_default=True,
    help="As in score.",
)
def calibrate_command(
    model: str | None,
    dev: Path,
    out: Path | None,
    precision: float | None,
    prevalence: float | None,
    label_names: str | None,
    label_order: str | None,
    device: str,
) -> None:
    """Fit temperature and threshold of MODEL on labelled pairs and store them with it, with where they come from.

    MODEL is a folder or a hub name; without one, the one that scores by default. What --dev has chosen must not be
    measured on it: keep other pairs for `nli eval`.
    """
    require_training("Calibrating")
    from nli.finetune.folders import calibrate_model

    folder, fitted = calibrate_model(
        model,
        dev,
        out,
        precision=precision,
        prevalence=prevalence,
        label_names=label_names,
        label_order=label_order,
        device=device,
    )
    where = " on these pairs" if prevalence is None else f" where {100 * prevalence:.3g}% of pairs are contradictions"
    click.echo(f"temperature {fitted.temperature:g}", err=True)
    for direction, threshold in fitted.thresholds.items():
        reached = ", ".join(
            f"{name} {fitted.provenance[f'{name}_{direction}']:.3f}" for name in ("precision", "recall", "f1")
        )
        click.echo(f"threshold {threshold:g} ({direction}: {reached}{where})", err=True)
    click.echo(str(folder))
