"""Results as ``model-index`` metadata, the form in which a Hugging Face model card carries them.

Specification: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_METRICS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("accuracy", "Accuracy", ("accuracy",)),
    ("f1", "Macro F1", ("macro_f1",)),
    ("precision", "Contradiction precision", ("contradiction", "precision")),
    ("recall", "Contradiction recall", ("contradiction", "recall")),
    ("f1", "Contradiction F1", ("contradiction", "f1")),
    ("average_precision", "Contradiction average precision", ("contradiction", "average_precision")),
)


def model_index(results: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the figures of a run for the front matter of a model card.

    Args:
        results: A parsed ``results.json``. Of a set's entry ``hub`` (its name on the hub) and ``split`` are used
            where they are given.
        name: The model's name.

    Returns:
        A list of one element, to stand under the key ``model-index``. Metrics without a value are left out; the
        interval of a metric stands in its name, since the form has no field for it.
    """
    return [{"name": name, "results": [_result(key, entry) for key, entry in results["datasets"].items()]}]


def _result(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    dataset = {"name": name, "type": entry.get("hub") or name}
    if entry.get("split"):
        dataset["split"] = entry["split"]
    metrics = []
    for kind, title, path in _METRICS:
        metric: Any = entry
        for key in path:
            metric = metric[key]
        if metric["value"] is not None:
            percent = f"{entry['bootstrap']['level']:.0%}"
            bounds = (
                "" if metric["low"] is None else f" ({percent} interval {metric['low']:.3f} to {metric['high']:.3f})"
            )
            metrics.append({"type": kind, "name": title + bounds, "value": metric["value"]})
    return {
        "task": {"type": "text-classification", "name": "Natural language inference"},
        "dataset": dataset,
        "metrics": metrics,
    }
