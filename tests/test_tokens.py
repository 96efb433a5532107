"""Pairs put together from texts that were tokenised on their own: the same ids as from the tokenizer itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from nli.errors import ModelError
from nli.runtimes.torch import load_tokenizer
from nli.tokens import PairTemplate, TextTokenizer

SHAPES = ("bert", "roberta", "mpnet", "deberta", "modernbert")


@pytest.fixture(scope="module")
def folders(models: Any) -> dict[str, Path]:
    return {shape: models.make(shape) for shape in SHAPES}


@pytest.mark.parametrize("shape", SHAPES)
def test_pairs_have_the_ids_and_types_that_transformers_gives_them(
    shape: str, folders: dict[str, Path], pairs: list[tuple[str, str]]
) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(folders[shape])
    backend, takes_types, pad_id = load_tokenizer(folders[shape], shape)
    ours = TextTokenizer(backend, shape)
    assert pad_id == theirs.pad_token_id
    assert takes_types == (shape in {"bert", "deberta"})
    for premise, hypothesis in pairs:
        expected = theirs(premise, hypothesis)
        first, second = ours.encode([premise, hypothesis])
        assert ours.template.ids(first, second) == expected["input_ids"]
        assert len(expected["input_ids"]) == len(first) + len(second) + ours.template.length
        if takes_types:
            assert ours.template.type_ids(len(first), len(second)) == expected["token_type_ids"]


def test_templates_of_the_usual_kinds(folders: dict[str, Path]) -> None:
    def template(shape: str) -> PairTemplate:
        return TextTokenizer.from_file(folders[shape] / "tokenizer.json", shape).template

    assert template("bert") == PairTemplate((2,), (3,), (3,), (0, 0, 0, 1, 1))
    assert template("roberta") == PairTemplate((0,), (2, 2), (2,), (0, 0, 0, 0, 0))
    assert template("roberta").length == 4


def test_offsets_are_characters_of_the_text(folders: dict[str, Path]) -> None:
    text = "The company  opened 🙂 shops."
    for shape in ("bert", "roberta"):
        tokenizer = TextTokenizer.from_file(folders[shape] / "tokenizer.json", shape)
        places = tokenizer.offsets(text)
        assert len(places) == len(tokenizer.encode([text])[0])
        assert places == sorted(places)
        assert {text[start:end].strip() for start, end in places} >= {"company", "🙂", "shops", "."}


def test_a_tokenizer_that_cuts_and_pads_is_told_not_to(folders: dict[str, Path]) -> None:
    backend = Tokenizer.from_file(str(folders["bert"] / "tokenizer.json"))
    backend.enable_truncation(4)
    backend.enable_padding(length=30)
    tokenizer = TextTokenizer(backend, "m")
    assert len(tokenizer.encode(["a man is playing a guitar on a stage", "a"])[0]) > 4
    assert len(tokenizer.encode(["a"])[0]) == 1


def test_texts_may_have_no_tokens_at_all(folders: dict[str, Path]) -> None:
    tokenizer = TextTokenizer.from_file(folders["bert"] / "tokenizer.json", "m")
    first, second = tokenizer.encode(["\u200b", "a"])
    assert first == []
    assert tokenizer.template.ids(first, second)[:2] == [2, 3]
    assert tokenizer.template.type_ids(0, 1) == [0, 0, 1, 1]


def test_no_special_tokens_and_no_second_type_are_fine() -> None:
    bare = Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    template = TextTokenizer(bare, "m").template
    assert template.ids([0], [1]) == [0, 1]
    assert template.length == 0


def test_a_tokenizer_that_turns_pairs_round_is_refused() -> None:
    odd = Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a"))
    odd.post_processor = processors.TemplateProcessing(single="$A", pair="$B $A")
    with pytest.raises(ModelError, match=r"tokenizer of the model acme/odd does not take pairs"):
        TextTokenizer(odd, "acme/odd")


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"version": "1.0"'])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"tokenizer of the model acme/x cannot be read from .*tokenizer\.json .*\.$"):
        TextTokenizer.from_file(path, "acme/x")
