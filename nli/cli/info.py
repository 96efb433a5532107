"""``nli info``: what a model is."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command("info")
@click.argument("model", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.  [default: readable text]")
@click.option(
    "--label-order",
    metavar="X,Y,Z",
    help="Class of logits 0, 1, 2, such as c,e,n.  [default: by the names in the model]",
)
def info_command(model: str | None, label_order: str | None, *, as_json: bool) -> None:
    """Say what MODEL is: label order and how it is known, calibration and where it comes from, size, runtime, licence.

    MODEL is a folder or a hub name; without one, the one that scores by default.
    """
    from nli.bundle import find
    from nli.labels import parse_label_order

    bundle = find(model)
    order, known_from = bundle.label_order(parse_label_order(label_order) if label_order else None)
    files = [path for path in sorted(bundle.folder.rglob("*")) if path.is_file()]
    onnx = bundle.details.get("onnx") or {}
    facts: dict[str, Any] = {
        "model": bundle.name,
        "folder": str(bundle.folder),
        "architecture": ", ".join(bundle.config.get("architectures") or ["not stated"]),
        "licence": bundle.licence,
        "size_bytes": sum(path.stat().st_size for path in files),
        "weights_sha256": bundle.checksum(),
        "label_order": [label.value for label in order],
        "label_order_from": known_from,
        "max_tokens": bundle.max_tokens,
        "runtime": f"onnxruntime, {bundle.onnx_precision}, on the CPU" if bundle.onnx else "PyTorch (extra: torch)",
        "agreement": onnx.get("agreement"),
        "calibration": bundle.calibration.as_dict(),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    for line in _lines(facts):
        click.echo(line)


def _lines(facts: dict[str, Any]) -> list[str]:
    calibration = facts["calibration"]
    fit = "; ".join(f"{name}: {value}" for name, value in calibration["provenance"].items())
    rows = {
        "model": facts["model"],
        "folder": facts["folder"],
        "architecture": facts["architecture"],
        "licence": facts["licence"],
        "size": f"{facts['size_bytes'] / 1e6:.1f} MB",
        "weights sha256": facts["weights_sha256"],
        "label order": f"{', '.join(facts['label_order'])} ({facts['label_order_from']})",
        "longest pair": f"{facts['max_tokens']} tokens",
        "runtime": facts["runtime"],
        "temperature": f"{calibration['temperature']:g}",
        "threshold": ", ".join(f"{value:g} ({name})" for name, value in calibration["thresholds"].items()),
        "calibrated on": fit or "nothing: probabilities are raw and the threshold is 0.5; fit them on your own data",
    }
    if facts["agreement"]:
        rows["agreement"] = "; ".join(f"{name}: {value}" for name, value in facts["agreement"].items())
    width = max(map(len, rows))
    return [f"{name:<{width}}  {value}" for name, value in rows.items()]
