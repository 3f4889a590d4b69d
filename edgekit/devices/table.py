"""The kinds of device: one table. To add one, write a module beside this one and add a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from edgekit.devices.device import Device
from edgekit.devices.local import connect_local
from edgekit.devices.ssh import connect_ssh
from edgekit.errors import UsageError, unknown_name


@dataclass(frozen=True, slots=True)
class Scheme:
    """One row: how an address of this kind is written, and what reaches the device."""

    form: str
    """The address as it is written, such as ``ssh://USER@HOST``."""
    connect: Callable[[str], Device]
    """Takes the whole address. Raises UsageError where it is malformed, DeviceUnreachable where nothing answers."""
    summary: str


def _connect_emulated(address: str) -> Device:
    # The catalog of profiles is read only by who asks for one.
    from edgekit.devices.emulated import connect_emulated

    return connect_emulated(address)


SCHEMES: dict[str, Scheme] = {
    "local": Scheme("local", connect_local, "this machine"),
    "emulated": Scheme("emulated:PROFILE", _connect_emulated, "an Arm board, emulated on this machine by qemu-user"),
    "ssh": Scheme("ssh://[user@]host[:port]", connect_ssh, "a board, reached with the OpenSSH client"),
}


def connect(address: str) -> Device:
    """Return the device at ``address`` with a fresh working folder; use it in ``contextlib.closing``.

    Args:
        address: the scheme is the part before the first colon, or all of it: ``local``.

    Raises:
        UsageError: the scheme is unknown or the address malformed.
        DeviceUnreachable: nothing answers there.
    """
    scheme = SCHEMES.get(address.partition(":")[0])
    if scheme is None:
        forms = ", ".join(row.form for row in SCHEMES.values())
        raise UsageError(
            unknown_name("device", address.partition(":")[0], SCHEMES),
            hint=f"write the address as one of: {forms}",
        )
    return scheme.connect(address)


@contextmanager
def opened(device: str | Device) -> Iterator[Device]:
    """Give the device at an address, and close it at the end; a device that is given stays open.

    Raises what :func:`connect` raises, and UsageError where it is neither.
    """
    if isinstance(device, str):
        with closing(connect(device)) as connected:
            yield connected
    elif hasattr(device, "execute"):
        yield device
    else:
        raise UsageError(
            f"the device is {device!r}, but must be an address or a device that is open",
            hint=f"write the address as one of: {', '.join(row.form for row in SCHEMES.values())}",
        )
