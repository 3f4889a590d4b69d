"""``list_devices``: what can be reached from here, without asking any of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.ssh.address import parse_ssh_address
from edgekit.errors import UsageError, unknown_name
from edgekit.resources import settings_folder
from edgekit.toml_files import read_toml

_KEYS = ("hosts",)


@dataclass(frozen=True, slots=True)
class Reachable:
    """One device that an address can be written for."""

    address: str
    summary: str


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
    found += [Reachable(host, f"of {devices_file()}") for host in _hosts()]
    return tuple(found)


def _hosts() -> list[str]:
    path = devices_file()
    if not path.exists():
        return []
    document = read_toml(path, what="list of devices", error=UsageError)
    for key in document:
        if key not in _KEYS:
            raise UsageError(f"list of devices {path}: {unknown_name('key', key, _KEYS)}")
    hosts = document.get("hosts", [])
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise UsageError(f"list of devices {path}: hosts is {hosts!r}, but must be a list of addresses")
    for host in hosts:
        try:
            parse_ssh_address(host)
        except UsageError as error:
            raise UsageError(f"list of devices {path}: {error.message}", hint=error.hint) from None
    return hosts
