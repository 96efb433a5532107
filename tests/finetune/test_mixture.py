"""Sources of pairs: what is read, what is left out, and in which order they train."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from nli.errors import InputError
from nli.eval.leakage import is_held_out, pair_key
from nli.finetune.mixture import Example, Given, Loaded, forbidden_keys, load_source, mix
from nli.finetune.recipe import Recipe, Source
from nli.labels import LABELS, Label

ROWS = [
    {"premise": "A dog runs.", "hypothesis": "An animal runs.", "label": "entailment", "tags": ["a", "claim:1"]},
    {"premise": "A dog runs.", "hypothesis": "The dog is brown.", "label": "neutral", "tags": ["b", "claim:2"]},
    {"premise": "A dog runs.", "hypothesis": "Nothing moves.", "label": "contradiction", "tags": ["b", "claim:3"]},
    {"premise": "A dog runs.", "hypothesis": "A cat runs.", "label": "-1"},
    {"premise": "A dog runs.", "hypothesis": "It may rain.", "stance": "discuss"},
]


def write(folder: Path, rows: list[dict[str, object]], name: str = "set.train.jsonl.gz") -> Path:
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def load(folder: Path, forbidden: frozenset[str] = frozenset(), seed: int = 1, **settings: object) -> Loaded:
    source = Source.model_validate({"file": "set.train.jsonl.gz", **settings})
    return load_source("set", source, data_root=folder, seed=seed, forbidden=forbidden)


def test_rows_without_a_label_of_the_three_are_counted(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, ROWS))
    assert loaded.counts == {"entailment": 1, "neutral": 1, "contradiction": 1}
    assert loaded.dropped == {"without a label of the three": 2}


def test_tags_and_caps(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    assert len(load(tmp_path, without_tags=["b"]).examples) == 1
    assert len(load(tmp_path, only_tags=["b"]).examples) == 2
    capped = load(tmp_path, cap=2)
    assert len(capped.examples) == 2
    assert capped.dropped["over the cap"] == 1
    assert capped.sha256 == load(tmp_path, cap=2).sha256


def test_pairs_of_an_evaluation_set_are_left_out_in_either_order(tmp_path: Path) -> None:
    forbidden = frozenset({pair_key("nothing  moves", "a DOG runs")})
    loaded = load(write(tmp_path, ROWS), forbidden)
    assert loaded.dropped["standing in dev or an evaluation set"] == 1
    assert loaded.counts["contradiction"] == 0


def test_a_group_is_held_out_whole() -> None:
    held = [number for number in range(1000) if is_held_out([f"claim:{number}"], "claim:")]
    assert 150 < len(held) < 250
    assert not is_held_out(["other"], "claim:")


def test_missing_file_and_missing_folder_say_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not exist"):
        load(tmp_path)
    with pytest.raises(InputError, match="--data-root"):
        load_source("set", Source(file="x.jsonl"), data_root=None, seed=1, forbidden=frozenset())


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    write(tmp_path, [ROWS[0], {"premise": 3, "hypothesis": "x", "label": "neutral"}])
    with pytest.raises(InputError, match="line 2"):
        load(tmp_path)


def test_cards_and_compositional_pairs_are_sources() -> None:
    cards = load_source("cards", Source(cards="dev"), data_root=None, seed=1, forbidden=frozenset())
    halves = [
        load_source("half", Source(cards="dev", half=half), data_root=None, seed=1, forbidden=frozenset())
        for half in ("calibrate", "report")
    ]
    assert sum(len(half.examples) for half in halves) == len(cards.examples)
    made = load_source("made", Source(compose=50), data_root=None, seed=1, forbidden=frozenset())
    assert len(made.examples) == 50


def test_the_mixture_repeats_and_shuffles_by_the_seed() -> None:
    loaded = {name: Loaded(name, tuple(Example(name, str(i), 0) for i in range(10)), {}, "") for name in ("a", "b")}
    recipe = Recipe.model_validate(
        {
            "name": "r",
            "seed": 3,
            "base": {"hub": "x"},
            "sources": {"a": {"file": "a"}, "b": {"file": "b"}, "d": {"file": "d"}},
            "stages": [{"name": "s", "mixture": {"a": 2, "b": 0.5}, "learning_rate": 1e-4}],
            "calibration": {"sources": ["d"]},
        }
    )
    mixed = mix(recipe, 0, loaded)
    assert sorted(example.premise for example in mixed) == ["a"] * 20 + ["b"] * 5
    assert mixed == mix(recipe, 0, loaded)
    assert mixed != mix(recipe.model_copy(update={"seed": 4}), 0, loaded)


def test_a_file_that_is_not_at_hand_is_loaded_from_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    rows = [{"p": f"A dog runs {n}.", "h": "It moves.", "gold": n % 3 if n else -1} for n in range(7)]
    asked = []

    def load_dataset(path: str, name: str | None = None, *, split: str, revision: str) -> object:
        asked.append((path, name, split, revision))
        return datasets.Dataset.from_list(rows)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    hub = {
        "path": "owner/set",
        "parts": [{"split": "train"}],
        "columns": {"premise": "p", "hypothesis": "h", "label": "gold"},
        "label_names": ["entailment", "neutral", "contradiction"],
    }
    loaded = load(tmp_path, hub=hub)
    assert asked == [("owner/set", None, "train", "main")]
    assert loaded.counts == {"entailment": 2, "neutral": 2, "contradiction": 2}
    assert loaded.dropped == {"without a label of the three": 1}
    write(tmp_path, ROWS)
    assert len(load(tmp_path, hub=hub).examples) == 3
    assert len(asked) == 1


def test_contradictions_in_both_orders(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    both = load(tmp_path, both_orders=True)
    assert both.counts == {"entailment": 1, "neutral": 1, "contradiction": 2}
    assert both.examples[-1] == Example("Nothing moves.", "A dog runs.", LABELS.index(Label.CONTRADICTION))


def test_one_pair_with_two_labels_is_left_out(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, [*ROWS[:3], {**ROWS[0], "label": "neutral"}, ROWS[2]]))
    assert loaded.counts == {"entailment": 0, "neutral": 1, "contradiction": 1}
    assert loaded.dropped == {"standing twice": 2, "with two labels": 1}
    assert "row 1 and" in loaded.notes[0]


def test_dev_and_test_files_of_the_data_folder_are_never_trained_on(tmp_path: Path) -> None:
    write(tmp_path, ROWS[:1], "other.test.jsonl.gz")
    write(tmp_path, ROWS[1:2], "another.dev.jsonl.gz")
    write(tmp_path, ROWS[2:3], "third.train.jsonl.gz")
    keys = forbidden_keys(tmp_path, {"another.dev.jsonl.gz"})
    pairs = [pair_key(str(row["premise"]), str(row["hypothesis"])) for row in ROWS[:3]]
    assert [key in keys for key in pairs] == [True, False, False]


def test_without_a_dev_file_a_fifth_of_the_premises_is_kept(tmp_path: Path) -> None:
    rows = [{"premise": f"Premise {n // 2}.", "hypothesis": f"H {n}.", "label": "neutral"} for n in range(2000)]
    given = Given((write(tmp_path, rows) / "set.train.jsonl.gz",))
    parts = {
        kind: load_source("x", Source.model_validate({"given": kind}), data_root=None, seed=0, given=given)
        for kind in ("train", "dev")
    }
    premises = {kind: {example.premise for example in part.examples} for kind, part in parts.items()}
    assert not premises["train"] & premises["dev"]
    assert 300 < len(parts["dev"].examples) < 500
    assert len(parts["dev"].examples) + len(parts["train"].examples) == 2000


def test_tags_choose_among_the_pairs_that_ship_or_are_made() -> None:
    def count(**settings: object) -> int:
        return len(load_source("x", Source.model_validate(settings), data_root=None, seed=1).examples)

    tag = ["other-object"]
    parts = [count(sets="neighbours", only_tags=tag), count(sets="neighbours", without_tags=tag)]
    assert all(parts)
    assert sum(parts) == count(sets="neighbours")


@pytest.mark.parametrize(
    ("label", "hint"), [("\N{SUPERSCRIPT TWO}", "correct it"), ("3", "--label-names names 0 to 2")]
)
def test_numbers_that_name_no_label_are_told(tmp_path: Path, label: str, hint: str) -> None:
    path = write(tmp_path, [{**ROWS[0], "label": label}]) / "set.train.jsonl.gz"
    given = Given((path,), path, ("entailment", "neutral", "contradiction"))
    with pytest.raises(InputError, match=f"row 1: the label .*{hint}"):
        load_source("x", Source(given="train"), data_root=None, seed=0, given=given)


def test_what_is_no_file_of_pairs_is_passed_over_in_the_data_folder(tmp_path: Path) -> None:
    for name in ("notes.test.txt", "x.dev.jsonl.bak"):
        (tmp_path / name).write_text("nothing")
    (tmp_path / "y.test.jsonl").mkdir()
    (tmp_path / "x.dev.csv").write_text("claim,reply\na b,c d\n")
    write(tmp_path, ROWS[:1], "z.test.jsonl.gz")
    notes: list[str] = []
    keys = forbidden_keys(tmp_path, set(), on_unread=notes.append)
    assert pair_key(str(ROWS[0]["premise"]), str(ROWS[0]["hypothesis"])) in keys
    assert len(notes) == 1
    assert "x.dev.csv" in notes[0]
