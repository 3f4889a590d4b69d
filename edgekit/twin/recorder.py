"""The child process that runs the float file, and writes down what chosen tensors hold. Has no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgekit.processes.serving import serve
from edgekit.processes.spool import read_sample
from edgekit.progress import Progress, Step
from edgekit.sensitivity.rewriting import exposed
from edgekit.sensitivity.running import Run


def record(
    *, path: str, inputs: list[int], tensors: list[int], files: list[str], samples: list[int], folder: str,
    progress: Progress,
) -> None:  # fmt: skip
    """Write a file ``NUMBER.npy`` for each tensor, ``[samples, *shape]``, with its own batch behind the samples.

    Args:
        path: the float file.
        inputs: its tensors that take the samples, in the order of ``files``.
        tensors: those to write down; those among ``inputs`` are the samples themselves.
        files: of the samples.
        samples: their numbers.
        folder: where the files go.
        progress: told each sample.
    """
    run = Run(exposed(Path(path).read_bytes(), tensors=[*tensors]), what="the float file")
    written: dict[int, np.memmap[tuple[int, ...], np.dtype[np.generic]]] = {}
    for place, number in enumerate(samples):
        progress(Step("running the float file to learn from it", place, len(samples)))
        run(dict(zip(inputs, read_sample(files, number), strict=True)))
        for index in tensors:
            value = run.value(index)
            if index not in written:
                # On the disk: all tensors of all samples need not fit into memory.
                written[index] = np.lib.format.open_memmap(
                    Path(folder, f"{index}.npy"), "w+", value.dtype, (len(samples), *value.shape)
                )
            written[index][place] = value
    for values in written.values():
        values.flush()


if __name__ == "__main__":
    serve({"record": record})
