"""The task ``turns``: several models, each loaded anew for every turn, so that no layout of memory favours one."""

from __future__ import annotations

import array
from pathlib import Path
from typing import Any

from .conditions import Watch
from .job import Answer, Job, Trail, require_hash
from .limits import limit_memory
from .opening import open_model
from .system import describe_environment
from .timing import time_steady, warm_up

WARMUP_RUNS = 30
"""In each turn, at most."""
MAX_SAMPLES = 2_000
"""In each turn, unless more are asked for."""


def take_turns(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Time the models in ``order``, a list of places in ``models``; each turn is a load, a warm-up and a block."""
    environment = describe_environment()
    watch = Watch()
    watch.look("before")
    for place, model in enumerate(job["models"]):
        trail.model = place
        require_hash(Path(model["path"]), model["sha256"])
    limit_memory(job)
    turns = []
    watch.begin()
    for place in job["order"]:
        trail.model = place
        interpreter, opened = open_model(job, trail, runtime, job["models"][place]["path"])
        trail.leave("warm-up")
        warm_up(interpreter.invoke, WARMUP_RUNS)
        trail.leave("steady")
        watch.look("steady")
        samples = array.array("q", bytes(8 * max(job["runs"], MAX_SAMPLES)))
        # The look has emptied the caches.
        interpreter.invoke()
        count = time_steady(
            interpreter.invoke,
            samples,
            runs=job["runs"],
            seconds=job["min_seconds"],
            most_seconds=job["max_seconds"],
        )
        turns.append(
            {"model": place, "steady_ns": samples[:count].tolist(), "outputs_sha256": opened["outputs_sha256"]}
        )
        del interpreter
    counted = watch.end()
    watch.look("after")
    return {"environment": environment, "turns": turns, "conditions": {"looks": watch.looks, **counted}}
