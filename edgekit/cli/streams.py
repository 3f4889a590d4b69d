"""Standard output and standard error as edgekit finds them: closed, full, a pipe that nobody reads any more."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO, cast

from edgekit.errors import OutputError


class ClosedPipe(Exception):
    """Nobody reads standard output any more. That is no error: ``head`` does it."""


class Stream:
    """A text stream whose fault is told once, or not at all; what is written after it is dropped.

    Args:
        stream: what to write to.
        vital: whether a fault is told, as ClosedPipe or OutputError.
    """

    def __init__(self, stream: TextIO, *, vital: bool) -> None:
        self._stream = stream
        self._vital = vital
        self._broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write ``text``. Raises ClosedPipe or OutputError."""
        # click tries a stream with an empty text, and swallows what that raises.
        if text != "" and not self._broken:
            try:
                return self._stream.write(text)
            except OSError as error:
                self._break(error)
        return len(text)

    def flush(self) -> None:
        """Write what is in the buffer. Raises ClosedPipe or OutputError."""
        if not self._broken:
            try:
                self._stream.flush()
            except OSError as error:
                self._break(error)

    def _break(self, error: OSError) -> None:
        self._broken = True
        # What is left in the buffer is written when Python ends, and would fail once more.
        with _null() as null:
            os.dup2(null.fileno(), self._stream.fileno())
        if not self._vital:
            return
        if isinstance(error, BrokenPipeError):
            raise ClosedPipe from None
        raise OutputError(
            f"cannot write to standard output: {error.strerror}", hint="look at where it is redirected to"
        ) from error


def guard_streams() -> None:
    """Make standard output and standard error safe to write to, however the process was started."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The next file to be opened would else take this place, and get what is printed.
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Not every file name can be printed, and not every terminal knows every letter.
            stream.reconfigure(errors="backslashreplace")
    sys.stdout = cast("TextIO", Stream(sys.stdout or _null(), vital=True))
    sys.stderr = cast("TextIO", Stream(sys.stderr or _null(), vital=False))


def _null() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
