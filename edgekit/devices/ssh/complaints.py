"""What the OpenSSH client says when it cannot connect, and what it means. The first line that fits counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgekit.devices.ssh.address import SshAddress
from edgekit.errors import DeviceUnreachable


@dataclass(frozen=True, slots=True)
class _Complaint:
    said: str
    """A regular expression."""
    reason: str
    hint: str


_LOOK = "look whether the board is on and in the network, and whether address and port are right"
_TABLE = (
    _Complaint(
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "it shows another host key than the one that is known: it was set up anew, or this is another machine",
        "if you know why the key changed, forget the old one with: ssh-keygen -R {known}",
    ),
    _Complaint(
        "Host key verification failed",
        "its host key is not known here, and is never accepted unseen",
        "connect once by hand with '{by_hand}' and compare the fingerprint",
    ),
    _Complaint(
        "Could not resolve hostname",
        "there is no host of that name",
        "look at the spelling; 'ping {host}' and ~/.ssh/config tell what names are known",
    ),
    _Complaint(
        "Connection refused", "nothing listens on that port", "start the SSH server there, or give another port: {form}"
    ),
    _Complaint("No route to host|Network is unreachable", "there is no way to it in the network", _LOOK),
    _Complaint("Connection timed out|Operation timed out|timed out", "it does not answer", _LOOK),
    _Complaint(
        "Too many authentication failures",
        "it refused to try more keys",
        "name the right key for it in ~/.ssh/config: IdentityFile and IdentitiesOnly yes",
    ),
    _Complaint(
        r"Permission denied \(",
        "it accepts no key that is offered",
        "put your key there with 'ssh-copy-id', or name the right user and key in ~/.ssh/config",
    ),
    _Complaint(
        "Bad owner or permissions on|Bad configuration option|terminating, .* bad configuration",
        "the ssh configuration of this machine is broken",
        "'{by_hand}' tells the same; repair the file that it names",
    ),
    _Complaint(
        "no matching (host key type|key exchange method|cipher|mac) found|Unable to negotiate",
        "the two sides have no algorithm in common",
        "update the SSH server there, or allow what it offers in ~/.ssh/config",
    ),
    _Complaint(
        "kex_exchange_identification|Connection (closed|reset) by|banner exchange",
        "what answers there closes the connection",
        "look whether an SSH server listens on that port, and at its log",
    ),
)


def unreachable(address: str, place: SshAddress, *, said: str) -> DeviceUnreachable:
    """Return the error for a connection that did not come about.

    Args:
        address: the device's.
        place: the same in parts.
        said: everything that ssh printed.
    """
    words = {
        "host": place.host,
        "by_hand": by_hand(place),
        "known": place.host if place.port in {None, 22} else f"'[{place.host}]:{place.port}'",
        "form": "ssh://[user@]host:port",
    }
    for complaint in _TABLE:
        if re.search(complaint.said, said):
            hint = complaint.hint.format(**words)
            return DeviceUnreachable(
                f"cannot reach {address}: {complaint.reason}", address=address, hint=hint, log=said
            )
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "ssh gave no reason")
    hint = f"try '{words['by_hand']}' by hand"
    return DeviceUnreachable(f"cannot reach {address}: {last}", address=address, hint=hint, log=said)


def by_hand(place: SshAddress) -> str:
    """Return the command with which a person reaches the same host."""
    port = "" if place.port is None else f"-p {place.port} "
    user = "" if place.user is None else f"{place.user}@"
    return f"ssh {port}{user}{place.host}"
