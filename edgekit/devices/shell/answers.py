"""What comes back over the link, told from what a login shell prints of itself."""

from __future__ import annotations

import re
from typing import BinaryIO

from edgekit.devices.following import Feed, Sink
from edgekit.devices.shell.scripts import WANT

_MOST_BEFORE = 1 << 20


class AfterMarker:
    """Passes on what follows the line of a marker; what comes before, a board's greeting, is left out."""

    def __init__(self, marker: str, sink: Sink) -> None:
        self._line = f"\n{marker}\n".encode()
        self._sink = sink
        self._before: bytes | None = b""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._before is None:
            self._sink.add(chunk)
            return
        seen = self._before + chunk
        greeting, line, rest = seen.partition(self._line)
        if line:
            self._before = None
            self._sink.add(rest)
        else:
            self._before = greeting[-_MOST_BEFORE:]

    @property
    def before(self) -> str:
        """What came instead of the marker; "" where it came."""
        return (self._before or b"").decode(errors="replace")


class Handshake:
    """Standard output of a push: lets the content follow when the board asks for it."""

    def __init__(self, feed: Feed, content: BinaryIO) -> None:
        self._feed = feed
        self._content = content
        self._said = b""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if f"{WANT}\n".encode() == (self._said + chunk):
            self._feed.give(self._content)
            self._feed.finish()
        self._said += chunk


def split_ending(text: str, marker: str) -> tuple[str, int | None, bool]:
    """Return what a command printed before our last line, the code in that line, and whether it is our own code.

    None: there is no such line, so the command did not come to its end.
    """
    endings = list(re.finditer(rf"\n{marker} ended (\d+)( ours)?\n", text))
    if not endings:
        return text, None, False
    return text[: endings[-1].start()], int(endings[-1][1]), endings[-1][2] is not None
