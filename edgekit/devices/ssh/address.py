"""``ssh://[user@]host[:port]``, taken apart. What could be anything else than a name is refused."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from edgekit.errors import UsageError

# OpenSSH reads a name with a leading dash as an option, and a user's ProxyCommand puts the name into a shell.
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@\\-]*")
_ZONE = re.compile(r"[A-Za-z0-9_.-]+")
_FORM = "write ssh://[user@]host[:port], such as ssh://pi@raspberrypi.local; hosts of ~/.ssh/config are known by name"


@dataclass(frozen=True, slots=True)
class SshAddress:
    """Where a board is. None: as the user's ssh configuration says."""

    host: str
    """A name, an alias of the user's ssh configuration, or an IP address without brackets."""
    user: str | None = None
    port: int | None = None


def parse_ssh_address(address: str) -> SshAddress:
    """Return the parts of ``ssh://[user@]host[:port]``.

    Raises:
        UsageError: it is malformed, or a part holds what no name holds.
    """
    rest = address.removeprefix("ssh://")
    if rest == address:
        raise UsageError(f"device '{address}' does not begin with ssh://", hint=_FORM)
    user, at, place = rest.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise UsageError(f"device '{address}': {user!r} is no user's name", hint=_FORM)
    host, port = _split(place, address)
    return SshAddress(host, user or None, None if port is None else _port(port, address))


def _split(place: str, address: str) -> tuple[str, str | None]:
    if place.startswith("["):
        host, bracket, after = place[1:].partition("]")
        if bracket and (after.startswith(":") or not after):
            name, _, zone = host.partition("%")
            if _is_ipv6(name) and (host == name or _ZONE.fullmatch(zone)):
                return host, after[1:] if after else None
        raise UsageError(f"device '{address}': {place!r} is no IPv6 address in brackets", hint=_FORM)
    host, colon, port = place.partition(":")
    if not _HOST.fullmatch(host):
        raise UsageError(f"device '{address}': {host!r} is no host's name", hint=_FORM)
    return host, port if colon else None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _port(text: str, address: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise UsageError(f"device '{address}': {text!r} is no port, which is a number from 1 to 65535", hint=_FORM)
    return int(text)
