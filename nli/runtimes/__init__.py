"""Runtimes turn batches of tokens into logits; they know nothing of labels, files or thresholds."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from nli.batching import TokenBatch


class Runtime(Protocol):
    """What runs a model.

    Attributes:
        name: What runs it, where and how precisely, such as "onnx-cpu-int8".
        parallel: How many calls of `logits` are worth running at once, each in a thread of its own.
        batch_tokens: How many tokens a batch best holds.
    """

    name: str
    parallel: int
    batch_tokens: int

    def logits(self, batch: TokenBatch) -> npt.NDArray[np.float32]:
        """Return the logits, float32 [n, classes], in the model's own order of classes."""
