"""An adb server of one's own: on a port and with keys that no other has."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from edgekit.testing.on_this_machine import free_port

PORT_VARIABLE = "ANDROID_ADB_SERVER_PORT"
_SECONDS = 60.0


class AdbServer:
    """One server; the user's own is neither asked nor ended. Phones on this machine's USB may be seen by it as well.

    Args:
        folder: made; its keys and its log are kept here.
        port: None: a free one.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self._folder = folder

    @staticmethod
    def missing() -> list[str]:
        """Return the programs that this needs and the machine does not have."""
        return [] if shutil.which("adb") else ["adb"]

    def start(self) -> None:
        """Start it. Raises CalledProcessError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.adb("start-server")

    def stop(self) -> None:
        """End it."""
        self.adb("kill-server", check=False)

    def adb(self, *arguments: str, check: bool = True) -> str:
        """Run the adb client with this server, and return all that it prints.

        Raises:
            CalledProcessError: it failed, and ``check`` is true.
        """
        environment = {
            **os.environ,
            PORT_VARIABLE: str(self.port),
            # Where the keys are; and what seems to be an emulator on this machine is left alone.
            "HOME": str(self._folder),
            "ANDROID_ADB_LOG_PATH": str(self._folder / "log"),
            "ADB_EMU": "0",
            "ADB_MDNS": "0",
        }
        ended = subprocess.run(
            ["adb", *arguments],  # noqa: S607  # the one that edgekit finds
            check=check,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
        )
        return ended.stdout

    def __enter__(self) -> AdbServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
