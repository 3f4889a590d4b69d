"""Rules on the weights of an operator, and on what its kernel does. Each gives the evidence as a sentence, or None."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edgekit.diagnosis.suspect import Suspect
from edgekit.inspection.graph import Tensor
from edgekit.sensitivity.constants import real_values

_OUT_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 0, "BATCH_MATMUL": -1}
_IN_AXES = {"CONV_2D": 3, "FULLY_CONNECTED": 1, "TRANSPOSE_CONV": 3}
_FEW_BITS = {"int4": 4, "uint4": 4, "int2": 2}
_LARGEST_BIAS = 2**31 - 1
_FEW_STEPS = 8.0
_UNBALANCED = 8.0
_UNBALANCED_WEIGHTS = 64.0


def short_weights(suspect: Suspect) -> str | None:
    """Weights of four bits or less."""
    for _, weights in _weights(suspect):
        if weights.dtype in _FEW_BITS:
            bits = _FEW_BITS[weights.dtype]
            return f"its weights have {bits} bits: {2**bits} values for each channel or block"
    return None


def bias_overflow(suspect: Suspect) -> str | None:
    """A bias that is too large for the steps that input and weights give it: quantizers cut it off at 32 bits."""
    for place, bias in _quantized_constants(suspect, rank=1):
        values, quantization = _float_constant(suspect, place), bias.quantization
        if values is None or quantization is None or quantization.scales.size not in {1, values.size}:
            continue
        counts = np.abs(values) / quantization.scales.astype(np.float64)
        over = int((counts > _LARGEST_BIAS).sum())
        if over:
            worst = int(counts.argmax())
            step = float(abs(values[worst]) / counts[worst])
            return (
                f"the bias of {over} of {values.size} channels does not fit into 32 bits: that of channel {worst} is "
                f"{values[worst]:.3g}, in steps of {step:.2g}"
            )
    return None


def per_tensor_weights(suspect: Suspect) -> str | None:
    """One scale for all channels of the weights, and a channel for which it has a few steps only."""
    for place, weights in _weights(suspect):
        quantization = weights.quantization
        largest = _largest(suspect, place, _OUT_AXES)
        if largest is None or quantization is None or quantization.scales.size != 1:
            continue
        steps = float(largest.min()) / float(quantization.scales[0])
        if steps < _FEW_STEPS:
            ratio = float(largest.max() / largest.min())
            return (
                f"one scale serves all channels of its weights: the largest is {ratio:.3g} times the smallest, which "
                f"gets {_count(steps)} of 127 steps"
            )
    return None


def unbalanced_weights(suspect: Suspect) -> str | None:
    """Weights that read one channel are so large that those for the others have a few steps only."""
    for place, _ in _weights(suspect):
        largest = _largest(suspect, place, _IN_AXES)
        ratio = 1.0 if largest is None else float(largest.max() / np.median(largest))
        if ratio >= _UNBALANCED_WEIGHTS:
            return (
                f"the weights for one of the channels that it reads are {ratio:.3g} times those for the median one, "
                "and they share their scales"
            )
    return None


def wide_dynamic_input(suspect: Suspect) -> str | None:
    """A float tensor with one wide channel, which the kernel rounds to eight bits while it runs."""
    if suspect.operator is None or suspect.measured.stepped is not None or not _weights(suspect):
        return None
    for index in suspect.neighbours.computed(suspect.operator):
        given = suspect.everything.get(suspect.neighbours.source(index))
        if given is not None and given.stepped is None and given.seen.over_rest >= _UNBALANCED:
            return (
                f"its kernel rounds what it reads to 8 bits while it runs, and there channel {given.seen.widest} of "
                f"{given.seen.channels} is {given.seen.over_rest:.3g} times as wide as the others"
            )
    return None


def _weights(suspect: Suspect) -> list[tuple[int, Tensor]]:
    return [pair for rank in (2, 3, 4, 5) for pair in _quantized_constants(suspect, rank=rank)]


def _quantized_constants(suspect: Suspect, *, rank: int) -> list[tuple[int, Tensor]]:
    if suspect.operator is None:
        return []
    return [
        (place, tensor)
        for place, tensor in suspect.neighbours.constants(suspect.operator)
        if tensor.quantized and len(tensor.shape) == rank
    ]


def _float_constant(suspect: Suspect, place: int) -> NDArray[np.float32] | None:
    if suspect.twin is None or place >= len(suspect.twin.inputs) or suspect.twin.inputs[place] < 0:
        return None
    return real_values(suspect.original.tensors[suspect.twin.inputs[place]])


def _largest(suspect: Suspect, place: int, axes: Mapping[str, int]) -> NDArray[np.float32] | None:
    """Return the largest weight of each channel of the float file that has any; None where that is not known."""
    values = _float_constant(suspect, place)
    if suspect.twin is None or values is None or suspect.twin.name not in axes:
        return None
    axis = axes[suspect.twin.name]
    if axis >= values.ndim:
        return None
    largest: NDArray[np.float32] = np.abs(np.moveaxis(values, axis, 0)).reshape(values.shape[axis], -1).max(axis=1)
    largest = largest[largest > 0.0]
    return largest if largest.size > 1 else None


def _count(steps: float) -> str:
    return f"{steps:.0f}" if steps >= 1 else "less than 1"
