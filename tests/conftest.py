"""What the tests share: a clean environment, tiny models of every shape, and the command line as a process.

The models are random and a few hundred kilobytes small. What is tested on them is how they are read, run and
labelled; what a model has learned is tested on the one that ships with the package.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nli.bundle import FAST
from nli.probe import PAIRS

# Read once, when the hub client is imported: no test may reach a network or a person's own cache.
_HOME = tempfile.mkdtemp(prefix="nli-tests-")
# What the models that ship have in common is tested on the faster one.
CLEAN = {
    "NLI_MODEL": FAST,
    "HF_HUB_OFFLINE": "1",
    "HF_HOME": _HOME,
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUTF8": "1",
}
UNSET = ("NLI_DATA", "COLUMNS", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "PYTHONWARNINGS")
os.environ.update(CLEAN)
if "PYTEST_XDIST_WORKER" in os.environ:  # one thread each, or the workers' thread pools wait for one another
    os.environ["OMP_NUM_THREADS"] = "1"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore interrupts, and so would the processes that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

NAMES = {"e": "entailment", "n": "neutral", "c": "contradiction"}
TEXTS = [text for premise, hypothesis, _ in PAIRS for text in (premise, hypothesis)]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
POSITIONS = 64


def pytest_sessionfinish() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CLEAN.items():
        monkeypatch.setenv(name, value)
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)


# --- tiny models -----------------------------------------------------------------------------------------------


def _word_pieces(*, second_type: int) -> Any:
    """A tokenizer that knows the words of the plain pairs and all letters; trained ones differ from run to run."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word.strip(".,?!").lower() for text in TEXTS for word in text.split()})
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789.,?!'-")
    pieces = dict.fromkeys([*specials, *letters, *(f"##{letter}" for letter in letters), *words])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS]:0 $A:0 [SEP]:0 $B:{second_type} [SEP]:{second_type}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


@cache
def _byte_pairs() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def _save_tokenizer(shape: str, folder: Path) -> int:
    """Write a tokenizer such as models of this shape have, and return its number of tokens."""
    from transformers import PreTrainedTokenizerFast

    inputs = ["input_ids", "attention_mask"]
    if shape in {"roberta", "mpnet"}:
        tokenizer = _byte_pairs()
        named = {"pad": "<pad>", "unk": "<unk>", "cls": "<s>", "sep": "</s>", "mask": "<mask>"}
    else:
        tokenizer = _word_pieces(second_type=0 if shape == "modernbert" else 1)
        named = {name: f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
        inputs += [] if shape == "modernbert" else ["token_type_ids"]
    tokens = {f"{name}_token": token for name, token in named.items()}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **tokens).save_pretrained(folder)
    return int(tokenizer.get_vocab_size())


def _config(shape: str, **sizes: Any) -> Any:
    import transformers

    if shape == "bert":
        return transformers.BertConfig(**sizes, max_position_embeddings=POSITIONS)
    if shape == "roberta":
        special = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1}
        return transformers.RobertaConfig(**sizes, **special, max_position_embeddings=POSITIONS + 2)
    if shape == "mpnet":
        special = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
        return transformers.MPNetConfig(**sizes, **special, max_position_embeddings=POSITIONS + 2)
    if shape == "deberta":
        attention = {"relative_attention": True, "position_buckets": 16, "pos_att_type": ["p2c", "c2p"]}
        shared = {"share_att_key": True, "position_biased_input": False, "norm_rel_ebd": "layer_norm"}
        return transformers.DebertaV2Config(
            **sizes, **attention, **shared, type_vocab_size=0, max_position_embeddings=POSITIONS
        )
    special = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    return transformers.ModernBertConfig(
        **sizes, **special, max_position_embeddings=POSITIONS, global_attn_every_n_layers=2, local_attention=16
    )


@dataclass(frozen=True)
class Models:
    """Makes tiny models, each in a folder of its own."""

    root: Path
    numbers: Iterator[int]

    def make(self, shape: str = "bert", *, order: str = "e,n,c", classes: int = 3, **config: Any) -> Path:
        """Save a model.

        Args:
            shape: bert, roberta, mpnet, deberta or modernbert.
            order: The classes of its three logits. The rows of its last layer are put into this order, so that all
                models of a shape say the same.
            classes: How many logits it has; if not three, they have no names.
            config: What else to write into its config.json; None removes an entry.
        """
        import torch
        from transformers import AutoModelForSequenceClassification

        folder = self.root / f"{shape}-{next(self.numbers)}"
        tokens = _save_tokenizer(shape, folder)
        torch.manual_seed(20)
        settings = _config(shape, **SIZES, vocab_size=tokens, num_labels=classes, initializer_range=0.5)
        model = AutoModelForSequenceClassification.from_config(settings)
        names: dict[str, Any] = {}
        if classes == 3:
            letters = order.split(",")
            head = model.classifier.out_proj if shape in {"roberta", "mpnet"} else model.classifier
            rows = torch.tensor(["enc".index(letter) for letter in letters])
            with torch.no_grad():
                head.weight.copy_(head.weight[rows].clone())
                head.bias.copy_((head.bias + torch.tensor([0.3, -0.2, 0.1]))[rows])
            names["id2label"] = {str(place): NAMES[letter] for place, letter in enumerate(letters)}
            names["label2id"] = {NAMES[letter]: place for place, letter in enumerate(letters)}
        model.save_pretrained(folder)
        _change(folder / "config.json", {**names, **config})
        return folder

    def copy(self, folder: Path, **config: Any) -> Path:
        """Copy a model and change entries of its config.json; None removes one."""
        target = self.root / f"copy-{next(self.numbers)}"
        shutil.copytree(folder, target)
        _change(target / "config.json", config)
        return target


def _change(path: Path, entries: Mapping[str, Any]) -> None:
    changed = {**json.loads(path.read_text()), **entries}
    path.write_text(json.dumps({name: value for name, value in changed.items() if value is not None}))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """A maker of tiny models."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)  # more only get into each other's way with models so small
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return Models(tmp_path_factory.mktemp("models"), count())


@pytest.fixture(scope="session")
def tiny(models: Models) -> Path:
    """A tiny BERT whose classes have their names; not to be changed."""
    return models.make()


@pytest.fixture(scope="session")
def tiny_onnx(models: Models, tiny: Path) -> Path:
    """The same model with an ONNX file and a detector.json, which runs without PyTorch; not to be changed."""
    from nli.finetune.export import export_onnx

    folder = models.copy(tiny)
    plain = [(premise, hypothesis) for premise, hypothesis, _ in PAIRS]
    details = {
        "name": "tiny",
        "licence": "CC0-1.0",
        "max_tokens": POSITIONS,
        "onnx": export_onnx(folder, folder / "onnx", plain, data="plain pairs", precision="fp32"),
        "probe": {"right": 4, "of": 12},
        "calibration": {
            "temperature": 2.0,
            "thresholds": {"both": 0.3, "forward": 0.4},
            "provenance": {"data": "plain pairs", "rows": 12, "date": "2026-01-01"},
        },
    }
    (folder / "detector.json").write_text(json.dumps(details))
    return folder


@pytest.fixture(scope="session")
def pairs() -> list[tuple[str, str]]:
    """Pairs of many lengths in words that the tiny tokenizers know, some of them odd, some of them twice."""
    random = np.random.default_rng(7)
    words = " ".join(TEXTS).split()

    def text() -> str:
        return " ".join(random.choice(words, size=random.integers(1, 24)))

    made = [(text(), text()) for _ in range(60)]
    odd = [("🙂 children 👩‍👩‍👧 run", "שלום, مرحبا"), ("A", "."), ("A\tman\n\nis", "  playing  ")]
    return [*made, *odd, *made[:5]]


# --- the command line ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """What a process did."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """Return what it printed as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def _command(args: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "nli", *map(str, args)]


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    """Run ``nli`` in a process of its own and give its exit code and what it printed."""

    def run(*args: object, stdin: bytes = b"", env: Mapping[str, str] | None = None, **options: Any) -> Ran:
        environment = {**os.environ, **(env or {})}
        done = subprocess.run(
            _command(args),
            input=stdin,
            env=environment,
            **{"capture_output": True, "timeout": 120, **options},
        )
        return Ran(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())

    return run


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[bytes]]:
    """Start ``nli`` and give the process, its output and errors being pipes."""

    def start(*args: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(_command(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return start


@pytest.fixture(scope="session")
def refused(run: Callable[..., Ran]) -> Callable[..., str]:
    """Run ``nli``, require that it refuses in one sentence and prints nothing else, and give the sentence."""

    def refused(*args: object, **options: Any) -> str:
        done = run(*args, **options)
        assert done.code == 2, done
        assert done.out == ""
        lines = done.err.splitlines()
        assert len(lines) == 1, done.err
        assert lines[0].startswith("error: ")
        assert lines[0].endswith(".")
        return lines[0].removeprefix("error: ")

    return refused
