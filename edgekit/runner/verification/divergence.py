"""Where two machines part: the first operator that gives other values, found by looking at every tensor on both."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.devices import Device
from edgekit.fidelity import absolute_errors
from edgekit.files import temporary_folder
from edgekit.inspection import inspect
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import BITS, Operator, Subgraph, Tensor, constant_origins
from edgekit.runner.pieces import run_in_pieces
from edgekit.sensitivity.names import short_name

_PIECE_BYTES = 32 << 20
"""Of tensors that are looked at in one run; the first run that shows a difference is the last."""
_ROUNDING = 1e-3
"""Floats may differ by this share of their tensor's largest value: machines add in different orders."""


@dataclass(frozen=True, slots=True)
class OperatorDifference:
    """The first operator, in the order of execution, whose outputs differ though all that it reads is the same."""

    operator: int
    """Its number in the file, from 0."""
    kind: str
    """The schema's name, such as ``CONV_2D``."""
    tensor: str
    """The name of the tensor that it writes."""
    differing: int
    values: int
    largest: float
    """The largest difference: in steps of the tensor where it holds integers, else in its own unit."""
    steps: bool
    """Whether ``largest`` counts steps."""

    def __str__(self) -> str:
        unit = "" if not self.steps else " step" if self.largest == 1 else " steps"
        return (
            f"operator {self.operator}, {self.kind}, is the first that differs: {self.differing} of {self.values} "
            f"values of '{short_name(self.tensor)}', by up to {self.largest:.3g}{unit}"
        )


def first_difference(
    path: Path,
    sample: Mapping[str, NDArray[Any]],
    *,
    devices: tuple[Device, Device],
    threads: int,
    timeout: float,
    first_timeout: float,
) -> OperatorDifference | None:
    """Run one sample on two devices with the tensors in view.

    Args:
        path: of the file.
        sample: input name to an array of shape [1, *shape without batch].
        devices: the one that is believed, and the one that differs from it.
        threads: number of threads of the runtimes.
        timeout: seconds for each run.
        first_timeout: seconds for loading and the inference together.

    Returns:
        None where both give the same for every tensor that can be looked at.

    Raises:
        InferenceError: a runtime refuses the file with its tensors in view, or dies or hangs on it.
        DeviceError: a device does not answer.
    """
    # It reads and writes files with the runtime's own package, which takes a while to load.
    from edgekit.sensitivity.rewriting import exposed

    content = path.read_bytes()
    main = read_graph(content, name=str(path)).subgraphs[0]
    with temporary_folder("edgekit-divergence-") as folder:
        spools = []
        for index, values in enumerate(sample.values()):
            spools.append(Path(folder, f"{index}.npy"))
            np.save(spools[-1], values)
        for sites in _groups(main):
            place = Path(folder, "exposed.tflite")
            place.write_bytes(exposed(content, tensors=[tensor.index for _, tensor in sites]))
            facts = inspect(place)
            # Tensors may share a name, and what was an output before has another one now.
            named = dataclasses.replace(
                facts,
                outputs=tuple(dataclasses.replace(spec, name=str(n)) for n, spec in enumerate(facts.outputs)),
            )
            seen = [
                next(
                    run_in_pieces(
                        device,
                        named,
                        spools,
                        count=1,
                        threads=threads,
                        timeout=timeout,
                        first_timeout=first_timeout,
                    )
                ).outputs
                for device in devices
            ]
            for number, (operator, tensor) in enumerate(sites):
                found = _difference(operator, tensor, seen[0][str(number)], seen[1][str(number)])
                if found is not None:
                    return found
    return None


def _groups(main: Subgraph) -> Iterator[list[tuple[Operator, Tensor]]]:
    """Give the tensors that operators compute, in the order of execution, as many at a time as fit."""
    group: list[tuple[Operator, Tensor]] = []
    size = 0
    for operator, tensor in _sites(main):
        group.append((operator, tensor))
        size += 4 * (tensor.count or 1)
        if size >= _PIECE_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _sites(main: Subgraph) -> Iterator[tuple[Operator, Tensor]]:
    fixed = constant_origins(main)
    told = set(main.inputs)
    for operator in main.operators:
        for index in operator.outputs:
            if index < 0 or index in fixed or index in told:
                continue
            told.add(index)
            tensor = main.tensors[index]
            scales = 1 if tensor.quantization is None else tensor.quantization.scales.size
            # What has no numbers, or a scale for each channel, is nothing that the agent gives.
            if tensor.dtype in BITS and not tensor.variable and scales <= 1:
                yield operator, tensor


def _difference(
    operator: Operator, tensor: Tensor, wanted: NDArray[Any], got: NDArray[Any]
) -> OperatorDifference | None:
    if wanted.shape != got.shape:
        return OperatorDifference(operator.index, operator.name, tensor.name, got.size, got.size, math.inf, steps=False)
    # The agent gives real numbers; what is stored are steps of the scale.
    steps = tensor.quantized and tensor.quantization is not None and tensor.quantization.scales.size == 1
    scale = float(tensor.quantization.scales[0]) if steps and tensor.quantization is not None else 1.0
    errors = absolute_errors(wanted.astype(np.float64), got.astype(np.float64))
    if steps:
        errors = np.rint(errors / scale)
    allowed = _ROUNDING * float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)) if tensor.floating else 0.0
    off = errors > allowed
    if not off.any():
        return None
    return OperatorDifference(
        operator=operator.index,
        kind=operator.name,
        tensor=tensor.name,
        differing=int(np.count_nonzero(off)),
        values=errors.size,
        largest=float(errors.max()),
        steps=steps,
    )
