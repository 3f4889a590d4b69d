"""A recorded conversation with a device, as a JSON file that can be read, reviewed and kept in a repository."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgekit.devices import Completed
from edgekit.errors import (
    AgentMismatch,
    CommandFailed,
    DeviceError,
    DeviceTimeout,
    DeviceUnreachable,
    EdgekitError,
    OutputError,
    UsageError,
)
from edgekit.files import write_json

SESSION_SCHEMA = "edgekit.session/1"

_DEVICE_ERRORS = (DeviceError, DeviceUnreachable, DeviceTimeout, CommandFailed, AgentMismatch)
_CALLER_ERRORS = (UsageError, OutputError)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that an exchange ended with."""

    kind: str
    """The name of the error's class."""
    message: str
    hint: str | None = None
    log: str | None = None

    def error(self, address: str) -> EdgekitError:
        """Return the error again, as from the device at ``address``."""
        for device_kind in _DEVICE_ERRORS:
            if device_kind.__name__ == self.kind:
                return device_kind(self.message, address=address, hint=self.hint, log=self.log)
        for caller_kind in _CALLER_ERRORS:
            if caller_kind.__name__ == self.kind:
                return caller_kind(self.message, hint=self.hint, log=self.log)
        raise UsageError(f"a session holds the error '{self.kind}', which no device raises")

    @classmethod
    def of(cls, error: EdgekitError) -> Failure:
        """Return what is kept of ``error``."""
        return cls(type(error).__name__, error.message, error.hint, error.log)


@dataclass(frozen=True, slots=True)
class Push:
    """A file that went to the device."""

    target: str
    sha256: str | None
    """Of its content; None: any content will do."""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """A file that came from the device."""

    source: str
    content: bytes
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Execute:
    """A command that ran there. Its timeout is not part of the session."""

    argv: tuple[str, ...]
    completed: Completed | None
    """None where it ended with ``failure``."""
    failure: Failure | None = None


Exchange = Push | Pull | Execute


@dataclass(frozen=True, slots=True)
class Session:
    """All exchanges with one device, in order."""

    address: str
    exchanges: tuple[Exchange, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the session as JSON values; contents are base64."""
        return {
            "schema": SESSION_SCHEMA,
            "address": self.address,
            "exchanges": [_exchange_document(exchange) for exchange in self.exchanges],
        }

    @classmethod
    def from_document(cls, document: Any) -> Session:
        """Return the session that :meth:`to_document` wrote. Raises UsageError where it is malformed."""
        try:
            if document["schema"] != SESSION_SCHEMA:
                raise UsageError(f"the session's schema is '{document['schema']}', not '{SESSION_SCHEMA}'")
            return cls(document["address"], tuple(_exchange(entry) for entry in document["exchanges"]))
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise UsageError(f"the session is malformed: {type(error).__name__} {error}") from error

    def save(self, path: Path) -> None:
        """Write the session as JSON, whole or not at all. Raises OutputError."""
        write_json(path, self.to_document())

    @classmethod
    def load(cls, path: Path) -> Session:
        """Read a session. Raises UsageError that names the file."""
        try:
            document = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"session {path} cannot be read: {error}") from error
        try:
            return cls.from_document(document)
        except UsageError as error:
            raise UsageError(f"{path}: {error.message}", hint=error.hint) from error


def _exchange_document(exchange: Exchange) -> dict[str, Any]:
    entry: dict[str, Any] = {"do": type(exchange).__name__.lower(), **asdict(exchange)}
    if isinstance(exchange, Pull):
        entry["content"] = base64.b64encode(exchange.content).decode("ascii")
    return entry


def _exchange(entry: dict[str, Any]) -> Exchange:
    fields = dict(entry)
    make: Callable[..., Exchange] = {"push": Push, "pull": Pull, "execute": Execute}[fields.pop("do")]
    if fields.get("failure") is not None:
        fields["failure"] = Failure(**fields["failure"])
    if make is Pull:
        fields["content"] = base64.b64decode(fields["content"], validate=True)
    if make is Execute:
        fields["argv"] = tuple(fields["argv"])
        if fields["completed"] is not None:
            fields["completed"] = Completed(**fields["completed"])
    return make(**fields)
