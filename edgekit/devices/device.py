"""The seam to every machine that edgekit can reach."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OUTPUT_LIMIT = 2**20
"""Bytes that are kept of each of a command's two outputs; what is beyond is left out of the middle, and says so."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command on a device ended."""

    returncode: int
    """0 to 255; negative where a signal ended it, as in :mod:`subprocess`, or 128 plus the signal where a shell
    stands between. 127: there is no such program."""
    stdout: str
    stderr: str

    @property
    def signal(self) -> signal.Signals | None:
        """What ended it; None where it ended by itself."""
        number = -self.returncode if self.returncode < 0 else self.returncode - 128
        return signal.Signals(number) if number in set(signal.Signals) else None


class Device(Protocol):
    """A reachable machine with a working folder of its own. Each transport quotes ``argv`` for its own shell.

    Target paths are relative to the working folder, in POSIX form; commands start in it. ``python3`` in ``argv``
    is an interpreter that can import numpy and a TFLite runtime. ``testing.DeviceConformance`` says the rest.
    """

    address: str
    """``local``, ``emulated:rpi4``, ``ssh://pi@host``, ``adb:SERIAL``."""

    def push(self, source: Path, target: str) -> None:
        """Copy a local file to the device, making folders as needed.

        Raises:
            UsageError: ``source`` cannot be read, or ``target`` leaves the working folder.
            CommandFailed: it cannot be written there.
            DeviceUnreachable: the device does not answer.
        """
        ...

    def pull(self, source: str, target: Path) -> None:
        """Copy a file from the device to a local path, whole or not at all.

        Raises:
            UsageError: ``source`` leaves the working folder.
            OutputError: ``target`` cannot be written.
            CommandFailed: there is no such file.
            DeviceUnreachable: the device does not answer.
        """
        ...

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Run a command to its end. A bad end is a return code, not an error.

        Args:
            argv: the program and its arguments; never given to a shell unquoted. Its standard input is empty.
            timeout: seconds until the command and its children are killed. Children that outlive the command
                are killed when it ends.

        Raises:
            UsageError: ``argv`` is empty or holds a NUL character, or ``timeout`` is not positive.
            DeviceTimeout: the command was killed at ``timeout``.
            DeviceUnreachable: the device does not answer.
        """
        ...

    def close(self) -> None:
        """Remove the working folder and end the connection. May be called more than once.

        Whatever is asked of the device afterwards raises DeviceError.
        """
        ...
