"""``list_devices``: what can be reached from here. Only phones are asked what they are, which takes no time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.adb import Phone, PhoneFacts, list_phones
from edgekit.devices.adb.complaints import state_known
from edgekit.devices.adb.phones import describe_phone
from edgekit.devices.adb.program import ADB
from edgekit.devices.hosts import Host, read_hosts
from edgekit.errors import DeviceError
from edgekit.resources import settings_folder


@dataclass(frozen=True, slots=True)
class Reachable:
    """One device that an address can be written for."""

    address: str
    summary: str
    name: str | None = None
    """What the user calls it; None where it has no other name than its address."""
    profile: str | None = None
    """The kind of device that the user says it is; None where nothing is said."""
    phone: PhoneFacts | None = None
    """What a phone says of itself; None where it is none, or cannot be asked."""


def devices_file() -> Path:
    """Return the user's list of boards."""
    return settings_folder() / "devices.toml"


def list_devices() -> tuple[Reachable, ...]:
    """Return this machine, installed emulated boards, the phones that adb sees, and the boards that the user listed.

    Where adb is installed and its server does not run, this starts it, as ``adb devices`` does.

    Raises:
        UsageError: the user's list cannot be read, or holds what is no address.
    """
    from edgekit.devices.emulated import emulated_address, list_emulators

    found = [Reachable("local", "this machine")]
    for image in list_emulators():
        by = f"emulated by qemu {image.qemu}" if image.qemu else "but qemu is not installed: apt-get install qemu-user"
        summary = f"{image.architecture}, {by}"
        found += [Reachable(emulated_address(name), summary) for name in image.profiles]
    found += _phones()
    found += [_written_down(host) for host in _hosts()]
    return tuple(found)


def _phones() -> Iterator[Reachable]:
    if shutil.which(ADB) is None:
        return
    try:
        for phone in list_phones():
            yield _phone(phone)
    except DeviceError as error:
        yield Reachable("adb:", f"but {error.message}")


def _phone(phone: Phone) -> Reachable:
    if not phone.ready:
        return Reachable(phone.address, f"a phone, but {state_known(phone.state)}")
    try:
        facts = describe_phone(phone)
    except DeviceError as error:
        return Reachable(phone.address, f"a phone, but {error.message}")
    return Reachable(phone.address, "no Android" if facts is None else str(facts), phone=facts)


def _hosts() -> tuple[Host, ...]:
    path = devices_file()
    return read_hosts(path, what="list of devices") if path.exists() else ()


def _written_down(host: Host) -> Reachable:
    called = "" if host.name is None else f"{host.name}, "
    said = "" if host.profile is None else f"said to be {host.profile}, "
    return Reachable(host.address, f"{called}{said}of {devices_file()}", host.name, host.profile)
