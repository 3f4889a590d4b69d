"""Which of several files is faster on a device, where they took turns there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.files import write_json
from edgekit.runs.conditions import Conditions
from edgekit.runs.environment import Environment
from edgekit.runs.timings import Timings
from edgekit.statistics import Interval, signed_rank_interval
from edgekit.units import format_milliseconds

SPEED_SCHEMA = "edgekit.speed/1"
CONFIDENCE = 0.99


class Faster(StrEnum):
    """How a file compares with the first one."""

    FASTER = "faster"
    SLOWER = "slower"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class FileTimes:
    """One of the files that took turns."""

    file: str
    """Its name."""
    artifact_sha256: str
    outputs_sha256: str
    """Digest of the outputs on the seeded inputs."""
    steady: Timings
    """Of all turns, in order."""
    blocks: tuple[int, ...]
    """How many of them belong to each turn."""


@dataclass(frozen=True, slots=True)
class SpeedRatio:
    """The time of one file as a multiple of the first one's: below 1 it is faster."""

    file: str
    reference: str
    ratio: float
    """The Hodges-Lehmann estimate over all rounds, each of which gives the ratio of two medians."""
    interval: Interval
    """Holds 1 in at least 99 of 100 tries where both are the same file."""
    rounds: int

    @property
    def verdict(self) -> Faster:
        """The answer; one of the two only where the whole interval says so."""
        if self.interval.high < 1:
            return Faster.FASTER
        return Faster.SLOWER if self.interval.low > 1 else Faster.CANNOT_TELL

    def __str__(self) -> str:
        told = (
            f"{self.ratio:.3f} times the time of {self.reference} ({self.interval.low:.3f} to {self.interval.high:.3f})"
        )
        return f"{self.file}: {self.verdict}, {told}"


@dataclass(frozen=True, slots=True)
class SpeedComparison:
    """Several files that took turns on one device, in one session of the agent."""

    device: str
    threads: int
    seed: int
    """Of the inputs and of the order."""
    files: tuple[FileTimes, ...]
    """In the order that they were given in; the others are held against the first."""
    ratios: tuple[SpeedRatio, ...]
    """One for each file but the first."""
    environment: Environment
    conditions: Conditions
    taints: tuple[str, ...]
    """What went on meanwhile. Files that take turns have suffered from it alike: ratios hold, times do not."""

    @property
    def certainty(self) -> str:
        """What its intervals mean, as a clause."""
        rounds, confidence = self.ratios[0].rounds, self.ratios[0].interval.confidence
        return (
            f"{rounds} rounds in random order, {confidence:.0%} intervals: a file against itself is faster or slower "
            f"in at most {1 - confidence:.0%} of all tries"
        )

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": SPEED_SCHEMA,
            "device": self.device,
            "threads": self.threads,
            "seed": self.seed,
            "files": [{**dataclasses.asdict(each), "steady": each.steady.to_document()} for each in self.files],
            "ratios": [{**dataclasses.asdict(each), "verdict": str(each.verdict)} for each in self.ratios],
            "environment": dataclasses.asdict(self.environment),
            "conditions": self.conditions.to_document(),
            "taints": list(self.taints),
        }

    def save(self, path: str | Path) -> None:
        """Write the document, whole or not at all. Raises OutputError."""
        write_json(Path(path), self.to_document())

    def __str__(self) -> str:
        times = [f"{each.file}: p50 {format_milliseconds(each.steady.p50_ms)}" for each in self.files]
        return "\n".join([f"on {self.device}:", *times, *map(str, self.ratios)])


def speed_ratio(
    blocks: Sequence[Sequence[float]], reference: Sequence[Sequence[float]], *, file: str, against: str
) -> SpeedRatio:
    """Return how two files compare that had one block of times in each round."""
    pairs = zip(blocks, reference, strict=True)
    logs = [math.log(float(np.median(ours)) / float(np.median(theirs))) for ours, theirs in pairs]
    middle, interval = signed_rank_interval(logs, confidence=CONFIDENCE)
    bounds = Interval(math.exp(interval.low), math.exp(interval.high), interval.confidence)
    return SpeedRatio(file, against, math.exp(middle), bounds, len(logs))
