"""What the runtime's kernels keep beside the file and the activations, told from the graph alone.

XNNPACK, which LiteRT gives all operators that it knows, copies weights once into the order in which its kernels
read them, and keeps for each window of a convolution, pooling or resizing a list of pointers to its rows
(src/operators/convolution-nhwc.c and src/indirection.c of XNNPACK). Both live as long as the interpreter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from edgekit.inspection.arithmetic import op_precision
from edgekit.inspection.facts import KernelMemory
from edgekit.inspection.graph import Graph, Operator, Subgraph, Tensor, constant_origins

_POINTER_BYTES = 8
_WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"})
_XNNPACK_PRECISIONS = frozenset({"float32", "int8", "uint8", "dynamic_int8", "int4_weights"})


def kernel_memory(graph: Graph) -> KernelMemory:
    """Return what the kernels of all operators keep. Shapes that are not known count as nothing."""
    packed = pointers = scratch = 0
    for subgraph in graph.subgraphs:
        origins = constant_origins(subgraph)
        for operator in subgraph.operators:
            taken = op_precision(operator, subgraph, origins=origins) in _XNNPACK_PRECISIONS
            weights = [origins[index] for index in operator.inputs[1:] if index in origins]
            if operator.name in _WEIGHTED and taken:
                packed += sum(_widened(tensor) for tensor in weights)
                scratch = max([scratch, *(_widened(tensor) for tensor in weights if tensor.dtype == "float16")])
            elif operator.name in _WEIGHTED:
                scratch = max([scratch, *(tensor.stored_bytes for tensor in weights)])
            if taken and operator.name in _POINTERS:
                pointers += _POINTER_BYTES * _POINTERS[operator.name](_Window(operator, subgraph))
    return KernelMemory(packed, pointers, scratch)


def _widened(tensor: Tensor) -> int:
    return tensor.stored_bytes * (2 if tensor.dtype == "float16" else 1)


class _Window:
    """The shapes of an operator that slides a window over an image; 0 for whatever is not known."""

    def __init__(self, operator: Operator, subgraph: Subgraph) -> None:
        self._fields: dict[str, object] = {}
        for _, fields in operator.options:
            self._fields.update(fields)
        self.output = _plane(subgraph, operator.outputs, 0)
        self.weights = _plane(subgraph, operator.inputs, 1)

    def option(self, name: str) -> int:
        value = self._fields.get(name, 1)
        return max(value, 0) if isinstance(value, int) else 1


def _plane(subgraph: Subgraph, indices: tuple[int, ...], position: int) -> tuple[int, int]:
    """Return height and width of a tensor with four dimensions."""
    if position >= len(indices) or indices[position] < 0:
        return (0, 0)
    shape = subgraph.tensors[indices[position]].shape
    return (max(shape[1], 0), max(shape[2], 0)) if len(shape) == 4 else (0, 0)


def _every_window(window: _Window) -> int:
    """A list for each place of the output, but none where the window is one pixel: that is a matrix product."""
    plain = window.weights == (1, 1) and window.option("strideH") == window.option("strideW") == 1
    return 0 if plain else math.prod(window.weights) * math.prod(window.output)


def _rows(window: _Window, kernel: tuple[int, int], *, dilated: bool) -> int:
    """Neighbouring windows of one row share the columns that they both cover."""
    (height, width), (out_height, out_width) = kernel, window.output
    step = width if dilated else min(window.option("strideW"), width)
    return out_height * height * (width + max(out_width - 1, 0) * step)


def _depthwise(window: _Window) -> int:
    return _rows(window, window.weights, dilated=window.option("dilationWFactor") > 1)


def _pool(window: _Window) -> int:
    return _rows(window, (window.option("filterHeight"), window.option("filterWidth")), dilated=False)


def _corners(window: _Window) -> int:
    return 4 * math.prod(window.output)


_POINTERS: Mapping[str, Callable[[_Window], int]] = {
    "CONV_2D": _every_window,
    "TRANSPOSE_CONV": _every_window,
    "DEPTHWISE_CONV_2D": _depthwise,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "RESIZE_BILINEAR": _corners,
}
