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
        """Half width of the interval, in the logarithm; 0 of a file whose operators cost nothing."""
        return math.log(self.high_ms / self.median_ms) if self.median_ms else 0.0

    @property
    def interval_text(self) -> str:
        """The interval as people read it."""
        return f"{format_milliseconds(self.low_ms)} to {format_milliseconds(self.high_ms)}"

    def likelihood(self, limit_ms: float) -> float:
        """Return how likely the latency is within ``limit_ms``: 0.01 to 0.99, for nothing is surer than that."""
        sigma = self.spread / _NORMAL_95
        if sigma:
            chance = 0.5 * (1 + math.erf(math.log(limit_ms / self.median_ms) / sigma / math.sqrt(2)))
        else:
            chance = float(self.median_ms <= limit_ms)
        return min(max(chance, 1 - _SUREST), _SUREST)

    def metric(self) -> Metric:
        """Return the median as a metric."""
        source = f"90 % interval {self.interval_text}; {'; '.join((*self.basis.fitted_on, *self.basis.distance))}"
        return Metric("latency_p50", self.median_ms, "ms", Evidence.ESTIMATED, source)

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
