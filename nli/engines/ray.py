"""Scoring on a Ray cluster: a Parquet file of pairs (`score_parquet`), or pairs as they come (`RayScorer`).

A file is scored in parts by a Ray Data pipeline. What travels through it are row numbers and counts: each worker
reads its rows and writes its part itself, so that neither texts nor results pass through this process. Input,
output and model must lie where all machines see them, and `nli` must be installed on each. A worker that dies is
started again by Ray, and what it was at is done over.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nli import bundle as bundles
from nli.detector import WINDOW
from nli.engines.cluster import Fault, Placement, Worker, absolute, cluster, cpus_of, require_ray
from nli.engines.parts import COUNTS, Parts, part_file, partial_folder, rejects_file
from nli.errors import InputError, NliError, OutputError
from nli.pairs import Pair, read_pairs
from nli.readers import Format, check_source, format_of
from nli.scoring import REJECTS_SHOWN, Summary, score_file
from nli.writing import source_key

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from nli.detector import Verdict

PART_ROWS = 16 * WINDOW
"""Most rows of a part: what is lost when a worker dies, and what makes a file of a sensible size."""
PARTS_PER_WORKER = 4
"""Smaller files are cut into so many parts a worker, so that the workers finish together."""
IN_FLIGHT = 3
"""Chunks of pairs that `RayScorer` has under way for each worker."""
RETRIES = 5
"""How often a worker may die: one of `RayScorer` at any time, one of `score_parquet` while it starts."""


def score_parquet(
    source: str | Path,
    out: str | Path,
    *,
    model: Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    rejects: str | Path | None = None,
    only_flagged: bool = False,
    resume: bool = False,
    address: str | None = None,
    workers: int | None = None,
    part_rows: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Score every pair of a Parquet file on a Ray cluster.

    Args:
        source: The file, where all machines of the cluster can read it.
        out: A file that ends in .parquet, which gets the rows, columns and types that `nli.scoring.score_file`
            writes; else a folder, which gets Parquet files whose names are in the order of the rows. There the
            column ``window`` always is a struct of premise and hypothesis, each a [start, end) or null.
        model: Arguments of `nli.load`. Each worker has ``threads`` CPUs, 1 by default, and a GPU if the device is
            cuda, or if it is auto, the model has no ONNX file, and the cluster has GPUs.
        columns: The file's column for each field that is not called so there.
        rejects: A file for rows that cannot be used, as JSON lines.
        only_flagged: Write flagged pairs alone.
        resume: Go on where an earlier run of the same call was stopped.
        address: The cluster, as ``HOST:PORT`` of its head node or ``auto``; None for the environment's RAY_ADDRESS,
            and without it for this machine alone.
        workers: Processes that hold the model; None for as many as the cluster has room for.
        part_rows: Rows of a part; None for a size that keeps all workers busy.
        progress: Called with the number of rows of each finished part.

    Returns:
        The counts.

    Raises:
        InputError: If the input cannot be used, the cluster cannot be reached or its workers die again and again.
        OutputError: If the output cannot be written.
        MissingExtraError: If Ray or pyarrow is not installed.
    """
    started = time.monotonic()
    source, out, rejects = Path(source), Path(out), None if rejects is None else Path(rejects)
    options = absolute(model or {})
    require_ray()
    rows = _check_source(source, columns)
    if resume and out.exists() and not partial_folder(out).exists():
        return Summary(already_done=True)
    _check_targets(source, out, rejects)
    bundles.find(options.get("name"))  # a model that is not there is refused before anything is started
    key = {**source_key(source), "model": options, "columns": dict(columns or {}), "only_flagged": only_flagged}
    with cluster(address, options, workers) as placement:
        size = part_rows or _part_rows(rows, placement.workers)
        with Parts(source, out, rejects, rows=rows, part_rows=size, run_key=key, resume=resume) as parts:
            summary = Summary(resumed_at=sum(counts["pairs"] + counts["rejected"] for counts in parts.done.values()))
            job: dict[str, Any] = {"source": source.resolve(), "folder": parts.folder.resolve(), "columns": columns}
            job.update(model=options, only_flagged=only_flagged)
            with closing(_scored(parts.todo(), placement, job)) as scored:
                for first, counts in scored:
                    summary.scored_now += counts["pairs"]
                    progress(parts.add(first, counts))
            for name in COUNTS:
                setattr(summary, name, sum(counts[name] for counts in parts.done.values()))
            summary.first_rejects = list(islice(parts.rejects(), REJECTS_SHOWN))
            parts.publish()
    summary.seconds = time.monotonic() - started
    return summary


class RayScorer:
    """Scores pairs as they come on the workers of a Ray cluster. A context manager, which ends the workers.

    Args:
        model: Arguments of `nli.load`; see `score_parquet`.
        address: The cluster; see `score_parquet`.
        workers: Processes that hold the model; None for as many as the cluster has room for.
        chunk: Pairs that a worker gets at once.

    Raises:
        InputError: If the cluster cannot be reached or has no room.
        ModelError: If there is no such model.
        MissingExtraError: If Ray is not installed.
    """

    def __init__(
        self,
        model: Mapping[str, Any] | None = None,
        *,
        address: str | None = None,
        workers: int | None = None,
        chunk: int = WINDOW,
    ) -> None:
        options = absolute(model or {})
        require_ray()
        import ray

        bundles.find(options.get("name"))
        self._chunk = chunk
        self._open = ExitStack()
        placement = self._open.enter_context(cluster(address, options, workers))
        lasting = {"max_restarts": RETRIES, "max_task_retries": RETRIES}
        actor: Any = ray.remote(num_cpus=placement.cpus, num_gpus=placement.gpus, **lasting)(PairScorer)
        self._actors = [actor.remote(_worker_model(options)) for _ in range(placement.workers)]

    def stream(
        self, pairs: Iterable[Pair | tuple[str, str]], *, least: float | Iterable[float] = 0.0
    ) -> Iterator[Verdict]:
        """Compare many pairs.

        Args:
            pairs: Any iterable of pairs; it is read a few chunks ahead of the verdicts that are taken.
            least: As `nli.detector.Detector.stream` has it; the workers score every pair in full.

        Yields:
            One verdict a pair, in the order of the pairs.

        Raises:
            InputError: If a statement is empty or too long, or the workers die again and again.
        """
        del least  # held on to, what it is drawn from would keep every pair in memory
        waiting: deque[Any] = deque()
        remaining, actors = iter(pairs), cycle(self._actors)
        while chunk := [_texts(pair) for pair in islice(remaining, self._chunk)]:
            if len(waiting) == IN_FLIGHT * len(self._actors):
                yield from self._answer(waiting.popleft())
            waiting.append(next(actors).verdicts.remote(chunk))
        while waiting:
            yield from self._answer(waiting.popleft())

    def identity(self) -> dict[str, Any]:
        """Return what decides the verdicts; see `nli.detector.Detector.identity`."""
        answer: dict[str, Any] = self._answer(self._actors[0].identity.remote())
        return answer

    def close(self) -> None:
        """End the workers, and the cluster if it was started for them."""
        import ray

        for actor in self._actors:
            ray.kill(actor)
        self._actors = []
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @staticmethod
    def _answer(reference: Any) -> Any:  # noqa: ANN401 -- what the worker returned
        import ray

        with _dying():
            answer = ray.get(reference)
        if isinstance(answer, Fault):
            raise answer.error()
        return answer


class PairScorer(Worker):
    """A worker of `RayScorer`."""

    def verdicts(self, pairs: list[tuple[str, str]]) -> list[Verdict] | Fault:
        """Score one chunk."""
        try:
            return list(self.detector.stream(pairs))
        except NliError as error:
            return Fault.of(error)

    def identity(self) -> dict[str, Any] | Fault:
        """Return the detector's identity."""
        try:
            return self.detector.identity()
        except NliError as error:
            return Fault.of(error)


class PartScorer(Worker):
    """A worker of `score_parquet`.

    Args:
        source: The input.
        folder: Where the parts go.
        model: Arguments of `nli.load`.
        columns: The file's column for each field that is not called so there.
        only_flagged: Write flagged pairs alone.
    """

    def __init__(
        self,
        *,
        source: Path,
        folder: Path,
        model: Mapping[str, Any],
        columns: Mapping[str, str] | None,
        only_flagged: bool,
    ) -> None:
        super().__init__(model)
        self._source, self._folder = source, folder
        self._columns, self._only_flagged = columns, only_flagged

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """Score the part that a batch of one row names, and return what was in it as JSON."""
        first, rows = int(batch["first"][0]), int(batch["rows"][0])
        try:
            note: dict[str, Any] = {"first": first, "counts": self._score(first, rows), "by": self._identity()}
        except NliError as error:
            note = {"fault": asdict(Fault.of(error))}
        return {"note": [json.dumps(note)]}

    def _identity(self) -> dict[str, Any]:
        """Return what must be alike in all workers; runtimes may differ from machine to machine."""
        return {name: value for name, value in self.detector.identity().items() if name != "runtime"}

    def _score(self, first: int, rows: int) -> dict[str, int]:
        """Score one part with the local engine, from a copy of its rows, and move the result into place."""
        with tempfile.TemporaryDirectory(prefix="nli-") as name:
            scratch = Path(name)
            _copy_rows(self._source, scratch / "pairs.parquet", first, rows)
            summary = score_file(
                self.detector,
                scratch / "pairs.parquet",
                scratch / "scored.parquet",
                columns=self._columns,
                rejects=scratch / "rejects.jsonl",
                only_flagged=self._only_flagged,
            )
            try:
                work = self._folder.parent
                if summary.rejected:
                    _move(scratch / "rejects.jsonl", rejects_file(work, first), work)
                _write_alike(scratch / "scored.parquet", scratch / "part.parquet")
                _move(scratch / "part.parquet", part_file(self._folder, first), work)
            except OSError as error:
                raise OutputError(
                    f"{self._folder} cannot be written on {socket.gethostname()} ({error.strerror or error}): choose "
                    "an output in a folder that all machines of the cluster share."
                ) from None
        return summary.counters()


def _scored(
    todo: list[tuple[int, int]], placement: Placement, job: Mapping[str, Any]
) -> Generator[tuple[int, Mapping[str, int]], None, None]:
    """Have the parts scored, and yield first row and counts of each as they are finished."""
    import ray.data

    if not todo:
        return
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_consecutive_actor_init_deaths = RETRIES  # once it has started, Ray Data replaces a worker anyway
    work = ray.data.from_items([{"first": first, "rows": rows} for first, rows in todo], override_num_blocks=len(todo))
    notes = work.map_batches(
        PartScorer,
        batch_size=1,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=min(placement.workers, len(todo))),
        fn_constructor_kwargs={**job, "model": _worker_model(job["model"])},
        num_cpus=placement.cpus,
        num_gpus=placement.gpus,
    )
    by: dict[str, Any] = {}
    with _dying():
        for row in notes.iter_rows():
            note = json.loads(row["note"])
            if "fault" in note:
                raise Fault(**note["fault"]).error()
            by = by or note["by"]
            if note["by"] != by:
                raise InputError(
                    "The machines of the cluster have different models under one name: give all of them the same "
                    "model and version of nli."
                )
            yield note["first"], note["counts"]


@contextmanager
def _dying() -> Iterator[None]:
    """Say in one sentence that workers die for good; what a worker raises is a bug and passes as it is."""
    import ray.exceptions

    try:
        yield
    except ray.exceptions.RayTaskError:
        raise
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise InputError(
            f"The workers on the Ray cluster died too often ({reason}): give fewer of them with --ray-workers, or "
            "machines with more memory."
        ) from error


def _worker_model(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "threads": cpus_of(options)}


def _part_rows(rows: int, workers: int) -> int:
    """Return rows of a part: whole windows of the detector, which waste no place in a batch."""
    share = -(-rows // (workers * PARTS_PER_WORKER * WINDOW)) * WINDOW
    return min(PART_ROWS, share)


def _texts(pair: Pair | tuple[str, str]) -> tuple[str, str]:
    return (pair.premise, pair.hypothesis) if isinstance(pair, Pair) else pair


def _check_source(source: Path, columns: Mapping[str, str] | None) -> int:
    """Refuse an input that cannot be scored, and return its number of rows."""
    if str(source) == "-" or check_source(source) != Format("parquet"):
        raise InputError(f"Ray scores Parquet, and {source} is none: convert it, or choose --engine local.")
    next(read_pairs(source, columns=columns, on_reject=lambda _: None), None)  # its columns are looked for
    import pyarrow.parquet as pq

    return int(pq.read_metadata(source).num_rows)


def _check_targets(source: Path, out: Path, rejects: Path | None) -> None:
    """Refuse an output that cannot be written, before any work is done."""
    for target in (out, rejects):
        if target is not None and not target.parent.is_dir():
            raise OutputError(f"{target} cannot be written, for there is no folder {target.parent}: make it first.")
        if target is not None and target.resolve() == source.resolve():
            raise OutputError(f"{target} is the input itself and would be lost: name another file.")
    form = format_of(out)
    if form is None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} is there already: name a new folder, or a file that ends in .parquet.")
    if form is not None and (form != Format("parquet") or out.is_dir()):
        raise OutputError(f"Ray writes Parquet, not {out}: let it end in .parquet, or name a folder without an ending.")
    if rejects is not None and (format_of(rejects) != Format("jsonl") or rejects.is_dir()):
        raise OutputError(f"Rejected rows are written as JSON lines: let {rejects} end in .jsonl.")


def _copy_rows(source: Path, target: Path, first: int, rows: int) -> None:
    """Copy some rows of a Parquet file, types and all, reading only the row groups that hold them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source) as file, pq.ParquetWriter(target, file.schema_arrow) as writer:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
            ends = [sum(sizes[: group + 1]) for group in range(len(sizes))]
            groups = [group for group, end in enumerate(ends) if end > first and end - sizes[group] < first + rows]
            at = ends[groups[0]] - sizes[groups[0]]
            for batch in file.iter_batches(batch_size=WINDOW, row_groups=groups):
                start, stop = max(first - at, 0), min(first + rows - at, batch.num_rows)
                if start < stop:
                    writer.write_batch(batch.slice(start, stop - start))
                at += batch.num_rows
                if at >= first + rows:
                    break
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"{source} cannot be read on {socket.gethostname()} ({reason}): put it whole into a folder that all "
            "machines of the cluster share."
        ) from None


def _write_alike(scored: Path, target: Path) -> None:
    """Write a scored file with types of the verdict's columns that are the same whatever the verdicts are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    span = pa.list_(pa.int64())
    types = {
        "label": pa.string(),
        **dict.fromkeys(("contradiction", "entailment", "neutral"), pa.float64()),
        "flagged": pa.bool_(),
        "truncated": pa.int64(),
        "window": pa.struct([("premise", span), ("hypothesis", span)]),
    }
    table = pq.read_table(scored, memory_map=False)
    for name, kind in types.items():
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, pa.array(table.column(name).to_pylist(), type=kind))
    pq.write_table(table, target)


def _move(path: Path, target: Path, by: Path) -> None:
    """Copy a file to a folder on another disk so that it appears there whole, by way of one on the same disk."""
    passing = by / f".{target.name}.{uuid4().hex}"
    with path.open("rb") as whole, passing.open("xb") as file:
        shutil.copyfileobj(whole, file)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(target)
