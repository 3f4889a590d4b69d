"""The values of a prediction: what it says, how sure, and what it rests on."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from edgekit.metrics import Evidence, Metric
from edgekit.prediction.work import KernelKind, WorkKind
from edgekit.units import format_count, format_milliseconds

PREDICTION_SCHEMA = "edgekit.prediction/1"
_NORMAL_95 = 1.6448536269514722
_SUREST = 0.99
P90_RATIO = 1.05
"""The p90 of a run as a multiple of its median: of 19 runs without taint on a PC 1.01 to 1.07, and once 1.49."""
P90_SPREAD = math.log(1.1)
"""Half width of the 90 % interval around that, in the logarithm: wider than was seen, as boards are others."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a prediction rests on."""

    fitted_on: tuple[str, ...]
    """Which measurements."""
    distance: tuple[str, ...]
    """In what the file, or the board, is unlike those, a clause each; empty where it is like them."""


@dataclass(frozen=True, slots=True)
class OpShare:
    """What one operator is estimated to take."""

    index: int
    name: str
    output: str
    kind: WorkKind
    arithmetic: KernelKind
    milliseconds: float
    memory_bound: bool
    """Reading its weights takes longer than computing with them."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """How long one inference takes on a kind of board, estimated: nothing ran."""

    file: str
    sha256: str
    profile: str
    mode: str | None
    threads: int
    median_ms: float
    low_ms: float
    high_ms: float
    """``low_ms`` to ``high_ms`` holds the median of a run with 90 % confidence."""
    ops: tuple[OpShare, ...]
    """In execution order."""
    basis: Basis
    runtime: str | None = None
    """Package and version that the costs were seen with; None: published figures, of several."""

    @property
    def spread(self) -> float:
        """From the median to the interval's end, in the logarithm; 0 of a file whose operators cost nothing."""
        return math.log(self.high_ms / self.median_ms) if self.median_ms else 0.0

    @property
    def interval_text(self) -> str:
        """The interval as people read it."""
        return f"{format_milliseconds(self.low_ms)} to {format_milliseconds(self.high_ms)}"

    @property
    def p90_ms(self) -> float:
        """What nine of ten inferences take at most: the median times :data:`P90_RATIO`."""
        return self.median_ms * P90_RATIO

    @property
    def p90_interval_ms(self) -> tuple[float, float]:
        """What holds the p90 of a run with 90 % confidence: it is less sure than the median."""
        below = math.log(self.median_ms / self.low_ms) if self.median_ms else 0.0
        return self.p90_ms / math.exp(math.hypot(below, P90_SPREAD)), self.p90_ms * math.exp(self._p90_spread)

    @property
    def p90_interval_text(self) -> str:
        """The same as people read it."""
        low, high = self.p90_interval_ms
        return f"{format_milliseconds(low)} to {format_milliseconds(high)}"

    @property
    def _p90_spread(self) -> float:
        return math.hypot(self.spread, P90_SPREAD)

    def likelihood(self, limit_ms: float) -> float:
        """Return how likely the median is within ``limit_ms``: 0.01 to 0.99, for nothing is surer than that."""
        return _likelihood(limit_ms, self.median_ms, self.spread)

    def p90_likelihood(self, limit_ms: float) -> float:
        """Return the same for the p90, which is less sure than the median."""
        return _likelihood(limit_ms, self.p90_ms, self._p90_spread)

    def metric(self) -> Metric:
        """Return the median as a metric."""
        source = f"90 % interval {self.interval_text}; {'; '.join((*self.basis.fitted_on, *self.basis.distance))}"
        return Metric("latency_p50", self.median_ms, "ms", Evidence.ESTIMATED, source)

    def p90_metric(self) -> Metric:
        """Return the p90 as a metric."""
        source = f"{P90_RATIO:g} times the median; {self.metric().source}"
        return Metric("latency_p90", self.p90_ms, "ms", Evidence.ESTIMATED, source)

    def kinds(self) -> tuple[tuple[WorkKind, float], ...]:
        """Return each kind of operator with its share of the time, largest first."""
        sums: dict[WorkKind, float] = {}
        for op in self.ops:
            sums[op.kind] = sums.get(op.kind, 0.0) + op.milliseconds
        total = sum(sums.values()) or 1.0
        return tuple(sorted(((kind, part / total) for kind, part in sums.items()), key=lambda row: -row[1]))

    def __str__(self) -> str:
        mode = f" ({self.mode})" if self.mode else ""
        return (
            f"{self.file} on {self.profile}{mode}, {format_count(self.threads, 'thread')}: "
            f"{format_milliseconds(self.median_ms)} (estimated; 90 % interval {self.interval_text})"
        )

    def to_document(self, *, ops: bool = True) -> dict[str, Any]:
        """Return the prediction as JSON values."""
        return {
            "schema": PREDICTION_SCHEMA,
            "file": self.file,
            "sha256": self.sha256,
            "profile": self.profile,
            "mode": self.mode,
            "threads": self.threads,
            "evidence": str(Evidence.ESTIMATED),
            "median_ms": self.median_ms,
            "interval_ms": [self.low_ms, self.high_ms],
            "confidence": 0.9,
            "runtime": self.runtime,
            "basis": dataclasses.asdict(self.basis),
            "shares": {str(kind): share for kind, share in self.kinds()},
            **({"ops": [dataclasses.asdict(op) for op in self.ops]} if ops else {}),
        }


def _likelihood(limit_ms: float, middle_ms: float, spread: float) -> float:
    if middle_ms and spread:
        chance = 0.5 * (1 + math.erf(math.log(limit_ms / middle_ms) * _NORMAL_95 / spread / math.sqrt(2)))
    else:
        chance = float(middle_ms <= limit_ms)
    return min(max(chance, 1 - _SUREST), _SUREST)
