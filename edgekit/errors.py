"""Every error that edgekit raises on purpose, and the exit code it ends the command line with.

    EdgekitError                         1   something that edgekit set out to do did not work
      UsageError                         2   what was given is wrong
        RecipeError                          a choice: unknown precision, key, value
        ProfileError                         a device profile or a limit
        CalibrationError                     the representative samples
        SourceError                          the model file
        OutputError                          the place that the result should go to
        UnsuitedDevice                       this device cannot do what was asked; another one may
      ConversionError                    1   this model cannot become that artifact
        UnsupportedOperator                  an operator has no builtin; carries its names
      InferenceError                     1   the runtime refuses this artifact, or it dies running it
      BudgetExceeded                     1   the honest answer is no
      DeviceError                        3   carries the address of the device
        DeviceUnreachable                    a retry may help
        DeviceTimeout                        a retry may help
        CommandFailed                        a command on the device ended badly
        AgentMismatch                        what answered is not our agent
      MissingExtra                       3   an optional dependency is missing; carries the pip line
      MissingProgram                     3   a program of this machine is missing or too old; carries the apt line
      DownloadFailed                     3   what is fetched once could not be; a retry may help
      InternalFault                      70  edgekit itself is at fault; carries the traceback as its log

An error is a sentence about what was wrong and where, a ``hint`` with the next step, and, where a tool that we
drive has said more, the ``log`` that it left. Foreign exceptions are mapped to these in one place per room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class EdgekitError(Exception):
    """Base of all edgekit errors.

    Args:
        message: one sentence: which file or name, and what was wrong with it.
        hint: the next step for the user, or None.
        log: what the underlying tool printed, or None. Never part of the message.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None, log: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log


class UsageError(EdgekitError):
    """What was given is wrong: an argument, a file, a name."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe or one of its choices is wrong."""


class ProfileError(UsageError):
    """A device profile or a limit is unknown or malformed."""


class CalibrationError(UsageError):
    """The representative samples cannot be used as given."""


class SourceError(UsageError):
    """The model file cannot be used as given."""


class OutputError(UsageError):
    """The result cannot be written where it was asked to go."""


class UnsuitedDevice(UsageError):
    """This kind of device cannot do what was asked. Of several devices only this one is left out."""


class ConversionError(EdgekitError):
    """This model cannot become that artifact."""


class UnsupportedOperator(ConversionError):
    """An operator of the model has no builtin TFLite operator.

    Args:
        operators: the operators' names as the converter reports them, such as ``tf.Erfinv``.
        layers: the names of the layers that they come from, where the converter tells.
    """

    def __init__(
        self,
        message: str,
        *,
        operators: tuple[str, ...],
        layers: tuple[str, ...] = (),
        hint: str | None = None,
        log: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, log=log)
        self.operators = operators
        self.layers = layers


class InferenceError(EdgekitError):
    """The runtime refuses to load this artifact, or dies or hangs while running it."""


class BudgetExceeded(EdgekitError):
    """A limit of the budget is not kept.

    Args:
        ladder: what precision ``auto`` tried, as JSON values; None where it is not about that.
    """

    def __init__(
        self,
        message: str,
        *,
        ladder: Mapping[str, Any] | None = None,
        hint: str | None = None,
        log: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, log=log)
        self.ladder = ladder


class DeviceError(EdgekitError):
    """Something about the device, named by its address."""

    exit_code = 3

    def __init__(self, message: str, *, address: str, hint: str | None = None, log: str | None = None) -> None:
        super().__init__(message, hint=hint, log=log)
        self.address = address


class DeviceUnreachable(DeviceError):
    """The device cannot be reached; a retry may help."""


class DeviceTimeout(DeviceError):
    """The device did not answer in time; a retry may help."""


class CommandFailed(DeviceError):
    """A command, or a file transfer, failed on the device."""


class AgentMismatch(DeviceError):
    """What answered on the device does not speak this version of the agent's protocol."""


class MissingExtra(EdgekitError):
    """An optional dependency is not installed. Nothing is installed behind the user's back.

    Args:
        extra: the name of the extra, such as ``tensorflow``.
        purpose: what it is needed for, such as ``reading Keras models``.
    """

    exit_code = 3

    def __init__(self, extra: str, *, purpose: str) -> None:
        self.extra = extra
        self.pip_line = f'pip install "edgekit[{extra}]"'
        super().__init__(f"{purpose} needs the extra '{extra}', which is not installed", hint=self.pip_line)


class MissingProgram(EdgekitError):
    """A program that edgekit starts on this machine is not there, or too old. Nothing is installed unasked.

    Args:
        programs: what is missing, such as ``aapt2``.
        packages: Debian's packages that hold them.
        purpose: what they are needed for, such as ``building an Android app``.
    """

    exit_code = 3

    def __init__(self, programs: Iterable[str], *, packages: Iterable[str], purpose: str) -> None:
        self.programs = tuple(programs)
        self.apt_line = f"sudo apt-get install {' '.join(dict.fromkeys(packages))}"
        names = " and ".join(self.programs)
        super().__init__(f"{purpose} needs {names}, which this machine does not have", hint=self.apt_line)


class DownloadFailed(EdgekitError):
    """Something that is fetched once and kept could not be fetched, or was not what it should be; a retry may help."""

    exit_code = 3


class InternalFault(EdgekitError):
    """Something that edgekit did not foresee. Neither an answer nor the user's mistake."""

    exit_code = 70


def error_document(error: EdgekitError) -> dict[str, Any]:
    """Return an error as JSON values."""
    document: dict[str, Any] = {
        "schema": "edgekit.error/1",
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
    match error:
        case UnsupportedOperator():
            document["operators"] = list(error.operators)
        case BudgetExceeded():
            document["ladder"] = error.ladder
        case DeviceError():
            document["address"] = error.address
        case MissingExtra():
            document["pip"] = error.pip_line
        case _:
            pass
    return document


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> str:
    """Return the sentence for a name that is not in a table: what is valid, and the nearest one."""
    # Every start of the command line imports this module; few of them make this mistake.
    import difflib

    names = list(valid)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    offer = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return f"unknown {kind} '{name}'.{offer} Valid: {', '.join(names)}"
