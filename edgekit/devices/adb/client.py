"""The ``adb`` client, as the way to a phone's shell."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from edgekit.devices.adb.complaints import unreachable
from edgekit.devices.adb.phones import Phone
from edgekit.devices.adb.program import ADB, QUICK_S, not_installed
from edgekit.errors import DeviceUnreachable


class AdbClient:
    """Follows :class:`edgekit.devices.shell.Client`. adb's server holds the connection; each session is a call.

    Args:
        phone: it is ready.
    """

    # Android's shell has TMPDIR=/data/local/tmp, the one place where it may write and start programs.
    cache = "${TMPDIR:-/data/local/tmp}/edgekit"
    asks_user = False
    answers_within = QUICK_S

    def __init__(self, phone: Phone) -> None:
        self.address = phone.address
        self.folder = Path(tempfile.mkdtemp(prefix="edgekit-"))
        self.environment = dict(os.environ)
        self._serial = phone.serial

    def open_command(self, command: str) -> list[str]:
        """Return the call of the session that lasts."""
        return self.session_command(command)

    def session_command(self, command: str) -> list[str]:
        """Return the call of a session without a terminal."""
        return [ADB, "-s", self._serial, "shell", "-T", command]

    def not_installed(self) -> DeviceUnreachable:
        """Return the error for a machine without adb."""
        return not_installed(self.address)

    def unreachable(self, said: str) -> DeviceUnreachable:
        """Return the error that follows from what adb printed."""
        return unreachable(self.address, said)

    def lacking(self, tool: str) -> str:
        """Return what to do about a phone that lacks one of the programs that our scripts use."""
        return f"'{tool}' belongs to Android from version 8 on: take a newer phone"

    def cut(self, said: str) -> DeviceUnreachable:
        """Return the error for a connection that is gone."""
        return DeviceUnreachable(
            f"the connection to {self.address} was lost",
            address=self.address,
            hint="look at the cable and at 'adb devices', then run the same command again",
            log=said,
        )

    def ended_session(self) -> str:
        """Return where to look when a session ended without a word."""
        return "look whether its memory ran out ('adb logcat' tells), then try again"

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
