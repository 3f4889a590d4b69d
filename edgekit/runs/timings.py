"""A sample of inference times, and the figures that follow from it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.files import DocumentReader
from edgekit.statistics import Interval, median_interval


@dataclass(frozen=True, slots=True)
class ToldFigures:
    """What a tool that keeps its sample to itself says of it, in milliseconds."""

    count: int
    p50_ms: float
    p95_ms: float
    min_ms: float
    max_ms: float
    mean_ms: float
    deviation_ms: float
    """The standard deviation."""

    @classmethod
    def read(cls, reader: DocumentReader) -> ToldFigures:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        names = ("p50_ms", "p95_ms", "min_ms", "max_ms", "mean_ms", "deviation_ms")
        told = cls(reader.whole("count", least=1), *(reader.number(name) for name in names))
        reader.finish()
        return told


@dataclass(frozen=True, slots=True)
class Timings:
    """Inferences in milliseconds and in order. The whole sample is kept, never empty, unless a tool told figures only.

    Percentiles interpolate linearly between the two nearest samples, as :func:`numpy.percentile` does by default.
    """

    samples_ms: tuple[float, ...]
    """Empty only where :attr:`told` is all there is."""
    told: ToldFigures | None = None
    """The figures of a tool that does not give its sample; what follows from them is said at each property."""

    def __post_init__(self) -> None:
        if bool(self.samples_ms) == (self.told is not None):
            raise ValueError("timings need at least one sample, or a tool's own figures, and not both")

    @property
    def count(self) -> int:
        """Number of inferences."""
        return len(self.samples_ms) if self.told is None else self.told.count

    @property
    def p50_ms(self) -> float:
        """The median."""
        return self.percentile_ms(50) if self.told is None else self.told.p50_ms

    @property
    def p90_ms(self) -> float:
        """Nine of ten inferences are as fast as this, or faster; of told figures p95, which is never better."""
        return self.percentile_ms(90) if self.told is None else self.told.p95_ms

    @property
    def p99_ms(self) -> float:
        """Of fewer than about 100 samples this says little more than the largest one; of told figures the largest."""
        return self.percentile_ms(99) if self.told is None else self.told.max_ms

    @property
    def min_ms(self) -> float:
        """The fastest."""
        return min(self.samples_ms) if self.told is None else self.told.min_ms

    @property
    def mad_ms(self) -> float:
        """The spread: median of the absolute deviations from the median, not scaled to a standard deviation.

        Of told figures the standard deviation.
        """
        if self.told is not None:
            return self.told.deviation_ms
        return float(np.median(np.abs(np.asarray(self.samples_ms) - self.p50_ms)))

    @property
    def median_interval_ms(self) -> Interval | None:
        """Where the median lies, by a seeded block bootstrap; None of told figures. Says nothing of other days."""
        return median_interval(self.samples_ms) if self.told is None else None

    def percentile_ms(self, percent: float) -> float:
        """Return the percentile of the sample, for ``percent`` from 0 to 100. Raises IndexError where there is none."""
        return float(np.percentile(self.samples_ms, percent))

    def to_document(self) -> dict[str, Any]:
        """Return the figures, and the samples that they are computed from, as JSON values."""
        interval = self.median_interval_ms
        return {
            "count": self.count,
            "p50_ms": self.p50_ms,
            "p90_ms": self.p90_ms,
            "p99_ms": self.p99_ms,
            "min_ms": self.min_ms,
            "mad_ms": self.mad_ms,
            "median_low_ms": None if interval is None else interval.low,
            "median_high_ms": None if interval is None else interval.high,
            "told": None if self.told is None else dataclasses.asdict(self.told),
            "samples_ms": list(self.samples_ms),
        }

    @classmethod
    def read(cls, reader: DocumentReader) -> Timings:
        """Read what :meth:`to_document` wrote. Raises UsageError, also where a figure contradicts the samples."""
        section = reader.section_or_none("told") if reader.holds("told") else None
        told = None if section is None else ToldFigures.read(section)
        samples = reader.numbers("samples_ms", least=1 if told is None else 0)
        reader.demand(told is None or not samples, "samples_ms", "empty beside the figures that a tool told")
        timings = cls(samples, told)
        reader.agree("count", timings.count)
        for name in ("p50_ms", "p90_ms", "p99_ms", "min_ms", "mad_ms"):
            reader.agree(name, getattr(timings, name))
        # Files of schema 1 have none. It is drawn anew where it is shown; here it must only be possible.
        for name, below in (("median_low_ms", True), ("median_high_ms", False)):
            if reader.holds(name):
                reader.bound(name, timings.p50_ms, below=below)
        reader.finish()
        return timings
