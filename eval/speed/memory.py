"""Peak memory of `nli score FILE` by number of pairs: it must not grow with the input.

Run with ``python -m nli.eval.speed.memory``. The pairs are short, and a stand-in runtime answers at once in
place of the model, so that a million pairs pass through reader, tokenizer, batches, verdicts and writer in
minutes; everything but the model's own arithmetic is the real thing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click

CHILD = """
import resource, sys
import numpy as np
import nli
from nli.scoring import score_file
detector = nli.load()
class Instant:
    name, parallel, batch_tokens = "stand-in", 1, 2048
    def logits(self, batch):
        return np.tile(batch.input_ids[:, 1:2] % 3, (1, 3)).astype(np.float32)
detector._runtime = Instant()
score_file(detector, sys.argv[1], sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_megabytes(count: int, folder: Path) -> float:
    """Score a file of `count` short pairs in a process of its own and return its peak resident memory, in MB."""
    source = folder / "pairs.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {"id": number, "premise": f"Ship {number} has left.", "hypothesis": f"Ship {number} is in port."}
            file.write(json.dumps(row) + "\n")
    command = [sys.executable, "-c", CHILD, str(source), str(folder / "scored.jsonl")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- this module's own
    return int(done.stdout.split()[-1]) / 1024


@click.command()
@click.option("--counts", default="10000,100000,1000000", show_default=True, help="Numbers of pairs.")
@click.option("--out", type=click.Path(path_type=Path), help="JSON file to write.")
def main(counts: str, out: Path | None) -> None:
    """Measure peak memory against the number of pairs."""
    peaks = {}
    for count in (int(part) for part in counts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            peaks[count] = peak_megabytes(count, Path(folder))
        click.echo(f"{count:>10,} pairs {peaks[count]:8.1f} MB")
    growth = max(peaks.values()) / min(peaks.values()) - 1
    click.echo(f"growth {growth:.1%}")
    if out is not None:
        out.write_text(json.dumps({"peak_mb": peaks, "growth": round(growth, 4)}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
