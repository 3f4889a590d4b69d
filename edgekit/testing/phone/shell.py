"""The service ``shell,v2``: a real process, whose outputs, input and exit code travel in packets of their own."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from edgekit.testing.phone.streams import ServiceStream

_STDIN, _STDOUT, _STDERR, _EXIT, _CLOSE_STDIN = range(5)
_HEADER = struct.Struct("<BI")


def serve_shell(
    stream: ServiceStream, command: str, *, shell: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    """Run a command for the other side, and hang up on it when that goes away, as adbd does.

    Args:
        stream: of the service.
        command: for ``sh -c``.
        shell: the phone's ``sh``.
        folder: where it starts.
        environment: all of it.
    """
    process = subprocess.Popen(
        [str(shell), "-c", command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    writing = threading.Lock()

    def pass_on(kind: int, pipe: IO[bytes]) -> None:
        with suppress(EOFError, OSError, ValueError):
            while piece := os.read(pipe.fileno(), 1 << 15):
                with writing:
                    stream.write(_HEADER.pack(kind, len(piece)) + piece)

    assert process.stdout is not None
    assert process.stderr is not None
    outputs = [
        threading.Thread(target=pass_on, args=each, daemon=True)
        for each in ((_STDOUT, process.stdout), (_STDERR, process.stderr))
    ]
    threading.Thread(target=_feed, args=(stream, process), daemon=True).start()
    for each in outputs:
        each.start()
    code = process.wait()
    for each in outputs:
        # A child that lives on may hold the pipes open.
        each.join(1.0)
    with suppress(EOFError, OSError), writing:
        stream.write(_HEADER.pack(_EXIT, 1) + bytes([code if code >= 0 else 128 - code]))
    for pipe in (process.stdout, process.stderr):
        with suppress(OSError):
            pipe.close()


def _feed(stream: ServiceStream, process: subprocess.Popen[bytes]) -> None:
    pipe = process.stdin
    assert pipe is not None
    try:
        while True:
            kind, size = _HEADER.unpack(stream.read(_HEADER.size))
            content = stream.read(size)
            with suppress(OSError, ValueError):
                if kind == _STDIN:
                    pipe.write(content)
                    pipe.flush()
                elif kind == _CLOSE_STDIN:
                    pipe.close()
    except EOFError:
        with suppress(OSError):
            pipe.close()
        if process.poll() is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGHUP)
