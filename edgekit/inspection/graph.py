"""The graph of one .tflite file as checked, frozen values: indices in it are valid, sizes are sane."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = {
    "float64": 64,
    "float32": 32,
    "float16": 16,
    "bfloat16": 16,
    "float8_e4m3fn": 8,
    "float8_e5m2": 8,
    "complex128": 128,
    "complex64": 64,
    "int64": 64,
    "uint64": 64,
    "int32": 32,
    "uint32": 32,
    "int16": 16,
    "uint16": 16,
    "int8": 8,
    "uint8": 8,
    "bool": 8,
    "int4": 4,
    "uint4": 4,
    "int2": 2,
}
"""Bits of one value. Types that are missing (``string``, ``resource``, ``variant``) have no fixed size."""
UNPACKING = frozenset({"DEQUANTIZE", "DENSIFY"})
"""Operators that turn a stored constant into the one that is computed with; the runtime does it once."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """How real values are stored: real = scale * (stored - zero_point)."""

    scales: NDArray[np.float32]
    """One value, or one per slice along ``axis``; empty where ``details`` hold the scales."""
    zero_points: NDArray[np.int64]
    axis: int
    details: tuple[str, Mapping[str, Any]] | None
    """Name and fields of the schema's other forms, such as ``BlockwiseQuantization``."""


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One tensor of a subgraph."""

    index: int
    name: str
    shape: tuple[int, ...]
    """As stored; -1 where the file does not know."""
    signature: tuple[int, ...]
    """Like ``shape``, with -1 where a caller may choose another size."""
    dtype: str
    """The schema's name in lower case, such as ``float32``, ``int4``, ``resource``."""
    buffer: int
    data: NDArray[np.uint8] | None
    """The stored bytes of a constant; None for a tensor that is computed, given, or kept in another file."""
    external: tuple[Any, ...] | None
    """Where a constant lies that is kept in another file."""
    variable: bool
    quantization: Quantization | None
    sparsity: Mapping[str, Any] | None

    @property
    def constant(self) -> bool:
        """Whether the value is part of the model."""
        return self.data is not None or self.external is not None

    @property
    def count(self) -> int | None:
        """Number of values; None where a dimension is not known."""
        return None if any(size < 0 for size in self.shape) else math.prod(self.shape)

    @property
    def size_bytes(self) -> int | None:
        """Bytes in memory; None where the shape or the size of a value is not known."""
        count, bits = self.count, BITS.get(self.dtype)
        return None if count is None or bits is None else (count * bits + 7) // 8

    @property
    def stored_bytes(self) -> int:
        """Bytes that the value takes in the file; 0 where it is not in the file."""
        return 0 if self.data is None else self.data.nbytes

    @property
    def floating(self) -> bool:
        """Whether values are stored as floating point numbers."""
        return self.dtype.startswith(("float", "bfloat", "complex"))

    @property
    def quantized(self) -> bool:
        """Whether integers stand for real numbers."""
        return self.quantization is not None and not self.floating and self.dtype in BITS


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One operator; the numbers are indices of tensors, -1 where an optional one is left out."""

    index: int
    name: str
    """The schema's name, such as ``CONV_2D``, or a custom operator's own."""
    custom: bool
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    intermediates: tuple[int, ...]
    mutating: tuple[bool, ...]
    options: tuple[tuple[str, Mapping[str, Any]], ...]
    """Name and fields of each table of options, without those at their default."""
    custom_options: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Subgraph:
    """One subgraph: its operators are in the order in which they execute."""

    index: int
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A named way to call a subgraph: names of inputs and outputs, and their tensors."""

    key: str
    subgraph: int
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """All of a file that has to do with what it computes."""

    version: int
    description: str
    subgraphs: tuple[Subgraph, ...]
    signatures: tuple[Signature, ...]


def constant_origins(subgraph: Subgraph) -> dict[int, Tensor]:
    """Return, per tensor with a fixed value, the constant that it is stored as.

    A constant is its own origin; what DEQUANTIZE and DENSIFY unpack from a constant has that constant as origin.
    """
    origins = {tensor.index: tensor for tensor in subgraph.tensors if tensor.constant}
    for operator in subgraph.operators:
        if operator.name in UNPACKING and operator.inputs and operator.inputs[0] in origins:
            origins.update({output: origins[operator.inputs[0]] for output in operator.outputs if output >= 0})
    return origins
