"""The task ``turns``: several models, each loaded anew for every turn, so that no layout of memory favours one."""

from __future__ import annotations

import array
from functools import partial
from pathlib import Path
from typing import Any

from .conditions import Watch
from .job import Answer, Job, Trail, require_hash
from .limits import limit_memory
from .opening import open_model
from .system import describe_environment
from .timing import time_block

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
        samples = array.array("q", bytes(8 * max(job["runs"], MAX_SAMPLES)))
        count = time_block(interpreter.invoke, samples, job, trail, look=partial(watch.look, "steady"))
        turns.append(
            {"model": place, "steady_ns": samples[:count].tolist(), "outputs_sha256": opened["outputs_sha256"]}
        )
        del interpreter
    counted = watch.end()
    watch.look("after")
    return {"environment": environment, "turns": turns, "conditions": {"looks": watch.looks, **counted}}
