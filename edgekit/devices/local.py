"""This machine as a device: what every other transport is compared with."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.arrival import arriving
from edgekit.devices.device import Completed, Device
from edgekit.devices.faults import device_errors
from edgekit.devices.process import run_process
from edgekit.devices.rules import checked_command, checked_path
from edgekit.errors import CommandFailed, DeviceError, UsageError
from edgekit.files import output_errors


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started on this machine."""

    argv: list[str]
    environment: dict[str, str]


class LocalDevice:
    """This machine, in a fresh temporary folder. Follows the contract of :class:`edgekit.devices.Device`.

    ``python3`` is the interpreter that runs edgekit, so it has numpy and the runtime.
    """

    address: str = "local"

    def __init__(self) -> None:
        with device_errors(self.address, "make a working folder"):
            self._folder = tempfile.TemporaryDirectory(prefix="edgekit-")
        self._closed = False

    def push(self, source: Path, target: str) -> None:
        """Copy a file into the working folder."""
        place = self._inside(target)
        try:
            stream = source.open("rb")
        except OSError as error:
            raise UsageError(f"cannot read {source}: {error.strerror}", hint="give the path of a file") from error
        with stream, device_errors(self.address, f"write {target}"):
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as copy:
                shutil.copyfileobj(stream, copy)

    def pull(self, source: str, target: Path) -> None:
        """Copy a file out of the working folder, whole or not at all."""
        place = self._inside(source)
        with device_errors(self.address, f"read {source}"):
            # Opening a named pipe that a command has left would wait for ever.
            if place.exists() and not place.is_file():
                raise CommandFailed(f"cannot read {source} on {self.address}: it is no file", address=self.address)
            stream = place.open("rb")
        with stream, arriving(target) as beside, output_errors(target), beside.open("wb") as copy:
            shutil.copyfileobj(stream, copy)

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Run a command in the working folder, in a process group of its own."""
        command = checked_command(argv, timeout=timeout)
        folder = self._root()
        launch = self._launch(command)
        if isinstance(launch, Completed):
            return launch
        with device_errors(self.address, f"run '{command[0]}'"):
            return run_process(
                launch.argv,
                name=command[0],
                folder=folder,
                environment=launch.environment,
                timeout=timeout,
                address=self.address,
            )

    def close(self) -> None:
        """Remove the working folder."""
        self._closed = True
        with device_errors(self.address, "remove the working folder"):
            self._folder.cleanup()

    def _launch(self, command: list[str]) -> Launch | Completed:
        """Return what is really started for a command, or how it ends where that is known already."""
        return Launch(command, _environment())

    def _root(self) -> Path:
        if self._closed:
            raise DeviceError(f"the device {self.address} is closed", address=self.address, hint="connect again")
        root = Path(self._folder.name).resolve()
        if not root.is_dir():
            raise CommandFailed(
                f"the working folder on {self.address} is gone", address=self.address, hint="connect again"
            )
        return root

    def _inside(self, path: str) -> Path:
        root = self._root()
        relative = checked_path(path)
        try:
            place = (root / relative).resolve()
        # A command may have left a symbolic link that leads out, or in a circle: RuntimeError before Python 3.13.
        except (OSError, RuntimeError) as error:
            raise CommandFailed(f"cannot reach {path} on {self.address}: {error}", address=self.address) from error
        if not place.is_relative_to(root):
            raise CommandFailed(f"{path} on {self.address} leads out of the working folder", address=self.address)
        return place


def connect_local(address: str) -> Device:
    """Return this machine. Raises UsageError where ``address`` says more than ``local``."""
    check_local(address)
    return LocalDevice()


def check_local(address: str) -> None:
    """Raise UsageError where ``address`` says more than ``local``."""
    if address != "local":
        raise UsageError(f"device '{address}': nothing may follow 'local'", hint="write just: local")


def _environment() -> dict[str, str]:
    """The environment of the commands: ours, with our own interpreter first."""
    environment = dict(os.environ)
    # An interpreter that is embedded in another program does not know its own path.
    if sys.executable:
        folder = str(Path(sys.executable).parent)
        environment["PATH"] = os.pathsep.join((folder, environment.get("PATH") or os.defpath))
    return environment
