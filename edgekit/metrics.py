"""Numbers that say where they came from, limits, and the verdicts on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Evidence(StrEnum):
    """Where a number came from."""

    ESTIMATED = "estimated"
    """Computed from the artifact and the profile; nothing ran."""
    EMULATED = "emulated"
    """Seen on an emulated machine: counts hold, seconds do not."""
    MEASURED = "measured"
    """Seen on the thing itself."""


class Verdict(StrEnum):
    """The answer to one limit, or to all of them."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number with its unit and its evidence."""

    name: str
    value: float
    unit: str
    """``bytes``, ``ms``, ``points`` (percentage points), ``count``, ``dB``."""
    evidence: Evidence
    source: str
    """One sentence: how the number was obtained."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits that are wished for. None means: no limit."""

    file_size_bytes: int | None = None
    memory_bytes: int | None = None
    latency_p90_ms: float | None = None
    accuracy_drop_points: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One limit, held against one metric."""

    limit: str
    """The budget's field, without its unit: ``file_size``, ``memory``, ``latency_p90``, ``accuracy_drop``,
    ``runnable`` for "can this file run there at all", or the name of a requirement, such as ``full-int8``."""
    limit_value: float | None
    metric: Metric | None
    """None when there is no number to judge; the verdict is then ``unknown`` (or ``fail`` for ``runnable``)."""
    verdict: Verdict
    sentence: str
    likelihood: float | None = None
    """That the limit is kept, 0 to 1, where the metric is an estimate with an interval; None where it is not."""

    @property
    def answer(self) -> str:
        """The verdict as people read it: with the likelihood where it is unknown, and marked where it is estimated."""
        if self.likelihood is None:
            return str(self.verdict)
        if self.verdict is not Verdict.UNKNOWN:
            return f"{self.verdict} (estimated)"
        return (
            f"{self.verdict}, {'likely pass' if self.likelihood >= 0.5 else 'unlikely'} ({self.likelihood * 100:.0f} %)"
        )


def overall(checks: Iterable[Check]) -> Verdict:
    """Return the verdict on all checks; no check at all is unknown."""
    return combine(check.verdict for check in checks)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict for several: fail beats unknown beats pass; none at all is unknown."""
    seen = set(verdicts)
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS):
        if verdict in seen:
            return verdict
    return Verdict.UNKNOWN
