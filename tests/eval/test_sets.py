"""Minimal sets: the test split is the one it was and nothing trains on it; the others are sources."""

from __future__ import annotations

import hashlib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from nli.errors import InputError
from nli.eval.denial import baselines
from nli.eval.denial.cards import DOMAINS, SPLITS, shipped
from nli.eval.denial.checks import problems_of_sets
from nli.eval.denial.sets import FILES, held_back_keys, read_rows, shipped_rows
from nli.eval.leakage import pair_key

SHA256 = "211e15491f9da6359a6539a09fe1021fc843663bbff2a84eb088f7239ffcbeb5"
LOOK_ALIKES = ("non-denial", "other-object", "double-negation")


def test_the_test_split_is_the_one_that_was_measured() -> None:
    assert hashlib.sha256((files("nli.eval.denial") / "test.jsonl").read_bytes()).hexdigest() == SHA256


def test_it_is_large_balanced_and_spread() -> None:
    rows = shipped_rows("test")
    assert len(rows) >= 900
    shares = {label: count / len(rows) for label, count in Counter(row["label"] for row in rows).items()}
    assert 0.37 <= shares["contradiction"] <= 0.45
    assert 0.2 <= shares["entailment"] <= 0.3
    assert {row["domain"] for row in rows} == set(DOMAINS)
    tags = Counter(tag for row in rows for tag in row["tags"])
    assert all(tags[tag] >= 30 for tag in LOOK_ALIKES)
    long = [row for row in rows if 35 <= len(row["premise"].split()) <= 85]
    assert len(long) > len(rows) / 2


def test_labels_of_a_hypothesis_change_with_the_premise() -> None:
    labels: dict[tuple[str, str], set[str]] = {}
    for row in shipped_rows("test"):
        labels.setdefault((row["group"], row["hypothesis"]), set()).add(row["label"])
    assert sum(len(found) > 1 for found in labels.values()) > 0.8 * len(labels)


def test_one_side_and_cue_words_give_little_away() -> None:
    rows = shipped_rows("test")
    majority = baselines.majority(rows)
    assert baselines.by_cue(rows) <= majority + 0.08
    assert baselines.within(rows, "premise") <= majority + 0.08
    assert baselines.within(rows, "hypothesis") <= majority + 0.08
    assert baselines.by_side(shipped_rows("train"), rows, "hypothesis") <= majority + 0.08


def test_shared_texts_and_disputes_are_found() -> None:
    cards = [card for split in SPLITS for card in shipped(split)]
    rows = shipped_rows("test")
    stolen = {**rows[0], "premise": cards[0].claim[0].text}
    disputed = {**rows[1], "second_label": "neutral" if rows[1]["label"] != "neutral" else "entailment"}
    others = {split: shipped_rows(split) for split in FILES}
    found = problems_of_sets({**others, "test": [stolen, disputed, *rows[2:]]}, cards)
    assert f"{stolen['id']} shares a text with {cards[0].id}." in found
    assert any(problem.startswith(f"{disputed['id']}: one reader says") for problem in found)
    assert "test.keys does not fit test.jsonl: write it anew with keys_of." in found


def test_no_pair_of_it_is_trained_on(tmp_path: Path) -> None:
    from nli.finetune.mixture import forbidden_keys, load_source
    from nli.finetune.recipe import Source

    keys = held_back_keys()
    rows = shipped_rows("test")
    assert {pair_key(row["premise"], row["hypothesis"]) for row in rows} == keys
    swapped = [f"{row['hypothesis'].upper()}\t{row['premise']}\tneutral" for row in rows[:30]]
    (tmp_path / "x.tsv").write_text("\n".join(["premise\thypothesis\tlabel", *swapped]) + "\n")
    source = Source.model_validate({"file": str(tmp_path / "x.tsv")})
    read = load_source("x", source, data_root=None, seed=0, forbidden=frozenset(forbidden_keys(None, set())))
    assert read.examples == ()


def test_a_row_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "x"}\n')
    with pytest.raises(InputError, match="line 1"):
        read_rows(tmp_path / "bad.jsonl")


@pytest.mark.filterwarnings("ignore")
def test_datasets_loads_it(tmp_path: Path) -> None:
    import datasets

    path = str(files("nli.eval.denial") / "test.jsonl")
    loaded = datasets.load_dataset("json", data_files=path, cache_dir=str(tmp_path), split="train")
    assert len(loaded) == len(shipped_rows("test"))
    assert {"premise", "hypothesis", "label"} <= set(loaded.column_names)


def test_the_other_splits_are_sources_and_share_nothing() -> None:
    from nli.finetune.mixture import load_source
    from nli.finetune.recipe import Source

    groups = {split: {row["group"] for row in shipped_rows(split)} for split in FILES}
    assert sum(len(found) for found in groups.values()) == len(set().union(*groups.values()))
    assert len(groups["train"]) >= 200
    assert len(groups["rumours"]) >= 200
    assert len(groups["neighbours"]) >= 90
    assert len(groups["hoaxes"]) >= 140
    loaded = load_source("sets", Source.model_validate({"sets": "dev"}), data_root=None, seed=0)
    assert len(loaded.examples) == len(shipped_rows("dev"))


@pytest.mark.parametrize("split", ["neighbours", "neighbours_dev"])
def test_neighbouring_matters_look_like_denials_and_are_none(split: str) -> None:
    rows = shipped_rows(split)
    cues = {
        label: [bool(baselines.CUES.search(row["hypothesis"])) for row in rows if row["label"] == label]
        for label in ("contradiction", "neutral")
    }
    assert len(cues["neutral"]) > 2 * len(cues["contradiction"])
    share = {label: sum(found) / len(found) for label, found in cues.items()}
    assert share["neutral"] > share["contradiction"] - 0.02
