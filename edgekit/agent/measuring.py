"""The tasks ``measure`` and ``regimes``."""

from __future__ import annotations

import array
import os
from typing import Any

from .conditions import Watch
from .counting import count_instructions
from .job import Answer, Job, Trail
from .limits import limit_memory
from .memory import anonymous_bytes, mapped_bytes
from .opening import open_model
from .system import describe_environment, status_bytes
from .timing import WARMUP_RUNS, sustain, time_after_gaps, time_steady, warm_up

MAX_SAMPLES = 10_000
"""More inferences than this are not timed, unless asked for by number: the whole sample goes into the result."""
COUNT_WARMUP_RUNS = 2
"""Enough where only instructions count: they are the same from the second inference on."""
_EMULATED = bool(os.environ.get("EDGEKIT_EMULATES"))


def measure(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Time one model: load, first inference, warm-up, steady inferences back to back."""
    environment = describe_environment()
    # Heat and load of the machine that emulates are not the board's.
    watch = None if _EMULATED else Watch()
    if watch:
        watch.look("before")
    samples = array.array("q", bytes(8 * max(job["runs"], MAX_SAMPLES)))
    limit_memory(job)
    baseline, before = status_bytes("VmHWM"), anonymous_bytes()
    interpreter, opened = open_model(job, trail, runtime, job["model"])
    after, mapped = anonymous_bytes(), mapped_bytes(job["model"])

    trail.leave("warm-up")
    warmup, settled = warm_up(interpreter.invoke, COUNT_WARMUP_RUNS if job["count"] else WARMUP_RUNS)
    trail.leave("steady")
    instructions = count_instructions(interpreter.invoke) if job["threads"] == 1 else []
    most = 0 if instructions else job["max_seconds"]  # what an emulator takes is nobody's latency
    if watch:
        watch.begin()
    count = time_steady(
        interpreter.invoke,
        samples,
        runs=job["runs"],
        seconds=job["min_seconds"],
        most_seconds=most,
        look=(lambda: watch.look("steady")) if watch else None,
    )
    counted = watch.end() if watch else {}
    if watch:
        watch.look("after")
    return {
        **opened,
        "environment": environment,
        "warmup_ns": warmup,
        "settled": settled,
        "steady_ns": samples[:count].tolist(),
        "peak_memory_bytes": status_bytes("VmHWM"),
        "baseline_memory_bytes": baseline,
        "private_bytes": None if before is None or after is None else max(0, after - before),
        "mapped_bytes": mapped,
        "instructions": instructions,
        "conditions": {"looks": watch.looks, **counted} if watch else None,
    }


def regimes(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Run a model otherwise than back to back: after idle gaps, and for long, in windows."""
    watch = Watch()
    limit_memory(job)
    interpreter, _ = open_model(job, trail, runtime, job["model"])
    trail.leave("warm-up")
    warm_up(interpreter.invoke)
    answer: Answer = {"idle_ns": [], "timeline": []}
    if job["idle_seconds"]:
        trail.leave("idle")
        answer["idle_ns"] = time_after_gaps(interpreter.invoke, gap_s=job["idle_seconds"], runs=job["idle_runs"])
    if job["sustained_seconds"]:
        trail.leave("sustained")
        answer["timeline"] = sustain(
            interpreter.invoke,
            seconds=job["sustained_seconds"],
            window_s=job["window_seconds"],
            look=lambda: watch.look("sustained"),
        )
    return answer
