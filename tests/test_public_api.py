"""What the package offers, and what importing it does not do."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

import pytest

import nli

HEAVY = (
    "torch",
    "transformers",
    "onnxruntime",
    "tokenizers",
    "datasets",
    "pandas",
    "matplotlib",
    "pyarrow",
    "sklearn",
    "scipy",
    "pydantic",
    "yaml",
    "huggingface_hub",
    "usearch",
    "trafilatura",
    "ray",
    "jinja2",
    "lxml",
)


def loaded_by(code: str) -> list[str]:
    """Run code in a new process that must print nothing and leave logging alone; return the heavy modules it loaded."""
    script = f"""
import logging, sys
import socket
def refuse(*_, **__): raise AssertionError("a network call")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
before = (logging.root.level, list(logging.root.handlers))
{code}
assert (logging.root.level, list(logging.root.handlers)) == before, "logging was configured"
import json
print("\\nLOADED", json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed, _, names = done.stdout.partition("\nLOADED ")
    assert printed == ""
    return list(json.loads(names))


def test_what_is_listed_is_what_is_there() -> None:
    assert len(set(nli.__all__)) == len(nli.__all__)
    for name in nli.__all__:
        assert getattr(nli, name) is not None
        assert name in dir(nli)


def test_what_is_there_is_listed() -> None:
    modules = {name for name, value in vars(nli).items() if type(value) is type(sys)}
    public = (
        {name for name in vars(nli) if not name.startswith("_")} - modules - {"annotations", "TYPE_CHECKING", "Any"}
    )
    assert public <= set(nli.__all__)


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="module 'nli' has no attribute 'Detektor'"):
        _ = nli.Detektor  # type: ignore[attr-defined]


def test_the_version_is_that_of_the_package() -> None:
    assert nli.__version__ == version("nli")


def test_every_error_is_an_nli_error() -> None:
    for name in nli.__all__:
        value = getattr(nli, name)
        if name.endswith("Error"):
            assert issubclass(value, nli.NliError)
    assert issubclass(nli.LabelOrderError, nli.ModelError)
    error = nli.MissingExtraError("Reading Parquet", "parquet")
    assert str(error) == "Reading Parquet needs an optional part: pip install 'nli[parquet]'."


@pytest.mark.parametrize(
    "code",
    [
        "import nli",
        "import nli.eval",
        "import nli.configs",
        "import nli.cli.main, nli.cli.score, nli.cli.info",
        "from nli import *",
    ],
)
def test_importing_loads_nothing_heavy_and_says_nothing(code: str) -> None:
    allowed = {"tokenizers", "onnxruntime"} if code == "from nli import *" else set()
    assert set(loaded_by(code)) <= allowed


def test_scoring_with_the_model_that_ships_needs_neither_torch_nor_transformers() -> None:
    code = "import nli\nassert nli.load().score('He paid.', 'He did not pay.').label in nli.LABELS"
    assert set(loaded_by(code)) == {"onnxruntime", "tokenizers"}
