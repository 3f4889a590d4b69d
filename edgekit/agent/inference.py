"""The task ``infer``."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Any

from .job import Answer, Job, Refused, Trail
from .limits import limit_memory, limit_time
from .tensors import real, shape_inputs, stored

# A device without numpy is told so, by runtimes.py, before anything here is called.
with suppress(ImportError):
    import numpy as np


def infer(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Run every sample; leaves the real-valued outputs as ``output_N.npy`` of shape [count, ...]."""
    spools = [np.load(name, mmap_mode="r", allow_pickle=False) for name in job["inputs"]]
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit_memory(job)
    trail.leave("load")
    limit_time(job, job["first_timeout"])
    interpreter = runtime(model_path=job["model"], num_threads=job["threads"])
    shape_inputs(interpreter, [spool[:1].shape for spool in spools])
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    files: list[Any] = []
    trail.leave("first")
    for index in range(job["count"]):
        # A sample is on its own: what a recurrent layer remembers of the last one must go.
        interpreter.reset_all_variables()
        for position, detail in enumerate(inputs):
            interpreter.set_tensor(detail["index"], stored(spools[position][index : index + 1], detail))
        interpreter.invoke()
        if index == 0:
            limit_time(job)
            # The outputs of all samples are mapped files, which take address space, but no memory.
            resource.setrlimit(resource.RLIMIT_AS, before)
            trail.leave("samples")
        for position, detail in enumerate(outputs):
            values = real(interpreter.get_tensor(detail["index"]), detail)
            values = values[0] if values.ndim and values.shape[0] == 1 else values
            if index == 0:
                shape = (job["count"], *values.shape)
                files.append(np.lib.format.open_memmap(f"output_{position}.npy", "w+", values.dtype, shape))
                take_room(Path(f"output_{position}.npy"))
            if files[position].shape[1:] != values.shape:
                raise Refused(f"output {position} changes its shape from sample to sample")
            files[position][index] = values
    for file in files:
        file.flush()
    return {"outputs": [f"output_{position}.npy" for position in range(len(outputs))]}


def take_room(path: Path) -> None:
    """Take a file's whole size on the disk now: a mapped file for which there is no room ends the process later."""
    with path.open("r+b") as stream:
        os.posix_fallocate(stream.fileno(), 0, os.fstat(stream.fileno()).st_size)
