"""The loops that time."""

from __future__ import annotations

import array
import gc
import time
from collections.abc import Callable

WARMUP_WINDOW = 3
WARMUP_RUNS = 500
WARMUP_SECONDS = 5.0
WARMUP_AGREEMENT = 1.05
"""The medians of the last three windows differ by no more than this factor when the warm-up ends."""


def warm_up(invoke: Callable[[], object]) -> tuple[list[int], bool]:
    """Invoke until three windows agree. Returns the times in ns, and whether they did agree in the end."""
    times: list[int] = []
    stop = time.perf_counter_ns() + int(WARMUP_SECONDS * 1e9)
    while True:
        begin = time.perf_counter_ns()
        invoke()
        end = time.perf_counter_ns()
        times.append(end - begin)
        if agree(times):
            return times, True
        if end >= stop or len(times) >= WARMUP_RUNS:
            return times, False


def agree(times: list[int]) -> bool:
    """Return whether the medians of the last three windows are within WARMUP_AGREEMENT."""
    last = times[-3 * WARMUP_WINDOW :]
    if len(last) < 3 * WARMUP_WINDOW:
        return False
    medians = [sorted(last[at : at + WARMUP_WINDOW])[WARMUP_WINDOW // 2] for at in range(0, len(last), WARMUP_WINDOW)]
    return max(medians) <= WARMUP_AGREEMENT * min(medians)


def time_steady(
    invoke: Callable[[], object], samples: array.array[int], *, runs: int, seconds: float, most_seconds: float
) -> int:
    """Fill ``samples`` with ns until there are ``runs`` in ``seconds``, or at ``most_seconds``; return how many."""
    clock = time.perf_counter_ns
    capacity = len(samples)
    count = 0
    gc.collect()
    gc.disable()
    start = clock()
    enough, stop = start + int(seconds * 1e9), start + int(most_seconds * 1e9)
    # Nothing but the two readings of the clock stands around invoke: what is timed is the model.
    while True:
        begin = clock()
        invoke()
        end = clock()
        samples[count] = end - begin
        count += 1
        if (end >= enough and count >= runs) or end >= stop or count == capacity:
            break
    gc.enable()
    return count
