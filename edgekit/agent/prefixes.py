"""The task ``prefixes``: the instructions of several models, one after the other, where an emulator counts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .counting import count_instructions
from .job import Answer, Job, Trail, require_hash
from .limits import limit_memory
from .opening import open_model


def count_each(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Return the counts of five inferences of each of ``models``."""
    limit_memory(job)
    counts = []
    for place, model in enumerate(job["models"]):
        trail.model = place
        require_hash(Path(model["path"]), model["sha256"])
        interpreter, _ = open_model(job, trail, runtime, model["path"])
        trail.leave("steady")
        interpreter.invoke()
        counts.append([row[0] for row in count_instructions(interpreter.invoke)])
        del interpreter
    return {"counts": counts}
