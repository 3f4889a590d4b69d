"""Runs the float file over the samples and counts what each of its tensors holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer.utils import tfl_flatbuffer_utils
from numpy.typing import NDArray

from edgekit.errors import ConversionError
from edgekit.processes.spool import read_sample
from edgekit.progress import Progress, Step
from edgekit.quantization.execution import THREADS, deadline, no_memory_warning
from edgekit.quantization.histogram import Bins, Histogram
from edgekit.quantization.scopes import read_tensors, seen_subgraphs


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What was seen of one tensor over all samples."""

    rank: int
    """How many dimensions it has."""
    bins: Bins


def observe(
    path: Path,
    *,
    inputs: Sequence[str],
    files: Iterable[str],
    count: int,
    progress: Progress,
    left_out: Collection[int] = (),
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
        left_out: numbers of samples that are not to be seen.

    Raises:
        ConversionError: the runtime fails on it.
    """
    histograms: dict[str, Histogram] = {}
    ranks: dict[str, int] = {}
    chosen = [index for index in range(count) if index not in left_out]
    for values in passes(path, inputs=inputs, files=files, samples=chosen, stage="calibrating", progress=progress):
        for name, held in values:
            histograms.setdefault(name, Histogram()).add(held)
            ranks[name] = held.ndim
    finished = ((name, histogram.bins()) for name, histogram in histograms.items())
    return {name: Observation(ranks[name], bins) for name, bins in finished if bins is not None}


def passes(
    path: Path, *, inputs: Sequence[str], files: Iterable[str], samples: Sequence[int], stage: str, progress: Progress
) -> Iterator[Iterator[tuple[str, NDArray[Any]]]]:
    """Yield, sample by sample, name and values of every tensor that :func:`observe` counts.

    Raises:
        ConversionError: the runtime fails on a sample.
    """
    files = list(files)
    try:
        interpreter = _interpreter(path)
        runner = interpreter.get_signature_runner()
        watched = list(_watched(path))
        for done, index in enumerate(samples):
            progress(Step(stage, done, len(samples)))
            with deadline():
                runner(**dict(zip(inputs, read_sample(files, index), strict=True)))
            yield _numbers(interpreter, watched)
            # A state that outlives a sample would make their order count.
            interpreter.reset_all_variables()
    except (RuntimeError, ValueError) as error:
        raise ConversionError(f"calibration failed: {error}") from error
    progress(Step(stage, len(samples), len(samples)))


def _numbers(interpreter: Interpreter, watched: Sequence[tuple[int, int, str]]) -> Iterator[tuple[str, NDArray[Any]]]:
    for subgraph, tensor, name in watched:
        values = interpreter.get_tensor(tensor, subgraph)
        if values.dtype.kind in "fiub":
            yield name, values


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
