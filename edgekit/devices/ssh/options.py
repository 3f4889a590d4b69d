"""How the OpenSSH client is called: the user's own configuration, and what may not be left to it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from edgekit.devices.halting import stands_beside_others
from edgekit.devices.ssh.address import SshAddress

CONNECT_S = 20
"""Seconds until a host that does not answer is given up."""
ALIVE_S = 5
ALIVE_COUNT = 3
"""A link that carries nothing for ``ALIVE_S * ALIVE_COUNT`` seconds is cut."""


def terminal_watches() -> bool:
    """Return whether somebody can answer a question of ssh's: for a passphrase, or about a new host key."""
    # Of boards side by side none may ask: whose question is it, and who waits for the answer?
    if stands_beside_others():
        return False
    return bool(sys.stdin and sys.stderr and sys.stdin.isatty() and sys.stderr.isatty())


def master_command(address: SshAddress, *, socket: Path, command: str, ask: bool) -> list[str]:
    """Return the call that opens the one connection and keeps it.

    Args:
        address: of the board.
        socket: where later sessions find the connection.
        command: what the board runs meanwhile, in words that every login shell understands.
        ask: whether a person can be asked.
    """
    options = {
        "BatchMode": "no" if ask else "yes",
        # A user's "no" or "accept-new" would trust whoever answers.
        "StrictHostKeyChecking": "ask" if ask else "yes",
        "NoHostAuthenticationForLocalhost": "no",
        "ConnectTimeout": str(CONNECT_S),
        "ServerAliveInterval": str(ALIVE_S),
        "ServerAliveCountMax": str(ALIVE_COUNT),
        "ControlPersist": "no",
        # What follows has its place in a user's interactive sessions, and would disturb or fail here.
        "ClearAllForwardings": "yes",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "Tunnel": "no",
        "PermitLocalCommand": "no",
        "RemoteCommand": "none",
        "RequestTTY": "no",
        "ForkAfterAuthentication": "no",
        "SessionType": "default",
        "StdinNull": "no",
        "LogLevel": "INFO",
    }
    arguments = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    if address.user is not None:
        arguments += ["-l", address.user]
    if address.port is not None:
        arguments += ["-p", str(address.port)]
    return ["ssh", "-M", "-S", str(socket), *arguments, "--", address.host, command]


def session_command(*, socket: Path, command: str) -> list[str]:
    """Return the call that runs ``command`` over the connection at ``socket``, and never makes one of its own."""
    # Where the connection is gone, ssh would open another one; a proxy that is no proxy keeps it from that.
    options = ["-o", "ProxyCommand=exec false", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]
    return ["ssh", "-F", "none", "-S", str(socket), "-T", *options, "--", "board", command]


def ssh_environment() -> dict[str, str]:
    """Return the environment of the client. The board's programs must not see what language this machine speaks."""
    return {name: value for name, value in os.environ.items() if name != "LANG" and not name.startswith("LC_")}
