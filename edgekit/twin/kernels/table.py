"""Every kernel that is simulated. To add one, add it here and to ``tests/twin/kernel_files.py``.

A kernel adds up integers without error, and rounds once at the end. What the twin adds up is real, so a sum is off by
what float32 leaves out; but it is known to be a whole number of units, and brought back to it. What follows is the
kernel's own arithmetic, with integers of 8 bits to the bit: XNNPACK's, which the runtime takes by default, and TFLite's
own where XNNPACK has none. Other processors have the same but where it says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgekit.twin.grids import Value
from edgekit.twin.kernels.elementwise import (
    added,
    converted,
    function_of_one,
    inverse_root,
    leaking,
    multiplied,
    nearest,
    rectified,
    root,
    shared_out,
    squared_difference,
)
from edgekit.twin.kernels.hard_swish import hard_swish
from edgekit.twin.kernels.resizing import resized
from edgekit.twin.kernels.sums import long_mean, long_sum, mean, pooled, product_of_two, weighted_sum
from edgekit.twin.kernels.work import Kernel, KernelWork
from edgekit.twin.operators.table import BIASES

KERNELS: Mapping[str, tuple[Kernel, tuple[int, ...]]] = {
    **{name: (weighted_sum, (given, weights)) for name, (_, given, weights) in BIASES.items()},
    "ADD": (added, (0, 1)),
    "SUB": (added, (0, 1)),
    "MUL": (multiplied, (0, 1)),
    "MEAN": (mean, (0,)),
    "SUM": (mean, (0,)),
    "AVERAGE_POOL_2D": (pooled, (0,)),
    **dict.fromkeys(("LOGISTIC", "TANH", "GELU"), (function_of_one, (0,))),
    "SOFTMAX": (shared_out, (0,)),
    "BATCH_MATMUL": (product_of_two, (0, 1)),
    "SQUARED_DIFFERENCE": (squared_difference, (0, 1)),
    "SQRT": (root, (0,)),
    "RSQRT": (inverse_root, (0,)),
    "HARD_SWISH": (hard_swish, (0,)),
    **dict.fromkeys(("RELU", "RELU6"), (rectified, (0,))),
    "LEAKY_RELU": (leaking, (0,)),
    "RESIZE_BILINEAR": (resized, (0,)),
    "QUANTIZE": (converted, (0,)),
}
"""Each with the inputs that must be integers; where one is none, or for all other kinds, what is nearest is taken."""
LONG_KERNELS: Mapping[str, tuple[Kernel, tuple[int, ...]]] = {
    **{name: (long_sum, KERNELS[name][1]) for name in ("CONV_2D", "DEPTHWISE_CONV_2D", "BATCH_MATMUL")},
    "MEAN": (long_mean, (0,)),
}
"""The same for results of 16 bits, which XNNPACK has no kernels for."""


def whole_result(work: KernelWork) -> Value:
    """Return the result of an operator in whole steps from 0.0, as its kernel rounds it."""
    table = KERNELS if work.grid.highest < 128.0 else LONG_KERNELS
    kernel, slots = table.get(work.operator.name, (nearest, ()))
    return (kernel if all(work.grids[slot] is not None for slot in slots) else nearest)(work)
