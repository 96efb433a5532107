"""What 500 pairs of a new domain are worth: the bundled model before and after ``nli finetune new-pairs``.

Run with ``python -m nli.eval.speed.new_domain --data-root DIR``, where DIR holds ``healthver.dev.jsonl.gz`` and
``healthver.test.jsonl.gz`` (claims on health against sentences of papers, a domain that trained nothing of the bundled
model). Pairs of dev train, in whole groups of one premise; the figure is on test. What is forgotten is measured on the
half of the denial cards that chooses nothing.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from nli.eval.compare import compare_sets

METRICS = ("accuracy", "contradiction.f1", "contradiction.average_precision")


def sample(path: Path, count: int, seed: int) -> list[dict[str, str]]:
    """Draw rows of a labelled file, all rows of a premise or none, until there are `count`."""
    from nli.pairs import read_pairs

    groups: dict[str, list[dict[str, str]]] = {}
    for pair in read_pairs(path, on_reject=lambda _: None):
        if pair.label is not None:
            row = {"premise": pair.premise, "hypothesis": pair.hypothesis, "label": pair.label}
            groups.setdefault(pair.premise, []).append(row)
    order = sorted(groups)
    random.Random(seed).shuffle(order)  # noqa: S311 -- a sample, not a secret
    drawn: list[dict[str, str]] = []
    for premise in order:
        if len(drawn) >= count:
            break
        drawn += groups[premise]
    return drawn[:count]


@click.command()
@click.option("--data-root", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--set", "name", default="healthver", show_default=True, help="Set whose dev trains and test measures.")
@click.option("--pairs", default=500, show_default=True, help="Pairs to train on.")
@click.option("--seed", default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="File for the figures as JSON.")
def main(data_root: Path, name: str, pairs: int, seed: int, out: Path | None) -> None:
    """Fine-tune on new pairs and compare on the new domain's test and on denials."""
    from nli.detector import load
    from nli.eval import environment
    from nli.finetune.mixture import Given, load_source, read_sources
    from nli.finetune.pipeline import finetune
    from nli.finetune.recipe import Source, load_recipe
    from nli.finetune.results import decision_of, predictions

    with tempfile.TemporaryDirectory() as folder:
        train = Path(folder) / "train.jsonl"
        drawn = sample(data_root / f"{name}.dev.jsonl.gz", pairs, seed)
        train.write_text("".join(json.dumps(row) + "\n" for row in drawn), encoding="utf-8")
        recipe, _ = load_recipe("new-pairs")
        started = time.monotonic()
        model = finetune(recipe, read_sources(recipe, None, Given((train,))), Path(folder) / "run", device="cpu")
        seconds = time.monotonic() - started
        before, after = load(), load(model)
        sets = {
            f"{name} test": Source.model_validate({"file": str(data_root / f"{name}.test.jsonl.gz")}),
            "denial cards": recipe.sources["denial_report"],
        }
        found: dict[str, Any] = {}
        for title, source in sets.items():
            examples = load_source(title, source, data_root=None, seed=0).examples
            old, new = (predictions(detector, examples) for detector in (before, after))
            compared = compare_sets(title, old, new, decision_of(before), decision_of(after))
            found[title] = {"n": compared["n"], **{metric: compared["differences"][metric] for metric in METRICS}}
    for title, entry in found.items():
        for metric in METRICS:
            change = entry[metric]["difference"]
            click.echo(
                f"{title} ({entry['n']}), {metric}: {entry[metric]['a']:.3f} -> {entry[metric]['b']:.3f}, "
                f"{change['value']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]"
            )
    click.echo(f"{len(drawn)} pairs, {seconds:.0f} s from files to finished model")
    if out is not None:
        figures = {
            "set": name, "pairs": len(drawn), "seed": seed, "seconds": round(seconds), "sets": found,
            "date": time.strftime("%Y-%m-%d"), "versions": environment.versions(), "hardware": environment.hardware(),
        }  # fmt: skip
        out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
