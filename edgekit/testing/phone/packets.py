"""Messages of adb's transport protocol, as packages/modules/adb/protocol.txt of AOSP describes them."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

VERSION = 0x01000001
"""From this one on nobody looks at checksums."""
MOST_DATA = 1 << 18

CNXN = int.from_bytes(b"CNXN", "little")
AUTH = int.from_bytes(b"AUTH", "little")
OPEN = int.from_bytes(b"OPEN", "little")
OKAY = int.from_bytes(b"OKAY", "little")
WRTE = int.from_bytes(b"WRTE", "little")
CLSE = int.from_bytes(b"CLSE", "little")
AUTH_TOKEN, AUTH_SIGNATURE, AUTH_KEY = 1, 2, 3
_HEADER = struct.Struct("<6I")


@dataclass(frozen=True, slots=True)
class Packet:
    """One message."""

    command: int
    first: int
    second: int
    data: bytes = b""

    def encoded(self) -> bytes:
        """Return it as it travels."""
        sizes = (len(self.data), sum(self.data) & 0xFFFFFFFF, self.command ^ 0xFFFFFFFF)
        return _HEADER.pack(self.command, self.first, self.second, *sizes) + self.data


def read_packet(connection: socket.socket) -> Packet:
    """Read one message. Raises EOFError at the end of the connection, ValueError for what is none."""
    command, first, second, size, _, magic = _HEADER.unpack(_exactly(connection, _HEADER.size))
    if magic != command ^ 0xFFFFFFFF or size > MOST_DATA:
        raise ValueError("this is no message of adb's")
    return Packet(command, first, second, _exactly(connection, size))


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        piece = connection.recv(size - len(parts))
        if not piece:
            raise EOFError
        parts += piece
    return bytes(parts)
