"""``adb:SERIAL``, taken apart."""

from __future__ import annotations

import re

from edgekit.errors import UsageError

# USB serials are what makers like; those of the network are host:port. A leading dash would be an option of adb's.
# Those of wireless debugging may hold a space: adb-R5CT123 (2)._adb-tls-connect._tcp.
_SERIAL = re.compile(r"[^\s\x00-\x1f\x7f-](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?")
_FORM = "write adb:SERIAL with a serial of 'adb devices', or adb: where only one phone is there"


def parse_adb_address(address: str) -> str | None:
    """Return the serial of ``adb:SERIAL``; None for ``adb:``, the only phone there is.

    Raises:
        UsageError: it is malformed.
    """
    scheme, colon, serial = address.partition(":")
    if scheme != "adb" or not colon:
        raise UsageError(f"device '{address}' does not begin with adb:", hint=_FORM)
    if not serial:
        return None
    if not _SERIAL.fullmatch(serial):
        raise UsageError(f"device '{address}': {serial!r} is no serial", hint=_FORM)
    return serial
