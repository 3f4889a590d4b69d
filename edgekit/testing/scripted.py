"""A device that is not there: it answers from a recorded session and accepts no other conversation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from edgekit.devices import Completed
from edgekit.errors import DeviceError
from edgekit.files import sha256_of, write_bytes
from edgekit.testing.session import Exchange, Execute, Pull, Push, Session


class SessionMismatch(AssertionError):
    """What was asked of a :class:`ScriptedDevice` is not what was recorded."""


class ScriptedDevice:
    """Replays a session that :class:`RecordingDevice` recorded, or that was written by hand.

    Every push, pull and execute must come in the recorded order with the recorded names, contents and arguments;
    anything else raises :class:`SessionMismatch`, an AssertionError, so that no handler of ours swallows it.

    Args:
        session: the session, or the path of its file.

    Raises:
        UsageError: the file is no session.
    """

    def __init__(self, session: Session | Path | str) -> None:
        if not isinstance(session, Session):
            session = Session.load(Path(session))
        self.address = session.address
        self._exchanges = session.exchanges
        self._next = 0
        self._closed = False

    def push(self, source: Path, target: str) -> None:
        """Compare the name and the content's hash with the recorded ones."""
        asked = f"push of {target!r}"
        recorded = self._take(asked)
        if not isinstance(recorded, Push) or recorded.target != target:
            self._mismatch(asked, recorded)
        digest = sha256_of(source) if source.is_file() else None
        if recorded.sha256 is not None and recorded.sha256 != digest:
            self._mismatch(f"{asked} with sha256 {digest}", recorded)
        if recorded.failure is not None:
            raise recorded.failure.error(self.address)

    def pull(self, source: str, target: Path) -> None:
        """Write the recorded content to ``target``."""
        asked = f"pull of {source!r}"
        recorded = self._take(asked)
        if not isinstance(recorded, Pull) or recorded.source != source:
            self._mismatch(asked, recorded)
        if recorded.failure is not None:
            raise recorded.failure.error(self.address)
        write_bytes(target, recorded.content)

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Return the recorded result; ``timeout`` is not compared."""
        asked = f"command {list(argv)!r} within {timeout:g} s"
        recorded = self._take(asked)
        if not isinstance(recorded, Execute) or recorded.argv != tuple(argv):
            self._mismatch(asked, recorded)
        if recorded.failure is not None:
            raise recorded.failure.error(self.address)
        if recorded.completed is None:
            raise SessionMismatch(f"exchange {self._next}: recorded is neither a result nor a failure")
        return recorded.completed

    def close(self) -> None:
        """Refuse everything from now on. What was not replayed is told by :meth:`assert_finished`."""
        self._closed = True

    def assert_finished(self) -> None:
        """Raise SessionMismatch unless the whole session was replayed."""
        left = len(self._exchanges) - self._next
        if left:
            following = _describe(self._exchanges[self._next])
            raise SessionMismatch(f"{left} of {len(self._exchanges)} exchanges were not asked for; next: {following}")

    def _take(self, asked: str) -> Exchange:
        if self._closed:
            raise DeviceError(f"the device {self.address} is closed", address=self.address, hint="connect again")
        if self._next == len(self._exchanges):
            raise SessionMismatch(f"the session ends after {self._next} exchanges, but asked was {asked}")
        self._next += 1
        return self._exchanges[self._next - 1]

    def _mismatch(self, asked: str, recorded: Exchange) -> NoReturn:
        raise SessionMismatch(f"exchange {self._next}: recorded is {_describe(recorded)}, but asked was {asked}")


def _describe(exchange: Exchange) -> str:
    if isinstance(exchange, Push):
        return f"push of {exchange.target!r} with sha256 {exchange.sha256}"
    if isinstance(exchange, Pull):
        return f"pull of {exchange.source!r}"
    return f"command {list(exchange.argv)!r}"
