"""Recipes: what validates, what is refused, and the schedule that a stage follows."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nli import configs
from nli.errors import ConfigError
from nli.finetune.recipe import Stage, learning_rate_at, load_recipe

MINIMAL = {
    "name": "small",
    "base": {"hub": "some/encoder"},
    "sources": {"train": {"file": "train.jsonl"}, "dev": {"file": "dev.jsonl"}},
    "stages": [{"name": "only", "mixture": {"train": 1}, "learning_rate": 1e-4}],
    "calibration": {"sources": ["dev"]},
}


def write(tmp_path: Path, **changes: object) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**MINIMAL, **changes}))
    return str(path)


@pytest.mark.parametrize("name", configs.shipped("recipes"))
def test_every_shipped_recipe_validates_and_says_how_to_launch_it(name: str) -> None:
    recipe, path = load_recipe(name)
    assert recipe.name == name
    assert "# Launch:  nli finetune" in path.read_text()


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        sources={"train": {"file": "a", "compose": 3}, "dev": {"cards": "test"}},
        stages=[{"name": "only", "mixture": {"train": 0}, "learning_rate": -1, "rate": 2}],
    )
    with pytest.raises(ConfigError) as caught:
        load_recipe(path)
    for part in ("sources.train", "sources.dev.cards", "mixture.train", "learning_rate", "rate"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"stages": [{"name": "only", "mixture": {"nowhere": 1}, "learning_rate": 1e-4}]}, "'nowhere'"),
        ({"calibration": {"sources": ["train"]}}, "both trained on and used as dev"),
        ({"stages": []}, "no stage"),
    ],
)
def test_names_must_fit_together(tmp_path: Path, changes: dict[str, object], part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        load_recipe(write(tmp_path, **changes))


def test_settings_can_be_replaced(tmp_path: Path) -> None:
    recipe, _ = load_recipe(write(tmp_path), {"training.batch_tokens": 512, "seed": 7})
    assert (recipe.training.batch_tokens, recipe.seed) == (512, 7)
    with pytest.raises(ConfigError, match=r"training\.no_such"):
        load_recipe(write(tmp_path), {"training.no_such": 1})


def test_a_recipe_takes_over_what_it_does_not_give_itself(tmp_path: Path) -> None:
    base = write(tmp_path)
    child = tmp_path / "child.yaml"
    child.write_text(yaml.safe_dump({"extends": base, "name": "child", "base": {"hub": "other/encoder"}}))
    recipe, path = load_recipe(str(child))
    assert (recipe.name, recipe.base.hub, path) == ("child", "other/encoder", child)
    assert recipe.sources == load_recipe(base)[0].sources
    grandchild = tmp_path / "grandchild.yaml"
    grandchild.write_text(yaml.safe_dump({"extends": str(child), "name": "grandchild"}))
    with pytest.raises(ConfigError, match="extends another one itself"):
        load_recipe(str(grandchild))


def test_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match="denial-minilm"):
        load_recipe("no-such-recipe")


@given(steps=st.integers(1, 500), warmup=st.floats(0, 1), final=st.floats(0, 1e-4))
def test_the_learning_rate_stays_between_nothing_and_its_peak(steps: int, warmup: float, final: float) -> None:
    stage = Stage(name="s", mixture={"a": 1}, learning_rate=1e-4, final_learning_rate=final, warmup=warmup)
    rates = [learning_rate_at(stage, step, steps) for step in range(steps)]
    assert all(0 < rate <= 1e-4 * (1 + 1e-9) for rate in rates)
    peak = rates.index(max(rates))
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


@pytest.mark.parametrize("setting", [{"half": "report"}, {"compose_split": "dev"}])
def test_settings_of_a_source_that_would_do_nothing_are_refused(tmp_path: Path, setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(setting))} .* out"):
        load_recipe(write(tmp_path, sources={**MINIMAL["sources"], "dev": {"file": "dev.jsonl", **setting}}))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("seed", -1),
        ("calibration.sources", []),
        ("stages.0.mixture", {}),
        ("training.class_weights", {"entailment": 1, "neutral": 1, "contradiction": -1}),
    ],
)
def test_values_that_no_run_could_end_with_are_refused(tmp_path: Path, setting: str, value: object) -> None:
    with pytest.raises(ConfigError, match=setting.replace(".", r"\.")):
        load_recipe(write(tmp_path), {setting: value})


def test_what_a_recipe_extends_is_found_beside_it(tmp_path: Path) -> None:
    write(tmp_path)
    child = tmp_path / "child.yaml"
    child.write_text(yaml.safe_dump({"extends": "recipe.yaml", "name": "child"}))
    assert load_recipe(str(child))[0].base.hub == "some/encoder"
