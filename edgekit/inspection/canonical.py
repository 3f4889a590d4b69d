"""A hash of what a .tflite file computes, not of how it was written down.

Into the hash goes, for each subgraph, what its operators are told: kinds and versions, options that differ from their
defaults, and the tensors that they connect, with shapes, types, quantization and constant values. Then the signatures
with their names, since callers use these. Tensors are numbered in the order in which the graph meets them.

Left out: names of tensors and subgraphs, the description, metadata, the order and number of buffers, operator codes
and tensors, tensors that nothing uses, ranges kept for information (min, max), alignment, and bytes behind the model.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np

from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Graph, Operator, Quantization, Subgraph, Tensor

FORM = "edgekit canonical form 1"
"""Goes into every hash: a change of what is hashed needs another number."""


class _Digest(Protocol):
    def update(self, data: Any, /) -> None: ...


def canonical_sha256(content: bytes) -> str:
    """Return the hash, as hex digits, of what the .tflite file with these bytes computes.

    Raises:
        SourceError: the bytes are not a readable .tflite file.
    """
    return graph_sha256(read_graph(content, name="the model"))


def graph_sha256(graph: Graph) -> str:
    """Return the hash, as hex digits, of what a graph computes."""
    digest = hashlib.sha256()
    _feed(digest, FORM)
    numbers = [_numbering(subgraph) for subgraph in graph.subgraphs]
    for subgraph, numbering in zip(graph.subgraphs, numbers, strict=True):
        _feed(digest, _interface(subgraph, numbering))
        for index in numbering:
            _feed(digest, _tensor(subgraph.tensors[index]))
        for operator in subgraph.operators:
            _feed(digest, _operator(operator, numbering))
    for signature in sorted(graph.signatures, key=lambda item: (item.key, item.subgraph)):
        numbering = numbers[signature.subgraph]
        inputs, outputs = (
            sorted((name, numbering.get(index)) for name, index in pairs)
            for pairs in (signature.inputs, signature.outputs)
        )
        _feed(digest, ("signature", signature.key, signature.subgraph, inputs, outputs))
    return digest.hexdigest()


def _numbering(subgraph: Subgraph) -> dict[int, int]:
    order: dict[int, int] = {}

    def meet(indices: Iterable[int]) -> None:
        for index in indices:
            if index >= 0:
                order.setdefault(index, len(order))

    meet(subgraph.inputs)
    for operator in subgraph.operators:
        meet((*operator.inputs, *operator.intermediates, *operator.outputs))
    meet(subgraph.outputs)
    return order


def _interface(subgraph: Subgraph, numbering: Mapping[int, int]) -> Any:
    sides = [[numbering[index] for index in side] for side in (subgraph.inputs, subgraph.outputs)]
    return ("subgraph", *sides, len(numbering), len(subgraph.operators))


def _tensor(tensor: Tensor) -> Any:
    # A signature that allows no more than the shape says nothing new; writers differ in whether they write it.
    signature = None if tensor.signature in {(), tensor.shape} else tensor.signature
    # The bytes behind a constant's last value are padding.
    size = None if tensor.sparsity is not None else tensor.size_bytes
    data = None if tensor.data is None else tensor.data[:size]
    quantization = None if tensor.quantization is None else _quantization(tensor.quantization)
    flags = (tensor.variable, tensor.external)
    return ("tensor", tensor.shape, signature, tensor.dtype, *flags, quantization, tensor.sparsity, data)


def _quantization(quantization: Quantization) -> Any:
    scales, zero_points = quantization.scales, quantization.zero_points
    # With one scale there is no axis to choose; no zero points at all means zero.
    axis = quantization.axis if scales.size > 1 or quantization.details else 0
    return (scales, zero_points if zero_points.any() else None, axis, quantization.details)


def _operator(operator: Operator, numbering: Mapping[int, int]) -> Any:
    tensors = [
        [numbering.get(index, -1) for index in indices]
        for indices in (operator.inputs, operator.outputs, operator.intermediates)
    ]
    kind = (operator.name, operator.custom, operator.version)
    mutating = operator.mutating if any(operator.mutating) else ()
    return ("operator", *kind, *tensors, mutating, operator.options, operator.custom_options)


def _feed(digest: _Digest, value: Any) -> None:
    """Hash a value with its kind and its length in front, so that no two values look alike."""
    if isinstance(value, np.ndarray):
        digest.update(b"a%s:%d:" % (value.dtype.str.encode(), value.nbytes))
        digest.update(np.ascontiguousarray(value))
    elif isinstance(value, bytes):
        digest.update(b"b%d:" % len(value))
        digest.update(value)
    elif isinstance(value, str):
        digest.update(b"s%d:" % len(value.encode()))
        digest.update(value.encode())
    elif isinstance(value, float):
        digest.update(b"f" + struct.pack("<d", value))
    elif isinstance(value, Mapping):
        _feed(digest, tuple(value.items()))
    elif isinstance(value, tuple | list):
        digest.update(b"l%d:" % len(value))
        for item in value:
            _feed(digest, item)
    elif value is None or isinstance(value, int):
        digest.update(b"i%s;" % str(value).encode())
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")
