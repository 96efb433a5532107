"""A detector on a suite: every prediction is saved, then measured from what was saved.

The steps are apart on purpose. All data are found and checked first, so that nothing is scored in vain;
scoring writes predictions and nothing else; the numbers come from the files, so that they can be made
again without the model.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from nli.errors import InputError, OutputError
from nli.eval import environment
from nli.eval.bootstrap import Intervals
from nli.eval.datasets import LoadedSet, prepare
from nli.eval.leakage import check_leakage
from nli.eval.metrics import SetEvaluation, evaluate_set, summarise
from nli.eval.model_index import model_index
from nli.eval.store import (
    SCHEMA_VERSION,
    Scorer,
    decision_of,
    read_json,
    read_predictions,
    read_results,
    score_set,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nli.eval.suite import SetSpec, Suite

BLIND_PREMISE = "."
"""What a blind run puts in the place of every premise: a sentence without content that no tokenizer drops."""


def evaluate(
    suite: Suite,
    detector: Scorer,
    out: Path,
    *,
    data_root: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    prevalence: float = 0.05,
    resamples: int = 1000,
    blind: bool = False,
    skip_missing: bool = False,
    leakage_files: Sequence[Path] = (),
    command: str = "",
    progress: bool = False,
) -> dict[str, Any]:
    """Score a suite and write a run folder: ``predictions/``, then ``results.json``.

    A folder that holds the same run (model, data, sample) is gone on with; what is finished there is not scored again.

    Args:
        suite: The sets.
        detector: The model, as `nli.load` gives it.
        out: The run folder; it is made if it is not there.
        data_root: Folder with local files; None for NLI_DATA, if that is set.
        limit: Rows of each set at most, a random sample; None for all.
        seed: Seed of the sample and of the bootstrap.
        prevalence: Share of contradictions at which precision is restated.
        resamples: Bootstrap resamples; 0 makes no intervals.
        blind: Whether to score every set a second time with a premise without content.
        skip_missing: Whether sets whose data cannot be had are left out and listed instead of stopping the run.
        leakage_files: Training files to compare with every set.
        command: The command line, for the record.
        progress: Whether to show a bar on stderr, if that is a terminal.

    Returns:
        What stands in ``results.json``; README.md describes the keys.

    Raises:
        InputError: If data cannot be had or used, a set is the one that the calibration was fitted on, or the folder
            holds another run.
        ModelError: If the detector's numbers cannot be used.
        OutputError: If the folder cannot be written.
    """
    if limit is not None and limit < 1:
        raise InputError(f"The limit {limit} is not above 0: give the most rows wanted of each set.")
    started = time.perf_counter()
    intervals = Intervals(seed=seed, resamples=resamples)
    sets, missing = _prepared(suite, data_root, limit, seed, skip_missing=skip_missing)
    refuse_fitted(sets, detector.calibration.provenance)
    leakage = check_leakage(leakage_files, sets) if leakage_files else None
    model = describe(detector)
    key = _run_key(suite, model, sets)
    predictions = _claim(out, key, suite, model)
    metas: dict[str, dict[str, Any]] = {}
    blind_metas: dict[str, dict[str, Any]] = {}
    passes: list[tuple[str | None, dict[str, dict[str, Any]]]] = [(None, metas)]
    passes += [(BLIND_PREMISE, blind_metas)] if blind else []
    with _bar(sum(loaded.n for loaded in sets) * len(passes), shown=progress) as advance:
        for loaded in sets:
            for premise, found in passes:
                found[loaded.name] = score_set(
                    loaded, detector, predictions, key=key, blind_premise=premise, on_pair=advance
                )
    results: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "suite": suite.name,
        "description": suite.description,
        "created": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "command": command,
        "run_key": key,
        "model": model,
        "limit": limit,
        "seed": seed,
        "prevalence": prevalence,
        "resamples": resamples,
        "versions": environment.versions(),
        "hardware": environment.hardware(),
    }
    evaluations = [_measured(predictions, name, meta, results, intervals) for name, meta in metas.items()]
    results |= {
        "seconds": round(time.perf_counter() - started, 1),
        "scoring_seconds": round(sum(meta["seconds"] for meta in (*metas.values(), *blind_metas.values())), 1),
        "peak_rss_mb": environment.peak_rss_mb(),
        "missing": missing,
        "leakage": leakage,
        "summary": summarise(evaluations, level=intervals.level),
        "datasets": {one.name: {**one.results, **_data_of(metas[one.name])} for one in evaluations},
        "blind": {
            name: _blind_entry(_measured(predictions, name, meta, results, intervals), meta)
            for name, meta in blind_metas.items()
        },
    }
    _write(out, results)
    return results


def describe(detector: Scorer) -> dict[str, Any]:
    """Return what the results say of a model.

    Args:
        detector: The model.

    Returns:
        name, weights_sha256, runtime, precision, direction, temperature, threshold (the one in use), thresholds (those
        stored), the provenance of the fit, and the detector's identity: all that its scores depend on.
    """
    calibration = detector.calibration
    return {
        "name": detector.name,
        "weights_sha256": detector.weights_sha256,
        "runtime": detector.runtime_name,
        "precision": detector.runtime_name.rpartition("-")[2],
        "direction": detector.direction,
        "temperature": calibration.temperature,
        "threshold": detector.threshold,
        "thresholds": dict(calibration.thresholds),
        "provenance": dict(calibration.provenance),
        "identity": dict(detector.identity()),
    }


def refuse_fitted(sets: Iterable[LoadedSet], provenance: Mapping[str, Any]) -> None:
    """Refuse to report on data that temperature and threshold were fitted on.

    Data are the same if their hashes are, or if the provenance names the set's split (``snli.test``) or its file among
    its data.

    Args:
        sets: The sets to report on.
        provenance: Where the calibration comes from; its ``data``, ``data_sha256`` and ``sources_sha256`` may be text,
            lists or mappings.

    Raises:
        InputError: If a set is the one fitted on.
    """
    words = {word for key in ("data", "data_sha256", "sources_sha256") for word in _words(provenance.get(key))}
    if isinstance(provenance.get("data"), str) and provenance.get("split"):
        words.add(f"{provenance['data']}.{provenance['split']}")
    for loaded in sets:
        spec = loaded.spec
        own = {loaded.data_sha256, loaded.full_sha256, spec.file, f"{spec.name}.{spec.split}"}
        own |= {f"{spec.built_in}.{spec.split}", f"{spec.name}.{spec.half}"} if spec.built_in else set()
        if own & words or (words and _fitted_hashes(loaded) & words):
            raise InputError(
                f"The set {loaded.name} is what this model's temperature and threshold were fitted on, so its numbers "
                "would flatter it: leave the set out, or calibrate on other data."
            )
        if spec.path and {spec.path, Path(spec.path).name} & words:
            raise InputError(
                f"The file {spec.path} is called like the one that this model's temperature and threshold were fitted "
                "on, so its numbers would flatter the model: leave it out, or rename it if its pairs are others."
            )


def compare_runs(run_a: Path, run_b: Path, *, seed: int = 0, resamples: int = 1000) -> dict[str, dict[str, Any]]:
    """Compare two runs on the sets that both have, from their saved predictions.

    Args:
        run_a: Run folder of A.
        run_b: Run folder of B.
        seed: Seed of the bootstrap.
        resamples: Bootstrap resamples.

    Returns:
        Set -> what `nli.eval.compare.compare_sets` gives.

    Raises:
        InputError: If a folder holds no finished run, or the runs share no set or not its pairs.
    """
    from nli.eval.compare import compare_sets

    results_a, results_b = read_results(run_a), read_results(run_b)
    shared = [name for name in results_a["datasets"] if name in results_b["datasets"]]
    if not shared:
        raise InputError(f"The runs {run_a} and {run_b} have no set in common: evaluate both on one suite.")
    return {
        name: compare_sets(
            name,
            read_predictions(run_a / "predictions" / f"{name}.jsonl.gz"),
            read_predictions(run_b / "predictions" / f"{name}.jsonl.gz"),
            decision_of(results_a),
            decision_of(results_b),
            task=results_a["datasets"][name]["task"],
            intervals=Intervals(seed=seed, resamples=resamples),
        )
        for name in shared
    }


def _prepared(
    suite: Suite, data_root: Path | None, limit: int | None, seed: int, *, skip_missing: bool
) -> tuple[list[LoadedSet], dict[str, str]]:
    """Find the data of all sets, or of those that can be had."""

    def found(spec: SetSpec) -> LoadedSet | str:
        try:
            return prepare(spec, data_root=data_root, limit=limit, seed=seed)
        except InputError as error:
            if not skip_missing:
                raise
            return str(error)

    outcomes = {spec.name: found(spec) for spec in suite.sets}
    sets = [outcome for outcome in outcomes.values() if isinstance(outcome, LoadedSet)]
    missing = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, str)}
    if not sets:
        raise InputError(f"Not one set of the suite {suite.name} can be had; the first: {next(iter(missing.values()))}")
    return sets, missing


def _run_key(suite: Suite, model: Mapping[str, Any], sets: Sequence[LoadedSet]) -> str:
    """Return what names a run: the model, how it is run, and the rows that it is run on."""
    parts = {
        "schema": SCHEMA_VERSION,
        "suite": suite.name,
        "model": model["identity"],
        "data": {loaded.name: loaded.data_sha256 for loaded in sets},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _claim(out: Path, key: str, suite: Suite, model: Mapping[str, Any]) -> Path:
    """Make the run folder, or check that it holds this very run; return the folder of predictions."""
    marker = out / "run.json"
    predictions = out / "predictions"
    if marker.is_file():
        there = read_json(marker)
        if there.get("run_key") != key:
            raise InputError(
                f"The folder {out} holds another run (suite {there.get('suite')}, model {there.get('model')}, or other "
                "data): choose another --out, or delete it."
            )
    elif out.is_dir() and any(out.iterdir()):
        raise InputError(f"The folder {out} holds other files and no run: choose an empty or a new one with --out.")
    try:
        predictions.mkdir(parents=True, exist_ok=True)
        write_json(marker, {"run_key": key, "suite": suite.name, "model": model["name"]})
    except OSError as error:
        raise OutputError(
            f"The run folder {out} cannot be written ({error.strerror or error}): choose another with --out."
        ) from error
    return predictions


def _measured(
    predictions: Path, name: str, meta: Mapping[str, Any], results: Mapping[str, Any], intervals: Intervals
) -> SetEvaluation:
    """Measure a set from its saved predictions."""
    stem = name if meta["blind_premise"] is None else f"{name}.blind"
    return evaluate_set(
        name,
        read_predictions(predictions / f"{stem}.jsonl.gz", texts=False),
        decision_of(results),
        task=meta["task"],
        dropped=meta["dropped"],
        pairs_per_second=meta["pairs_per_second"],
        prevalence=results["prevalence"],
        intervals=intervals,
    )


def _data_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the results say of a set's data."""
    fields = ("source", "url", "licence", "use", "domain", "note", "cluster", "available", "limit", "seed")
    data = {"sha256": meta["data_sha256"], **{field: meta[field] for field in fields}}
    return {"split": meta["split"], "hub": meta["hub"], "data": data}


def _blind_entry(evaluation: SetEvaluation, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is reported of a blind run, beside the share of the commonest label, which needs no text at all."""
    results = evaluation.results
    return {
        "premise": meta["blind_premise"],
        "n": results["n"],
        "majority": round(max(results["gold"].values()) / results["n"], 6),
        **{field: results[field] for field in ("accuracy", "macro_f1", "contradiction")},
    }


def _write(out: Path, results: Mapping[str, Any]) -> None:
    """Write the results, and the same for a model card."""
    card = {"model-index": model_index(results, results["model"]["name"])}
    try:
        (out / "model-index.yaml").write_text(
            yaml.safe_dump(card, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
        write_json(out / "results.json", results)
    except OSError as error:
        raise OutputError(f"The run folder {out} cannot be written ({error.strerror or error}).") from error


def _fitted_hashes(loaded: LoadedSet) -> set[str]:
    """Return what the record of a fit on a set's pairs alone may have for them."""
    own = loaded.fitted_sha256()
    return {own, hashlib.sha256(own.encode()).hexdigest()}


def _words(value: object) -> Iterator[str]:
    """Yield a text and its words, or those of all texts in a list or mapping, keys too."""
    if isinstance(value, str):
        yield value
        yield from (word for word in re.split(r"[\s,;+&()]+", value) if word)
    elif isinstance(value, Mapping):
        yield from (word for item in value.items() for each in item for word in _words(each))
    elif isinstance(value, list | tuple):
        yield from (word for each in value for word in _words(each))


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show progress on stderr if that is wanted and stderr is a terminal; yields what to call with each step."""
    from tqdm import tqdm

    with tqdm(total=total, unit="pair", disable=not (shown and sys.stderr.isatty()), file=sys.stderr) as bar:
        yield bar.update
