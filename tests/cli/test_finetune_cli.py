"""``nli finetune`` on the command line: the plan, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_a_dry_run_prints_the_plan_and_trains_nothing(run: Callable[..., Any], tmp_path: Any) -> None:
    done = run("finetune", "smoke", "--dry-run", "--out", tmp_path / "run", "--set", "sources.compositional.compose=60")
    assert done.code == 0, done.err
    assert "compositional: 60 pairs" in done.err
    assert not (tmp_path / "run").exists()


def test_mistakes_are_one_sentence(refused: Callable[..., str]) -> None:
    assert "smoke" in refused("finetune", "no-such-recipe")
    assert "--data-root" in refused("finetune", "denial-minilm", "--dry-run")
    assert "KEY=VALUE" in refused("finetune", "smoke", "--set", "nonsense")
    assert "training.nothing" in refused("finetune", "smoke", "--set", "training.nothing=1")
