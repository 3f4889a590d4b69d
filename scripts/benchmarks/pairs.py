"""Two things measured in turn, and the ratio between them."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Measure = Callable[[], float]
"""Does the work once and gives its seconds."""


@dataclass(frozen=True)
class Comparison:
    """What was seen of one line."""

    name: str
    ours: tuple[float, ...]
    """Seconds."""
    others: tuple[float, ...]
    """Seconds, each measured right after ours."""
    limit: float

    @property
    def ratios(self) -> list[float]:
        return [ours / other for ours, other in zip(self.ours, self.others, strict=True)]

    @property
    def ratio(self) -> float:
        """Median over the pairs: what slows the machine down for a while slows both halves of a pair."""
        return statistics.median(self.ratios)

    @property
    def over(self) -> bool:
        return self.ratio > self.limit


def in_turn(name: str, ours: Measure, other: Measure, *, pairs: int, limit: float) -> Comparison:
    """Measure A B A B ...; the first pair warms the disk caches and does not count."""
    ours(), other()
    times = [(ours(), other()) for _ in range(pairs)]
    return Comparison(name, tuple(pair[0] for pair in times), tuple(pair[1] for pair in times), limit)


def command(*argv: str | Path, folder: Path) -> Measure:
    """Return the measure of a whole process, from its start to its end. It must end with 0."""
    return lambda: _run(argv, folder)


def commands(argvs: Sequence[Sequence[str | Path]], *, folder: Path) -> Measure:
    """Return the measure of several processes, one after the other."""
    return lambda: sum(_run(argv, folder) for argv in argvs)


def _run(argv: Sequence[str | Path], folder: Path) -> float:
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds
