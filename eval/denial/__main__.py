"""Keeps the benchmark in order: ``python -m nli.eval.denial check``, ``statistics``, ``sheet``."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import get_args

import click

from nli.errors import NliError
from nli.eval.denial import articles, checks
from nli.eval.denial.cards import SPLITS, expand, read_cards, shipped
from nli.eval.denial.second_reader import agreement, labels_of, read_readings, sheet
from nli.eval.denial.sets import FILES, shipped_rows


@click.group()
def main() -> None:
    """Keeps the denial benchmark in order."""


@main.command()
def check() -> None:
    """Read everything that ships and report every problem."""
    try:
        cards = {split: shipped(split) for split in SPLITS}
        rows = {split: shipped_rows(split) for split in FILES}
        readings = read_readings()
        lists = articles.shipped()
        disputes = {split: articles.shipped("disputes", split) for split in get_args(articles.Split)}
    except NliError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    everything = [card for members in cards.values() for card in members]
    found = [
        *checks.problems_of_cards(cards),
        *checks.problems_of_balance(everything),
        *checks.problems_of_reading(everything, readings),
        *checks.problems_of_sets(rows, everything),
    ]
    for problem in found:
        click.echo(f"error: {problem}", err=True)
    if found:
        sys.exit(2)
    for split, members in cards.items():
        _tell(f"{split}: {len(members)} cards", checks.label_counts(members))
    for split, part in rows.items():
        _tell(f"{split}: {len({row['group'] for row in part})} minimal sets", Counter(row["label"] for row in part))
    labels = Counter(row["label"] for article in lists for row in articles.expand(article))
    _tell(f"train: {len(lists)} statement lists of articles", labels)
    for name, found_lists in disputes.items():
        labels = Counter(row["label"] for row in articles.disputes(name))
        _tell(f"{name}: {len(found_lists)} statement lists on disputes", labels)


def _tell(what: str, labels: Counter[str]) -> None:
    counts = ", ".join(f"{count} {label}" for label, count in sorted(labels.items()))
    click.echo(f"{what}, {sum(labels.values())} pairs ({counts})")


@main.command()
def statistics() -> None:
    """Print the figures of README.md: tags, lengths, negative words, agreement, and what one side gives away."""
    from nli.eval.denial import baselines

    cards = {split: shipped(split) for split in SPLITS}
    everything = [card for members in cards.values() for card in members]
    rows = shipped_rows("test")
    click.echo("tags of card texts: " + _listed(checks.tag_counts(everything)))
    click.echo("tags of test pairs: " + _listed(Counter(tag for row in rows for tag in row["tags"])))
    for part in ("claim", "deny", "affirm", "open"):
        texts = [text for card in everything for text, name in checks.texts_of(card) if name == part]
        words = sum(len(text.split()) for text in texts) / len(texts)
        cue = checks.cue_share(everything, part)
        click.echo(f"{part}: {len(texts)} texts, {words:.0f} words, {cue:.0%} with a negative word")
    for side in ("premise", "hypothesis"):
        words = sum(len(row[side].split()) for row in rows) / len(rows)
        click.echo(f"test {side}: {words:.0f} words")
    for label in ("contradiction", "entailment", "neutral"):
        texts = [row["hypothesis"] for row in rows if row["label"] == label]
        cue = sum(bool(baselines.CUES.search(text)) for text in texts) / len(texts)
        click.echo(f"test, {label}: {cue:.0%} of the hypotheses with a negative word")
    readings = read_readings()
    for name, pairs in (
        ("cards", [pair for card in everything for pair in labels_of(readings[card.id])]),
        ("test", [(row["label"], row["second_label"]) for row in rows]),
    ):
        found = agreement(pairs)
        click.echo(f"second reading of {name}: {found.pairs} pairs, {found.share:.2%} agree, kappa {found.kappa:.3f}")
    train, dev = ([row for card in cards[split] for row in expand(card)] for split in SPLITS)
    for name, measured in (("dev", dev), ("test", rows)):
        click.echo(f"{name}: majority {baselines.majority(measured):.3f}, cue words {baselines.by_cue(measured):.3f}")
        for side in ("premise", "hypothesis"):
            click.echo(
                f"{name}, {side} only: {baselines.by_side(train, measured, side):.3f} fitted on train, "
                f"{baselines.within(measured, side):.3f} cross-validated"
            )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


@main.command("sheet")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def sheet_command(file: Path) -> None:
    """Print FILE of cards for a second reader, without labels."""
    try:
        click.echo("\n\n".join(sheet(card) for card in read_cards(file)))
    except NliError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main(prog_name="python -m nli.eval.denial")
