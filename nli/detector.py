"""The detector: pairs in, verdicts out. The only place that knows the whole chain."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nli import bundle as bundles
from nli import probe as probes
from nli.batching import TokenRow, pad, plan
from nli.bundle import Bundle
from nli.calibration import CONTRADICTION, ENTAILMENT, NEUTRAL, Calibration, probabilities, softmax, weights
from nli.errors import InputError, LabelOrderError
from nli.labels import LABELS, Label, parse_label_order
from nli.pairs import Pair
from nli.runtimes import Runtime
from nli.tokens import TextTokenizer
from nli.windows import Piece, Window, pieces, truncated

Direction = Literal["both", "forward"]
OnLong = Literal["window", "truncate", "error"]
WINDOW = 1024
"""Pairs that are read, ordered by length and scored at a time."""
FEWEST_TOKENS = 16
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Logits:
    """What the model answers to one pair, in the order of `nli.labels.LABELS`.

    Attributes:
        forward: Logits of premise -> hypothesis, float32 [3].
        backward: Logits of hypothesis -> premise, float32 [3]; None if only one direction was scored.
        truncated: Tokens that were cut off and not scored.
        window: The stretch of a long pair that these logits belong to; None if the pair was scored whole.
        weight: What the two directions count for, from `nli.calibration.weights`; None if both count the same.
    """

    forward: npt.NDArray[np.float32]
    backward: npt.NDArray[np.float32] | None
    truncated: int = 0
    window: Window | None = None
    weight: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one pair.

    Attributes:
        contradiction: Calibrated probability that the two statements cannot both stand.
        entailment: Calibrated probability that the hypothesis must be true if the premise is.
        neutral: Calibrated probability that neither holds; the three sum to 1.
        label: The likeliest of the three classes.
        flagged: Whether P(contradiction) reaches the threshold. It may do so while another class is likelier.
        truncated: Tokens that were cut off and not scored.
        window: The stretch of a long pair with the highest P(contradiction); None if the pair was scored whole.
    """

    contradiction: float
    entailment: float
    neutral: float
    label: Label
    flagged: bool
    truncated: int = 0
    window: Window | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that an output row gains, in their order."""
        return {
            "label": self.label.value,
            "contradiction": self.contradiction,
            "entailment": self.entailment,
            "neutral": self.neutral,
            "flagged": self.flagged,
            "truncated": self.truncated,
            "window": self.window.as_dict() if self.window else None,
        }


VERDICT_FIELDS = ("label", "contradiction", "entailment", "neutral", "flagged", "truncated", "window")


class Detector:
    """Scores statement pairs with one model. Made by `load`.

    Attributes:
        bundle: The model's folder.
        calibration: Temperature, thresholds and where they come from.
        threshold: P(contradiction) from which a pair is flagged.
        direction: "both" averages P(contradiction) over the two directions, by the lengths of the texts; "forward"
            scores one.
        label_order: The class of each of the model's logits.
        label_order_from: How that is known.
    """

    def __init__(
        self,
        bundle: Bundle,
        runtime: Runtime,
        tokenizer: TextTokenizer,
        *,
        takes_types: bool,
        pad_id: int,
        direction: Direction,
        threshold: float | None,
        label_order: tuple[Label, ...] | None,
        max_tokens: int | None,
        on_long: OnLong,
        batch_tokens: int,
    ) -> None:
        self.bundle = bundle
        self.calibration: Calibration = bundle.calibration
        self.direction: Direction = direction
        self.threshold = self.calibration.thresholds[direction] if threshold is None else threshold
        self.label_order, self.label_order_from = bundle.label_order(label_order)
        self.max_tokens = bundle.max_tokens if max_tokens is None else max_tokens
        self.on_long: OnLong = on_long
        self._runtime = runtime
        self._tokenizer = tokenizer
        self._takes_types = takes_types
        self._pad_id = pad_id
        self._batch_tokens = batch_tokens
        self._columns = [self.label_order.index(label) for label in LABELS]
        self._room = self.max_tokens - tokenizer.template.length
        if not FEWEST_TOKENS <= self.max_tokens <= bundle.positions:
            raise InputError(
                f"{self.max_tokens} tokens a pair is not possible with the model {bundle.name}: "
                f"choose from {FEWEST_TOKENS} to {bundle.positions}."
            )

    @property
    def name(self) -> str:
        """The model's name."""
        return self.bundle.name

    @property
    def runtime_name(self) -> str:
        """What runs the model, where and how precisely."""
        return self._runtime.name

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights."""
        return self.bundle.checksum()

    def identity(self) -> dict[str, Any]:
        """Return what decides this detector's verdicts; two runs with equal identities give equal rows."""
        return {
            "model": self.weights_sha256,
            "runtime": self.runtime_name,
            "label_order": [label.value for label in self.label_order],
            "temperature": self.calibration.temperature,
            "threshold": self.threshold,
            "direction": self.direction,
            "max_tokens": self.max_tokens,
            "on_long": self.on_long,
            "batch_tokens": self._batch_tokens,
        }

    def probe(self) -> int:
        """Check the label order on plain pairs.

        Returns:
            How many of the twelve are right.

        Raises:
            LabelOrderError: If the names of the classes are plainly permuted.
        """
        rows = [self._row(*self._tokenizer.encode([premise, hypothesis])) for premise, hypothesis, _ in probes.PAIRS]
        return probes.check(self._run(rows), self.label_order, self.name)

    def score(self, premise: str, hypothesis: str) -> Verdict:
        """Compare two statements.

        Args:
            premise: One statement.
            hypothesis: The other.

        Raises:
            InputError: If one is empty, or too long where `on_long` is "error".
        """
        return next(self.stream([(premise, hypothesis)]))

    def stream(
        self, pairs: Iterable[Pair | tuple[str, str]], *, least: float | Iterable[float] = 0.0
    ) -> Iterator[Verdict]:
        """Compare many pairs.

        Args:
            pairs: Any iterable of pairs; it is read a window at a time, as verdicts are taken.
            least: A pair whose P(contradiction) cannot reach this, whatever its second direction says, is judged by the
                direction that counts for more alone, which takes half the time. One number, or one for each pair.

        Yields:
            One verdict a pair, in the order of the pairs.

        Raises:
            InputError: If a statement is empty, or too long where `on_long` is "error".
        """
        return map(self.verdict, self.logits(pairs, least=least))

    def verdict(self, logits: Logits) -> Verdict:
        """Turn the model's answer into a verdict; the one place where it is decided what is flagged."""
        backward = None if logits.backward is None else logits.backward[None]
        weight = None if logits.weight is None else logits.weight[None]
        row = probabilities(logits.forward[None], backward, self.calibration.temperature, weight)[0]
        contradiction = float(row[CONTRADICTION])
        return Verdict(
            contradiction=contradiction,
            entailment=float(row[ENTAILMENT]),
            neutral=float(row[NEUTRAL]),
            label=LABELS[int(row.argmax())],
            flagged=contradiction >= self.threshold,
            truncated=logits.truncated,
            window=logits.window,
        )

    def logits(
        self, pairs: Iterable[Pair | tuple[str, str]], *, least: float | Iterable[float] = 0.0
    ) -> Iterator[Logits]:
        """Run the model on many pairs without deciding anything; see `stream`."""
        remaining = iter(pairs)
        each = repeat(float(least)) if isinstance(least, int | float) else iter(least)
        while window := list(islice(remaining, WINDOW)):
            yield from self._window([_texts(pair) for pair in window], list(islice(each, len(window))))

    def _window(self, pairs: Sequence[tuple[str, str]], least: Sequence[float]) -> Iterator[Logits]:
        """Score one window of pairs, each unique text tokenised once and each unique pair scored once."""
        unique = dict.fromkeys(pairs)
        texts = list(dict.fromkeys(text for pair in unique for text in pair))
        ids = dict(zip(texts, self._tokenizer.encode(texts), strict=True))
        cut = {pair: self._pieces(pair, ids) for pair in unique}
        whole = [(pair, part) for pair, (parts, _) in cut.items() for part in parts]
        rows = [self._rows(ids[a][slice(*part.premise)], ids[b][slice(*part.hypothesis)]) for (a, b), part in whole]
        lowest: dict[tuple[str, str], float] = {}
        for pair, wanted in zip(pairs, least, strict=True):
            lowest[pair] = min(wanted, lowest.get(pair, wanted))
        answers = deque(self._answers([pair for pair, _ in whole], rows, [lowest[pair] for pair, _ in whole]))
        scored: dict[tuple[str, str], Logits] = {}
        for pair, (parts, lost) in cut.items():
            scored[pair] = self._strongest(pair, [(part, self._take(answers)) for part in parts], lost)
        yield from (scored[pair] for pair in pairs)

    def _answers(
        self, pairs: Sequence[tuple[str, str]], rows: Sequence[list[TokenRow]], least: Sequence[float]
    ) -> npt.NDArray[np.float32]:
        """Return the logits of each pair's rows, in the order of `LABELS`.

        Of a pair that cannot reach its `least` both rows have the logits of the one that counts for more.
        """
        if self.direction == "forward" or max(least, default=0.0) <= 0:
            return self._run([row for both in rows for row in both])[:, self._columns]
        share = weights([(len(premise), len(hypothesis)) for premise, hypothesis in pairs])
        share /= share.sum(axis=1, keepdims=True)
        first = share.argmax(axis=1)
        answers = self._run([both[way] for both, way in zip(rows, first, strict=True)])[:, self._columns]
        chances = softmax(answers, self.calibration.temperature)[:, CONTRADICTION]
        most = share.max(axis=1)
        unsure = np.flatnonzero(most * chances + 1 - most >= np.asarray(least))
        answers = np.repeat(answers, 2, axis=0)
        if len(unsure):
            second = self._run([rows[place][1 - int(first[place])] for place in unsure.tolist()])[:, self._columns]
            answers[2 * unsure + 1 - first[unsure]] = second
        return answers

    def _pieces(self, pair: tuple[str, str], ids: dict[str, list[int]]) -> tuple[list[Piece], int]:
        """Return what is scored of a pair, and how many tokens are not."""
        premise, hypothesis = pair
        lengths = len(ids[premise]), len(ids[hypothesis])
        if sum(lengths) <= self._room:
            return [Piece((0, lengths[0]), (0, lengths[1]))], 0
        if self.on_long == "window":
            return pieces(premise, hypothesis, lengths, self._room, self._tokenizer.offsets), 0
        if self.on_long == "truncate":
            piece, lost = truncated(lengths, self._room)
            return [piece], lost
        raise InputError(
            f"The pair that begins {premise[:60]!r} has {sum(lengths)} tokens, and {self._room} fit: shorten it, raise "
            "--max-tokens, or choose --on-long window."
        )

    def _rows(self, premise: list[int], hypothesis: list[int]) -> list[TokenRow]:
        forward = self._row(premise, hypothesis)
        return [forward] if self.direction == "forward" else [forward, self._row(hypothesis, premise)]

    def _row(self, first: list[int], second: list[int]) -> TokenRow:
        template = self._tokenizer.template
        types = template.type_ids(len(first), len(second)) if self._takes_types else None
        return TokenRow(template.ids(first, second), types)

    def _take(self, answers: deque[npt.NDArray[np.float32]]) -> tuple[npt.NDArray[np.float32], Any]:
        return answers.popleft(), answers.popleft() if self.direction == "both" else None

    def _strongest(
        self, pair: tuple[str, str], scored: Sequence[tuple[Piece, tuple[npt.NDArray[np.float32], Any]]], lost: int
    ) -> Logits:
        """Return the answer to the piece with the highest P(contradiction)."""
        forward = np.stack([ahead for _, (ahead, _) in scored])
        backward = None if scored[0][1][1] is None else np.stack([back for _, (_, back) in scored])
        weight = weights([(len(pair[0]), len(pair[1]))])
        chosen = 0
        if len(scored) > 1:
            each = np.repeat(weight, len(scored), axis=0)
            chances = probabilities(forward, backward, self.calibration.temperature, each)
            chosen = int(chances[:, CONTRADICTION].argmax())
        back = None if backward is None else backward[chosen]
        return Logits(forward[chosen], back, lost, scored[chosen][0].window, weight[0])

    def _run(self, rows: Sequence[TokenRow]) -> npt.NDArray[np.float32]:
        """Return the logits of rows, float32 [n, 3], in the model's order of classes."""
        out = np.empty((len(rows), len(LABELS)), dtype=np.float32)
        # By their tokens first: rows of one length then meet the same others whichever way round the pairs were given,
        # and the last digit of a sum hangs on the batch.
        order = sorted(range(len(rows)), key=lambda index: rows[index].ids)
        plans = plan([len(rows[index].ids) for index in order], self._batch_tokens, self._runtime.parallel)
        batches = [[order[place] for place in batch] for batch in plans]

        def run(batch: list[int]) -> None:
            answers = self._runtime.logits(pad([rows[index] for index in batch], self._pad_id))
            if answers.shape[1] != len(LABELS):
                raise LabelOrderError(
                    f"The model {self.name} gives {answers.shape[1]} scores a pair, not the three of natural-language "
                    "inference: choose one with entailment, neutral and contradiction with --model."
                )
            out[batch] = answers

        if self._runtime.parallel == 1 or len(batches) == 1:
            for batch in batches:
                run(batch)
        else:
            with ThreadPoolExecutor(self._runtime.parallel) as pool:
                deque(pool.map(run, batches), maxlen=0)
        return out


def load(
    name: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    direction: Direction = "both",
    threshold: float | None = None,
    threads: int | None = None,
    label_order: str | None = None,
    max_tokens: int | None = None,
    on_long: OnLong = "window",
    batch_tokens: int | None = None,
    probe: bool = True,
) -> Detector:
    """Load a model.

    Args:
        name: "denial-mpnet" or the faster "denial-minilm", which ship with the package, a folder, or a name on the
            Hugging Face hub; None for what the environment's NLI_MODEL names, and without it for "denial-mpnet".
        device: "auto", "cpu", "cuda" or "mps". "auto" takes the model's ONNX file, on the CPU, where it has one,
            and else PyTorch on the first there is of cuda, mps and cpu. Anything but "auto" and "cpu" needs PyTorch.
        direction: "both" scores premise -> hypothesis and hypothesis -> premise and averages P(contradiction), the
            longer text as premise counting for more; "forward" scores premise -> hypothesis alone, in half the time.
        threshold: P(contradiction) from which a pair is flagged; None for the one stored with the model.
        threads: CPU threads; None for all cores.
        label_order: The class of logits 0, 1 and 2, such as "c,e,n", where the model does not say or says it wrong.
        max_tokens: Most tokens of a pair that are scored together; None for the model's own limit.
        on_long: What happens to longer pairs: "window" scores overlapping windows of the longer text and takes the one
            with the highest P(contradiction), "truncate" cuts tokens off and counts them, "error" raises.
        batch_tokens: Tokens in a batch; None for a size that suits the device.
        probe: Check the label order of a model that nli did not make, or whose order is given, on plain pairs.

    Raises:
        ModelError: If there is no such model, or it cannot be read or trusted.
        LabelOrderError: If it is not clear which logit is which class, or the probe finds the names permuted.
        InputError: If an argument is out of range.
        MissingExtraError: If the model needs PyTorch and it is not installed.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(f"The threshold {threshold} is no probability: give a number from 0 to 1.")
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads cannot run anything: give 1 or more.")
    if batch_tokens is not None and batch_tokens < 1:
        raise InputError(f"A batch of {batch_tokens} tokens holds nothing: give 1 or more.")
    if direction not in {"both", "forward"}:
        raise InputError(f"There is no direction {direction!r}: choose both or forward.")
    if on_long not in {"window", "truncate", "error"}:
        raise InputError(f"There is no way {on_long!r} with long pairs: choose window, truncate or error.")
    order = None if label_order is None else parse_label_order(label_order)
    bundle = bundles.find(None if name is None else os.fspath(name))
    bundle.label_order(order)  # refused before anything slow is loaded
    runtime, tokenizer, takes_types, pad_id = _runtime(bundle, device, threads)
    detector = Detector(
        bundle,
        runtime,
        tokenizer,
        takes_types=takes_types,
        pad_id=pad_id,
        direction=direction,
        threshold=threshold,
        label_order=order,
        max_tokens=max_tokens,
        on_long=on_long,
        batch_tokens=batch_tokens or runtime.batch_tokens,
    )
    if probe and (order is not None or "probe" not in bundle.details):
        detector.probe()
    return detector


def _runtime(bundle: Bundle, device: str, threads: int | None) -> tuple[Runtime, TextTokenizer, bool, int]:
    onnx = bundle.onnx
    if onnx is not None and device in {"auto", "cpu"}:
        from nli.runtimes.onnx import OnnxRuntime

        runtime = OnnxRuntime(onnx, precision=bundle.onnx_precision, threads=threads)
        tokenizer = TextTokenizer.from_file(bundle.folder / "tokenizer.json", bundle.name)
        return (
            runtime,
            tokenizer,
            bool(bundle.details["onnx"].get("token_types", True)),
            int(bundle.config.get("pad_token_id") or 0),
        )
    from nli.runtimes.torch import TorchRuntime, load_tokenizer

    backend, takes_types, pad_id = load_tokenizer(bundle.folder, bundle.name)
    torch_runtime = TorchRuntime(bundle.folder, bundle.name, device=device, threads=threads)
    return torch_runtime, TextTokenizer(backend, bundle.name), takes_types, pad_id


def _texts(pair: Pair | tuple[str, str]) -> tuple[str, str]:
    if isinstance(pair, Pair):
        pair = (pair.premise, pair.hypothesis)
    # A text of two letters and a mapping with two keys would fall apart into two texts as well.
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:  # noqa: PLR2004
        raise InputError(f"{_shown(pair)} is not a pair: give (premise, hypothesis) or nli.Pair for each.")
    premise, hypothesis = pair
    for field, text in (("premise", premise), ("hypothesis", hypothesis)):
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"The {field} of a pair is empty or not text ({_shown(text)}): give two statements.")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise InputError(
                f"The {field} {_shown(text)} is not valid Unicode: give text without lone surrogates."
            ) from None
    return premise, hypothesis


def _shown(value: object) -> str:
    """Return a value for a message, cut if it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
