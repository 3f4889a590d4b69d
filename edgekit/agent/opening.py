"""Brings a model up to its first inference, and says what that took."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from .job import Answer, Job, Trail
from .limits import limit_time
from .tensors import digest_of, seeded_values, shape_inputs

# A device without numpy is told so, by runtimes.py, before anything here is called.
with suppress(ImportError):
    import numpy as np


def open_model(job: Job, trail: Trail, runtime: Any, model: str) -> tuple[Any, Answer]:
    """Load ``model``, give it the seeded inputs and run it once. Returns the interpreter, and times and a digest."""
    trail.leave("load")
    limit_time(job, job["first_timeout"])
    begin = time.perf_counter_ns()
    interpreter = runtime(model_path=model, num_threads=job["threads"])
    load = time.perf_counter_ns() - begin
    shape_inputs(interpreter, None)
    begin = time.perf_counter_ns()
    interpreter.allocate_tensors()
    init = load + time.perf_counter_ns() - begin

    # numpy's compatibility policy (NEP 19) fixes the raw stream of a bit generator, but not that of its methods.
    stream = np.random.PCG64(job["seed"])
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], seeded_values(stream, detail))
    trail.leave("first")
    begin = time.perf_counter_ns()
    interpreter.invoke()
    first = time.perf_counter_ns() - begin
    limit_time(job)
    digest = digest_of(interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details())
    return interpreter, {"load_ns": load, "init_ns": init, "first_ns": first, "outputs_sha256": digest}
