"""Samples through a file on a device, in pieces: what lies on the board at a time is bounded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.devices import Device
from edgekit.files import temporary_folder
from edgekit.inspection import Inspection
from edgekit.runner.launch import ask, prepare, well_formed

MOST_BYTES = 32 << 20
"""Of inputs and outputs of one piece together, unless a single sample has more."""
MOST_SAMPLES = 500
"""In one piece. Each is a start of Python there, which 500 inferences outweigh; a cut link loses one of them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some samples that follow each other, run."""

    outputs: dict[str, NDArray[Any]]
    """For each output's name, in the file's order: [samples, *shape without batch]."""
    runtime: str
    """Package and version of what ran them."""

    def __len__(self) -> int:
        return len(next(iter(self.outputs.values())))


def run_in_pieces(
    device: Device,
    facts: Inspection,
    spools: Sequence[Path],
    *,
    count: int,
    first: int = 0,
    threads: int,
    timeout: float,
    first_timeout: float,
) -> Iterator[Piece]:
    """Give the samples from number ``first`` on, piece by piece.

    Args:
        device: where they run.
        facts: of the file.
        spools: a .npy file of shape [count, *shape without batch] for each input, in the file's order.
        count: of all samples.
        first: number of the sample to begin with, from 0.
        threads: number of threads of the runtime.
        timeout: seconds for each piece.
        first_timeout: seconds for loading and the first sample of each piece together.

    Raises:
        InferenceError: the runtime refuses the file, or dies or hangs on it.
        DeviceError: the device does not answer, or has no Python or runtime.
    """
    columns = [np.load(spool, mmap_mode="r", allow_pickle=False) for spool in spools]
    size = piece_size(columns, facts)
    inputs = [f"input_{index}.npy" for index in range(len(spools))]
    job = {"task": "infer", "threads": threads, "inputs": inputs, "timeout": timeout, "first_timeout": first_timeout}
    with temporary_folder("edgekit-infer-") as folder:
        prepare(device, facts.path)
        for start in range(first, count, size):
            end = min(count, start + size)
            for spool, column, name in zip(spools, columns, inputs, strict=True):
                part = spool
                if (start, end) != (0, count):
                    part = Path(folder, name)
                    np.save(part, column[start:end])
                device.push(part, name)
            answer = ask(device, facts, job={**job, "count": end - start})
            yield _piece(device, facts, answer, folder=Path(folder))


def piece_size(columns: Sequence[NDArray[Any]], facts: Inspection) -> int:
    """Return how many samples go into one piece.

    Args:
        columns: all samples of each input.
        facts: of the file that is to take them.
    """
    given = sum(column.nbytes // max(1, len(column)) for column in columns)
    # What is quantized comes back as float32; a size that is not known yet counts for one.
    gotten = sum(4 * math.prod(size or 1 for size in spec.shape) for spec in facts.outputs)
    return max(1, min(MOST_SAMPLES, MOST_BYTES // max(1, given + gotten)))


def _piece(device: Device, facts: Inspection, answer: Mapping[str, Any], *, folder: Path) -> Piece:
    with well_formed(device):
        outputs = {}
        for index, (spec, name) in enumerate(zip(facts.outputs, answer["outputs"], strict=True)):
            place = folder / f"output_{index}.npy"
            device.pull(name, place)
            outputs[spec.name] = np.load(place, allow_pickle=False)
        return Piece(outputs, str(answer["runtime"]))
