"""How many places the window of an operator has: what tells a pointwise convolution from a spatial one."""

from __future__ import annotations

import math

from edgekit.inspection.graph import Operator, Subgraph

_CONVOLUTIONS = {"CONV_2D": slice(1, 3), "DEPTHWISE_CONV_2D": slice(1, 3), "TRANSPOSE_CONV": slice(1, 3)} | {
    "CONV_3D": slice(0, 3),
    "CONV_3D_TRANSPOSE": slice(0, 3),
}
"""Where the sizes of the window stand in the shape of the weights, which are the second input."""
_POOLINGS = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"})


def window_of(operator: Operator, subgraph: Subgraph) -> int:
    """Return the number of places; 0 where there is no window, or its size is not known."""
    if operator.name in _POOLINGS:
        fields = {name: value for _, table in operator.options for name, value in table.items()}
        sizes = (fields.get("filterHeight", 0), fields.get("filterWidth", 0))
        return math.prod(size for size in sizes if isinstance(size, int) and size > 0) if all(sizes) else 0
    if operator.name not in _CONVOLUTIONS or len(operator.inputs) < 2 or operator.inputs[1] < 0:
        return 0
    shape = subgraph.tensors[operator.inputs[1]].shape
    found = shape[_CONVOLUTIONS[operator.name]]
    return math.prod(found) if len(shape) >= 4 and all(size > 0 for size in found) else 0
