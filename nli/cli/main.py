"""The command line: one command for each job, such as `nli score` and `nli scan`.

Each command's module is imported when it is called, so that one command does not pay for another.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from importlib import import_module
from typing import Any

import click

from nli.errors import NliError

COMMANDS = {
    "score": ("nli.cli.score", "score_command", "Score statement pairs and flag contradictions."),
    "scan": ("nli.cli.scan", "scan_command", "Find statements in documents that cannot both stand."),
    "statements": ("nli.cli.statements", "statements_command", "List who says what in documents."),
    "info": ("nli.cli.info", "info_command", "Say what a model is: label order, calibration, size, licence."),
    "eval": ("nli.cli.eval", "eval_command", "Evaluate detectors on labelled pairs."),
    "finetune": ("nli.cli.finetune", "finetune_command", "Train a detector on labelled pairs, as a recipe says."),
    "calibrate": (
        "nli.cli.calibrate",
        "calibrate_command",
        "Fit a model's temperature and threshold on labelled pairs.",
    ),
    "export": ("nli.cli.export", "export_command", "Give a model an int8 ONNX file, with its agreement measured."),
}
USAGE_ERROR = 2


class _Commands(click.Group):
    """Commands that are imported when they are called; their help lines stand here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nli", message="nli %(version)s")
def cli() -> None:
    """Compare statements and flag those that cannot both stand."""


def main(args: list[str] | None = None) -> None:
    """Run the command line.

    A user's mistake prints one sentence and exits with 2, an interrupt with 130; a closed pipe ends it in
    silence with 1, which is click's doing; anything else that goes wrong is a bug and keeps its traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name or a text may hold what the terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result: Any = cli.main(args=args, prog_name="nli", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE_ERROR)
    except NliError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(USAGE_ERROR)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(128 + signal.SIGINT)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.echo(f"error: Standard output cannot be written ({error.strerror}): make room and start again.", err=True)
        # What Python still holds for it must not raise once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(USAGE_ERROR)
    sys.exit(result if isinstance(result, int) else 0)
