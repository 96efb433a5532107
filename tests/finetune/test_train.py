"""Training, export and calibration end to end on a tiny model, and going on after a stop."""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli
from nli.detector import Logits
from nli.errors import InputError, ModelError, NliError
from nli.finetune import pipeline
from nli.finetune.base import find_base, load_base
from nli.finetune.calibrate import calibrate
from nli.finetune.mixture import Example, read_sources
from nli.finetune.plan import plan
from nli.finetune.recipe import Recipe


def finetune(recipe: Recipe, out: Path, **options: Any) -> Path:
    folder = pipeline.finetune(recipe, read_sources(recipe, None), out, device="cpu", **options)
    assert folder is not None
    return folder


@pytest.fixture(scope="module")
def finished(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finetune(recipe, tmp_path_factory.mktemp("runs") / "whole")


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def test_the_finished_folder_loads_everywhere_and_says_the_same(finished: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    details = json.loads((finished / "detector.json").read_text())
    assert details["calibration"]["provenance"]["data"] == "dev"
    assert details["calibration"]["provenance"]["sources_sha256"] == details["training"]["dev"]
    assert details["onnx"]["agreement"]["pairs"] == 30
    pair = ("A man is playing in the field.", "Nobody is outside.")
    assert nli.load(finished).score(*pair).label in set(nli.Label)
    plain = shutil.copytree(finished, tmp_path / "without-onnx", ignore=shutil.ignore_patterns("*.onnx"))
    detector = nli.load(plain, direction="forward")
    assert detector.runtime_name == "torch-cpu-float32"
    verdict = detector.score(*pair)
    model = AutoModelForSequenceClassification.from_pretrained(finished, dtype="float32").eval()
    tokenizer = AutoTokenizer.from_pretrained(finished)
    logits = model(**tokenizer(*pair, return_tensors="pt")).logits[0] / detector.calibration.temperature
    for number, share in enumerate(logits.softmax(dim=0).tolist()):
        assert getattr(verdict, model.config.id2label[number]) == pytest.approx(share, abs=1e-4)


def test_the_card_has_all_its_parts_and_metadata_that_parse(finished: Path) -> None:
    import yaml

    card = (finished / "README.md").read_text()
    _, metadata, text = card.split("---\n", 2)
    read = yaml.safe_load(metadata)
    assert read["library_name"] == "transformers"
    results = read["model-index"][0]["results"]
    assert {metric["type"] for metric in results[0]["metrics"]} >= {"accuracy", "average_precision"}
    headings = [line for line in text.splitlines() if line.startswith("#")]
    parts = ["Use", "Training data", "Training", "Results", "Calibration", "The int8 file", "Limits"]
    assert headings == ["# tiny", *(f"## {part}" for part in parts)]
    assert "| train | 60 | [example.org/set](https://example.org/set) | CC0 |" in text
    row = r"^\| dev \| 30 \| accuracy \| 0\.\d+ \| 0\.\d+ \[.*\] \| [+-]0\.\d+ \[.*\] \|$"
    assert re.search(row, text, re.MULTILINE)
    assert "flatter" in text
    assert (finished / "calibration.png").read_bytes().startswith(b"\x89PNG")
    for link in re.findall(r"\]\((?!https)(.*?)\)", text):
        assert (finished / link).is_file()


def test_training_learns_and_logs(finished: Path) -> None:
    log = [json.loads(line) for line in (finished.parent / "log.jsonl").read_text().splitlines()]
    assert {entry["stage"] for entry in log} == {"one", "two"}
    losses = [entry["eval_dev_loss"] for entry in log if "eval_dev_loss" in entry]
    assert losses[-1] < losses[0]
    assert any("eval_contradiction_ap" in entry for entry in log)
    assert list((finished.parent / "stages" / "1-one" / "tensorboard").glob("events.*"))


def test_a_run_that_was_killed_goes_on_to_the_same_weights(
    recipe: Recipe, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for steps in (5, 6):
        with monkeypatch.context() as patch:
            stop_after(patch, steps, RuntimeError("killed"))
            with pytest.raises(RuntimeError, match="killed"):
                finetune(recipe, tmp_path / "run", resume=True)
    whole = weights(finished)
    resumed = weights(finetune(recipe, tmp_path / "run", resume=True))
    assert all((value == whole[name]).all() for name, value in resumed.items())


def test_a_stage_that_is_to_stop_early_takes_the_first_steps_of_the_whole(
    recipe: Recipe, finished: Path, tmp_path: Path
) -> None:
    first = recipe.stages[0].model_copy(update={"stop_at": 0.5})
    half = finetune(recipe.model_copy(update={"stages": (first,)}), tmp_path / "half")

    def losses(folder: Path) -> dict[int, float]:
        rows = [json.loads(line) for line in (folder.parent / "log.jsonl").read_text().splitlines()]
        return {row["step"]: row["eval_dev_loss"] for row in rows if "eval_dev_loss" in row and row["stage"] == "one"}

    whole, early = losses(finished), losses(half)
    assert max(early) < max(whole)
    both = whole.keys() & early.keys()
    assert both
    assert {step: early[step] for step in both} == pytest.approx({step: whole[step] for step in both})


def test_a_stage_keeps_a_share_of_the_weights_it_began_with(recipe: Recipe, finished: Path, tmp_path: Path) -> None:
    first = recipe.stages[0].model_copy(update={"kept": 0.75})
    folder = finetune(recipe.model_copy(update={"stages": (first,)}), tmp_path / "kept")
    found, trained = weights(folder.parent / "fp32"), weights(finished.parent / "stages" / "1-one" / "final")
    base = {name: weight.numpy() for name, weight in load_base(recipe)[0].state_dict().items()}
    assert any(np.abs(trained[name] - base[name]).max() > 1e-3 for name in found)
    for name, weight in found.items():
        assert weight == pytest.approx(0.75 * base[name] + 0.25 * trained[name], abs=1e-6)


def test_a_folder_that_holds_a_run_is_not_overwritten(recipe: Recipe, finished: Path) -> None:
    with pytest.raises(InputError, match="--resume"):
        finetune(recipe, finished.parent)


def test_a_checkpoint_of_another_recipe_is_refused(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(monkeypatch, 4, RuntimeError("killed"))
    with pytest.raises(RuntimeError, match="killed"):
        finetune(recipe, tmp_path / "run")
    with pytest.raises(InputError, match="another recipe"):
        finetune(recipe.model_copy(update={"seed": 99}), tmp_path / "run", resume=True)


def stop_after(monkeypatch: pytest.MonkeyPatch, steps: int, error: BaseException) -> None:
    from nli.finetune.trainer import PairTrainer

    real, calls = PairTrainer.compute_loss, []

    def stops(self: Any, model: Any, *args: Any, **options: Any) -> Any:
        calls.append(model.training)
        if sum(calls) > steps:
            raise error
        return real(self, model, *args, **options)

    monkeypatch.setattr(PairTrainer, "compute_loss", stops)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nli.finetune.trainer import PairTrainer

    real, calls = PairTrainer.compute_loss, []

    def breaks(self: Any, model: Any, *args: Any, **options: Any) -> Any:
        calls.append(model.training)
        loss = real(self, model, *args, **options)
        return loss * float("nan") if model.training and sum(calls) > 4 else loss

    monkeypatch.setattr(PairTrainer, "compute_loss", breaks)
    with pytest.raises(ModelError, match="learning_rate") as caught:
        finetune(recipe, tmp_path / "run")
    assert "step 5" in str(caught.value)
    kept = next((tmp_path / "run").glob("stages/1-one/checkpoint-*/model.safetensors"))
    assert all(np.isfinite(value).all() for value in weights(kept.parent).values())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "make room"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "training.batch_tokens"),
        (MemoryError(), "training.batch_tokens"),
    ],
)
def test_faults_of_the_machine_say_what_to_do(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    stop_after(monkeypatch, 1, error)
    with pytest.raises(NliError, match=said):
        finetune(recipe, tmp_path / "run")


def test_pairs_of_the_dev_set_train_nothing(recipe: Recipe) -> None:
    sources = dict(recipe.sources)
    sources["same"] = sources["dev"]
    mixture = {"train": 1.0, "same": 1.0}
    stages = tuple(stage.model_copy(update={"mixture": mixture}) for stage in recipe.stages)
    loaded = read_sources(recipe.model_copy(update={"sources": sources, "stages": stages}), None)
    assert loaded["same"].examples == ()
    assert loaded["same"].dropped == {"standing in dev or an evaluation set": 30}


def test_the_plan_counts_what_would_train(recipe: Recipe) -> None:
    text = "\n".join(plan(recipe, read_sources(recipe, None), "cpu"))
    assert "train: 60 pairs (20 entailment, 20 neutral, 20 contradiction)" in text
    assert "stage two: 90 pairs" in text
    assert re.search(r"about \d+ seconds on cpu, and \d+\.\d GB of memory", text)


def test_a_base_that_is_not_there_or_has_no_tokenizer_is_refused(recipe: Recipe, models: Any, tmp_path: Path) -> None:
    def starting_from(folder: Path) -> Recipe:
        return recipe.model_copy(update={"base": recipe.base.model_copy(update={"hub": str(folder)})})

    with pytest.raises(ModelError, match="cannot be loaded"):
        finetune(starting_from(tmp_path / "nowhere"), tmp_path / "run")
    bare = models.make()
    for path in bare.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelError, match="no tokenizer"):
        finetune(starting_from(bare), tmp_path / "run")
    with pytest.raises(ModelError, match="max_tokens"):
        finetune(
            recipe.model_copy(update={"training": recipe.training.model_copy(update={"max_tokens": 512})}),
            tmp_path / "run",
        )


@pytest.mark.parametrize("order", ["c,e,n", "n,c,e"])
def test_a_base_keeps_what_its_head_has_learnt_whatever_its_order(recipe: Recipe, models: Any, order: str) -> None:
    import torch

    from nli.finetune.base import load_base

    answers = []
    for given in ("e,n,c", order):
        base = recipe.base.model_copy(update={"hub": str(models.make(order=given))})
        model, tokenizer = load_base(recipe.model_copy(update={"base": base}))
        with torch.no_grad():
            answers.append(model.eval()(**tokenizer("A man sleeps.", "Nobody sleeps.", return_tensors="pt")).logits)
    assert torch.equal(*answers)


def test_another_encoder_trains_and_loads_everywhere(recipe: Recipe, models: Any, tmp_path: Path) -> None:
    base = recipe.base.model_copy(update={"hub": str(models.make("deberta"))})
    other = recipe.model_copy(update={"base": base, "stages": recipe.stages[:1]})
    folder = finetune(other, tmp_path / "run")
    same_class_everywhere(folder)


def test_all_loaders_of_the_finished_folder_give_the_same_class(finished: Path) -> None:
    same_class_everywhere(finished)


def same_class_everywhere(folder: Path) -> None:
    from sentence_transformers import CrossEncoder
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    pairs = [
        ("A man is playing in the field.", hypothesis)
        for hypothesis in ("A man is outside.", "The man is a baker.", "Nobody is outside.")
    ]
    # The int8 file of a tiny random model may give another class where two are about as likely.
    exact = folder.parent / "float32"
    shutil.copytree(folder, exact, ignore=shutil.ignore_patterns("onnx"), dirs_exist_ok=True)
    details = json.loads((exact / "detector.json").read_text())
    (exact / "detector.json").write_text(json.dumps({**details, "onnx": None}))
    ours = [verdict.label.value for verdict in nli.load(exact, direction="forward", device="cpu").stream(pairs)]
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    names = [
        model.config.id2label[int(model(**tokenizer(*pair, return_tensors="pt")).logits.argmax())] for pair in pairs
    ]
    encoder = CrossEncoder(str(folder), device="cpu")
    ranked = encoder.predict(pairs, show_progress_bar=False).argmax(axis=1)
    assert ours == names == [encoder.model.config.id2label[int(index)] for index in ranked]


def test_class_weights_and_smoothing_change_the_loss(recipe: Recipe, finished: Path, tmp_path: Path) -> None:
    changed = recipe.training.model_copy(
        update={"class_weights": {"entailment": 1.0, "neutral": 1.0, "contradiction": 9.0}, "label_smoothing": 0.1}
    )
    folder = finetune(recipe.model_copy(update={"training": changed, "stages": recipe.stages[:1]}), tmp_path / "run")
    plain = weights(finished.parent / "stages" / "1-one" / "final")
    assert any((value != plain[name]).any() for name, value in weights(folder.parent / "fp32").items())


def test_a_compact_model_has_one_set_of_weights_and_trains_on(
    recipe: Recipe, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = recipe.model_copy(update={"compact": True})
    for gate, files in ((0.0, []), (1.1, ["model.safetensors"])):
        monkeypatch.setattr("nli.finetune.export.AGREEMENT_GATE", gate)
        folder = pipeline.finish(
            part, read_sources(part, None), finished.parent / "fp32", tmp_path / f"{gate}" / "model"
        )
        assert [path.name for path in folder.glob("*.safetensors")] == files
        assert (folder / "onnx" / "layout.npz").exists() == (not files)
        runtime = "torch-cpu-float32" if files else "onnx-cpu-int8"
        assert nli.load(folder).runtime_name == runtime
    small = tmp_path / "0.0" / "model"
    again = part.model_copy(
        update={"base": part.base.model_copy(update={"hub": str(small)}), "stages": part.stages[:1]}
    )
    assert (finetune(again, tmp_path / "again") / "detector.json").is_file()


def test_fitted_biases_are_stored_in_the_weights(recipe: Recipe, finished: Path, tmp_path: Path) -> None:
    fitting = recipe.calibration.model_copy(update={"biases": True})
    part = recipe.model_copy(update={"calibration": fitting})
    folder = pipeline.finish(part, read_sources(part, None), finished.parent / "fp32", tmp_path / "model")
    record = json.loads((folder / "detector.json").read_text())["calibration"]["provenance"]
    added = record["biases_added"]
    assert added[1] == 0
    assert any(abs(bias) > 0.01 for bias in added)
    moved = weights(folder)["classifier.bias"] - weights(finished)["classifier.bias"]
    np.testing.assert_allclose(moved, added, atol=0.01)
    plain = json.loads((finished / "detector.json").read_text())["calibration"]["provenance"]
    assert record["log_loss"] <= plain["log_loss"] + 0.001


class KnownScores:
    """A detector of pairs whose premise says what P(contradiction) is."""

    runtime_name = "known"

    def logits(self, pairs: Iterable[tuple[str, str]]) -> Iterator[Logits]:
        for premise, _ in pairs:
            odds = float(premise) / (1 - float(premise))
            row = np.array([-20, 0, np.log(odds)], dtype=np.float32)
            yield Logits(row, row, 0)


def test_a_large_source_of_easy_pairs_does_not_outvote_a_small_one() -> None:
    easy = [Example("0.95", "h", 2)] * 60 + [Example("0.75", "h", 1)] * 30
    hard = [Example("0.60", "h", 2)] * 5 + [Example("0.10", "h", 1)] * 5
    pooled = calibrate(KnownScores(), [*easy, *hard], data="dev", sha256="")  # type: ignore[arg-type]
    alike = calibrate(KnownScores(), [*easy, *hard], data="dev", sha256="", sizes=[90, 10])  # type: ignore[arg-type]
    assert pooled.provenance["precision_both"] == 1
    assert alike.provenance["recall_both"] == 1
    assert alike.thresholds["both"] < pooled.thresholds["both"]
    assert alike.provenance["threshold_metric"].endswith("; each source counts the same")
    assert alike.temperature == pooled.temperature


def test_accumulation_and_gradient_checkpointing(recipe: Recipe, tmp_path: Path) -> None:
    settings = {"gradient_accumulation_steps": 2, "gradient_checkpointing": True}
    changed = recipe.training.model_copy(update=settings)
    one = recipe.model_copy(update={"stages": recipe.stages[:1]})
    finetune(one, tmp_path / "each")
    finetune(one.model_copy(update={"training": changed}), tmp_path / "two")
    each, two = (
        json.loads((tmp_path / name / "log.jsonl").read_text().splitlines()[-1])["of"] for name in ("each", "two")
    )
    assert two == -(-each // 2)


def test_a_stage_that_gets_no_better_stops_early_and_ends_with_its_best(recipe: Recipe, tmp_path: Path) -> None:
    stage = recipe.stages[0].model_copy(update={"learning_rate": 1e-12, "final_learning_rate": 0.0})
    changed = recipe.training.model_copy(update={"keep_best": True, "patience": 1, "eval_steps": 1, "epochs": 4})
    finetune(recipe.model_copy(update={"stages": (stage,), "training": changed}), tmp_path / "run")
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == 2
    assert log[-1]["of"] > 10


def test_a_run_with_patience_that_was_killed_stops_at_the_same_step(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = recipe.stages[0].model_copy(update={"learning_rate": 1e-12, "final_learning_rate": 0.0})
    changed = recipe.training.model_copy(update={"keep_best": True, "patience": 3, "eval_steps": 1, "epochs": 4})
    patient = recipe.model_copy(update={"stages": (stage,), "training": changed})
    with monkeypatch.context() as patch:
        stop_after(patch, 3, RuntimeError("killed"))
        with pytest.raises(RuntimeError, match="killed"):
            finetune(patient, tmp_path / "run")
    finetune(patient, tmp_path / "run", resume=True)
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == 4


def test_a_finished_stage_of_another_recipe_is_refused(recipe: Recipe, finished: Path) -> None:
    other = recipe.stages[1].model_copy(update={"learning_rate": 0.5})
    with pytest.raises(InputError, match="2-two was made with another recipe or other data"):
        finetune(recipe.model_copy(update={"stages": (recipe.stages[0], other)}), finished.parent, resume=True)


def test_a_new_head_is_drawn_by_the_seed_of_the_recipe(recipe: Recipe, models: Any) -> None:
    import torch

    bare = recipe.base.model_copy(update={"hub": str(models.make(classes=2))})

    def head(seed: int) -> torch.Tensor:
        model, _ = load_base(recipe.model_copy(update={"base": bare, "seed": seed}))
        weight: torch.Tensor = model.classifier.weight
        return weight

    before = torch.random.get_rng_state()
    first, same, other = head(0), head(0), head(5)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.random.get_rng_state())


def test_what_nothing_could_be_made_of_is_told_before_training(recipe: Recipe, tmp_path: Path) -> None:
    def told(**changes: Any) -> str:
        with pytest.raises(InputError) as caught:
            read_sources(recipe.model_copy(update=changes), None)
        return str(caught.value)

    assert "stages.0.mixture" in told(sources={**recipe.sources, "train": recipe.sources["dev"]})
    path = tmp_path / "neutral.jsonl"
    path.write_text(json.dumps({"premise": "A man sleeps.", "hypothesis": "He snores.", "label": "neutral"}) + "\n")
    less = {**recipe.sources, "dev": recipe.sources["dev"].model_copy(update={"file": str(path)})}
    assert "'dev' has no contradictions" in told(sources=less)
    assert "calibration.sources both" in told(sources=less, dev=())


def test_a_recipe_without_dev_is_measured_on_what_calibrates(recipe: Recipe, tmp_path: Path) -> None:
    folder = finetune(recipe.model_copy(update={"dev": (), "stages": recipe.stages[:1]}), tmp_path / "run")
    assert json.loads((folder / "detector.json").read_text())["onnx"]["agreement"]["data"] == "dev"


def test_a_model_that_cannot_be_finished_leaves_nothing_behind(
    recipe: Recipe, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(pipeline, "calibrate", breaks)
    with pytest.raises(RuntimeError, match="broken"):
        pipeline.finish(recipe, read_sources(recipe, None), finished.parent / "fp32", tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_is_not_there_is_passed_over(recipe: Recipe) -> None:
    base = recipe.base.model_copy(update={"package": "nosuchpackage.part"})
    assert find_base(recipe.model_copy(update={"base": base})) == recipe.base.hub
