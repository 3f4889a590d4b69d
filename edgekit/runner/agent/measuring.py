"""The task ``measure``."""

from __future__ import annotations

import array
import time
from contextlib import suppress
from typing import Any

from .counting import count_instructions
from .job import Answer, Job, Trail
from .limits import limit_memory, limit_time
from .system import describe_environment, status_bytes
from .tensors import digest_of, seeded_values, shape_inputs
from .timing import time_steady, warm_up

# A device without numpy is told so, by runtimes.py, before anything here is called.
with suppress(ImportError):
    import numpy as np

MAX_SAMPLES = 10_000
"""More inferences than this are not timed, unless asked for by number: the whole sample goes into the result."""


def measure(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Time one model: load, first inference, warm-up, steady inferences back to back."""
    environment = describe_environment()
    samples = array.array("q", bytes(8 * max(job["runs"], MAX_SAMPLES)))
    limit_memory(job)
    baseline = status_bytes("VmHWM")

    trail.leave("load")
    limit_time(job, job["first_timeout"])
    begin = time.perf_counter_ns()
    interpreter = runtime(model_path=job["model"], num_threads=job["threads"])
    init = time.perf_counter_ns() - begin
    shape_inputs(interpreter, None)
    begin = time.perf_counter_ns()
    interpreter.allocate_tensors()
    init += time.perf_counter_ns() - begin

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

    trail.leave("warm-up")
    warmup, settled = warm_up(interpreter.invoke)
    trail.leave("steady")
    instructions = count_instructions(interpreter.invoke) if job["threads"] == 1 else []
    most = 0 if instructions else job["max_seconds"]  # what an emulator takes is nobody's latency
    count = time_steady(interpreter.invoke, samples, runs=job["runs"], seconds=job["min_seconds"], most_seconds=most)
    return {
        "environment": environment,
        "init_ns": init,
        "first_ns": first,
        "warmup_ns": warmup,
        "settled": settled,
        "steady_ns": samples[:count].tolist(),
        "peak_memory_bytes": status_bytes("VmHWM"),
        "baseline_memory_bytes": baseline,
        "outputs_sha256": digest,
        "instructions": instructions,
    }
