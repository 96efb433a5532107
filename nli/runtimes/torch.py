"""PyTorch: any sequence classifier in a Hugging Face folder, on the CPU, CUDA or Apple's MPS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nli.batching import TokenBatch
from nli.errors import InputError, MissingExtraError, ModelError
from nli.runtimes import compact

PRECISIONS = {"cpu": "float32", "cuda": "bfloat16", "mps": "float32"}
"""On a CPU half precision is slower, so a checkpoint's own type is never taken over."""
BATCH_TOKENS = {"cpu": 2048, "cuda": 32768, "mps": 8192}
VOCABULARIES = {"tokenizer.json", "vocab.txt", "vocab.json"}


def require_torch(what: str) -> None:
    """Raise `MissingExtraError` if torch or transformers is not installed."""
    from importlib.util import find_spec

    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError(what, "torch")


def choose_device(device: str) -> str:
    """Return the device to use: the one asked for, or for "auto" the first there is of cuda, mps and cpu.

    Raises:
        InputError: If it is none of those, or is not there.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, available in there.items() if available)
    kind = device.partition(":")[0]
    if kind not in there:
        raise InputError(f"There is no device {device!r}: choose auto, cpu, cuda or mps.")
    if not there[kind]:
        usable = ", ".join(name for name, available in there.items() if available)
        raise InputError(f"The device {device} is not to be had on this machine: use --device {usable}.")
    return device


class TorchRuntime:
    """Runs a folder with PyTorch.

    Args:
        folder: The model's folder, with safetensors.
        name: The model's name, for messages.
        device: "cpu", "cuda", "cuda:1", "mps" or "auto".
        threads: CPU threads; None leaves PyTorch's choice.

    Raises:
        ModelError: If the folder does not hold a sequence classifier that can be loaded.
    """

    parallel = 1

    def __init__(self, folder: Path, name: str, *, device: str = "auto", threads: int | None = None) -> None:
        require_torch(f"Running the model {name}")
        import torch
        from transformers import AutoModelForSequenceClassification
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        if threads is not None:
            torch.set_num_threads(threads)
        self.device = choose_device(device)
        kind = self.device.partition(":")[0]
        try:
            if compact.layout_of(folder) is not None:
                model = load_compact(folder, dtype=PRECISIONS[kind])
                report: dict[str, Any] = {"missing_keys": []}
            else:
                model, report = AutoModelForSequenceClassification.from_pretrained(
                    folder,
                    dtype=PRECISIONS[kind],
                    use_safetensors=True,
                    trust_remote_code=False,
                    output_loading_info=True,
                )
        except ModelError:
            raise
        except Exception as error:  # transformers, safetensors and the hub client raise classes that share no base
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".: ")
            if "ignore_mismatched_sizes" in reason:
                reason = "its weights do not fit its config.json"
            raise ModelError(
                f"The model {name} cannot be loaded as a sequence classifier ({reason}): use a model that "
                "transformers' AutoModelForSequenceClassification loads without remote code."
            ) from error
        missing = sorted(report["missing_keys"])
        if missing:
            raise ModelError(
                f"The model {name} has no trained weights for {', '.join(missing[:3])}: it is not a classifier yet; "
                "fine-tune it first, or use one that is."
            )
        self._model: Any = model.to(self.device).eval()
        self.batch_tokens = BATCH_TOKENS[kind]
        self.name = f"torch-{kind}-{PRECISIONS[kind]}"

    def logits(self, batch: TokenBatch) -> npt.NDArray[np.float32]:
        """Return the logits, float32 [n, classes]."""
        import torch

        arrays = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        if batch.token_type_ids is not None:
            arrays["token_type_ids"] = batch.token_type_ids
        inputs = {name: torch.from_numpy(array).to(self.device) for name, array in arrays.items()}
        with torch.inference_mode():
            logits = self._model(**inputs).logits
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)


def load_compact(folder: Path, *, dtype: str, config: Any = None, attention: str | None = None) -> Any:  # noqa: ANN401
    """Load a classifier whose weights are in the files of its int8 graph.

    Args:
        folder: The model's folder.
        dtype: The type of the weights, such as "float32".
        config: Its configuration; None for the one in the folder.
        attention: The implementation of attention, as transformers names it; None for its default.

    Raises:
        ModelError: If a file is missing or damaged.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    files = compact.layout_of(folder)
    if files is None:
        raise ModelError(f"The folder {folder} has no {compact.LAYOUT}: give that of a model whose weights are int8.")
    config = config or AutoConfig.from_pretrained(folder)
    options = {} if attention is None else {"attn_implementation": attention}
    model = AutoModelForSequenceClassification.from_config(config, **options)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in compact.state(files).items()})
    return model.to(getattr(torch, dtype))


def load_tokenizer(folder: Path, name: str) -> tuple[Any, bool, int]:
    """Load a folder's tokenizer with transformers.

    Returns:
        The `tokenizers.Tokenizer` behind it, whether the model takes token types, and the id that pads.

    Raises:
        ModelError: If there is none, or it has no fast form.
    """
    require_torch(f"Running the model {name}")
    from transformers import AutoTokenizer

    # Without them transformers makes a tokenizer that knows no word, and says nothing.
    if not any(path.name in VOCABULARIES or path.suffix == ".model" for path in folder.iterdir()):
        raise ModelError(f"The model {name} has no tokenizer (tokenizer.json) in {folder}: give its whole folder.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, trust_remote_code=False)
    except Exception as error:  # transformers and tokenizers raise classes that share no base
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".: ")
        raise ModelError(
            f"The tokenizer of the model {name} cannot be loaded ({reason}): give its whole folder."
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(f"The model {name} has only a slow tokenizer: save a tokenizer.json beside it.")
    takes_types = "token_type_ids" in tokenizer.model_input_names
    return tokenizer.backend_tokenizer, takes_types, int(tokenizer.pad_token_id or 0)
