"""A teacher's logits: how they are made, kept and learnt from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nli.errors import ConfigError, InputError
from nli.finetune import pipeline, teacher
from nli.finetune.mixture import UNLABELLED, read_sources
from nli.finetune.recipe import Recipe, Teacher, load_recipe
from nli.labels import LABELS, Label

NO_ARRAYS = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }".ljust(127) + b"\n"
"""An array of its own, not several in an archive."""
LOGIT = st.floats(-20, 20, width=16)


@given(st.dictionaries(st.integers(0, 2**64 - 1), st.tuples(LOGIT, LOGIT, LOGIT), max_size=20))
def test_logits_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, logits: dict[int, tuple[float, ...]]
) -> None:
    path = tmp_path_factory.mktemp("kept") / "logits.npz"
    teacher.write(path, logits)
    assert teacher.read(path) == logits
    assert [file.name for file in path.parent.iterdir()] == ["logits.npz"]


@given(st.text(), st.text())
def test_the_two_orders_of_a_pair_have_their_own_keys(one: str, other: str) -> None:
    assert (teacher.key(one, other) == teacher.key(other, one)) == (one == other)


@pytest.mark.parametrize("content", [None, b"no archive", b"", b"PK\x03\x04cut", NO_ARRAYS])
def test_a_file_that_cannot_be_read_says_how_to_make_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "logits.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"logits\.npz cannot be read .* nli\.finetune\.teacher"):
        teacher.read(path)


def test_a_share_without_a_teacher_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    path = _written(recipe, tmp_path, share=0.5)
    changed = yaml.safe_load(path.read_text())
    del changed["teacher"]
    path.write_text(yaml.safe_dump(changed))
    with pytest.raises(ConfigError, match="needs a teacher, but there is none"):
        load_recipe(str(path))


def test_the_file_is_found_below_the_data_folder_first(tmp_path: Path) -> None:
    (tmp_path / "here.npz").touch()
    assert teacher.locate("here.npz", tmp_path) == tmp_path / "here.npz"
    assert teacher.locate("elsewhere.npz", tmp_path) == teacher.RECIPES / "elsewhere.npz"


def test_a_model_follows_its_teacher_rather_than_the_labels(recipe: Recipe, tmp_path: Path) -> None:
    taught = load_recipe(str(_written(recipe, tmp_path, share=1.0)))[0]
    # The teacher calls what the labels call entailment a contradiction, and the reverse.
    rows = read_sources(recipe, None)["train"].examples
    turned = [4.0 * np.eye(3)[len(LABELS) - 1 - example.label] for example in rows]
    teacher.write(
        tmp_path / "logits.npz",
        {teacher.key(e.premise, e.hypothesis): tuple(logits) for e, logits in zip(rows, turned, strict=True)},
    )
    folder = pipeline.finetune(taught, read_sources(taught, None), tmp_path / "run", device="cpu")
    assert folder is not None
    model, tokenizer = teacher._load(folder, "cpu")
    found = teacher.score(model, tokenizer, rows, 48).argmax(axis=1)
    extremes = [row for row, example in enumerate(rows) if LABELS[example.label] is not Label.NEUTRAL]
    turned_right = [found[row] == len(LABELS) - 1 - rows[row].label for row in extremes]
    assert np.mean(turned_right) > 0.9


def test_scoring_goes_on_where_it_was_and_training_finds_every_pair(
    recipe: Recipe, models: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = _written(recipe, tmp_path, share=0.5), tmp_path / "logits.npz"
    command = [str(path), "--model", str(models.make()), "--out", str(out), "--device", "cpu"]
    assert teacher.main(command) == 0
    whole = teacher.read(out)
    assert "60 pairs, 60 of them new" in capsys.readouterr().out
    teacher.write(out, dict(list(whole.items())[:40]))
    assert teacher.main(command) == 0
    assert "60 pairs, 20 of them new" in capsys.readouterr().out
    again = teacher.read(out)
    assert again.keys() == whole.keys()
    np.testing.assert_allclose([again[one] for one in whole], list(whole.values()), atol=0.05)
    loaded = read_sources(load_recipe(str(path))[0], None)
    assert all(
        example.teacher == again[teacher.key(example.premise, example.hypothesis)]
        for example in loaded["train"].examples
    )
    assert all(example.teacher is None for example in loaded["dev"].examples)


def test_a_recipe_in_which_no_stage_has_a_teacher_is_refused(
    recipe: Recipe, models: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _written(recipe, tmp_path, share=0.0)
    command = [str(path), "--model", str(models.make()), "--out", str(tmp_path / "out.npz")]
    assert teacher.main(command) == 2
    assert "No stage of the recipe tiny" in capsys.readouterr().err


def test_the_teacher_labels_pairs_that_have_no_label(recipe: Recipe, tmp_path: Path) -> None:
    raw = yaml.safe_load(_written(recipe, tmp_path, share=0.5).read_text())
    raw["sources"]["more"] = {"crossed": 40}
    raw["stages"][0]["mixture"]["more"] = 1
    changed = Recipe.model_validate(raw)
    pairs = read_sources(changed.model_copy(update={"teacher": None}), None)["more"].examples
    assert {example.label for example in pairs} == {UNLABELLED}
    scored = {teacher.key(e.premise, e.hypothesis): (0.0, 0.5, float(row)) for row, e in enumerate(pairs[:30])}
    teacher.write(tmp_path / "logits.npz", scored)
    more = read_sources(changed, None)["more"]
    assert [example.label for example in more.examples] == [1, *[2] * 29]
    assert more.dropped["without the teacher's logits"] == len(pairs) - 30


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"teacher": None}, "needs a teacher"),
        ({"report": ["more"]}, "no labels of its own"),
    ],
)
def test_pairs_without_labels_need_a_teacher_and_measure_nothing(
    recipe: Recipe, tmp_path: Path, changes: dict[str, Any], what: str
) -> None:
    raw = yaml.safe_load(_written(recipe, tmp_path, share=0.0).read_text())
    raw["sources"]["more"] = {"crossed": 40}
    if "report" not in changes:
        raw["stages"][0]["mixture"]["more"] = 1
    with pytest.raises(ValidationError, match=what):
        Recipe.model_validate({**raw, **changes})


def _written(recipe: Recipe, folder: Path, *, share: float) -> Path:
    """Write the recipe with one stage of several passes, whose teacher has a share of the loss."""
    stage = recipe.stages[0].model_copy(update={"mixture": {"train": 12}, "teacher": share})
    changed = recipe.model_copy(
        update={"stages": (stage,), "teacher": Teacher(file=str(folder / "logits.npz"), temperature=1.0)}
    )
    path = folder / "taught.yaml"
    path.write_text(yaml.safe_dump(changed.model_dump(mode="json", exclude_none=True)))
    return path


def test_a_file_that_could_not_be_written_is_told_before_scoring(
    recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    path = _written(recipe, tmp_path, share=0.5)
    command = [str(path), "--model", str(tmp_path / "nowhere"), "--out", str(tmp_path / "file" / "x.npz")]
    assert teacher.main(command) == 2
    assert "cannot be written" in capsys.readouterr().err
