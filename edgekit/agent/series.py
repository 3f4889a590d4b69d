"""The task ``series``: many small models, one after the other in one process, each timed for a moment."""

from __future__ import annotations

import array
import statistics
import time
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

from .conditions import Watch
from .job import Answer, Job, Trail
from .limits import limit_memory
from .opening import open_model
from .system import describe_environment
from .timing import time_block

_UNPACKED = Path("series.tflite")
_MAX_SAMPLES = 2_000
_LOOK_S = 0.5
"""A look at the machine is taken no sooner than this after the last one."""


def time_each(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Time the models of an archive in the order of ``names``, until ``seconds`` are over or all were timed.

    The first ``least`` are timed in any case. One that the runtime refuses is left out, and told.
    """
    environment = describe_environment()
    watch = Watch()
    watch.look("before")
    limit_memory(job)
    times: dict[str, float] = {}
    refused: dict[str, str] = {}
    samples = array.array("q", bytes(8 * _MAX_SAMPLES))
    stop, looked = time.monotonic() + job["seconds"], 0.0
    watch.begin()
    with zipfile.ZipFile(job["model"]) as archive:
        for place, name in enumerate(job["names"]):
            if place >= job["least"] and time.monotonic() > stop:
                break
            _UNPACKED.write_bytes(archive.read(name))
            trail.name = name
            try:
                interpreter, _ = open_model(job, trail, runtime, str(_UNPACKED))
            # As the runtime's refusals are: an old one lacks a version of an operator.
            except (ValueError, RuntimeError) as error:
                refused[name] = str(error) or f"a {type(error).__name__} without a reason"
                continue
            look = None
            if time.monotonic() - looked > _LOOK_S:
                looked, look = time.monotonic(), partial(watch.look, "steady")
            count = time_block(interpreter.invoke, samples, job, trail, look=look)
            times[name] = statistics.median(samples[:count])
            del interpreter
    counted = watch.end()
    watch.look("after")
    _UNPACKED.unlink(missing_ok=True)
    conditions = {"looks": watch.looks, **counted}
    return {"environment": environment, "median_ns": times, "refused": refused, "conditions": conditions}
