"""Runs the float file over the samples and counts what each of its tensors holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer.utils import tfl_flatbuffer_utils

from edgekit.conversion.quantization.execution import THREADS, deadline, no_memory_warning
from edgekit.conversion.quantization.histogram import Bins, Histogram
from edgekit.conversion.quantization.scopes import read_tensors, seen_subgraphs
from edgekit.conversion.spool import read_sample
from edgekit.errors import ConversionError
from edgekit.progress import Progress, Step


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What was seen of one tensor over all samples."""

    rank: int
    """How many dimensions it has."""
    bins: Bins


def observe(
    path: Path, *, inputs: Sequence[str], files: Iterable[str], count: int, progress: Progress
) -> dict[str, Observation]:
    """Return what every tensor held, by the tensor's name; the order of the samples makes no difference.

    One pass, one sample at a time; what it keeps does not grow with their number. Constants are left out, and so is
    what no operator reads, what was never a number, and what is inside a loop: only its last round could be seen.

    Args:
        path: a float .tflite with a signature.
        inputs: the model's input names, in the order of ``files``.
        files: the spool's, see ``read_sample``.
        count: how many samples they hold.
        progress: told each sample.

    Raises:
        ConversionError: the runtime fails on it.
    """
    files = list(files)
    histograms: dict[str, Histogram] = {}
    ranks: dict[str, int] = {}
    try:
        interpreter = _interpreter(path)
        runner = interpreter.get_signature_runner()
        watched = list(_watched(path))
        for index in range(count):
            progress(Step("calibrating", index, count))
            with deadline():
                runner(**dict(zip(inputs, read_sample(files, index), strict=True)))
            for subgraph, tensor, name in watched:
                values = interpreter.get_tensor(tensor, subgraph)
                if values.dtype.kind in "fiub":
                    histograms.setdefault(name, Histogram()).add(values)
                    ranks[name] = values.ndim
            # A state that outlives a sample would make their order count.
            interpreter.reset_all_variables()
    except (RuntimeError, ValueError) as error:
        raise ConversionError(f"calibration failed: {error}") from error
    progress(Step("calibrating", count, count))
    finished = ((name, histogram.bins()) for name, histogram in histograms.items())
    return {name: Observation(ranks[name], bins) for name, bins in finished if bins is not None}


def _interpreter(path: Path) -> Interpreter:
    with no_memory_warning():
        interpreter = Interpreter(model_path=str(path), num_threads=THREADS, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    return interpreter


def _watched(path: Path) -> Iterator[tuple[int, int, str]]:
    """Yield subgraph, index and name of the tensors that are computed or given, and read by somebody."""
    model = tfl_flatbuffer_utils.read_model(path)
    for number in seen_subgraphs(model):
        graph = model.subgraphs[number]
        read = read_tensors(graph)
        for index, tensor in enumerate(graph.tensors):
            constant = model.buffers[tensor.buffer].data is not None
            if index in read and not constant and (tensor.shape is None or np.all(tensor.shape)):
                yield number, index, tfl_flatbuffer_utils.get_tensor_name(tensor)
