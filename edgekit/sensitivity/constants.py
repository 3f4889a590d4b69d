"""The real values of stored constants, and whether two files hold the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import SourceError
from edgekit.inspection.graph import Graph, Tensor, constant_origins
from edgekit.sensitivity.names import short_name
from edgekit.sensitivity.pairing import OTHER_MODEL, Pairing

_STORED = {
    "float32": "<f4",
    "float16": "<f2",
    "int8": "i1",
    "uint8": "u1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
}
_SAME_WEIGHTS, _WORST_WEIGHTS = 0.9, 0.5
"""Least cosine between weights and their quantized form, of the median layer and of the worst one. Four bits per
channel keep 0.99; the layers of a network that was trained once more are below 0.8."""


def real_values(tensor: Tensor) -> NDArray[np.float32] | None:
    """Return a constant as real numbers, in its shape; None where it is stored in a form that is not unpacked here."""
    if tensor.data is None or tensor.sparsity is not None or tensor.count is None:
        return None
    if tensor.dtype == "int4":
        stored = _unpacked(tensor.data)[: tensor.count]
    elif tensor.dtype in _STORED:
        stored = tensor.data.view(_STORED[tensor.dtype])[: tensor.count]
    else:
        return None
    values: NDArray[np.float32] = stored.reshape(tensor.shape).astype(np.float32)
    if tensor.floating:
        return values
    quantization = tensor.quantization
    if quantization is None or quantization.scales.size == 0:
        return None
    scales, zero_points = quantization.scales, quantization.zero_points.astype(np.float32)
    if scales.size > 1:
        if quantization.axis >= values.ndim or values.shape[quantization.axis] != scales.size:
            return None
        along = [1] * values.ndim
        along[quantization.axis] = scales.size
        scales = scales.reshape(along)
        zero_points = zero_points.reshape(along) if zero_points.size == quantization.scales.size else zero_points[:1]
    return (values - (zero_points if zero_points.size else 0)) * scales


def _unpacked(data: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return two signed values per byte, the lower half first."""
    halves = np.stack([data & 15, data >> 4], axis=-1).ravel().astype(np.int8)
    return np.where(halves > 7, halves - 16, halves).astype(np.int8)


def require_same_weights(quantized: Graph, original: Graph, *, pairing: Pairing, names: tuple[str, str]) -> float:
    """Return the least cosine between the weights of a layer in the two files; 1 where there are none to compare.

    Raises:
        SourceError: the weights are others: the graphs are alike, but the models are not.
    """
    cosines = sorted(_cosines(quantized, original, pairing))
    if not cosines:
        return 1.0
    worst, where = cosines[0]
    if worst < _WORST_WEIGHTS or cosines[len(cosines) // 2][0] < _SAME_WEIGHTS:
        raise SourceError(
            f"{names[0]} was not made from {names[1]}: the graphs are the same, but the weights are not, least of all "
            f"in '{short_name(where)}' (cosine {worst:.2f})",
            hint=OTHER_MODEL,
        )
    return worst


def _cosines(quantized: Graph, original: Graph, pairing: Pairing) -> Iterator[tuple[float, str]]:
    ours, theirs = quantized.subgraphs[0], original.subgraphs[0]
    origins = constant_origins(ours)
    for index, twin in pairing.operators.items():
        for mine, other in zip(ours.operators[index].inputs, theirs.operators[twin].inputs, strict=False):
            # Biases do not count: those of channels without weights are cut off, which is a cause and no other model.
            if mine not in origins or other < 0 or len(origins[mine].shape) < 2 or not theirs.tensors[other].floating:
                continue
            values, wanted = real_values(origins[mine]), real_values(theirs.tensors[other])
            if values is not None and wanted is not None and values.shape == wanted.shape:
                yield _cosine(values.ravel(), wanted.ravel()), theirs.tensors[other].name


def _cosine(values: NDArray[Any], wanted: NDArray[Any]) -> float:
    size = float(np.linalg.norm(values)) * float(np.linalg.norm(wanted))
    return float(values @ wanted) / size if size else 1.0
