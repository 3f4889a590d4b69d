"""How a benchmark is done: checked once, before anything is touched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.errors import UsageError

MAX_SECONDS = 30.0
"""Steady inferences end here, however many are still missing, unless more seconds are asked for."""
FIRST_TIMEOUT = 8.0
"""Seconds that loading and the first inference may take together, unless said otherwise."""
IDLE_RUNS = 20
"""Inferences after idle gaps: enough for a median, and not for a p99."""
_MAX_THREADS = 256
_MAX_IDLE_S = 60.0
_MAX_SUSTAINED_S = 24 * 3600.0
_MAX_RETRIES = 20
_MAX_RUNS = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The choices of one benchmark. Raises UsageError where one is out of range."""

    threads: tuple[int, ...] = (1,)
    """One run each, every one in a process of its own."""
    runs: int = 50
    """Least number of steady inferences."""
    min_seconds: float = 1.0
    """Least time of steady inferences, in seconds; at most 10,000 of them are timed unless ``runs`` asks for more."""
    seed: int = 0
    timeout: float = 600.0
    """Seconds for everything that one run does on the device."""
    first_timeout: float = FIRST_TIMEOUT
    """Seconds for loading and the first inference: this tells a file that hangs from one that is slow."""

    idle_ms: float = 0.0
    """Pause before each of :data:`IDLE_RUNS` further inferences, in milliseconds; 0: none are made."""
    sustained_seconds: float = 0.0
    """Length of a further run back to back, in seconds; 0: there is none."""
    retries: int = 2
    """How often a tainted run is done again, at most."""
    count: bool = False
    """Only count instructions, on a device that can, and time nothing."""
    ops: bool = False
    """Also tell what each operator costs, where the engine can."""
    tool: str | None = None
    """Path of the program, for an engine that is one."""

    def __post_init__(self) -> None:
        if not self.threads:
            raise UsageError("threads is empty, but at least one number of threads is needed")
        for count in self.threads:
            require_whole("threads", count, least=1, most=_MAX_THREADS)
        if len(set(self.threads)) != len(self.threads):
            raise UsageError(f"threads is {list(self.threads)}: a number is there twice")
        require_whole("runs", self.runs, least=1, most=_MAX_RUNS)
        require_whole("seed", self.seed, least=0, most=2**63 - 1)
        require_seconds("min_seconds", self.min_seconds, zero=True)
        require_seconds("timeout", self.timeout)
        require_seconds("first_timeout", self.first_timeout)
        require_seconds("sustained", self.sustained_seconds, zero=True)
        require_seconds("idle", self.idle_ms / 1e3 if _is_number(self.idle_ms) else self.idle_ms, zero=True)
        for name, value, most in (
            ("sustained", self.sustained_seconds, _MAX_SUSTAINED_S),
            ("idle", self.idle_ms / 1e3, _MAX_IDLE_S),
        ):
            if value > most:
                raise UsageError(f"{name} is {value:g} seconds, but must be at most {most:g}")
        require_whole("retries", self.retries, least=0, most=_MAX_RETRIES)
        if self.count and self.threads != (1,):
            raise UsageError("instructions are counted with one thread only", hint="leave threads out, or count out")
        if self.count and (self.idle_ms or self.sustained_seconds):
            raise UsageError("count times nothing, so it goes with neither idle nor sustained")

    @property
    def window_seconds(self) -> float:
        """Length of a window of the sustained run, in seconds: 1, or more, so that there are at most 600."""
        return max(1.0, self.sustained_seconds / 600)

    @property
    def regimes_seconds(self) -> float:
        """How long the inferences after idle gaps and the sustained ones take together, about, in seconds."""
        return self.sustained_seconds + IDLE_RUNS * self.idle_ms / 1e3

    @property
    def max_seconds(self) -> float:
        """Most time of steady inferences, in seconds."""
        return max(MAX_SECONDS, self.min_seconds)


def listed_threads(threads: Sequence[int]) -> tuple[int, ...]:
    """Return numbers of threads as a plan has them. Raises UsageError where they are no list."""
    try:
        return tuple(threads)
    except TypeError:
        raise UsageError(f"threads is {threads!r}, but must be a list of numbers, such as [1, 2]") from None


def require_whole(name: str, value: object, *, least: int, most: int) -> None:
    """Raise UsageError unless ``value`` is an integer from ``least`` to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UsageError(f"{name} is {value!r}, but must be a whole number from {least} to {most}")


def require_seconds(name: str, value: object, *, zero: bool = False) -> None:
    """Raise UsageError unless ``value`` is a finite number above 0, or 0 where ``zero`` allows it."""
    wanted = "0 or more" if zero else "more than 0"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"{name} is {value!r}, but must be a number of seconds, {wanted}")
    if value < 0 or (value == 0 and not zero):
        raise UsageError(f"{name} is {value!r} seconds, but must be {wanted}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
