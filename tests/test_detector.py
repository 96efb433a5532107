"""The detector as a caller sees it: verdicts, their order, long texts, and arguments that make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nli
from nli.detector import WINDOW, Detector, Logits
from nli.errors import InputError, LabelOrderError, ModelError
from nli.labels import LABELS, Label

LONG = " ".join(f"Sentence {number} is about the children and the company." for number in range(40))
SHORT = "Nobody is playing an instrument."


@pytest.fixture(scope="module")
def detector(tiny_onnx: Path) -> Detector:
    return nli.load(tiny_onnx, threads=1)


def values(verdict: nli.Verdict) -> list[float]:
    return [verdict.entailment, verdict.neutral, verdict.contradiction]


def test_a_verdict(detector: Detector) -> None:
    verdict = detector.score("A man is playing a guitar on a stage.", SHORT)
    assert sum(values(verdict)) == pytest.approx(1)
    assert verdict.label is LABELS[int(np.argmax(values(verdict)))]
    assert verdict.flagged == (verdict.contradiction >= detector.threshold)
    assert (verdict.truncated, verdict.window) == (0, None)
    assert list(verdict.as_dict()) == [
        "label",
        "contradiction",
        "entailment",
        "neutral",
        "flagged",
        "truncated",
        "window",
    ]


def test_what_a_detector_says_of_itself(detector: Detector, tiny_onnx: Path) -> None:
    assert detector.name == str(tiny_onnx)
    assert detector.runtime_name == "onnx-cpu-fp32"
    assert detector.threshold == 0.3
    assert nli.load(tiny_onnx, direction="forward").threshold == 0.4
    assert len(detector.weights_sha256) == 64
    identity = detector.identity()
    assert identity["label_order"] == ["entailment", "neutral", "contradiction"]
    changed = {
        "threshold": nli.load(tiny_onnx, threshold=0.9),
        "direction": nli.load(tiny_onnx, direction="forward"),
        "max_tokens": nli.load(tiny_onnx, max_tokens=20),
        "on_long": nli.load(tiny_onnx, on_long="truncate"),
    }
    for key, other in changed.items():
        assert other.identity()[key] != identity[key]
    assert nli.load(tiny_onnx, threads=2).identity() == identity


def test_streams_keep_the_order_and_are_lazy(detector: Detector, pairs: list[tuple[str, str]]) -> None:
    taken = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal taken
        while True:
            yield pairs[taken % len(pairs)]
            taken += 1

    verdicts = detector.stream(endless())
    assert taken == 0
    first = [next(verdicts) for _ in range(len(pairs))]
    assert taken <= WINDOW
    singles = [detector.score(*pair) for pair in pairs[:20]]
    for one, other in zip(first, singles, strict=False):
        assert values(one) == pytest.approx(values(other), abs=1e-5)


def test_a_stream_over_more_than_one_window(detector: Detector) -> None:
    numbered = [(f"The company opened {number} shops.", SHORT) for number in range(WINDOW + 3)]
    verdicts = list(detector.stream(numbered))
    assert len(verdicts) == WINDOW + 3
    assert values(verdicts[-1]) == pytest.approx(values(detector.score(*numbered[-1])), abs=1e-5)


def test_pairs_lists_and_tuples_are_the_same(detector: Detector) -> None:
    texts = ("A man is playing.", SHORT)
    assert len({str(verdict) for verdict in detector.stream([nli.Pair(*texts), texts, list(texts)])}) == 1  # type: ignore[list-item]


def test_an_empty_stream(detector: Detector) -> None:
    assert list(detector.stream([])) == []


@pytest.mark.parametrize(
    "pair",
    [
        ("", "a"),
        ("a", " \n"),
        ("a", None),
        (1, "a"),
        ("a",),
        ("a", "b", "c"),
        "ab",
        {"premise": "a", "hypothesis": "b"},
        None,
        ("a", "\ud800"),
        ("a", b"b"),
    ],
)
def test_what_is_no_pair_is_refused(detector: Detector, pair: Any) -> None:
    with pytest.raises(InputError) as caught:
        next(detector.stream([pair]))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("text", ["🙂", "שלום, مرحبا", "a\0b", "\u200b", "[SEP] [CLS]", "A" * 5000, "\ufeffa", "क्या"])
def test_odd_texts_are_scored(detector: Detector, text: str) -> None:
    assert sum(values(detector.score(text, SHORT))) == pytest.approx(1)
    assert detector.score(SHORT, text).contradiction == detector.score(text, SHORT).contradiction


def test_one_megabyte_of_text_is_scored_in_windows(detector: Detector) -> None:
    text = "The company opened shops. " * 40_000
    verdict = detector.score(text, SHORT)
    assert verdict.window is not None
    assert verdict.window.premise is not None
    assert verdict.window.hypothesis is None


# --- long texts ------------------------------------------------------------------------------------------------


def test_the_strongest_window_wins_and_says_where_it_stands(detector: Detector) -> None:
    verdict = detector.score(LONG, SHORT)
    assert verdict.truncated == 0
    assert verdict.window is not None
    assert verdict.window.premise is not None
    start, end = verdict.window.premise
    again = detector.score(LONG[start:end], SHORT)
    assert again.window is None
    # What each direction counts for follows from the whole texts, so that the logits are compared.
    window, whole = detector.logits([(LONG[start:end], SHORT), (LONG, SHORT)])
    assert window.forward == pytest.approx(whole.forward, abs=2e-5)
    assert window.backward == pytest.approx(whole.backward, abs=2e-5)
    assert verdict.as_dict()["window"] == {"premise": [start, end]}
    sentences = [sentence.strip() + "." for sentence in LONG.split(".") if sentence.strip()]
    assert verdict.contradiction >= max(detector.score(one, SHORT).contradiction for one in sentences) - 0.5


def test_windows_are_the_same_both_ways_round(detector: Detector) -> None:
    there, back = detector.score(LONG, SHORT), detector.score(SHORT, LONG)
    assert there.contradiction == back.contradiction
    assert there.window is not None
    assert back.window is not None
    assert back.window.hypothesis == there.window.premise


def test_two_long_texts(detector: Detector) -> None:
    verdict = detector.score(LONG[:900], LONG[900:])
    assert verdict.window is not None
    assert verdict.window.premise is not None
    assert verdict.window.hypothesis is not None


def test_truncation_is_counted(tiny_onnx: Path) -> None:
    detector = nli.load(tiny_onnx, on_long="truncate")
    verdict = detector.score(LONG, SHORT)
    assert verdict.truncated > 300
    assert verdict.window is None
    assert detector.score("A man is playing.", SHORT).truncated == 0
    longer = detector.score(LONG + " More of it.", SHORT)
    assert longer.truncated > verdict.truncated
    # What each direction counts for follows from the whole texts, so that the logits are compared.
    one, other = detector.logits([(LONG + " More of it.", SHORT), (LONG, SHORT)])
    assert (one.forward == other.forward).all()
    assert (one.backward == other.backward).all()


def test_long_texts_may_be_an_error(tiny_onnx: Path) -> None:
    detector = nli.load(tiny_onnx, on_long="error")
    detector.score("A man is playing.", SHORT)
    with pytest.raises(InputError, match=r"Sentence 0 is about.*tokens.*--max-tokens"):
        detector.score(LONG, SHORT)


def test_fewer_tokens_mean_more_windows(tiny_onnx: Path) -> None:
    text = "The company opened three new shops in May. Two children are running across a field."
    assert nli.load(tiny_onnx).score(text, SHORT).window is None
    assert nli.load(tiny_onnx, max_tokens=24).score(text, SHORT).window is not None


# --- the decision ----------------------------------------------------------------------------------------------


def test_the_decision_looks_at_contradiction_alone(detector: Detector) -> None:
    def verdict(*shares: float, threshold: float = 0.3) -> nli.Verdict:
        detector.threshold = threshold
        temperature = detector.calibration.temperature
        logits = np.log(np.array(shares)) * temperature
        return detector.verdict(Logits(logits.astype(np.float32), None))

    before = detector.threshold
    likely = verdict(0.39, 0.01, 0.60)
    assert likely.flagged
    assert likely.label is Label.CONTRADICTION
    unlikely = verdict(0.65, 0.04, 0.31)
    assert unlikely.flagged
    assert unlikely.label is Label.ENTAILMENT
    assert not verdict(0.65, 0.04, 0.31, threshold=0.32).flagged
    assert verdict(0.2, 0.3, 0.5, threshold=0.0).flagged
    assert not verdict(0.2, 0.3, 0.5, threshold=1.0).flagged
    detector.threshold = before


def test_the_temperature_is_applied(detector: Detector) -> None:
    row = detector.verdict(Logits(np.array([2.0, 0.0, 4.0], dtype=np.float32), None))
    exponents = np.exp(np.array([1.0, 0.0, 2.0]))
    assert values(row) == pytest.approx(exponents / exponents.sum())


# --- loading ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"threshold": 1.5}, "1.5"),
        ({"threshold": -0.1}, "-0.1"),
        ({"threshold": float("nan")}, "nan"),
        ({"threads": 0}, "0 threads"),
        ({"batch_tokens": 0}, "0 tokens"),
        ({"direction": "backward"}, "'backward'"),
        ({"on_long": "chunk"}, "'chunk'"),
        ({"max_tokens": 3}, "from 16 to 64"),
        ({"max_tokens": 65}, "from 16 to 64"),
        ({"label_order": "c,e"}, "'c,e'"),
        ({"device": "gpu"}, "'gpu'"),
    ],
)
def test_arguments_out_of_range_are_refused(tiny_onnx: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        nli.load(tiny_onnx, **options)
    assert said in str(caught.value)


def test_the_label_order_is_checked_before_anything_is_loaded(models: Any, tiny: Path) -> None:
    nameless = models.copy(tiny, id2label={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, label2id=None)
    (nameless / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(LabelOrderError, match="LABEL_0"):
        nli.load(nameless)


def test_a_damaged_onnx_file_is_said(models: Any, tiny_onnx: Path) -> None:
    broken = models.copy(tiny_onnx)
    (broken / "onnx" / "model_fp32.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match=r"model_fp32\.onnx cannot be loaded .*\.$"):
        nli.load(broken)


def test_every_thread_count_gives_the_same(tiny_onnx: Path, pairs: list[tuple[str, str]]) -> None:
    rows = [list(nli.load(tiny_onnx, threads=threads, batch_tokens=100).stream(pairs)) for threads in (1, 3)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("least", [0.05, 0.3, 0.5, 0.9, 1.0])
def test_pairs_that_cannot_reach_a_probability_are_judged_by_one_direction(
    tiny_onnx: Path, pairs: list[tuple[str, str]], least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = nli.load(tiny_onnx, threads=1)
    texts = [*pairs, (SHORT, LONG), (LONG, SHORT), (SHORT, SHORT)]
    whole = list(detector.stream(texts))
    asked: list[int] = []
    run = detector._run
    monkeypatch.setattr(detector, "_run", lambda rows: asked.append(len(rows)) or run(rows))
    quick = list(detector.stream(texts, least=least))
    for full, fast in zip(whole, quick, strict=True):
        assert (fast.contradiction >= least) == (full.contradiction >= least)
        if full.contradiction >= least:
            assert fast.contradiction == pytest.approx(full.contradiction, abs=1e-5)
    both_ways = sum(asked)
    asked.clear()
    list(detector.stream(texts))
    assert both_ways <= sum(asked)
    if least == 1.0:
        assert both_ways == sum(asked) // 2


def test_each_pair_may_have_a_probability_of_its_own(tiny_onnx: Path, pairs: list[tuple[str, str]]) -> None:
    detector = nli.load(tiny_onnx, threads=1)
    texts = [*pairs, *pairs[:2]]
    least = [0.0 if number % 2 else 1.0 for number in range(len(texts))]
    whole, quick = list(detector.stream(texts)), list(detector.stream(iter(texts), least=iter(least)))
    for full, fast, level in zip(whole, quick, least, strict=True):
        assert (fast.contradiction >= level) == (full.contradiction >= level)
        if level == 0:
            assert fast.contradiction == pytest.approx(full.contradiction, abs=1e-5)


def test_one_direction_has_nothing_to_leave_out(tiny_onnx: Path, pairs: list[tuple[str, str]]) -> None:
    detector = nli.load(tiny_onnx, threads=1, direction="forward")
    assert list(detector.stream(pairs, least=0.9)) == list(detector.stream(pairs))
