"""What a command prints, kept within bounds: the beginning and the end of it."""

from __future__ import annotations

from edgekit.devices.device import OUTPUT_LIMIT

_HALF = OUTPUT_LIMIT // 2


class Capture:
    """Takes bytes as they come and gives text; keeps the first and the last half of ``OUTPUT_LIMIT``."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        room = _HALF - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        # Cutting only when the tail is twice too long copies each byte once, however small the chunks are.
        if len(self._tail) > 2 * _HALF:
            self._cut()

    def text(self) -> str:
        """Return what was kept as text; what is not UTF-8 becomes U+FFFD."""
        self._cut()
        if not self._dropped:
            return _decode(self._head + self._tail)
        return f"{_decode(self._head)}\n[{self._dropped} bytes left out]\n{_decode(self._tail)}"

    def _cut(self) -> None:
        excess = max(0, len(self._tail) - _HALF)
        self._dropped += excess
        del self._tail[:excess]


def _decode(content: bytearray) -> str:
    return content.decode("utf-8", errors="replace")
