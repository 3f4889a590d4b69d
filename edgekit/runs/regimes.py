"""Other ways to run than back to back: after idle gaps, and for long."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from edgekit.files import DocumentReader
from edgekit.runs.timings import Timings


@dataclass(frozen=True, slots=True)
class IdleGaps:
    """Inferences with a pause before each, in which clocks fall and caches cool, as in most programs."""

    gap_ms: float
    timings: Timings

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"gap_ms": self.gap_ms, "timings": self.timings.to_document()}

    @classmethod
    def read(cls, reader: DocumentReader) -> IdleGaps:
        """Read what :meth:`to_document` wrote. Raises UsageError."""
        idle = cls(reader.number("gap_ms"), Timings.read(reader.section("timings")))
        reader.finish()
        return idle


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """One window of a sustained run. None: the system does not tell."""

    at_s: float
    """The end of the window, in seconds since the sustained run began."""
    count: int
    """Inferences in the window."""
    median_ms: float
    max_ms: float
    temperature_c: float | None
    clock_mhz: float | None
    """Of the fastest core at the window's end."""
    throttled: bool | None
    """Whether anything held the clock back then."""

    @classmethod
    def read(cls, reader: DocumentReader) -> TimelinePoint:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        point = cls(
            at_s=reader.number("at_s"),
            count=reader.whole("count", least=1),
            median_ms=reader.number("median_ms"),
            max_ms=reader.number("max_ms"),
            temperature_c=reader.signed_or_none("temperature_c"),
            clock_mhz=reader.number_or_none("clock_mhz"),
            throttled=None if reader.value("throttled") is None else reader.flag("throttled"),
        )
        reader.finish()
        return point


@dataclass(frozen=True, slots=True)
class Sustained:
    """A long run back to back, window by window."""

    asked_s: float
    window_s: float
    """Length of a window; one inference that takes longer makes a window of its own."""
    timeline: tuple[TimelinePoint, ...]
    """Never empty."""

    @property
    def slowdown(self) -> float:
        """The slowest window's median, as a multiple of the first one's."""
        return max(point.median_ms for point in self.timeline) / max(self.timeline[0].median_ms, 1e-9)

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def read(cls, reader: DocumentReader) -> Sustained:
        """Read what :meth:`to_document` wrote. Raises UsageError."""
        sustained = cls(
            asked_s=reader.number("asked_s"),
            window_s=reader.number("window_s"),
            timeline=tuple(TimelinePoint.read(section) for section in reader.sections("timeline")),
        )
        reader.demand(bool(sustained.timeline), "timeline", "a list of at least one window")
        reader.finish()
        return sustained
