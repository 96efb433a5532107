"""Time from nothing to the first verdict, as a whole process: `nli score A B` against a CrossEncoder script.

Run with ``python -m nli.eval.speed.first_verdict``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from nli.eval.speed.throughput import float32_copy

PREMISE = "Officials say that the ship was searched on Monday."
HYPOTHESIS = "Nobody boarded the ship, its owner insists."
SCRIPT = """
import sys
from sentence_transformers import CrossEncoder
print(CrossEncoder(sys.argv[1], device="cpu").predict([sys.argv[2:4]]))
"""


def seconds_of(command: list[str], runs: int) -> list[float]:
    """Run a command several times and return how long each took, in seconds."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- commands of this module
        taken.append(time.perf_counter() - started)
    return taken


@click.command()
@click.option("--runs", default=5, show_default=True, help="Runs of each, after one that warms the disk cache.")
@click.option("--out", type=click.Path(path_type=Path), help="JSON file to write.")
def main(runs: int, out: Path | None) -> None:
    """Compare the time to a first verdict."""
    from nli.bundle import find

    with tempfile.TemporaryDirectory() as folder:
        model = float32_copy(find(None).folder, Path(folder) / "model")
        commands = {
            "nli score A B": [sys.executable, "-m", "nli", "score", PREMISE, HYPOTHESIS],
            "CrossEncoder script": [sys.executable, "-c", SCRIPT, str(model), PREMISE, HYPOTHESIS],
        }
        medians = {name: statistics.median(seconds_of(command, runs + 1)[1:]) for name, command in commands.items()}
    ratio = medians["CrossEncoder script"] / medians["nli score A B"]
    for name, seconds in medians.items():
        click.echo(f"{name:24}{seconds:8.2f} s")
    click.echo(f"{'ratio':24}{ratio:8.1f}")
    if out is not None:
        report = {
            "runs": runs,
            "seconds": {name: round(value, 3) for name, value in medians.items()},
            "ratio": round(ratio, 2),
        }
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
