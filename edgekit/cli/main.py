"""The entry point: finds the verb, runs it, and ends with the exit code that the outcome deserves."""

from __future__ import annotations

import importlib
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

from edgekit import __version__
from edgekit.cli.verbs import GROUPS, VERBS
from edgekit.errors import EdgekitError, UsageError, unknown_name

_INTERRUPTED = 128 + signal.SIGINT


class VerbGroup(click.Group):
    """Loads a verb's module when the verb is called, and never for ``--help``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the verbs in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import the verb's module and return its command."""
        if cmd_name not in VERBS:
            raise UsageError(unknown_name("command", cmd_name, VERBS), hint="edgekit --help")
        module = importlib.import_module(f"edgekit.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the verbs under their groups."""
        for group, verbs in GROUPS.items():
            with formatter.section(group.capitalize()):
                formatter.write_dl(list(verbs.items()))


@click.command(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgekit")
def edgekit() -> None:
    """Take a Keras model to an edge device, and prove that it fits.

    `edgekit COMMAND --help` tells a command's options. Exit codes: 0 done; 1 the honest answer is no; 2 what was
    given is wrong; 3 a device or an optional dependency is missing.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    arguments = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    try:
        result: Any = edgekit.main(arguments, prog_name="edgekit", standalone_mode=False)
    except EdgekitError as error:
        return _fail(error, as_json=as_json)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "edgekit"
        return _fail(UsageError(error.format_message(), hint=f"{command} --help"), as_json=as_json)
    except click.ClickException as error:
        return _fail(UsageError(error.format_message()), as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nedgekit: interrupted; nothing was left behind", err=True)
        return _INTERRUPTED
    return result if isinstance(result, int) else 0


def _fail(error: EdgekitError, *, as_json: bool) -> int:
    from edgekit.cli.console import show_error

    show_error(error, as_json=as_json)
    return error.exit_code


def _terminated(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  # the signal module's signature
    # Unwinds the stack, so that child processes and work folders are cleaned up as after Ctrl-C.
    sys.exit(128 + number)
