"""A device that writes down everything that is asked of another one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.devices import Completed, Device
from edgekit.errors import EdgekitError
from edgekit.files import sha256_of
from edgekit.testing.session import Exchange, Execute, Failure, Pull, Push, Session


class RecordingDevice:
    """Passes everything on to ``device`` and records it; :class:`ScriptedDevice` replays the session.

    Args:
        device: the real one. It is closed with this one.
        path: where the session is written when this is closed; None: only kept in :attr:`session`.
    """

    def __init__(self, device: Device, *, path: Path | None = None) -> None:
        self.address = device.address
        self._device = device
        self._path = path
        self._exchanges: list[Exchange] = []
        self._closed = False

    @property
    def session(self) -> Session:
        """What was recorded so far."""
        return Session(self.address, tuple(self._exchanges))

    def push(self, source: Path, target: str) -> None:
        """Push, and record the name and the hash of the content."""
        try:
            self._device.push(source, target)
        except EdgekitError as error:
            digest = sha256_of(source) if source.is_file() else None
            self._record(Push(target, digest, Failure.of(error)))
            raise
        self._record(Push(target, sha256_of(source)))

    def pull(self, source: str, target: Path) -> None:
        """Pull, and record the content."""
        try:
            self._device.pull(source, target)
        except EdgekitError as error:
            self._record(Pull(source, b"", Failure.of(error)))
            raise
        self._record(Pull(source, target.read_bytes()))

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Execute, and record how it ended."""
        try:
            completed = self._device.execute(argv, timeout=timeout)
        except EdgekitError as error:
            self._record(Execute(tuple(argv), None, Failure.of(error)))
            raise
        self._record(Execute(tuple(argv), completed))
        return completed

    def close(self) -> None:
        """Close the device and write the session."""
        self._device.close()
        if not self._closed and self._path is not None:
            self.session.save(self._path)
        self._closed = True

    def _record(self, exchange: Exchange) -> None:
        # What is asked of a closed device is refused by any device, replayed ones too.
        if not self._closed:
            self._exchanges.append(exchange)
