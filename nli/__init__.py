"""Contradiction detection for statement pairs.

```python
import nli

detector = nli.load()
verdict = detector.score("The company says it has paid.", "No payment has arrived, the supplier says.")
verdict.flagged, verdict.contradiction
```

Importing this module loads no model and no heavy library; what it exports is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nli.errors import (
    ConfigError,
    InputError,
    LabelOrderError,
    MissingExtraError,
    ModelError,
    NliError,
    OutputError,
)
from nli.labels import LABELS, Label

if TYPE_CHECKING:
    from nli.attribution.extract import statements
    from nli.attribution.records import Statement
    from nli.detector import Detector, Logits, Verdict, load
    from nli.pairs import Pair
    from nli.scanning.records import Document, Finding, Scan, Side
    from nli.scanning.scan import scan
    from nli.windows import Window

__version__ = "0.1.0"

__all__ = [
    "LABELS",
    "ConfigError",
    "Detector",
    "Document",
    "Finding",
    "InputError",
    "Label",
    "LabelOrderError",
    "Logits",
    "MissingExtraError",
    "ModelError",
    "NliError",
    "OutputError",
    "Pair",
    "Scan",
    "Side",
    "Statement",
    "Verdict",
    "Window",
    "__version__",
    "load",
    "scan",
    "statements",
]

_LAZY = {
    "Detector": "nli.detector",
    "Logits": "nli.detector",
    "Verdict": "nli.detector",
    "load": "nli.detector",
    "Pair": "nli.pairs",
    "Document": "nli.scanning.records",
    "Finding": "nli.scanning.records",
    "Scan": "nli.scanning.records",
    "Side": "nli.scanning.records",
    "Statement": "nli.attribution.records",
    "scan": "nli.scanning.scan",
    "statements": "nli.attribution.extract",
    "Window": "nli.windows",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- whatever is exported
    if name not in _LAZY:
        raise AttributeError(f"module 'nli' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
