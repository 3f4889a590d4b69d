"""A child process, followed to its end: its outputs are read as they come, its input is fed, and time is kept."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO, Protocol

from edgekit.devices.halting import require_wanted

_POLL_S = 0.1
_PIECE = 1 << 16


class Sink(Protocol):
    """Takes what a process prints."""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        ...


class Deadline:
    """When a process is given up: after ``seconds``, and where ``renews`` is true, after so many without any news."""

    def __init__(self, seconds: float, *, renews: bool = False) -> None:
        self._seconds = seconds
        self._renews = renews
        self._end = time.monotonic() + seconds

    def news(self) -> None:
        """Tell that something moved."""
        if self._renews:
            self._end = time.monotonic() + self._seconds

    @property
    def remaining(self) -> float:
        """Seconds that are left; 0 or less: it is over."""
        return self._end - time.monotonic()


class Feed:
    """What goes into a process's standard input. The pipe stays open until :meth:`finish`, however little there is.

    Args:
        first: what goes in at once.
    """

    def __init__(self, first: bytes) -> None:
        self._pending = memoryview(first)
        self._source: BinaryIO | None = None
        self._finished = False

    def give(self, source: BinaryIO) -> None:
        """Let all of ``source`` follow."""
        self._source = source

    def finish(self) -> None:
        """Close the pipe when everything is in."""
        self._finished = True

    def piece(self) -> memoryview:
        """Return what is to be written next; empty where there is nothing now."""
        if not self._pending and self._source is not None:
            self._pending = memoryview(self._source.read(_PIECE))
            if not self._pending:
                self._source = None
        return self._pending

    def took(self, count: int) -> None:
        """Tell how many bytes of the piece were written."""
        self._pending = self._pending[count:]

    @property
    def idle(self) -> bool:
        """Nothing is waiting to be written."""
        return not self.piece()

    @property
    def over(self) -> bool:
        """Everything was written, and nothing will follow."""
        return self._finished and self.idle


def follow(
    process: subprocess.Popen[bytes], sinks: Mapping[str, Sink], *, deadline: Deadline, feed: Feed | None = None
) -> bool:
    """Read the outputs until the process has ended, but do not reap it; False where the deadline came first.

    Args:
        process: with pipes for the outputs that ``sinks`` names, and for its input where there is a ``feed``.
        sinks: for ``stdout`` and ``stderr``.
        deadline: how long to wait.
        feed: for its standard input.
    """
    with selectors.DefaultSelector() as selector:
        for name, sink in sinks.items():
            selector.register(getattr(process, name), selectors.EVENT_READ, sink)
        while any(key.events == selectors.EVENT_READ for key in selector.get_map().values()):
            if feed is not None:
                _offer(process, feed, selector)
            require_wanted()
            if deadline.remaining <= 0:
                return False
            # Asked before the pipes are: what was printed up to the end is in them then.
            exited = has_exited(process)
            ready = selector.select(0 if exited else min(deadline.remaining, _POLL_S))
            for key, event in ready:
                deadline.news()
                if event & selectors.EVENT_WRITE and feed is not None:
                    _write(process, feed, selector)
                elif chunk := os.read(key.fd, _PIECE):
                    key.data.add(chunk)
                else:
                    selector.unregister(key.fileobj)
            # A child that lives on in the background holds the pipes open; the command itself has said everything.
            if exited and not ready:
                return True
    while not has_exited(process):
        require_wanted()
        if deadline.remaining <= 0:
            return False
        time.sleep(0.002)
    return True


def has_exited(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a child has ended. It stays a zombie, whose id cannot become another process's."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _offer(process: subprocess.Popen[bytes], feed: Feed, selector: selectors.BaseSelector) -> None:
    """Watch the input only while there is something to write: an open pipe would always be ready."""
    pipe = process.stdin
    if pipe is None or pipe.closed:
        return
    watched = pipe in {key.fileobj for key in selector.get_map().values()}
    if feed.idle and watched:
        selector.unregister(pipe)
    elif not feed.idle and not watched:
        os.set_blocking(pipe.fileno(), False)
        selector.register(pipe, selectors.EVENT_WRITE)
    if feed.over:
        _close(pipe)


def _write(process: subprocess.Popen[bytes], feed: Feed, selector: selectors.BaseSelector) -> None:
    pipe = process.stdin
    if pipe is None or pipe.closed:
        return
    try:
        feed.took(os.write(pipe.fileno(), feed.piece()))
    except BlockingIOError:
        pass
    # A process that reads no more says elsewhere why.
    except BrokenPipeError:
        selector.unregister(pipe)
        _close(pipe)


def _close(pipe: object) -> None:
    with suppress(OSError):
        pipe.close()  # type: ignore[attr-defined]
