"""The YAML files that ship with the package: evaluation suites and training recipes, found by name or path."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from nli.errors import ConfigError

Kind = Literal["suites", "recipes"]

_HERE = Path(__file__).parent
_ENDINGS = (".yaml", ".yml")


def shipped(kind: Kind) -> list[str]:
    """List the shipped files of one kind.

    Args:
        kind: ``suites`` or ``recipes``.

    Returns:
        Their names without the ending, sorted.
    """
    return sorted(path.stem for path in (_HERE / kind).glob("*.yaml"))


def find(name: str, kind: Kind) -> Path:
    """Find a YAML file by the name of a shipped one, or by its path.

    Args:
        name: A shipped name (``standard``) or the path of a file that ends in .yaml or .yml.
        kind: Where shipped names are looked up.

    Returns:
        The path of an existing file.

    Raises:
        ConfigError: If there is neither a shipped file of that name nor a file at that path.
    """
    if name in shipped(kind):
        return _HERE / kind / f"{name}.yaml"
    path = Path(name)
    if path.suffix.lower() in _ENDINGS:
        if path.is_file():
            return path
        raise ConfigError(f"There is no file {name}: give the path of an existing YAML file, or one of {_names(kind)}.")
    raise ConfigError(
        f"There is no {kind[:-1]} called {name!r}: the shipped ones are {_names(kind)}; "
        "or give the path of a .yaml file."
    )


def _names(kind: Kind) -> str:
    """Return the shipped names as one phrase."""
    return ", ".join(shipped(kind)) or "none"
