"""What became of each device of a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from edgekit.devices import Host
from edgekit.errors import EdgekitError, error_document
from edgekit.files import write_json

FLEET_SCHEMA = "edgekit.fleet/1"


class Told(Protocol):
    """A result of one device."""

    def to_document(self) -> Mapping[str, Any]:
        """Return it as JSON values."""
        ...


Result = TypeVar("Result", bound=Told)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """One device: its result, or what was wrong."""

    host: Host
    result: Result | None
    error: EdgekitError | None
    """None where there is a result."""
    remark: str | None = None
    """Where it is not the kind of device that it is said to be."""


@dataclass(frozen=True, slots=True)
class Fleet(Generic[Result]):
    """The same question, put to several devices."""

    verb: str
    """``benchmark``, ``verify`` or ``doctor``."""
    outcomes: tuple[Outcome[Result], ...]
    """In the order given."""
    taking_turns: tuple[str, ...] = ()
    """The devices that share this machine's processor, and so had it one after the other."""

    @property
    def results(self) -> tuple[Result, ...]:
        """Of the devices that answered, in order."""
        return tuple(outcome.result for outcome in self.outcomes if outcome.result is not None)

    @property
    def failed(self) -> tuple[Outcome[Result], ...]:
        """The devices without a result."""
        return tuple(outcome for outcome in self.outcomes if outcome.error is not None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of all of it, a sentence each."""
        notes = [f"{outcome.host}: {outcome.remark}" for outcome in self.outcomes if outcome.remark is not None]
        if len(self.taking_turns) > 1 or (self.taking_turns and len(self.outcomes) > len(self.taking_turns)):
            beside = ", after the boards" if len(self.outcomes) > len(self.taking_turns) else ""
            verb = "shares" if len(self.taking_turns) == 1 else "share"
            how = "ran alone" if len(self.taking_turns) == 1 else "ran one after the other"
            notes.append(f"{', '.join(self.taking_turns)} {verb} this machine's processor, and {how}{beside}")
        return tuple(notes)

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": FLEET_SCHEMA,
            "verb": self.verb,
            "failed": len(self.failed),
            "notes": list(self.notes),
            "devices": [
                {
                    "name": outcome.host.name,
                    "address": outcome.host.address,
                    "profile": outcome.host.profile,
                    "result": None if outcome.result is None else dict(outcome.result.to_document()),
                    "error": None if outcome.error is None else error_document(outcome.error),
                }
                for outcome in self.outcomes
            ],
        }

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all; ``edgekit report`` reads a benchmark's. Raises OutputError."""
        write_json(Path(path), self.to_document())

    def __str__(self) -> str:
        lines = [
            str(outcome.result) if outcome.error is None else f"{outcome.host}: {outcome.error.message}"
            for outcome in self.outcomes
        ]
        return "\n".join((*lines, *self.notes))
