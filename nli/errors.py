"""Everything that can go wrong through no fault of the program.

```
NliError
├── InputError          a file, row, argument or column that cannot be used
├── OutputError         a result that cannot be written
├── ModelError          a model that cannot be found, read or trusted
│   └── LabelOrderError   a model whose classes cannot be told apart by name
├── ConfigError         a suite or recipe that does not validate
└── MissingExtraError   an optional part that is not installed
```

Each message is one sentence that says what is wrong, where, and how to mend it. The command line prints
it and exits with 2; anything else that is raised is a bug and keeps its traceback.
"""

from __future__ import annotations


class NliError(Exception):
    """Base of every error that a user can cause and mend."""


class InputError(NliError):
    """A file, row, argument or column that cannot be used."""


class OutputError(NliError):
    """A result that cannot be written where it was asked for."""


class ModelError(NliError):
    """A model that cannot be found, read or trusted."""


class LabelOrderError(ModelError):
    """A model whose logits cannot be matched with the three classes by name."""


class ConfigError(NliError):
    """A suite or recipe that does not validate; the message lists every problem."""


class MissingExtraError(NliError):
    """An optional part that is not installed.

    Args:
        what: What needs it, as the start of a sentence ("Reading Parquet").
        extra: The extra of this package that brings it ("parquet").
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part: pip install 'nli[{extra}]'.")
        self.extra = extra
