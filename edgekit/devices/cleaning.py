"""``clean_device``: nothing of ours stays on a board or a phone."""

from __future__ import annotations

from contextlib import closing

from edgekit.devices.shell import ShellDevice
from edgekit.devices.table import connect, shares_processor
from edgekit.errors import UsageError


def clean_device(address: str) -> int:
    """Empty the cache folder of a board or a phone, a prepared Python included; returns how many bytes it held.

    Args:
        address: ``ssh://[user@]host[:port]``, or ``adb:[SERIAL]``.

    Raises:
        UsageError: it is neither: others keep nothing.
        DeviceError: it cannot be reached, or something cannot be removed.
    """
    if not shares_processor(address):
        with closing(connect(address)) as device:
            if isinstance(device, ShellDevice):
                return device.clean()
    raise UsageError(
        f"'{address}' is no board behind ssh and no phone",
        hint="write ssh://[user@]host[:port] or adb:SERIAL; other devices keep nothing",
    )
