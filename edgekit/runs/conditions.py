"""What went on around a run: heat, clocks, throttling and the load of others, before, during and after.

None, or an empty tuple, always means: the system does not tell. It never means that all is well.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from edgekit.files import DocumentReader


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at the machine, taken between two inferences."""

    at_s: float
    """Seconds since the agent started."""
    phase: str
    """``before`` the model was loaded, during ``steady``, ``idle`` or ``sustained``, or ``after`` all of them."""
    temperature_c: float | None
    """The hottest zone, in °C; a phone's hottest processor, or its skin, and none where an app looked."""
    clocks_mhz: tuple[float, ...]
    """Of each core that tells, in the order of their numbers."""
    governor: str | None
    """Several, where cores differ, with commas between."""
    throttle_flags: int | None
    """A Raspberry Pi's ``get_throttled``: bits 0 to 3 are true now, bits 16 to 19 were since it started."""
    throttle_count: int | None
    """How often the cores' own thermal monitors have throttled since the machine started, where they count."""
    cooling_steps: int | None
    """By how many steps the kernel's cooling devices hold back the processors now; 0: not at all."""
    thermal_status: str | None = None
    """Android's word: ``none``, or from ``light`` on the phone is slowed down."""
    battery_percent: float | None = None
    """0 to 100."""
    charging: bool | None = None
    """Whether a phone is on a charger or another computer."""
    battery_c: float | None = None
    """Of a phone's battery, in °C: it warms up late, and says little of its processors."""

    @classmethod
    def read(cls, reader: DocumentReader) -> Snapshot:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        snapshot = cls(
            at_s=reader.number("at_s"),
            phase=reader.text("phase"),
            temperature_c=reader.signed_or_none("temperature_c"),
            clocks_mhz=reader.numbers("clocks_mhz"),
            governor=reader.text_or_none("governor"),
            throttle_flags=reader.whole_or_none("throttle_flags"),
            throttle_count=reader.whole_or_none("throttle_count"),
            cooling_steps=reader.whole_or_none("cooling_steps"),
            # These came later, and only phones tell them.
            thermal_status=reader.text_or_none("thermal_status") if reader.holds("thermal_status") else None,
            battery_percent=reader.number_or_none("battery_percent") if reader.holds("battery_percent") else None,
            charging=reader.flag("charging")
            if reader.holds("charging") and reader.value("charging") is not None
            else None,
            battery_c=reader.signed_or_none("battery_c") if reader.holds("battery_c") else None,
        )
        reader.finish()
        return snapshot


@dataclass(frozen=True, slots=True)
class Conditions:
    """All looks at the machine in order, and what was counted between the first and the last timed inference."""

    snapshots: tuple[Snapshot, ...]
    """The first is of ``before``, the last of ``after``."""
    timed_s: float
    """Seconds over which the following was counted."""
    others_cores: float | None
    """Processor time of everything but this run, as a number of cores; None also where the time was too short."""
    busiest: str | None
    """The other process that took most of it, by name."""
    busiest_cores: float | None
    voluntary_switches: int | None
    """Context switches of this process: it waited."""
    involuntary_switches: int | None
    """Another process took its place."""
    memory_stall_share: float | None
    """Share of the time in which some process waited for memory (/proc/pressure/memory), 0 to 1."""
    unknown: tuple[str, ...] = ()
    """What this system does not tell, as nouns, such as ``clock``."""

    @property
    def before(self) -> Snapshot:
        """The look before the model was loaded."""
        return self.snapshots[0]

    @property
    def after(self) -> Snapshot:
        """The last look."""
        return self.snapshots[-1]

    @property
    def during(self) -> tuple[Snapshot, ...]:
        """The looks between timed inferences."""
        return self.snapshots[1:-1]

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def read(cls, reader: DocumentReader) -> Conditions:
        """Read what :meth:`to_document` wrote. Raises UsageError."""
        conditions = cls(
            snapshots=tuple(Snapshot.read(section) for section in reader.sections("snapshots")),
            timed_s=reader.number("timed_s"),
            others_cores=reader.number_or_none("others_cores"),
            busiest=reader.text_or_none("busiest"),
            busiest_cores=reader.number_or_none("busiest_cores"),
            voluntary_switches=reader.whole_or_none("voluntary_switches"),
            involuntary_switches=reader.whole_or_none("involuntary_switches"),
            memory_stall_share=reader.number_or_none("memory_stall_share"),
            unknown=reader.texts("unknown"),
        )
        reader.demand(len(conditions.snapshots) >= 2, "snapshots", "a list of at least two, before and after")
        reader.finish()
        return conditions


@dataclass(frozen=True, slots=True)
class Discarded:
    """A run that was tainted and therefore done again."""

    taints: tuple[str, ...]
    """Why, a clause each."""
    p50_ms: float
    p90_ms: float

    @classmethod
    def read(cls, reader: DocumentReader) -> Discarded:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        discarded = cls(reader.texts("taints"), reader.number("p50_ms"), reader.number("p90_ms"))
        reader.finish()
        return discarded
