"""Where the quantizer rounds, how, and whose range it takes, read from a file that it made.

The quantizer is the only one who knows its own rules: which operators it takes, which tensors must share a scale, where
it converts between two. So it is asked: it quantizes the float file with ranges of which no two are alike, and the
scale of each tensor then tells whose range that tensor has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ConversionError
from edgekit.inspection.graph import Graph, Operator, Subgraph, Tensor
from edgekit.sensitivity.pairing import Pairing, pair
from edgekit.twin.network import constant
from edgekit.twin.operators.table import BIASES

Ranges = Mapping[str, tuple[float, float]]
_NEAR = 1e-5
_BITS = {"int2": 2, "int4": 4, "int8": 8, "int16": 16, "int32": 32, "int64": 64}


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a tensor that is computed is rounded."""

    bits: int
    symmetric: bool
    source: str | None
    """The tensor whose range it takes, by name; None where the range is the kernel's own."""
    fixed: tuple[float, float] | None
    """That range of the kernel."""


@dataclass(frozen=True, slots=True, eq=False)
class ConstantRounding:
    """How a constant of the quantized file is rounded."""

    origin: int
    """The tensor of the float file that it is."""
    bits: int
    axis: int | None
    """Along which steps differ; None: one step for all."""
    rule: str
    """``symmetric`` and ``asymmetric``: the step follows from the values. ``bias``: from those of ``parents``.
    ``source``: it is rounded as activations are, with the range of ``source``."""
    parents: tuple[int, int] | None = None
    """Of a bias: the tensors, in the quantized file, of the input and the weights."""
    source: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Roundings:
    """All rounding of one quantized file."""

    subgraph: Subgraph
    """Of the quantized file."""
    activations: Mapping[int, Rounding]
    constants: Mapping[int, ConstantRounding]
    values: Mapping[int, NDArray[np.generic]]
    """Of all constants of the quantized file that the float file has: the float file's."""
    origins: Mapping[int, int]
    """The same constants, and their tensors in the float file."""
    twins: Mapping[int, int]
    """From tensors of the quantized file that are given or computed to those of the float file."""
    twice: frozenset[int]
    """Tensors whose kernel rounds twice: XNNPACK takes no convolution with integer activations and weights of less than
    a byte."""


def placement(quantized: Graph, original: Graph, *, probed: Ranges, name: str) -> Roundings:
    """Read where and how a file is rounded.

    Args:
        quantized: a file that was quantized with ``quantization.ranges.probing_ranges``.
        original: the float file that it was made from.
        probed: the ranges.
        name: of the float file, for sentences.

    Raises:
        ConversionError: it is rounded in a way that is not known.
    """
    paired = pair(quantized, original, names=("the quantized file", name))
    ours, theirs = quantized.subgraphs[0], original.subgraphs[0]
    origins = _origins(ours, theirs, paired)
    constants = {}
    values: dict[int, NDArray[np.generic]] = {}
    computed = {index for operator in ours.operators for index in operator.outputs} | set(ours.inputs)
    known = _scales(probed)
    for tensor in ours.tensors:
        value = constant(theirs.tensors[origins[tensor.index]]) if tensor.index in origins else None
        if value is None:
            continue
        values[tensor.index] = value
        if tensor.quantized:
            constants[tensor.index] = _constant(tensor, value, origin=origins[tensor.index], known=known)
    for operator in ours.operators:
        _set_biases(operator, constants)
    activations = {
        index: _activation(ours.tensors[index], known) for index in sorted(computed) if ours.tensors[index].quantized
    }
    return Roundings(
        subgraph=ours,
        activations=activations,
        constants=constants,
        values=values,
        origins={index: origins[index] for index in values},
        twins=_twins(ours, theirs, paired),
        twice=frozenset(_twice(ours, constants)),
    )


def _origins(ours: Subgraph, theirs: Subgraph, paired: Pairing) -> dict[int, int]:
    """Return the constants of the quantized file, and those of the float file that they were."""
    found: dict[int, int] = {}
    for number, other in paired.operators.items():
        pairs = zip(ours.operators[number].inputs, theirs.operators[other].inputs, strict=False)
        found |= {
            index: _first(theirs.tensors[origin], theirs)
            for index, origin in pairs
            if min(index, origin) >= 0 and ours.tensors[index].constant and theirs.tensors[origin].constant
        }
    return found


def _twins(ours: Subgraph, theirs: Subgraph, paired: Pairing) -> dict[int, int]:
    """Return what the tensors of the quantized file stand for, also those that are no real numbers."""
    found = dict(paired.inputs)
    for number, other in paired.operators.items():
        pairs = zip(ours.operators[number].outputs, theirs.operators[other].outputs, strict=False)
        found |= {index: twin for index, twin in pairs if min(index, twin) >= 0}
    return found | dict(paired.twins)


def _first(tensor: Tensor, subgraph: Subgraph) -> int:
    """Return the first tensor that stands for the same weights.

    Converters store equal constants once. Matrices that are equal are one layer that is used twice, and stay one; equal
    vectors are biases that have learned nothing yet, and are trained apart.
    """
    if len(tensor.shape) < 2:
        return tensor.index
    return next(
        other.index
        for other in subgraph.tensors
        if (other.buffer, other.shape, other.dtype) == (tensor.buffer, tensor.shape, tensor.dtype)
    )


def _scales(probed: Ranges) -> dict[int, tuple[NDArray[np.float64], Sequence[str]]]:
    """Return the scales that the probing ranges come to, by bits, and whose they are."""
    names = list(probed)
    widths = np.array([high - low for low, high in probed.values()])
    bounds = np.array([max(-low, high) for low, high in probed.values()])
    return {8: (widths / 255, names), 16: (bounds / 32767, names)}


def _source(tensor: Tensor, known: Mapping[int, tuple[NDArray[np.float64], Sequence[str]]]) -> str | None:
    scale, _ = _step(tensor)
    scales, names = known[_bits(tensor)]
    if not len(names):
        return None
    nearest = int(np.argmin(np.abs(scales - scale)))
    return names[nearest] if abs(scales[nearest] / scale - 1) < _NEAR else None


def _activation(tensor: Tensor, known: Mapping[int, tuple[NDArray[np.float64], Sequence[str]]]) -> Rounding:
    bits = _bits(tensor)
    if bits not in known:
        raise ConversionError(f"tensor '{tensor.name}' is rounded to {tensor.dtype}, which is not trained through")
    scale, zero_point = _step(tensor)
    source = _source(tensor, known)
    lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    fixed = None if source else ((lowest - zero_point) * scale, (highest - zero_point) * scale)
    return Rounding(bits, bits == 16, source, fixed)


def _constant(
    tensor: Tensor,
    value: NDArray[np.generic],
    *,
    origin: int,
    known: Mapping[int, tuple[NDArray[np.float64], Sequence[str]]],
) -> ConstantRounding:
    bits, quantization = _bits(tensor), tensor.quantization
    if quantization is None or quantization.details is not None:
        raise ConversionError(f"the weights '{tensor.name}' share steps in blocks, which is not trained through")
    if bits >= 32:
        return ConstantRounding(origin, bits, None, "bias")
    if quantization.scales.size > 1 or not quantization.zero_points.any():
        axis = quantization.axis if quantization.scales.size > 1 else None
        others = None if axis is None else tuple(other for other in range(value.ndim) if other != axis)
        widest = np.abs(value.astype(np.float64)).max(axis=others, initial=0.0)
        if np.allclose(np.maximum(widest, 1e-9) / (2 ** (bits - 1) - 1), quantization.scales, rtol=1e-4):
            return ConstantRounding(origin, bits, axis, "symmetric")
    width = max(float(value.max(initial=0.0)), 0.0) - min(float(value.min(initial=0.0)), 0.0)
    if quantization.scales.size == 1 and np.isclose(
        max(width, 1e-9) / (2**bits - 1), quantization.scales[0], rtol=1e-4
    ):
        return ConstantRounding(origin, bits, None, "asymmetric")
    source = _source(tensor, known) if bits in known else None
    if source is None:
        raise ConversionError(f"how the constant '{tensor.name}' is rounded cannot be told from its scale")
    return ConstantRounding(origin, bits, None, "source", source=source)


def _set_biases(operator: Operator, constants: dict[int, ConstantRounding]) -> None:
    """Say whose steps make those of an operator's bias."""
    places = BIASES.get(operator.name)
    if places is None or len(operator.inputs) <= places[0]:
        return
    bias, given, weights = (operator.inputs[place] for place in places)
    found = constants.get(bias)
    if found is not None and found.rule == "bias":
        constants[bias] = ConstantRounding(found.origin, found.bits, None, "bias", (given, weights))


def _twice(subgraph: Subgraph, constants: Mapping[int, ConstantRounding]) -> Iterator[int]:
    for operator in subgraph.operators:
        if operator.name in BIASES and operator.name != "FULLY_CONNECTED":
            weights = constants.get(operator.inputs[BIASES[operator.name][2]])
            if weights is not None and weights.bits < 8:
                yield operator.outputs[0]


def _bits(tensor: Tensor) -> int:
    bits = _BITS.get(tensor.dtype)
    if bits is None:
        raise ConversionError(f"tensor '{tensor.name}' is stored as {tensor.dtype}, which is not trained through")
    return bits


def _step(tensor: Tensor) -> tuple[float, int]:
    quantization = tensor.quantization
    if quantization is None or quantization.scales.size != 1:
        raise ConversionError(f"tensor '{tensor.name}' is rounded with several steps, which is not trained through")
    zero_points = quantization.zero_points
    return float(quantization.scales[0]), int(zero_points[0]) if zero_points.size else 0
