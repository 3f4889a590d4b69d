"""What devices that this machine stands in for are made of: ports, programs of ``sh``, processes that bear a mark."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path


def write_program(path: Path, body: str) -> None:
    """Write a program of ``sh``."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def processes_with(mark: str) -> dict[int, str]:
    """Return the processes that have ``NAME=VALUE`` in their environment: the number of each, and its command."""
    found = {}
    for place in Path("/proc").iterdir():
        # Others may end meanwhile, or belong to somebody else.
        with suppress(OSError):
            if place.name.isdigit() and mark.encode() in (place / "environ").read_bytes().split(b"\0"):
                words = (place / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(place.name)] = words.decode(errors="replace")
    return found


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
