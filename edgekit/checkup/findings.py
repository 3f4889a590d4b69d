"""What an examination gives: facts, and findings with their next steps."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edgekit.devices.adb import PhoneFacts

CHECKUP_SCHEMA = "edgekit.doctor/1"


class Health(StrEnum):
    """What a finding means for running a model."""

    GOOD = "good"
    NOTE = "note"
    """It runs, but what is measured may not hold."""
    PROBLEM = "problem"
    """It does not run, or what is measured does not hold."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at."""

    topic: str
    """``board``, ``cpu``, ``memory``, ``disk``, ``temperature``, ``clock``, ``power``, ``load``, ``python``, ..."""
    health: Health
    sentence: str
    next_step: str | None = None
    """None where nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """A device, looked over."""

    address: str
    machine: str
    board: str | None
    cpu_model: str
    cores: int | None
    memory_bytes: int | None
    features: tuple[str, ...]
    """Of the processor, those that decide how fast a model is: ``neon``, ``dotprod``, ``fp16``, ``i8mm``, ..."""
    emulated: bool
    profile: str | None
    """The profile of this very kind of device; None where it is of no kind that we know."""
    nearest_profile: str | None
    """The same, or else the one that is most like it."""
    python: str | None
    interpreter: str | None
    """Package and version of the interpreter that works, or the app of a phone that has one; None where none does."""
    findings: tuple[Remark, ...]
    clock_hz: float | None = None
    """Highest clock of the first core; None where the device does not tell."""
    phone: PhoneFacts | None = None
    """What only phones tell; None for other devices."""

    @property
    def runs_models(self) -> bool:
        """Whether a .tflite file can be run there as it is now."""
        return self.interpreter is not None

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        document = dataclasses.asdict(self)
        document["features"] = list(self.features)
        if self.phone is not None:
            document["phone"] = {**document["phone"], "abis": list(self.phone.abis), "apps": list(self.phone.apps)}
        document["findings"] = [dataclasses.asdict(each) for each in self.findings]
        return {"schema": CHECKUP_SCHEMA, **document, "runs_models": self.runs_models}

    def __str__(self) -> str:
        lines = [f"{self.address}: {'runs models' if self.runs_models else 'runs no models'}"]
        for each in self.findings:
            lines.append(f"  {each.health}: {each.topic}: {each.sentence}")
            if each.next_step:
                lines.append(f"    next: {each.next_step}")
        return "\n".join(lines)
