"""Runs ``edgekit`` again and again, each time in a process of its own that need not import it.

Importing is two thirds of what a short command costs, and the tests give hundreds of them. Here one process imports
what the verbs need and runs nothing itself; each command is a fork of it, with arguments, folder, environment, streams,
signals, exit code and child processes as if it had been started afresh. That it does start afresh is held by the tests
that run the program itself (``Command.cold``).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_MOST_BYTES = 200_000
"""What one command may be asked with, its environment above all: a packet, which the kernel holds whole."""
_ENDS_S = 10.0
_OF_ONE_COMMAND = ("PYTHONPATH", "TMPDIR")
"""What of the environment of the first command must not stay with those after it."""


class WarmStart:
    """The process that has everything imported, started by the first command."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def run(
        self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one command; the same as ``subprocess.run`` with its output captured and no input."""
        link = self._socket or self._start(environment)
        asked = json.dumps({"argv": argv, "folder": str(folder), "environment": dict(environment)}).encode()
        assert len(asked) < _MOST_BYTES
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            socket.send_fds(link, [asked], [stdout.fileno(), stderr.fileno()])
            child = int(link.recv(64))
            link.settimeout(timeout)
            try:
                ended = link.recv(64)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                self.close()
                if isinstance(error, TimeoutError):
                    raise subprocess.TimeoutExpired(list(argv), timeout) from error
                raise
            assert ended, "the process that others are forked from has died"
            texts = []
            for stream in (stdout, stderr):
                stream.seek(0)
                texts.append(stream.read())
        return subprocess.CompletedProcess(list(argv), os.waitstatus_to_exitcode(int(ended)), *texts)

    def _start(self, environment: Mapping[str, str]) -> socket.socket:
        # Packets: what one side sends at once the other receives at once.
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                env={name: value for name, value in environment.items() if name not in _OF_ONE_COMMAND},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return self._socket

    def close(self) -> None:
        """End it; a command that is asked for afterwards starts another."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            # It ends by itself, so that coverage can write down what it saw.
            self._process.wait(_ENDS_S)
        self._process = self._socket = None


def _fork_for_each(link: socket.socket) -> list[str]:
    """Fork for each command and tell how it ended; return in the child alone, with what it is to run."""
    while True:
        asked, streams, _, _ = socket.recv_fds(link, _MOST_BYTES, 2)
        if not asked:
            sys.exit()
        child = os.fork()
        if not child:
            link.close()
            return _become(json.loads(asked), streams)
        for stream in streams:
            os.close(stream)
        link.send(str(child).encode())
        _, status = os.waitpid(child, 0)
        link.send(str(status).encode())


def _become(asked: dict[str, Any], streams: Sequence[int]) -> list[str]:
    for place, stream in enumerate(streams, start=1):
        os.dup2(stream, place)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    # As Python does when it starts.
    sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv = asked["argv"]
    return sys.argv[1:]


def main() -> None:
    import edgekit
    from edgekit.cli.verbs import VERBS

    for verb in VERBS:
        importlib.import_module(f"edgekit.cli.{verb}")
    for name in edgekit.__all__:
        getattr(edgekit, name)
    # None of it is garbage, which each command would else look for when it ends.
    gc.freeze()
    edgekit_main = importlib.import_module("edgekit.cli").main
    if "coverage" in sys.modules and (tracing := sys.modules["coverage"].Coverage.current()) is not None:
        # What importing has run is written down once, and not by each command again.
        tracing.save()
    edgekit_main(_fork_for_each(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
