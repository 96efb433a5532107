"""The light encoder that ships, and files that cannot be one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nli.errors import ModelError
from nli.scanning import embedding

TEXTS = ["The court jailed the banker for fraud.", "A judge sent the financier to prison.", "Rain fell on the islands."]


def test_rows_are_of_length_one_and_do_not_depend_on_the_batch() -> None:
    rows = embedding.load().encode([*TEXTS, ""])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0], atol=1e-5)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(embedding.load().encode(TEXTS[1:2])[0], rows[1])
    assert embedding.load().encode([]).shape == (0, rows.shape[1])


def test_the_same_matter_in_other_words_is_nearer_than_another() -> None:
    rows = embedding.load().encode(TEXTS)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_the_file_is_small() -> None:
    assert (embedding.FOLDER / embedding.VECTORS_FILE).stat().st_size < 9_000_000


def test_vectors_survive_saving_nearly_unchanged(tmp_path: Path) -> None:
    size = embedding.tokenizer().get_vocab_size()
    vectors = np.random.default_rng(0).normal(size=(size, 4)).astype(np.float32)
    kept = embedding.save(vectors, tmp_path / "new")
    np.testing.assert_allclose(kept.vectors * kept.scale, vectors, atol=float(kept.scale.max()) * 0.51)


def test_what_is_no_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        embedding.load(tmp_path)
    (tmp_path / embedding.VECTORS_FILE).write_bytes(b"not an archive")
    with pytest.raises(ModelError, match="cannot be read"):
        embedding.load(tmp_path)


def test_vectors_of_another_vocabulary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has vectors for 7 tokens"):
        embedding.save(np.ones((7, 4), np.float32), tmp_path)


def test_the_stage_needs_no_heavy_library() -> None:
    code = (
        "import sys; from nli.scanning.candidates import candidates; list(candidates(['One.', 'Two.']));"
        "print([name for name in ('torch', 'transformers', 'scipy', 'sklearn', 'usearch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
