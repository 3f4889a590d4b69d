"""The loops that time."""

from __future__ import annotations

import array
import gc
import time
from collections.abc import Callable

from .job import Answer, Job, Trail

WARMUP_WINDOW = 3
WARMUP_RUNS = 500
WARMUP_SECONDS = 5.0
WARMUP_AGREEMENT = 1.05
"""The medians of the last three windows differ by no more than this factor when the warm-up ends."""
BLOCK_WARMUP_RUNS = 30
"""Before a block, at most."""
LOOK_NS = 500_000_000
LOOK_RUNS = 8
"""A look at the machine is taken no sooner than both after the last one."""


def warm_up(invoke: Callable[[], object], most: int = WARMUP_RUNS) -> tuple[list[int], bool]:
    """Invoke until three windows agree, or ``most`` times. Returns the times in ns, and whether they agreed at last."""
    times: list[int] = []
    stop = time.perf_counter_ns() + int(WARMUP_SECONDS * 1e9)
    while True:
        begin = time.perf_counter_ns()
        invoke()
        end = time.perf_counter_ns()
        times.append(end - begin)
        if agree(times):
            return times, True
        if end >= stop or len(times) >= most:
            return times, False


def agree(times: list[int]) -> bool:
    """Return whether the medians of the last three windows are within WARMUP_AGREEMENT."""
    last = times[-3 * WARMUP_WINDOW :]
    if len(last) < 3 * WARMUP_WINDOW:
        return False
    medians = [sorted(last[at : at + WARMUP_WINDOW])[WARMUP_WINDOW // 2] for at in range(0, len(last), WARMUP_WINDOW)]
    return max(medians) <= WARMUP_AGREEMENT * min(medians)


def time_steady(
    invoke: Callable[[], object],
    samples: array.array[int],
    *,
    runs: int,
    seconds: float,
    most_seconds: float,
    look: Callable[[], object] | None = None,
) -> int:
    """Fill ``samples`` with ns until there are ``runs`` in ``seconds``, or at ``most_seconds``; return how many.

    ``look`` is called between two inferences, at first, and now and then.
    """
    clock = time.perf_counter_ns
    capacity = len(samples)
    count = looked = 0
    gc.collect()
    gc.disable()
    if look is not None:
        look()
        invoke()
    start = clock()
    enough, stop = start + int(seconds * 1e9), start + int(most_seconds * 1e9)
    look_at = start + LOOK_NS
    # Nothing but the two readings of the clock stands around invoke: what is timed is the model.
    while True:
        begin = clock()
        invoke()
        end = clock()
        samples[count] = end - begin
        count += 1
        if (end >= enough and count >= runs) or end >= stop or count == capacity:
            break
        if end >= look_at and look is not None and count >= looked + LOOK_RUNS:
            look()
            # The look has emptied the caches of the model's data: this one inference is not the steady state.
            invoke()
            looked, look_at = count, clock() + LOOK_NS
    gc.enable()
    return count


def time_block(
    invoke: Callable[[], object],
    samples: array.array[int],
    job: Job,
    trail: Trail,
    *,
    look: Callable[[], object] | None,
) -> int:
    """Warm up a model that was just loaded, and time one block of it as the job says; return how many inferences."""
    trail.leave("warm-up")
    warm_up(invoke, BLOCK_WARMUP_RUNS)
    trail.leave("steady")
    if look is not None:
        look()
        # The look has emptied the caches.
        invoke()
    return time_steady(invoke, samples, runs=job["runs"], seconds=job["min_seconds"], most_seconds=job["max_seconds"])


def time_after_gaps(invoke: Callable[[], object], *, gap_s: float, runs: int) -> list[int]:
    """Return the ns of inferences that each come after a pause."""
    times = []
    for _ in range(runs):
        time.sleep(gap_s)
        begin = time.perf_counter_ns()
        invoke()
        times.append(time.perf_counter_ns() - begin)
    return times


def sustain(
    invoke: Callable[[], object], *, seconds: float, window_s: float, look: Callable[[], Answer]
) -> list[Answer]:
    """Invoke back to back for ``seconds``. Returns count, median and maximum of each window, and a look at its end."""
    clock = time.perf_counter_ns
    windows: list[Answer] = []
    start = clock()
    stop = start + int(seconds * 1e9)
    end = start
    while end < stop:
        times: list[int] = []
        over = end + int(window_s * 1e9)
        while end < over and end < stop:
            begin = clock()
            invoke()
            end = clock()
            times.append(end - begin)
        middle = sorted(times)[len(times) // 2]
        windows.append({"at_s": (end - start) / 1e9, "count": len(times), "median_ns": middle, "max_ns": max(times)})
        windows[-1]["look"] = look()
        end = clock()
    return windows
