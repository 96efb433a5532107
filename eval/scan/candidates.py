"""How many contradictions survive the choice of candidates, and what the choice costs.

Run with ``python -m nli.eval.scan.candidates``. DenialBench's contradictions are put among other sentences: the
shipped training texts, and with ``--data-root`` those of larger sets. Recall is the share of the contradictions (a, b)
for which b is among a's candidates or a among b's.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from nli.errors import InputError, NliError
from nli.scanning.candidates import PER_STATEMENT, candidates

GOLD = ("sets.train", "sets.dev", "sets.test", "cards.dev")
"""Where contradictions come from; "sets.test" is the test split."""
MORE = ("lingnli", "wanli", "mnli", "fever")
"""Files NAME.train.jsonl.gz in the folder of --data-root whose texts are distractors."""
_MADE = 6000
_MEGABYTE = 2**20

Gold = list[tuple[str, str]]


def gold(name: str) -> Gold:
    """Return the contradictions of a part of DenialBench, each unordered pair once.

    Raises:
        InputError: If there is no such part.
    """
    from nli.eval.denial import cards, sets

    if name not in GOLD:
        raise InputError(f"There are no contradictions called {name!r}: choose from {', '.join(GOLD)}.")
    source, split = name.split(".")
    rows = sets.shipped_rows(split) if source == "sets" else cards.pairs(split)
    return sorted({_sorted(row) for row in rows if row["label"] == "contradiction"})


def _sorted(row: Mapping[str, Any]) -> tuple[str, str]:
    one, other = sorted((row["premise"], row["hypothesis"]))
    return one, other


def distractors(count: int, seed: int, known: Iterable[str], data_root: Path | None = None) -> list[str]:
    """Return other sentences, drawn by the seed.

    Args:
        count: How many; fewer come back if there are no more.
        seed: Draws them.
        known: Texts that may not be among them.
        data_root: Folder with the files of `MORE`; None for shipped and generated texts alone.

    Raises:
        InputError: If a file of `MORE` is missing or damaged.
    """
    from nli.eval.denial import cards, compose, counts, lexicon, sets

    rows: Iterable[Mapping[str, Any]] = chain(
        cards.pairs("train"),
        sets.shipped_rows("train"),
        compose.compose(_MADE, seed, "train"),
        counts.counts(_MADE // 2, seed),
        lexicon.lexicon(_MADE // 2, seed),
        *(() if data_root is None else (_rows(data_root / f"{name}.train.jsonl.gz") for name in MORE)),
    )
    left_out = set(known)
    texts = [text for text in dict.fromkeys(chain.from_iterable(map(_texts, rows))) if text not in left_out]
    random.Random(seed).shuffle(texts)  # noqa: S311 -- an order, not a secret
    return texts[:count]


def _texts(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["premise"], row["hypothesis"]


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}): give a folder with it as --data-root.") from error


def measure(
    parts: Mapping[str, Gold], others: Sequence[str], per_statement: int, *, gold_only: bool, exact_up_to: int | None
) -> dict[str, Any]:
    """Choose candidates among all texts and count the contradictions that are kept.

    Args:
        parts: Contradictions, by the name of their part.
        others: Distractors.
        per_statement: Candidates of each statement.
        gold_only: Whether to look only for the candidates of the contradictions' own texts, which gives the same recall
            in a fraction of the time.
        exact_up_to: As `candidates` has it; None for its own.

    Returns:
        Statements, pairs, seconds, peak memory of the process in MB, and the recall of each part.
    """
    golden = list(dict.fromkeys(text for pairs in parts.values() for pair in pairs for text in pair))
    texts = [*golden, *others]
    place = {text: number for number, text in enumerate(texts)}
    wanted = {
        name: {(min(place[a], place[b]), max(place[a], place[b])) for a, b in pairs} for name, pairs in parts.items()
    }
    kept = dict.fromkeys(parts, 0)
    settings: dict[str, Any] = {} if exact_up_to is None else {"exact_up_to": exact_up_to}
    started, pairs = time.perf_counter(), 0
    of = range(len(golden)) if gold_only else None
    for one, other, _ in candidates(texts, per_statement=per_statement, of=of, **settings):
        pairs += 1
        for name, gold_pairs in wanted.items():
            kept[name] += (one, other) in gold_pairs
    return {
        "statements": len(texts),
        "pairs": pairs,
        "seconds": round(time.perf_counter() - started, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGABYTE, 1),
        "recall": {name: round(kept[name] / len(wanted[name]), 4) for name in parts},
        "contradictions": {name: len(wanted[name]) for name in parts},
    }


def plot(runs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw time and peak memory against the number of statements, as SVG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "candidates"
    figure, left = plt.subplots(figsize=(5, 3))
    right = left.twinx()
    sizes = [run["statements"] for run in runs]
    left.loglog(sizes, [run["seconds"] for run in runs], "o-", color="tab:blue")
    right.semilogx(sizes, [run["peak_mb"] for run in runs], "s--", color="tab:orange")
    left.set(xlabel="statements", ylabel="seconds (blue)")
    right.set(ylabel="peak memory, MB (orange)", ylim=(0, None))
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; see ``--help``."""
    parser = argparse.ArgumentParser(
        prog="python -m nli.eval.scan.candidates", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument(
        "--sentences", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="distractors, a run each"
    )
    parser.add_argument("--gold", nargs="+", default=["sets.dev", "cards.dev"], choices=GOLD)
    parser.add_argument("--per-statement", type=int, default=PER_STATEMENT)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-root", type=Path, help="folder with the files of larger sets")
    parser.add_argument("--gold-only", action="store_true", help="candidates of the contradictions' texts alone")
    parser.add_argument("--exact-up-to", type=int, help="statements beyond which an index is used")
    parser.add_argument("--out", type=Path, help="file for the figures, as JSON; a plot goes beside it as SVG")
    options = parser.parse_args(arguments)
    try:
        runs = [_run(options)] if len(options.sentences) == 1 else _each_alone(options)
    except NliError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    result = {"command": " ".join(["python -m nli.eval.scan.candidates", *(arguments or sys.argv[1:])]), "runs": runs}
    print(json.dumps(result, indent=2))  # noqa: T201
    if options.out is not None:
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        if len(runs) > 1:
            plot(runs, options.out.with_suffix(".svg"))
    return 0


def _run(options: argparse.Namespace) -> dict[str, Any]:
    parts = {name: gold(name) for name in options.gold}
    known = {text for pairs in parts.values() for pair in pairs for text in pair}
    others = distractors(options.sentences[0], options.seed, known, options.data_root)
    return measure(parts, others, options.per_statement, gold_only=options.gold_only, exact_up_to=options.exact_up_to)


def _each_alone(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Make each run in a process of its own, so that its peak memory is its own."""
    runs = []
    for count in options.sentences:
        command = [sys.executable, "-m", "nli.eval.scan.candidates", "--sentences", str(count), "--gold", *options.gold]
        command += ["--per-statement", str(options.per_statement), "--seed", str(options.seed)]
        command += ["--gold-only"] if options.gold_only else []
        command += [] if options.data_root is None else ["--data-root", str(options.data_root)]
        command += [] if options.exact_up_to is None else ["--exact-up-to", str(options.exact_up_to)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- ourselves
        if done.returncode:
            raise InputError(f"The run with {count} sentences failed: {done.stderr.strip()[-500:]}")
        runs += json.loads(done.stdout)["runs"]
    return runs


if __name__ == "__main__":
    sys.exit(main())
