"""The pitfalls that tools of this kind fall into, each as a check on this one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli
from nli.bundle import FAST, SHIPPED
from nli.calibration import probabilities
from nli.errors import LabelOrderError
from nli.probe import PAIRS

Texts = list[tuple[str, str]]
ORDERS = ("e,n,c", "c,n,e", "c,e,n", "e,c,n")
DENIALS = [
    ("The army shelled the village on Monday, residents said.", "The army did not shell the village on Monday."),
    ("The minister took a bribe, the newspaper reported.", "The minister denied having taken a bribe."),
    ("The company has paid the fine.", "The company has not paid the fine."),
    ("The ship was carrying weapons, officials say.", "There were no weapons on board the ship, its owner said."),
    ("All passengers survived the crash.", "Eleven passengers were killed in the crash."),
    ("The bridge is open to traffic.", "The bridge is closed to all traffic."),
]
LOOK_ALIKES = [
    (
        "The army shelled the village on Monday, residents said.",
        "Residents said that the army had shelled the village.",
    ),
    ("The minister took a bribe, the newspaper reported.", "The minister declined to comment on the report."),
    ("The company has paid the fine.", "The company opened a new office in the capital."),
    ("The ship was carrying weapons, officials say.", "The ship left the port on Tuesday."),
    ("All passengers survived the crash.", "Nobody died in the crash."),
    ("The bridge is open to traffic.", "Cars can use the bridge."),
]


def answers(detector: nli.Detector, pairs: Texts) -> np.ndarray:
    return np.array([[row.entailment, row.neutral, row.contradiction] for row in detector.stream(pairs)])


@pytest.fixture(scope="module", params=SHIPPED)
def bundled(request: pytest.FixtureRequest) -> nli.Detector:
    return nli.load(request.param)


# --- label order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["bert", "roberta", "deberta", "modernbert"])
def test_permuted_heads_give_identical_verdicts(models: Any, pairs: Texts, shape: str) -> None:
    rows = {order: list(nli.load(models.make(shape, order=order)).stream(pairs)) for order in ORDERS}
    first = rows.pop(ORDERS[0])
    assert len({verdict.label for verdict in first}) == 3
    for other in rows.values():
        for one, two in zip(first, other, strict=True):
            assert one.contradiction == pytest.approx(two.contradiction, abs=1e-6)
            assert (one.label, one.flagged) == (two.label, two.flagged)


@pytest.mark.parametrize("order", ORDERS)
def test_a_model_without_names_is_refused_until_the_order_is_given(
    models: Any, tiny: Path, pairs: Texts, order: str
) -> None:
    nameless = models.make(order=order, id2label={str(n): f"LABEL_{n}" for n in range(3)}, label2id=None)
    with pytest.raises(LabelOrderError) as caught:
        nli.load(nameless)
    for part in (str(nameless), "LABEL_0", "--label-order"):
        assert part in str(caught.value)
    given = answers(nli.load(nameless, label_order=order), pairs)
    assert np.abs(given - answers(nli.load(tiny), pairs)).max() <= 1e-6


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (2, ["entailment", "not_entailment"]),
        (3, ["entailment", "entailment", "contradiction"]),
        (3, ["yes", "no", "maybe"]),
        (1, ["LABEL_0"]),
    ],
)
def test_heads_that_cannot_be_told_apart_are_refused_by_name(models: Any, classes: int, names: list[str]) -> None:
    folder = models.make(classes=classes, id2label={str(n): name for n, name in enumerate(names)}, label2id=None)
    with pytest.raises(LabelOrderError) as caught:
        nli.load(folder)
    for part in (str(folder), names[0], "--"):
        assert part in str(caught.value)


def test_names_that_are_permuted_are_found_out_before_a_long_run(models: Any) -> None:
    """The bundled model under every wrong mapping of names: refused, with the right order in the message."""
    from nli.bundle import find

    own = find(None)
    right = [label.value for label in own.label_order(None)[0]]
    for names in itertools.permutations(right):
        if list(names) == right:
            continue
        folder = models.copy(own.folder, id2label={str(n): name for n, name in enumerate(names)}, label2id=None)
        details = json.loads((folder / "detector.json").read_text())
        del details["probe"]  # as for a model that nli did not make
        (folder / "detector.json").write_text(json.dumps(details))
        letters = ",".join(name[0] for name in right)
        with pytest.raises(LabelOrderError, match=f"--label-order {letters}"):
            nli.load(folder)
        assert nli.load(folder, label_order=letters).probe() >= 9
        nli.load(folder, probe=False)


def test_a_wrong_order_from_the_caller_is_found_out_too() -> None:
    right = ",".join(label.value[0] for label in nli.load().label_order)
    for letters in itertools.permutations("enc"):
        if ",".join(letters) != right:
            with pytest.raises(LabelOrderError, match=f"--label-order {right}"):
                nli.load(label_order=",".join(letters))


# --- the decision -------------------------------------------------------------------------------------------


def test_entailment_never_overrides_contradiction() -> None:
    forward = np.log(np.array([[0.39, 0.01, 0.60], [0.55, 0.01, 0.44], [0.98, 0.01, 0.01]])).astype(np.float32)
    detector = nli.load(threshold=0.4, direction="forward")
    forward *= detector.calibration.temperature
    verdicts = [detector.verdict(nli.Logits(row, None)) for row in forward]
    assert [verdict.flagged for verdict in verdicts] == [True, True, False]


# --- symmetry -----------------------------------------------------------------------------------------------


def test_swapping_the_texts_changes_nothing(bundled: nli.Detector, tiny: Path, pairs: Texts) -> None:
    plain = [(premise, hypothesis) for premise, hypothesis, _ in PAIRS]
    for detector, texts in ((bundled, [*plain, *DENIALS, *LOOK_ALIKES]), (nli.load(tiny), pairs)):
        there = list(detector.stream(texts))
        back = list(detector.stream([(hypothesis, premise) for premise, hypothesis in texts]))
        assert [row.contradiction for row in there] == [row.contradiction for row in back]
        assert [row.flagged for row in there] == [row.flagged for row in back]
        singles = [detector.score(hypothesis, premise).contradiction for premise, hypothesis in texts[:6]]
        assert singles == pytest.approx([row.contradiction for row in there[:6]], abs=1e-5)


def test_one_direction_alone_is_not_symmetric() -> None:
    forward, backward = np.array([[0.0, 1.0, 2.0]]), np.array([[2.0, 1.0, 0.0]])
    assert probabilities(forward, None, 1.0)[0, 2] != probabilities(backward, None, 1.0)[0, 2]


# --- batches ------------------------------------------------------------------------------------------------


def variants(texts: Texts, load: Callable[..., nli.Detector]) -> dict[str, np.ndarray]:
    """Scores of the same pairs by every way of putting them together, in the order of the pairs."""
    mixed = np.random.default_rng(1).permutation(len(texts))
    shuffled = answers(load(), [texts[place] for place in mixed])[np.argsort(mixed)]
    shards = [answers(load(), texts[start::3]) for start in range(3)]
    joined = np.empty_like(shuffled)
    for start, shard in enumerate(shards):
        joined[start::3] = shard
    budgets = {f"{budget} tokens": answers(load(batch_tokens=budget), texts) for budget in (1, 100, 700, 100_000)}
    singles = np.concatenate([answers(load(), [pair]) for pair in texts]) if len(texts) < 20 else shuffled
    return {"shuffled": shuffled, "shards": joined, "singles": singles, **budgets}


@pytest.mark.parametrize("shape", ["bert", "roberta", "deberta", "modernbert"])
def test_scores_do_not_depend_on_batches_in_full_precision(models: Any, pairs: Texts, shape: str) -> None:
    folder = models.make(shape)
    expected = answers(nli.load(folder), pairs)
    for way, found in variants(pairs, lambda **options: nli.load(folder, probe=False, **options)).items():
        assert np.abs(found - expected).max() <= 1e-5, way


def test_nor_with_the_models_that_ship(bundled: nli.Detector) -> None:
    texts = [*DENIALS, *LOOK_ALIKES, ("word " * 60, "other " * 20)]
    expected = answers(bundled, texts)
    for way, found in variants(texts, lambda **options: nli.load(bundled.name, **options)).items():
        assert np.abs(found - expected).max() <= 1e-5, way


# --- streams and truncation -----------------------------------------------------------------------------


def test_an_endless_stream_is_scored_as_it_comes(tiny_onnx: Path) -> None:
    endless = (("A man is playing.", f"Number {number}.") for number in itertools.count())
    assert len(list(itertools.islice(nli.load(tiny_onnx).stream(endless), 5))) == 5


@pytest.mark.parametrize("way", ["window", "truncate", "error"])
def test_nothing_is_cut_in_silence(bundled: nli.Detector, way: Any) -> None:
    long = "The committee met and talked about the budget of the coming year. " * 80
    denial = long + "The company has not paid the fine. " + long
    if way == "error":
        with pytest.raises(nli.InputError, match="--max-tokens"):
            nli.load(bundled.name, on_long=way).score("The company has paid the fine.", denial)
        return
    verdict = nli.load(bundled.name, on_long=way).score("The company has paid the fine.", denial)
    if way == "truncate":
        assert verdict.truncated > 500
        assert verdict.window is None
        return
    assert verdict.truncated == 0
    assert verdict.window is not None
    assert verdict.window.hypothesis is not None
    start, end = verdict.window.hypothesis
    assert "has not paid the fine" in denial[start:end]
    assert verdict.contradiction > 3 * bundled.score("The company has paid the fine.", long).contradiction
    assert verdict.flagged or bundled.name != FAST


# --- precision ---------------------------------------------------------------------------------------------


def test_a_quantised_file_without_a_good_agreement_is_not_used(models: Any, tiny_onnx: Path) -> None:
    for agreement in ({}, {"usable": False}, None):
        folder = models.copy(tiny_onnx)
        details = json.loads((folder / "detector.json").read_text())
        details["onnx"]["agreement"] = agreement
        (folder / "detector.json").write_text(json.dumps(details))
        assert nli.load(folder).runtime_name == "torch-cpu-float32"


def test_the_models_that_ship_agree_with_their_own_full_precision(models: Any, bundled: nli.Detector) -> None:
    assert bundled.runtime_name == "onnx-cpu-int8"
    assert bundled.bundle.details["onnx"]["agreement"]["argmax"] >= 0.99
    folder = models.copy(bundled.bundle.folder)
    details = json.loads((folder / "detector.json").read_text())
    del details["onnx"]
    (folder / "detector.json").write_text(json.dumps(details))
    full = nli.load(folder)
    assert full.runtime_name == "torch-cpu-float32"
    texts = [*DENIALS, *LOOK_ALIKES, *((premise, hypothesis) for premise, hypothesis, _ in PAIRS)]
    exact, quantised = answers(full, texts), answers(bundled, texts)
    assert (exact.argmax(axis=1) == quantised.argmax(axis=1)).mean() >= 0.95
    assert np.abs(exact - quantised).mean() <= 0.05


# --- what the models that ship have learned ---------------------------------------------------------------------


def test_denials_are_flagged_and_look_alikes_are_not(bundled: nli.Detector) -> None:
    denied = [bundled.score(*pair) for pair in DENIALS]
    others = [bundled.score(*pair) for pair in LOOK_ALIKES]
    assert [verdict.flagged for verdict in denied] == [True] * len(DENIALS)
    assert [verdict.flagged for verdict in others] == [False] * len(LOOK_ALIKES)


def test_the_models_that_ship_answer_plain_pairs(bundled: nli.Detector) -> None:
    assert bundled.probe() >= 10


# --- every shipped configuration validates -----------------------------------------------------------------


def test_every_shipped_configuration_validates() -> None:
    from nli import configs
    from nli.eval.suite import load_suite
    from nli.finetune.recipe import load_recipe

    root = Path(configs.__file__).parent
    found = {path.relative_to(root) for path in root.rglob("*.y*ml")}
    checked = {Path(kind, f"{name}.yaml") for kind in ("suites", "recipes") for name in configs.shipped(kind)}
    assert found == checked
    for name in configs.shipped("suites"):
        load_suite(name)
    for name in configs.shipped("recipes"):
        load_recipe(name)


def test_every_example_can_be_read() -> None:
    from nli import configs
    from nli.pairs import read_pairs

    examples = sorted((Path(configs.__file__).parent / "examples").iterdir())
    assert examples
    for path in examples:
        assert len(list(read_pairs(path, on_reject=lambda reject: pytest.fail(str(reject))))) == 12
