"""The OpenSSH client, as the way to a board."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from edgekit.devices.ssh.address import SshAddress
from edgekit.devices.ssh.complaints import by_hand, unreachable
from edgekit.devices.ssh.options import (
    CONNECT_S,
    master_command,
    session_command,
    ssh_environment,
    terminal_watches,
)
from edgekit.errors import DeviceUnreachable

_ASKING_S = 300.0
_SOCKET_NAME = "link"
# ssh makes the socket under a longer name first, and the name of a socket has 107 bytes at most.
_MOST_FOLDER = 107 - len(f"/{_SOCKET_NAME}.0123456789abcdef") - len("edgekit-12345678")


class SshClient:
    """Follows :class:`edgekit.devices.shell.Client`. One master connection is opened; sessions go through its socket.

    Args:
        address: the device's, for the errors.
        place: the same in parts.

    Raises:
        DeviceUnreachable: this machine has no place for the socket.
    """

    cache = "${XDG_CACHE_HOME:-$HOME/.cache}/edgekit"

    def __init__(self, address: str, place: SshAddress) -> None:
        self.address = address
        self.folder = _short_folder(address)
        self.environment = ssh_environment()
        self.asks_user = terminal_watches()
        # The proxy of a jump host has its own time; ssh itself gives a host up after CONNECT_S.
        self.answers_within = _ASKING_S if self.asks_user else CONNECT_S + 10
        self._place = place

    def open_command(self, command: str) -> list[str]:
        """Return the call of the master connection."""
        return master_command(self._place, socket=self._socket, command=command, ask=self.asks_user)

    def session_command(self, command: str) -> list[str]:
        """Return the call of a session over the master connection."""
        return session_command(socket=self._socket, command=command)

    def not_installed(self) -> DeviceUnreachable:
        """Return the error for a machine without ssh."""
        return DeviceUnreachable(
            f"cannot reach {self.address}: the OpenSSH client is not installed here",
            address=self.address,
            hint="install it; on Debian: apt-get install openssh-client",
        )

    def unreachable(self, said: str) -> DeviceUnreachable:
        """Return the error that follows from what ssh printed."""
        return unreachable(self.address, self._place, said=said)

    def lacking(self, tool: str) -> str:
        """Return how a board gets one of the programs that our scripts use."""
        return f"install '{tool}' there; on Debian it belongs to util-linux or coreutils"

    def cut(self, said: str) -> DeviceUnreachable:
        """Return the error for a link that was cut."""
        return DeviceUnreachable(
            f"the link to {self.address} was cut",
            address=self.address,
            hint=f"look whether the board is still on ('{by_hand(self._place)}'), then run the same command again",
            log=said,
        )

    def ended_session(self) -> str:
        """Return where to look when a session ended without a word."""
        return "look whether its memory ran out (dmesg), and whether its SSH server allows several sessions"

    def discard(self) -> None:
        """Remove the folder of the socket."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _socket(self) -> Path:
        return self.folder / _SOCKET_NAME


def _short_folder(address: str) -> Path:
    """Make a private folder whose name is short enough for a socket, and means nothing to ssh's own expansions."""
    for parent in (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp"):  # noqa: S108  # mkdtemp makes it private
        if 0 < len(os.fsencode(parent)) <= _MOST_FOLDER and re.fullmatch(r"[\w/.+-]+", parent, re.ASCII):
            with suppress(OSError):
                return Path(tempfile.mkdtemp(prefix="edgekit-", dir=parent))
    raise DeviceUnreachable(
        f"cannot reach {address}: there is no place for the socket of the connection on this machine",
        address=address,
        hint="make /tmp writable, or name a short folder in TMPDIR",
    )
