"""The entry point: finds the verb, runs it, and ends with the exit code that the outcome deserves."""

from __future__ import annotations

import importlib
import signal
import sys
import warnings
from typing import Any, NoReturn

import click

from edgekit import __version__
from edgekit.cli.interruption import Interrupted, end_on_signals, ignore_signals
from edgekit.cli.streams import ClosedPipe, guard_streams
from edgekit.cli.verbs import GROUPS, VERBS
from edgekit.errors import EdgekitError, InternalFault, OutputError, UsageError, unknown_name

# As a shell tells of a program that SIGPIPE has ended.
_CLOSED_PIPE = 128 + signal.SIGPIPE


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


@click.command(cls=VerbGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgekit")
@click.pass_context
def edgekit(context: click.Context) -> None:
    """Take a Keras model to an edge device, and prove that it fits.

    `edgekit COMMAND --help` tells a command's options. Exit codes: 0 done; 1 the honest answer is no; 2 what was
    given is wrong; 3 a device or an optional dependency is missing; 70 edgekit itself is at fault; 128 and more: ended
    by a signal.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    arguments = sys.argv[1:] if arguments is None else arguments
    guard_streams()
    # Pillow's are about oddities of metadata, and sizes that are told with the image's name.
    warnings.filterwarnings("ignore", module=r"PIL\b")
    end_on_signals()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except ClosedPipe:
        code = _CLOSED_PIPE
    except OutputError as error:
        code = _fail(error, as_json=False)
    except Interrupted as interrupted:
        # The terminal shows ^C at the start of the line.
        before = "\n" if sys.stderr.isatty() else ""
        told = "; ".join(getattr(interrupted, "__notes__", ())) or "nothing half-written was left behind"
        click.echo(f"{before}edgekit: interrupted ({interrupted}); {told}", err=True)
        code = interrupted.exit_code
    ignore_signals()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    try:
        result: Any = edgekit.main(arguments, prog_name="edgekit", standalone_mode=False)
    except EdgekitError as error:
        return _fail(error, as_json=as_json)
    except click.ClickException as error:
        return _fail(_usage_error(error), as_json=as_json)
    except ClosedPipe:
        raise
    # The last resort: a crash must not end with 1, which is the code of an honest no.
    except Exception as error:  # noqa: BLE001
        return _fail(_fault(error), as_json=as_json)
    return result if isinstance(result, int) else 0


def _usage_error(error: click.ClickException) -> UsageError:
    """The one place where click's errors become ours."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return UsageError(error.format_message(), hint="edgekit --help")
    hint = f"{context.command_path} --help"
    if isinstance(error, click.NoSuchOption):
        options = [name for each in context.command.get_params(context) for name in each.opts if name.startswith("--")]
        return UsageError(unknown_name("option", error.option_name, options), hint=hint)
    return UsageError(error.format_message(), hint=hint)


def _fault(error: Exception) -> InternalFault:
    import traceback

    return InternalFault(
        f"edgekit itself is at fault: {type(error).__name__}: {error}",
        hint="please report this with the log above, the command and the model",
        log="".join(traceback.format_exception(error)),
    )


def _fail(error: EdgekitError, *, as_json: bool) -> int:
    from edgekit.cli.console import show_error

    show_error(error, as_json=as_json)
    return error.exit_code
