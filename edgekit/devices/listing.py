"""``list_devices``: what can be reached from here, without asking any of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.hosts import Host, read_hosts
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


def devices_file() -> Path:
    """Return the user's list of boards."""
    return settings_folder() / "devices.toml"


def list_devices() -> tuple[Reachable, ...]:
    """Return this machine, the emulated boards that are installed, and the boards that the user has listed.

    Raises:
        UsageError: the user's list cannot be read, or holds what is no address.
    """
    from edgekit.devices.emulated import list_emulators

    found = [Reachable("local", "this machine")]
    for image in list_emulators():
        by = f"emulated by qemu {image.qemu}" if image.qemu else "but qemu is not installed: apt-get install qemu-user"
        summary = f"{image.architecture}, {by}"
        found += [Reachable(f"emulated:{name}", summary) for name in image.profiles]
    found += [_written_down(host) for host in _hosts()]
    return tuple(found)


def _hosts() -> tuple[Host, ...]:
    path = devices_file()
    return read_hosts(path, what="list of devices") if path.exists() else ()


def _written_down(host: Host) -> Reachable:
    called = "" if host.name is None else f"{host.name}, "
    said = "" if host.profile is None else f"said to be {host.profile}, "
    return Reachable(host.address, f"{called}{said}of {devices_file()}", host.name, host.profile)
