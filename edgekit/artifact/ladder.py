"""The ladder that ``--precision auto`` climbed: what was tried, what it came to, what was kept."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgekit.recipe import Recipe
from edgekit.units import format_bytes, format_count


@dataclass(frozen=True, slots=True)
class Goal:
    """What a file must reach; one limit at least is set."""

    max_drop_points: float | None
    """The most that may be lost against the float file: points of accuracy where samples have labels, else of top-1
    agreement. What was seen counts, not its interval, as a verdict on a budget has it."""
    min_snr_db: float | None
    """The least signal to noise ratio of the outputs."""
    require: tuple[str, ...] = ()
    """Names of requirements that the file must meet besides."""

    def __str__(self) -> str:
        told = (
            []
            if self.max_drop_points is None
            else [f"a drop of at most {self.max_drop_points:g} points (point estimate)"]
        )
        told += [] if self.min_snr_db is None else [f"at least {self.min_snr_db:g} dB"]
        return " and ".join([*told, *self.require])


@dataclass(frozen=True, slots=True)
class Rung:
    """One file that was made and judged under the real runtime."""

    what: str
    """The recipe in words."""
    recipe: Recipe
    size_bytes: int | None
    """None where it could not be made, as for all figures."""
    operators: int | None
    """Without QUANTIZE and DEQUANTIZE."""
    outside_int8: int | None
    """Those of them that compute in something else than int8."""
    snr_db: float | None
    drop_points: float | None
    """None where neither labels nor class scores are there."""
    interval_points: tuple[float, float] | None
    """Of the drop, with 95 % confidence; None where it is of agreement."""
    reached: bool
    kept: bool = False
    shortfalls: tuple[str, ...] = ()
    """Those of the goal's requirements that it does not meet."""
    fault: str | None = None
    """Why it could not be made."""

    @classmethod
    def failed(cls, what: str, recipe: Recipe, fault: str) -> Rung:
        """Return the rung for a file that could not be made."""
        return cls(what, recipe, None, None, None, None, None, None, reached=False, fault=fault)

    @property
    def outcome(self) -> str:
        """What came of it, in words."""
        if self.size_bytes is None:
            return self.fault or "could not be made"
        if self.shortfalls:
            return f"not {', '.join(self.shortfalls)}"
        return "kept" if self.kept else "good enough" if self.reached else "not enough"

    @property
    def snr_text(self) -> str:
        """The signal to noise ratio as people read it."""
        if self.snr_db is None:
            return "-"
        if math.isinf(self.snr_db):
            return "identical" if self.snr_db > 0 else "no signal"
        return f"{self.snr_db:.1f} dB"

    def __str__(self) -> str:
        if self.size_bytes is None:
            return f"{self.what}: {self.outcome}"
        figures = [format_bytes(self.size_bytes), self.snr_text]
        if self.drop_points is not None:
            figures.append(f"drop {self.drop_points:.2f} points")
        figures.append(f"{self.outside_int8} of {self.operators} operators not int8")
        return f"{self.what} ({', '.join(figures)})"


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs in the order in which they were tried."""

    goal: Goal
    prefer: str
    """``latency``, ``size`` or ``accuracy``: what decided the order, and which of several files was kept."""
    judged_on: str
    """By what each rung was judged, in words."""
    rungs: tuple[Rung, ...]
    files_made: int
    """How many files were quantized: the rungs, and what was looked at between them."""

    @property
    def kept(self) -> Rung | None:
        """The rung that was kept; None where none reaches the goal."""
        return next((rung for rung in self.rungs if rung.kept), None)

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values. An infinite ratio is null: ``identical`` tells perfect from lost."""
        return {
            "prefer": self.prefer,
            "max_drop_points": self.goal.max_drop_points,
            "min_snr_db": self.goal.min_snr_db,
            "require": list(self.goal.require),
            "judged_on": self.judged_on,
            "files_made": self.files_made,
            "rungs": [_document(rung) for rung in self.rungs],
        }

    def lines(self) -> Iterator[str]:
        """Give the ladder line by line."""
        made = format_count(self.files_made, "file")
        yield f"goal: {self.goal}, on {self.judged_on}; prefer {self.prefer}; {made} made"
        for number, rung in enumerate(self.rungs, start=1):
            yield f"{number}. {rung}: {rung.outcome}" if rung.size_bytes is not None else f"{number}. {rung}"


def _document(rung: Rung) -> dict[str, Any]:
    document = dataclasses.asdict(rung)
    document["recipe"] = rung.recipe.to_mapping()
    document["shortfalls"] = list(rung.shortfalls)
    if rung.interval_points is not None:
        document["interval_points"] = list(rung.interval_points)
    document["identical"] = rung.snr_db == math.inf
    if rung.snr_db is not None and not math.isfinite(rung.snr_db):
        document["snr_db"] = None
    return document
