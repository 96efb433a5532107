"""What training changed: the base and the new model on the same held-out pairs, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nli.calibration import probabilities, weights
from nli.errors import LabelOrderError, ModelError
from nli.eval.bootstrap import Intervals
from nli.eval.compare import compare_sets
from nli.eval.metrics import evaluate_set
from nli.eval.results_schema import Decision, PredictionRow
from nli.labels import LABELS

if TYPE_CHECKING:
    from nli.detector import Detector
    from nli.finetune.mixture import Example, Loaded

_SHOWN = {
    "accuracy": "accuracy",
    "contradiction.f1": "contradiction F1",
    "contradiction.average_precision": "contradiction average precision",
}


def held_out_results(
    after: Detector, before: Detector | None, sets: Mapping[str, Loaded], *, seed: int, resamples: int = 1000
) -> dict[str, Any]:
    """Score held-out pairs with the new model and, where it can tell the three classes apart, with its base.

    Args:
        after: The new model.
        before: Its base, None where that is a bare encoder.
        sets: The pairs, by name.
        seed: Seed of the bootstrap.
        resamples: Its number of resamples. Pairs that share a premise are drawn together.

    Returns:
        ``datasets``: name -> what `nli.eval.metrics.evaluate_set` says of the new model; ``before``: name -> ``n`` and
        the differences of `nli.eval.compare.compare_sets`, empty without a base.
    """
    how = Intervals(seed=seed, resamples=resamples)
    new = {name: predictions(after, part.examples) for name, part in sets.items()}
    found: dict[str, Any] = {
        "datasets": {
            name: evaluate_set(name, rows, decision_of(after), intervals=how).results for name, rows in new.items()
        },
        "before": {},
    }
    if before is not None:
        for name, part in sets.items():
            old = predictions(before, part.examples)
            compared = compare_sets(name, old, new[name], decision_of(before), decision_of(after), intervals=how)
            found["before"][name] = {"n": compared["n"], "differences": compared["differences"]}
    return found


def load_before(name: str, device: str) -> Detector | None:
    """Load the base as a detector; None if it does not tell the three classes apart yet."""
    from nli.detector import load

    try:
        return load(name, device=device, probe=False)
    except (LabelOrderError, ModelError):
        return None


def table(found: Mapping[str, Any]) -> list[tuple[str, int, str, str, str, str]]:
    """Return rows of set, pairs, figure, before, after and difference, with 95% intervals in brackets."""
    rows = []
    for name, entry in found["datasets"].items():
        for path, title in _SHOWN.items():
            measured: Any = entry
            for key in path.split("."):
                measured = measured[key]
            differences = found["before"].get(name, {}).get("differences", {}).get(path)
            before = "" if differences is None else _bare(differences["a"])
            change = "" if differences is None else _shown(differences["difference"], signed=True)
            rows.append((name, int(entry["n"]), title, before, _shown(measured), change))
    return rows


def _bare(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _shown(measured: Mapping[str, float | None], *, signed: bool = False) -> str:
    value, low, high = measured["value"], measured["low"], measured["high"]
    sign = "+" if signed else ""
    if value is None:
        return "-"
    return f"{value:{sign}.3f}" if low is None else f"{value:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def decision_of(detector: Detector) -> Decision:
    """Return how a detector decides."""
    return Decision(detector.calibration.temperature, detector.threshold, detector.direction)


def predictions(detector: Detector, examples: Sequence[Example]) -> list[PredictionRow]:
    """Score examples; pairs that share a premise are one cluster."""
    temperature = detector.calibration.temperature
    rows: list[PredictionRow] = []
    answers = detector.logits((example.premise, example.hypothesis) for example in examples)
    for number, (example, answer) in enumerate(zip(examples, answers, strict=True)):
        backward = None if answer.backward is None else answer.backward[None]
        weight = weights([(len(example.premise), len(example.hypothesis))])
        rows.append(
            {
                "id": str(number),
                "gold": LABELS[example.label].value,
                "premise": example.premise,
                "hypothesis": example.hypothesis,
                "forward": answer.forward.tolist(),
                "backward": None if answer.backward is None else answer.backward.tolist(),
                "probabilities": probabilities(answer.forward[None], backward, temperature, weight)[0].tolist(),
                "truncated": answer.truncated,
                "tags": [],
                "cluster": example.premise,
            }
        )
    return rows
