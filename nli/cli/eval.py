"""``nli eval``: score suites, make reports, compare runs. What is done stands in `nli.eval`."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import math
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from nli.errors import InputError, MissingExtraError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nli.eval.suite import SetSpec, Suite

_FOLDER = click.Path(file_okay=False, path_type=Path)
_RUN = "run"
_WORDS = f"{__name__}.words"
_DROPS_SHOWN = 3


class _SuiteGroup(click.Group):
    """A group whose first word is a subcommand or, if it is none, the first argument of ``run``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = list(args)
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_RUN, *args]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*self.commands[_RUN].collect_usage_pieces(ctx), "| COMMAND …"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.commands[_RUN].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def _floors(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, float]]:
    """Read ``KEY=VALUE``: a metric and the least value that passes."""
    floors = []
    for value in values:
        key, _, number = value.rpartition("=")
        try:
            floor = float(number)
        except ValueError:
            floor = math.nan
        # With nan or infinity a gate would always pass, or never.
        if not key or not math.isfinite(floor):
            raise click.BadParameter(f"{value!r} is not KEY=VALUE, such as denial.contradiction.f1=0.85.")
        floors.append((key.strip(), floor))
    return floors


@click.group("eval", cls=_SuiteGroup, no_args_is_help=True)
def eval_command() -> None:
    """Evaluate a detector on labelled pairs, with intervals, slices and a report.

    SUITE is the name of a shipped suite (nli eval list shows them), a YAML file like them, or a labelled pairs file;
    standard:snli,anli takes only some sets of a suite. Results go into a run folder: results.json, report.html and
    every prediction. A run that was killed goes on with the same --out.
    """


@eval_command.command(_RUN, hidden=True)
@click.argument("suites", metavar="SUITE...", nargs=-1, required=True)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="A bundled name, a folder or a hub name; several are compared.  [default: the one that scores by default]",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    show_default=True,
    help="Where the model runs.",
)
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="CPU threads.  [default: all cores]")
@click.option(
    "--label-order",
    metavar="X,Y,Z",
    help="Class of the models' logits 0, 1, 2, such as c,e,n.  [default: by the names in the model]",
)
@click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", help="Most tokens of a pair scored together.")
@click.option(
    "--on-long",
    type=click.Choice(["window", "truncate", "error"]),
    default="window",
    show_default=True,
    help="Longer pairs: take the window with the highest P(contradiction), cut and count, or stop.",
)
@click.option("--one-way", is_flag=True, help="Score premise to hypothesis only: twice as fast, not symmetric.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Score a random sample of N rows of each set.  [default: all]",
)
@click.option(
    "--data-root",
    type=_FOLDER,
    metavar="DIR",
    help="Folder with <set>.<split>.jsonl.gz files, used before the hub.  [default: $NLI_DATA]",
)
@click.option("--skip-missing", is_flag=True, help="Leave out sets whose data cannot be had, and list them.")
@click.option(
    "--out",
    type=_FOLDER,
    metavar="DIR",
    help="Run folder; one that holds this very run is gone on with.  [default: runs/<suite>-<model>-<time>]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of samples and intervals.")
@click.option(
    "--resamples",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Bootstrap resamples behind the intervals.",
)
@click.option(
    "--blind",
    type=click.Choice(["premise"]),
    help="Score every set a second time without its premises, to show what the hypotheses give away.",
)
@click.option(
    "--prevalence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Share of contradictions at which precision is restated.",
)
@click.option(
    "--label-names",
    metavar="NAMES",
    help="What the integers of a pairs file mean, in order: e,n,c if 0 is entailment, 1 neutral, 2 contradiction.",
)
@click.option(
    "--check-leakage",
    "leakage_files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Training file to compare with every set; may be given more than once.",
)
@click.option(
    "--fail-under",
    "floors",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_floors,
    help="Exit with 1 if a metric is lower, e.g. denial.contradiction.f1=0.85; may be given more than once.",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def _run_command(
    ctx: click.Context,
    /,
    *,
    suites: tuple[str, ...],
    models: tuple[str, ...],
    one_way: bool,
    out: Path | None,
    label_names: str | None,
    floors: list[tuple[str, float]],
    quiet: bool,
    blind: str | None,
    device: str,
    threads: int | None,
    label_order: str | None,
    max_tokens: int | None,
    on_long: Literal["window", "truncate", "error"],
    **options: Any,  # noqa: ANN401 - options that are passed on as they are
) -> None:
    """Score suites and write a run folder."""
    _need_extra()
    from nli.detector import load
    from nli.eval.run import evaluate

    suite = _suite(suites, label_names)
    _check_floors(floors, suite)
    runs: dict[Path, dict[str, Any]] = {}
    for name in models or (None,):
        detector = load(
            name,
            device=device,
            direction="forward" if one_way else "both",
            threads=threads,
            label_order=label_order,
            max_tokens=max_tokens,
            on_long=on_long,
        )
        folder = _folder(out, suite.name, detector.name, runs, several=len(models) > 1)
        if not quiet:
            click.echo(f"{suite.name}: {_sets(suite)}, {detector.name} on {detector.runtime_name}", err=True)
        runs[folder] = evaluate(
            suite, detector, folder, blind=blind is not None, command=_command(ctx), progress=not quiet, **options
        )
        _finish(folder, runs[folder])
    if len(runs) > 1:
        _compare_with_first(runs)
    if _below(floors, runs):
        sys.exit(1)


@eval_command.command("report", short_help="Write a run's report.html anew.")
@click.argument("run", type=_FOLDER)
def _report_command(run: Path) -> None:
    """Write report.html of the run folder RUN anew, from its saved predictions."""
    _need_extra()
    from nli.eval.report import write_report

    click.echo(write_report(run))


@eval_command.command("compare", short_help="Compare two runs, pair by pair.")
@click.argument("run_a", type=_FOLDER)
@click.argument("run_b", type=_FOLDER)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the intervals.")
@click.option(
    "--resamples",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Bootstrap resamples behind the intervals.",
)
@click.option(
    "--show",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Pairs of each set to print that the runs judge differently.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the whole comparison to FILE: a page if it ends in .html, else JSON.",
)
def _compare_command(*, run_a: Path, run_b: Path, seed: int, resamples: int, show: int, output: Path | None) -> None:
    """Compare two run folders, pair by pair, from their saved predictions."""
    _need_extra()
    from nli.eval.compare import format_table
    from nli.eval.run import compare_runs

    comparisons = compare_runs(run_a, run_b, seed=seed, resamples=resamples)
    click.echo(f"A = {run_a}\nB = {run_b}\n")
    click.echo(format_table(comparisons))
    for name, comparison in comparisons.items():
        for pair in comparison["differing"]["pairs"][:show]:
            click.echo(f"\n{name} {pair['id']}, gold {pair['gold']}: {_judged(pair, 'a')}; {_judged(pair, 'b')}")
            click.echo(f"  {pair['premise']}\n  {pair['hypothesis']}")
    if output is not None and output.suffix.lower() == ".html":
        from nli.eval.report import write_comparison

        write_comparison(comparisons, output, names=(str(run_a), str(run_b)))
    elif output is not None:
        _write(output, {"a": str(run_a), "b": str(run_b), "sets": comparisons})


@eval_command.command("scan", short_help="Measure a scan on marked articles.")
@click.option("--model", metavar="MODEL", help="A folder or a hub name.  [default: the one that scores by default]")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Least P(contradiction) of a finding.  [default: a scan's]",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the figures as JSON."
)
def scan_command(model: str | None, threshold: float | None, out: Path | None) -> None:
    """Say how many contradictions of hand-marked news articles a scan finds, and how many of its findings are right.

    The articles ship with the package: eval/scan/README.md describes them. "dev" may be tuned on, "test" may not.
    """
    from nli.eval.scan.measure import run, summary

    figures = run(model, threshold, out)
    for split in ("dev", "test", "all"):
        click.echo(summary(split, figures[split]))


@eval_command.command("list", short_help="List suites and sets, and what is at hand.")
@click.option("--data-root", type=_FOLDER, metavar="DIR", help="Folder with local files.  [default: $NLI_DATA]")
def _list_command(data_root: Path | None) -> None:
    """List the shipped suites and their sets: size, source, licence, and whether the data is at hand."""
    _need_extra()
    from nli import configs
    from nli.eval.datasets import find_data_root
    from nli.eval.suite import load_suite
    from nli.eval.tables import align

    root = find_data_root(data_root)
    suites = sorted((load_suite(name) for name in configs.shipped("suites")), key=lambda suite: len(suite.sets))
    listed: set[str] = set()
    for suite in suites:
        fresh = [spec for spec in suite.sets if spec.name not in listed]
        listed.update(spec.name for spec in fresh)
        click.echo(f"{suite.name}: {suite.description} ({_sets(suite)})")
        if fresh:
            head = ["set", "rows", "task", "data", "licence", "source"]
            click.echo(align([head, *(_listed(spec, root) for spec in fresh)], numbers=(1,)))
        click.echo("")
    click.echo("data: 'not at hand' needs <set>.<split>.jsonl.gz in --data-root; 'on the hub' needs a network.")


def _need_extra() -> None:
    """Say what to install if the evaluation's libraries are not there."""
    if any(importlib.util.find_spec(module) is None for module in ("pydantic", "yaml", "scipy", "sklearn")):
        raise MissingExtraError("Evaluation", "eval")


def _suite(names: tuple[str, ...], label_names: str | None) -> Suite:
    """Read the suites asked for as one."""
    from nli.eval.suite import combine, gold_named, load_suite

    integers = tuple(part.strip() for part in label_names.split(",")) if label_names else None
    for name in integers or ():
        if gold_named(name, "three-way") is None and gold_named(name, "two-way") is None:
            raise InputError(
                f"--label-names {label_names} has {name!r}, which is none of entailment, neutral, contradiction, "
                "not_entailment: write for example --label-names e,n,c."
            )
    suites = [load_suite(name, label_names=integers) for name in names]
    if integers and not any(spec.path for suite in suites for spec in suite.sets):
        raise InputError("--label-names is for a pairs file, and none is given: the sets of a suite name their own.")
    return suites[0] if len(suites) == 1 else combine(suites)


def _check_floors(floors: Iterable[tuple[str, float]], suite: Suite) -> None:
    """Refuse a gate on a set that is not run, before the work rather than after it."""
    names = ["suite", suite.name, *(spec.name for spec in suite.sets)]
    for key, _ in floors:
        if not any(key.startswith(f"{name}.") for name in names):
            raise InputError(
                f"--fail-under {key} names no set of this run: a key starts with one of {', '.join(names)}."
            )


def _folder(out: Path | None, suite: str, model: str, taken: Mapping[Path, object], *, several: bool) -> Path:
    """Return the run folder of a model."""
    name = _slug(Path(model).name)
    if out is None:
        time = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%d-%H%M%S")
        return _free(Path("runs") / f"{_slug(suite)}-{name}-{time}", taken)
    return _free(out / name, taken) if several else out


def _free(folder: Path, taken: Mapping[Path, object]) -> Path:
    """Return the folder, with a number behind it if a model before has it."""
    found, number = folder, 1
    while found in taken:
        number += 1
        found = folder.with_name(f"{folder.name}-{number}")
    return found


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "run"


def _command(ctx: click.Context) -> str:
    """Return the command line, for the record."""
    return shlex.join(["nli", "eval", *ctx.meta[_WORDS]])


def _finish(folder: Path, results: Mapping[str, Any]) -> None:
    """Print a run's results and write its report."""
    from nli.eval.report import write_report
    from nli.eval.tables import format_results_table

    model = results["model"]
    fitted = "fitted" if model["provenance"] else "not fitted"
    click.echo(
        f"\n{model['name']}, {model['runtime']}, {model['direction']}; threshold {model['threshold']:g} ({fitted})\n"
    )
    click.echo(format_results_table(results))
    for line in _notes(results):
        click.echo(line)
    click.echo(f"\n{write_report(folder)}")


def _notes(results: Mapping[str, Any]) -> list[str]:
    """Return what a reader of the table must know: samples, drops, what is missing, blind scores, leakage."""
    from nli.eval.leakage import leakage_lines
    from nli.eval.tables import align, format_metric

    notes: list[str] = []
    for name, entry in results["datasets"].items():
        if entry["data"]["available"] > entry["n"]:
            notes.append(
                f"{name}: {entry['n']:,} drawn of {entry['data']['available']:,} rows, seed {results['seed']}."
            )
        if entry["dropped"]:
            reasons = sorted(entry["dropped"].items(), key=lambda item: -item[1])
            rest = f", {len(reasons) - _DROPS_SHOWN} more reasons" if len(reasons) > _DROPS_SHOWN else ""
            shown = ", ".join(f"{reason} ({count:,})" for reason, count in reasons[:_DROPS_SHOWN])
            notes.append(f"{name}: left out: {shown}{rest}.")
        if entry["truncated"]["pairs"]:
            notes.append(f"{name}: {entry['truncated']['pairs']:,} pairs lost text to the model's length limit.")
    notes += [f"{name}: not scored. {reason}" for name, reason in results["missing"].items()]
    if results["blind"]:
        head = ["without premises", "accuracy", "with premises", "commonest label"]
        lines = [
            [
                name,
                format_metric(entry["accuracy"]),
                format_metric(results["datasets"][name]["accuracy"]),
                f"{entry['majority']:.3f}",
            ]
            for name, entry in results["blind"].items()
        ]
        notes += ["", align([head, *lines])]
    return [*notes, *leakage_lines(results["leakage"] or {})]


def _compare_with_first(runs: Mapping[Path, Mapping[str, Any]]) -> None:
    """Compare every further model with the first and keep the comparison in its run folder."""
    from nli.eval.compare import format_table
    from nli.eval.report import write_comparison
    from nli.eval.run import compare_runs

    first, *others = runs
    for other in others:
        comparisons = compare_runs(first, other, seed=runs[other]["seed"], resamples=runs[other]["resamples"])
        click.echo(f"\nA = {first}\nB = {other}\n")
        click.echo(format_table(comparisons))
        _write(other / "comparison.json", {"a": str(first), "b": str(other), "sets": comparisons})
        names = (runs[first]["model"]["name"], runs[other]["model"]["name"])
        click.echo(f"\n{write_comparison(comparisons, other / 'comparison.html', names=names)}")


def _below(floors: Sequence[tuple[str, float]], runs: Mapping[Path, Mapping[str, Any]]) -> bool:
    """Say which gates are missed, and return whether one is."""
    from nli.eval.results_schema import lookup

    missed = False
    for results in runs.values():
        for key, floor in floors:
            value = lookup(results, key)
            if value < floor:
                missed = True
                click.echo(f"{results['model']['name']}: {key} is {value:.4f}, below {floor:g}.", err=True)
    return missed


def _judged(pair: Mapping[str, Any], run: str) -> str:
    one = pair[run]
    flag = ", flagged" if one["flagged"] else ""
    return f"{run.upper()} {one['label']}, P(contradiction) {one['contradiction']:.2f}{flag}"


def _sets(suite: Suite) -> str:
    """Return how many sets a suite has."""
    return f"{len(suite.sets)} set{'s' if len(suite.sets) > 1 else ''}"


def _listed(spec: SetSpec, root: Path | None) -> list[str]:
    """Return the line of a set in the list."""
    from nli.eval.datasets import at_hand, prepare

    rows = spec.rows or prepare(spec, data_root=root).n
    licence = f"{spec.licence} (evaluation only)" if spec.use == "evaluation-only" else spec.licence
    where = f"hub {spec.hub.path}" if spec.hub else spec.url or spec.source
    return [spec.name, f"{rows:,}", spec.task, at_hand(spec, root), licence, where]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON where the user asked for it."""
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror or error}): check the folder.") from error
