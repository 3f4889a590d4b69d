"""Files that list devices: the user's own boards, and a fleet. One format.

    hosts = ["ssh://pi@garden"]

or, with a name and the kind of device that it is said to be:

    [[hosts]]
    name = "kitchen"
    address = "ssh://pi@10.0.0.7"
    profile = "rpi5"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.devices.table import require_address
from edgekit.errors import UsageError, unknown_name
from edgekit.files import load_toml
from edgekit.profiles import profile_named

_KEYS = ("hosts",)
_HOST_KEYS = ("name", "address", "profile")


@dataclass(frozen=True, slots=True)
class Host:
    """One device that somebody has written down."""

    address: str
    name: str | None = None
    """What people call it; None: its address."""
    profile: str | None = None
    """The kind of device that it is said to be; whether it is one, only the device itself can tell."""

    def __str__(self) -> str:
        return self.name or self.address


def read_hosts(path: str | Path, *, what: str = "fleet") -> tuple[Host, ...]:
    """Read a list of devices, strictly.

    Args:
        path: a TOML file.
        what: it is, for people.

    Raises:
        UsageError: it cannot be read, a key is unknown, an address malformed, or something is there twice.
        ProfileError: a profile is unknown.
    """
    path = Path(path)
    hint = 'write it as: hosts = ["ssh://pi@garden"], or with a [[hosts]] for each: name, address, profile'
    return load_toml(path, lambda document: tuple(_hosts(document)), what=what, error=UsageError, hint=hint)


def require_different(hosts: Sequence[Host]) -> None:
    """Raise UsageError where a device or a name is there twice: who does two things at once measures neither."""
    for kind, words in (("address", [host.address for host in hosts]), ("name", [str(host) for host in hosts])):
        twice = [word for word, times in Counter(words).items() if times > 1]
        if twice:
            raise UsageError(f"the {kind} {twice[0]} is there twice", hint="name each device once")


def _hosts(document: dict[str, Any]) -> Iterator[Host]:
    for key in document:
        if key not in _KEYS:
            raise UsageError(unknown_name("key", key, _KEYS))
    entries = document.get("hosts", [])
    if not isinstance(entries, list) or not all(isinstance(entry, str | dict) for entry in entries):
        raise UsageError(f"hosts is {entries!r}, but must be a list of addresses")
    hosts = [_host(entry) for entry in entries]
    require_different(hosts)
    yield from hosts


def _host(entry: str | dict[str, Any]) -> Host:
    fields = {"address": entry} if isinstance(entry, str) else entry
    for key, value in fields.items():
        if key not in _HOST_KEYS:
            raise UsageError(unknown_name("key of a host", key, _HOST_KEYS))
        if not isinstance(value, str) or not value:
            raise UsageError(f"{key} of a host is {value!r}, but must be a text")
    if "address" not in fields:
        raise UsageError(f"a host has no address: {fields!r}", hint='write it as: address = "ssh://pi@garden"')
    host = Host(**fields)
    require_address(host.address, otherwise="ssh")
    if host.profile is not None:
        profile_named(host.profile)
    return host
