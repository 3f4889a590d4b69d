"""One connection of adb's server to the phone, and the streams in it."""

from __future__ import annotations

import queue
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from edgekit.testing.phone.packets import (
    AUTH,
    AUTH_KEY,
    AUTH_SIGNATURE,
    AUTH_TOKEN,
    CLSE,
    CNXN,
    MOST_DATA,
    OKAY,
    OPEN,
    VERSION,
    WRTE,
    Packet,
    read_packet,
)


class ServiceStream:
    """A conversation with one service. Bytes come in order; the other side takes the next when it is ready for it."""

    def __init__(self, connection: Connection, own: int, theirs: int) -> None:
        self._connection = connection
        self._own, self._theirs = own, theirs
        self._arrived: queue.Queue[bytes] = queue.Queue()
        self._kept = b""
        self._ready = threading.Semaphore(0)
        self.closed = threading.Event()

    def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes. Raises EOFError where the stream ends before."""
        parts = bytearray()
        while len(parts) < size:
            if not self._kept:
                self._kept = self._arrived.get()
                if not self._kept:
                    self._arrived.put(b"")
                    raise EOFError
                self._connection.send(Packet(OKAY, self._own, self._theirs))
            taken = self._kept[: size - len(parts)]
            self._kept = self._kept[len(taken) :]
            parts += taken
        return bytes(parts)

    def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises EOFError where nobody takes it any more."""
        for at in range(0, len(data), MOST_DATA):
            if self.closed.is_set():
                raise EOFError
            self._connection.send(Packet(WRTE, self._own, self._theirs, data[at : at + MOST_DATA]))
            self._ready.acquire()
        if self.closed.is_set():
            raise EOFError

    def close(self) -> None:
        """End it from this side."""
        if not self.closed.is_set():
            with suppress(OSError):
                self._connection.send(Packet(CLSE, self._own, self._theirs))
        self.end()

    def take(self, data: bytes) -> None:
        """Take what arrived."""
        self._arrived.put(data)

    def go_on(self) -> None:
        """The other side took what was written."""
        self._ready.release()

    def end(self) -> None:
        """The other side is gone."""
        self.closed.set()
        self._arrived.put(b"")
        self._ready.release()


class Connection:
    """One connection, from its first message to its end.

    Args:
        link: the socket.
        banner: what the phone says of itself.
        authorized: asked when the host shows its key.
        serve: called with a stream and the name of its service, in a thread of its own.
        token: it is asked for a key first.
    """

    def __init__(
        self,
        link: socket.socket,
        *,
        banner: str,
        authorized: Callable[[], bool],
        serve: Callable[[ServiceStream, str], None],
        token: bool,
    ) -> None:
        self._link = link
        self._banner = banner
        self._authorized = authorized
        self._serve = serve
        self._token = token
        self._sending = threading.Lock()
        self._streams: dict[int, ServiceStream] = {}
        self._next = 1

    def run(self) -> None:
        """Answer until the connection ends."""
        try:
            while True:
                self._answer(read_packet(self._link))
        except (EOFError, OSError, ValueError):
            pass
        finally:
            for stream in list(self._streams.values()):
                stream.end()
            self.drop()

    def drop(self) -> None:
        """End the connection at once."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._link.close()

    def send(self, packet: Packet) -> None:
        """Send one message. Raises OSError where the connection is gone."""
        with self._sending:
            self._link.sendall(packet.encoded())

    def _answer(self, packet: Packet) -> None:
        stream = self._streams.get(packet.second)
        if packet.command == CNXN and self._token:
            self.send(Packet(AUTH, AUTH_TOKEN, 0, secrets.token_bytes(20)))
        elif packet.command == CNXN or (packet.command == AUTH and self._admits(packet)):
            self._token = False
            self.send(Packet(CNXN, VERSION, MOST_DATA, self._banner.encode()))
        elif packet.command == AUTH and packet.first == AUTH_SIGNATURE:
            # A key that the phone does not know; the host may show another one, and its public half at last.
            self.send(Packet(AUTH, AUTH_TOKEN, 0, secrets.token_bytes(20)))
        elif packet.command == OPEN:
            self._open(packet)
        elif packet.command == WRTE and stream is not None:
            stream.take(packet.data)
        elif packet.command == OKAY and stream is not None:
            stream.go_on()
        elif packet.command == CLSE and stream is not None:
            stream.end()

    def _admits(self, packet: Packet) -> bool:
        # A phone that knows the key takes its signature; where the key is shown, adb is "unauthorized" meanwhile.
        return packet.first in {AUTH_SIGNATURE, AUTH_KEY} and self._authorized()

    def _open(self, packet: Packet) -> None:
        own, self._next = self._next, self._next + 1
        stream = self._streams[own] = ServiceStream(self, own, packet.first)
        service = packet.data.rstrip(b"\0").decode()

        def serve() -> None:
            try:
                self._serve(stream, service)
            except (EOFError, OSError):
                pass
            finally:
                stream.close()
                self._streams.pop(own, None)

        self.send(Packet(OKAY, own, packet.first))
        threading.Thread(target=serve, daemon=True).start()
