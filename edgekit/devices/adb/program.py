"""The ``adb`` client: one call to its end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edgekit.devices.device import Completed
from edgekit.devices.process import run_process
from edgekit.errors import DeviceUnreachable

ADB = "adb"
QUICK_S = 30.0
"""Seconds for a call that moves no data; the first one starts adb's server."""


def run_adb(arguments: Sequence[str], *, address: str, timeout: float = QUICK_S) -> Completed:
    """Run ``adb`` to its end. The server that it starts, where none runs, goes on: it is the user's.

    Args:
        arguments: after ``adb``.
        address: of the device, for the errors.
        timeout: seconds.

    Raises:
        DeviceUnreachable: adb is not installed.
        DeviceTimeout: it did not end in time.
    """
    ended = run_process(
        [ADB, *arguments],
        name=" ".join([ADB, *arguments[:3]]),
        folder=Path(tempfile.gettempdir()),
        environment=os.environ,
        timeout=timeout,
        address=address,
    )
    if ended.returncode in {126, 127}:
        raise not_installed(address)
    return ended


def not_installed(address: str) -> DeviceUnreachable:
    """Return the error for a machine without adb."""
    return DeviceUnreachable(
        f"the adb client, which {address} needs, is not installed here",
        address=address,
        hint="install it; on Debian: apt-get install adb",
    )
