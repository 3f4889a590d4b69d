"""The kinds of device: one table. To add one, write a module beside this one and add a line here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from edgekit.devices.adb import connect_adb
from edgekit.devices.adb.address import parse_adb_address
from edgekit.devices.device import Device
from edgekit.devices.local import check_local, connect_local
from edgekit.devices.ssh import connect_ssh
from edgekit.devices.ssh.address import parse_ssh_address
from edgekit.errors import UsageError, unknown_name


@dataclass(frozen=True, slots=True)
class Scheme:
    """One row: how an address of this kind is written, and what reaches the device."""

    form: str
    """The address as it is written, such as ``ssh://USER@HOST``."""
    connect: Callable[[str], Device]
    """Takes the whole address. Raises UsageError where it is malformed, DeviceUnreachable where nothing answers."""
    summary: str
    check: Callable[[str], object]
    """Takes the whole address, and reaches nothing. Raises UsageError where it is malformed."""
    shares_processor: bool = False
    """Its work is done by this machine's processor: two at a time would disturb each other."""
    phone: bool = False
    """What answers is Android: it has no Python, and runs apps."""
    emulated: bool = False
    """Its processor is emulated: what it computes and counts holds, its seconds mean nothing."""
    runtime: str = "install Python 3.9 or newer there, with numpy and ai-edge-litert (or tflite-runtime)"
    """How a device comes to a runtime; ``{address}`` stands for its address, ``{name}`` for what follows the scheme."""


def _connect_emulated(address: str) -> Device:
    # The catalog of profiles is read only by who asks for one.
    from edgekit.devices.emulated import connect_emulated

    return connect_emulated(address)


def _check_emulated(address: str) -> None:
    from edgekit.devices.emulated import emulated_profile, image_for

    image_for(emulated_profile(address))


SCHEMES: dict[str, Scheme] = {
    "local": Scheme("local", connect_local, "this machine", check_local, shares_processor=True),
    "emulated": Scheme(
        "emulated:PROFILE",
        _connect_emulated,
        "an Arm board, emulated on this machine by qemu-user",
        _check_emulated,
        shares_processor=True,
        emulated=True,
        runtime="edgekit emulator remove --profile {name}, and then: edgekit emulator install --profile {name}",
    ),
    "ssh": Scheme(
        "ssh://[user@]host[:port]",
        connect_ssh,
        "a board, reached with the OpenSSH client",
        parse_ssh_address,
        runtime="edgekit devices prepare {address}, which takes a Python 3.9 or newer there",
    ),
    "adb": Scheme("adb:[SERIAL]", connect_adb, "a phone, reached with the adb client", parse_adb_address, phone=True),
}


def connect(address: str) -> Device:
    """Return the device at ``address`` with a fresh working folder; use it in ``contextlib.closing``.

    Args:
        address: the scheme is the part before the first colon, or all of it: ``local``.

    Raises:
        UsageError: the scheme is unknown or the address malformed.
        DeviceUnreachable: nothing answers there.
    """
    return _scheme(address).connect(address)


def require_address(address: str, *, otherwise: str | None = None) -> None:
    """Raise UsageError unless a device can have this address. Nothing is reached.

    Args:
        address: of the device.
        otherwise: the scheme that an address of no scheme is taken for, so that the error tells how to write that.
    """
    word = address.partition(":")[0]
    scheme = SCHEMES[otherwise] if otherwise is not None and word not in SCHEMES else _scheme(address)
    scheme.check(address)


def shares_processor(address: str) -> bool:
    """Return whether a device's work is done by this machine's processor."""
    scheme = _known(address)
    return scheme is not None and scheme.shares_processor


def is_phone(address: str) -> bool:
    """Return whether a device is a phone."""
    scheme = _known(address)
    return scheme is not None and scheme.phone


def is_emulated_board(address: str) -> bool:
    """Return whether a device is an emulated one by its address; one behind ssh may be without saying so there."""
    scheme = _known(address)
    return scheme is not None and scheme.emulated


def runtime_hint(address: str) -> str:
    """Return how the device at an address comes to a runtime, as the hint of an error."""
    scheme = _known(address) or SCHEMES["local"]
    return scheme.runtime.format(address=address, name=address.partition(":")[2])


def _known(address: str) -> Scheme | None:
    # Devices of users' own, such as recorded ones, may have addresses of no scheme.
    return SCHEMES.get(address.partition(":")[0])


def _scheme(address: str) -> Scheme:
    scheme = _known(address)
    if scheme is None:
        forms = ", ".join(row.form for row in SCHEMES.values())
        meant = _meant(address)
        raise UsageError(
            unknown_name("device", address.partition(":")[0], SCHEMES),
            hint=f"{'' if meant is None else f'did you mean {meant}? '}write the address as one of: {forms}",
        )
    return scheme


def _meant(address: str) -> str | None:
    """Return the address that a user's host, or a profile's name, stands for; None where it is neither."""
    if re.fullmatch(r"[\w.-]+@[\w.-]+(:\d+)?", address):
        return f"ssh://{address}"
    from edgekit.devices.emulated import emulated_address

    emulated = emulated_address(address)
    with suppress(UsageError):
        _check_emulated(emulated)
        return emulated
    return None


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
