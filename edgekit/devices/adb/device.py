"""A phone behind ``adb``, as a device."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from edgekit.devices.adb.client import AdbClient
from edgekit.devices.adb.phones import find_phone, require_shell_v2
from edgekit.devices.adb.program import run_adb
from edgekit.devices.capture import Capture
from edgekit.devices.device import Completed, Device
from edgekit.devices.faults import told_failure
from edgekit.devices.shell import ShellDevice, scripts
from edgekit.devices.shell.device import new_marker
from edgekit.devices.shell.link import Link
from edgekit.errors import DeviceTimeout

_PUSH_S = 60.0
_SLOWEST_BYTES_PER_S = 200_000
"""adb tells nothing while it sends: a push gets time by the size of its file."""
_PATIENCE_S = 1.0


class AdbDevice(ShellDevice):
    """A phone in a fresh folder below ``/data/local/tmp/edgekit``. Follows the contract of ``edgekit.devices.Device``.

    Files are sent by adb's sync, their hash is checked there, and they are kept by it: the same bytes are sent once.
    Commands are run by shell v2, which tells how they ended. Phones have no ``python3``: what needs one ends with 127.

    Args:
        address: ``adb:SERIAL``, or ``adb:`` where only one phone is there; :attr:`address` has the serial then.

    Raises:
        UsageError: the address is malformed, or fits several phones.
        DeviceUnreachable: there is no adb here, no such phone, or it cannot be used as it is.
        DeviceError: it lacks what is needed.
    """

    def __init__(self, address: str) -> None:
        phone = find_phone(address)
        require_shell_v2(phone)
        self.serial = phone.serial
        super().__init__(AdbClient(phone))

    def _send(self, link: Link, stream: BinaryIO, target: PurePosixPath, *, sha256: str) -> None:
        doing = f"write {target}"
        if self._placed(link, target, sha256=sha256, receive=scripts.NOT_YET):
            return
        incoming = f"{link.work}/{scripts.INCOMING}"
        size = os.fstat(stream.fileno()).st_size
        command = ["-s", self.serial, "push", str(Path(stream.name).absolute()), incoming]
        try:
            ended = run_adb(command, address=self.address, timeout=_PUSH_S + size / _SLOWEST_BYTES_PER_S)
        except DeviceTimeout as error:
            raise DeviceTimeout(
                f"cannot {doing} on {self.address}: its {size} bytes were not there in time",
                address=self.address,
                hint="look at the phone and its cable, then try again",
                log=error.log,
            ) from error
        if ended.returncode:
            # Where the phone is gone, that is what is wrong, whatever the push says.
            link.require_alive(patience=_PATIENCE_S)
            raise told_failure(self.address, doing, _complaint(ended))
        self._placed(link, target, sha256=sha256, receive=scripts.HAS_COME)

    def _placed(self, link: Link, target: PurePosixPath, *, sha256: str, receive: str) -> bool:
        """Put a file into place that the phone has; False where it has not."""
        marker = new_marker()
        script = scripts.push(marker, target, work=link.work, sha256=sha256, receive=receive)
        stdout = Capture()
        self._ask(link, script, marker, doing=f"write {target}", stdout=stdout)
        return scripts.WANT not in stdout.text()


def _complaint(ended: Completed) -> str:
    """Return what adb complains of, out of what else it prints."""
    lines = (ended.stdout + ended.stderr).splitlines()
    told = [line for line in lines if "error" in line] or lines[-1:]
    return " ".join(line.removeprefix("adb: ").removeprefix("error: ") for line in told)


def connect_adb(address: str) -> Device:
    """Return the phone at ``adb:SERIAL`` or ``adb:``. Raises as :class:`AdbDevice` does."""
    return AdbDevice(address)
