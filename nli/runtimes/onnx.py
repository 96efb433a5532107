"""ONNX Runtime on the CPU."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nli.batching import TokenBatch
from nli.errors import ModelError

BATCH_TOKENS = 512
"""What one thread works on stays in the caches of its core."""


class OnnxRuntime:
    """Runs an ONNX file on the CPU.

    Each call of `logits` computes in the thread that makes it, and as many calls run side by side as there are
    threads: small batches side by side need no barrier between the cores at every operation.

    Args:
        path: The ONNX file; inputs `input_ids`, `attention_mask` and, if the model has them, `token_type_ids`.
        precision: What to call its precision, such as "int8".
        threads: CPU threads; None for all cores that the process may use.

    Raises:
        ModelError: If the file cannot be loaded.
    """

    def __init__(self, path: Path, *, precision: str, threads: int | None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Without VNNI, products of unsigned and signed bytes saturate and change the answers. Elsewhere it is ignored.
        options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"The ONNX file {path} cannot be loaded ({reason}): export the model again.") from error
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self.batch_tokens = BATCH_TOKENS
        self.name = f"onnx-cpu-{precision}"
        self.parallel = threads or _cores()

    def logits(self, batch: TokenBatch) -> npt.NDArray[np.float32]:
        """Return the logits, float32 [n, classes]."""
        feed = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        if "token_type_ids" in self._inputs:
            types = batch.token_type_ids
            feed["token_type_ids"] = np.zeros_like(batch.input_ids) if types is None else types
        return np.asarray(self._session.run(["logits"], feed)[0], dtype=np.float32)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
