"""The predictions of a run on disk: written a window at a time, gone on with after a kill, read back.

Each window of rows is a gzip member of its own, so that what was written stays readable and a set that was
cut off is continued at a window's edge. A set's file appears under its name only when it is whole.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import numpy as np

from nli.calibration import Calibration, probabilities, weights
from nli.errors import InputError, ModelError, OutputError
from nli.eval.results_schema import Decision, PredictionRow
from nli.journal import Entry, Journal
from nli.partfile import AppendFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nli.eval.bootstrap import Array
    from nli.eval.datasets import EvalPair, LoadedSet

WINDOW = 1024
"""Rows that are scored, written and made safe together; a killed run loses at most so many."""

_DECIMALS = 6


class ScoredPair(Protocol):
    """What a detector gives for a pair: raw logits in the order entailment, neutral, contradiction."""

    @property
    def forward(self) -> np.ndarray[Any, Any]:
        """[3] premise -> hypothesis."""

    @property
    def backward(self) -> np.ndarray[Any, Any] | None:
        """[3] hypothesis -> premise; None one way."""

    @property
    def truncated(self) -> int:
        """Tokens cut."""


class Scorer(Protocol):
    """What an evaluation needs of a detector; `nli.detector.Detector` has it."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def direction(self) -> Literal["both", "forward"]:
        """Whether both directions are scored."""

    @property
    def calibration(self) -> Calibration:
        """Temperature and thresholds."""

    @property
    def threshold(self) -> float:
        """P(contradiction) from which a pair is flagged."""

    @property
    def runtime_name(self) -> str:
        """Runtime, device and precision, with dashes between."""

    @property
    def weights_sha256(self) -> str:
        """Checksum of the weights."""

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the scores: equal identities, equal scores."""

    def logits(self, pairs: Iterable[tuple[str, str]]) -> Iterable[ScoredPair]:
        """Score pairs lazily, in their order."""


def score_set(
    loaded: LoadedSet,
    scorer: Scorer,
    folder: Path,
    *,
    key: str,
    blind_premise: str | None = None,
    on_pair: Callable[[int], object] = lambda _: None,
) -> dict[str, Any]:
    """Score a set into ``<set>.jsonl.gz`` and say what was done in ``<set>.meta.json`` beside it.

    Args:
        loaded: The set.
        scorer: The detector.
        folder: The folder of predictions; it must exist.
        key: Names the run. A whole file of the same run and data is not scored again, a half one is gone on with; ids,
            tags and clusters are those of the set as it is now.
        blind_premise: Stands in for every premise, in files called ``<set>.blind``; None to score the pairs.
        on_pair: Called with the number of pairs done since the last call.

    Returns:
        What stands in the meta file.

    Raises:
        ModelError: If the detector gives numbers that are not finite, or too few.
        OutputError: If the files cannot be written.
    """
    name = loaded.name if blind_premise is None else f"{loaded.name}.blind"
    final, meta_path = folder / f"{name}.jsonl.gz", folder / f"{name}.meta.json"
    scored = {"key": key, "data_sha256": loaded.data_sha256}
    header = {**scored, "marks_sha256": loaded.marks_sha256}
    meta = read_json(meta_path) if meta_path.is_file() and final.is_file() else {}
    try:
        if {field: meta.get(field) for field in scored} == scored:
            on_pair(loaded.n)
            if meta.get("marks_sha256") != loaded.marks_sha256:
                _mark_anew(loaded, final)
            fresh = _meta(loaded, meta["seconds"], header, blind_premise)
            if fresh != meta:
                write_json(meta_path, fresh)
            return fresh
        with closing(Journal(folder / f"{name}.journal")) as journal:
            part = folder / f"{name}.jsonl.gz.part"
            with closing(AppendFile(part)) as file:
                done = _resume(journal, file, part.stat().st_size, header)
                entry = _score_rest(loaded, scorer, journal, file, done, blind_premise=blind_premise, on_pair=on_pair)
            part.replace(final)
            meta = _meta(loaded, entry.counters.get("milliseconds", 0) / 1000, header, blind_premise)
            write_json(meta_path, meta)
            journal.remove()
    except OSError as error:
        raise OutputError(
            f"{final} cannot be written ({error.strerror or error}): check the folder and its disk."
        ) from error
    return meta


def read_predictions(path: Path, *, texts: bool = True) -> list[PredictionRow]:
    """Read the predictions of a set.

    Args:
        path: ``<set>.jsonl.gz``.
        texts: Whether premises and hypotheses are wanted; without them they are empty, which saves memory,
            and `lengths` says how long they were.

    Returns:
        The rows in their order.

    Raises:
        InputError: If the file cannot be read.
    """
    rows: list[PredictionRow] = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = cast("PredictionRow", json.loads(line))
                if not texts:
                    row["lengths"] = len(row["premise"]), len(row["hypothesis"])
                    row["premise"] = row["hypothesis"] = ""
                rows.append(row)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"The predictions {path} cannot be read ({error}): run the evaluation again.") from error
    return rows


def read_results(run: Path) -> dict[str, Any]:
    """Read the results of a run folder.

    Args:
        run: The folder.

    Returns:
        What stands in its ``results.json``.

    Raises:
        InputError: If the folder holds no finished run, or one of another schema.
    """
    path = run / "results.json"
    if not path.is_file():
        raise InputError(f"{run} holds no finished evaluation (no results.json): give the folder that nli eval wrote.")
    results = read_json(path)
    if results.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{path} has the schema version {results.get('schema_version')}, not {SCHEMA_VERSION}: "
            "run the evaluation again."
        )
    return results


SCHEMA_VERSION = 1
"""Version of the keys in ``results.json``; see README.md."""


def decision_of(results: Mapping[str, Any]) -> Decision:
    """Return temperature, threshold and direction of the detector whose results these are."""
    model = results["model"]
    return Decision(model["temperature"], model["threshold"], model["direction"])


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file of a run folder, or raise `InputError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}): run the evaluation again.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a JSON object: run the evaluation again.")
    return content


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object so that the file is either the old or the new one, never half."""
    half = path.with_name(f"{path.name}.part")
    with half.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _score_rest(
    loaded: LoadedSet,
    scorer: Scorer,
    journal: Journal,
    file: AppendFile,
    entry: Entry,
    *,
    blind_premise: str | None,
    on_pair: Callable[[int], object],
) -> Entry:
    """Score the rows after those of an entry, window after window; return the last entry."""
    on_pair(entry.rows_written)
    rows = islice(loaded.rows(), entry.rows_written, None)
    while window := list(islice(rows, WINDOW)):
        started = time.perf_counter()
        lines = _scored(window, scorer, blind_premise, on_pair)
        spent = round(1000 * (time.perf_counter() - started))
        data = gzip.compress(b"".join(lines), mtime=0)
        file.append(data)
        file.sync()
        entry = Entry(
            rows_read=entry.rows_read + len(window),
            rows_written=entry.rows_written + len(window),
            size=entry.size + len(data),
            counters={"milliseconds": entry.counters.get("milliseconds", 0) + spent},
        )
        journal.add(entry)
    return entry


def _resume(journal: Journal, file: AppendFile, size: int, header: Mapping[str, Any]) -> Entry:
    """Bring file and journal to the last window that is whole in both."""
    whole = [entry for entry in journal.entries if entry.size <= size] if journal.header == header else []
    if not whole:
        journal.restart(header)
        file.truncate(0)
        return Entry()
    journal.rewind(whole[-1])
    file.truncate(whole[-1].size)
    return whole[-1]


def _scored(
    window: Sequence[EvalPair], scorer: Scorer, blind_premise: str | None, on_pair: Callable[[int], object]
) -> Iterator[bytes]:
    """Score some rows and return them as lines."""
    texts = [(row.premise if blind_premise is None else blind_premise, row.hypothesis) for row in window]
    scored: list[ScoredPair] = []
    for each in scorer.logits(texts):
        scored.append(each)
        on_pair(1)
    if len(scored) != len(window):
        raise ModelError(f"The model {scorer.name} gave {len(scored)} scores for {len(window)} pairs.")
    forward = _stacked([each.forward for each in scored], window, scorer)
    both = scorer.direction == "both"
    backward = _stacked([each.backward for each in scored], window, scorer) if both else None
    chances = probabilities(
        forward, backward, scorer.calibration.temperature, weights((len(a), len(b)) for a, b in texts)
    )
    return (
        _line(
            {
                "id": row.id,
                "gold": row.gold,
                "premise": premise,
                "hypothesis": hypothesis,
                "forward": _rounded(forward[index]),
                "backward": None if backward is None else _rounded(backward[index]),
                "probabilities": _rounded(chances[index]),
                "truncated": int(scored[index].truncated),
                "tags": list(row.tags),
                "cluster": row.cluster,
            }
        )
        for index, (row, (premise, hypothesis)) in enumerate(zip(window, texts, strict=True))
    )


def _stacked(logits: Sequence[Any], window: Sequence[EvalPair], scorer: Scorer) -> Array:
    """Return logits as [n, 3], refusing what is not finite."""
    array = np.array([np.asarray(each, dtype=np.float64) for each in logits])
    broken = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(broken):
        raise ModelError(
            f"The model {scorer.name} ({scorer.runtime_name}) gave logits that are not finite for the pair "
            f"{window[int(broken[0])].id!r}: run it in full precision."
        )
    return array


def _line(row: PredictionRow) -> bytes:
    return json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _rounded(numbers: Array) -> list[float]:
    return [round(float(number), _DECIMALS) for number in numbers]


def _mark_anew(loaded: LoadedSet, final: Path) -> None:
    """Give scored rows the ids, tags and clusters that the set has now."""
    rows = zip(read_predictions(final), loaded.rows(), strict=True)
    part = final.with_name(f"{final.name}.part")
    with part.open("wb") as file:
        while window := list(islice(rows, WINDOW)):
            lines = (
                _line({**row, "id": pair.id, "tags": list(pair.tags), "cluster": pair.cluster}) for row, pair in window
            )
            file.write(gzip.compress(b"".join(lines), mtime=0))
        file.flush()
        os.fsync(file.fileno())
    part.replace(final)


def _meta(loaded: LoadedSet, seconds: float, header: Mapping[str, Any], blind_premise: str | None) -> dict[str, Any]:
    """Say what was scored and how fast."""
    spec = loaded.spec
    return {
        "set": loaded.name,
        "task": loaded.task,
        "n": loaded.n,
        "dropped": dict(loaded.dropped),
        **header,
        "split": spec.split,
        "hub": spec.hub.path if spec.hub else None,
        "source": loaded.provenance,
        "licence": spec.licence,
        "use": spec.use,
        "domain": spec.domain,
        "url": spec.url,
        "note": spec.note,
        "cluster": spec.cluster,
        "available": loaded.available,
        "limit": loaded.limit,
        "seed": loaded.seed if loaded.n < loaded.available else None,
        "blind_premise": blind_premise,
        "seconds": seconds,
        "pairs_per_second": round(loaded.n / seconds, 1) if seconds else None,
    }
