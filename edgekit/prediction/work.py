"""What a file asks of a processor, operator by operator: amounts of a few kinds of work that have costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edgekit.errors import SourceError
from edgekit.inspection import Inspection, OpFacts


class WorkKind(StrEnum):
    """What has a cost of its own. The unit of each is in brackets."""

    POINTWISE = "pointwise"
    """Convolutions of a window of one place (multiply-accumulates)."""
    SPATIAL = "spatial"
    """Other convolutions (multiply-accumulates)."""
    DEPTHWISE = "depthwise"
    """(multiply-accumulates)."""
    DENSE = "dense"
    """Products with a matrix of weights, or of two activations (multiply-accumulates)."""
    RECURRENT = "recurrent"
    """Matrix products of LSTM, SVDF and their kin (multiply-accumulates)."""
    ELEMENTWISE = "elementwise"
    """Additions, activations, poolings and all else that computes value by value (values)."""
    MOVED = "moved"
    """Activations that an operator reads or writes (values)."""
    PLACES = "places"
    """Where a convolution or a dense layer starts a product of its own: few channels do not fill a vector (count)."""
    WEIGHTS = "weights"
    """Constants that are read (bytes)."""
    OPERATORS = "operators"
    """Being called at all (count)."""


class KernelKind(StrEnum):
    """What an operator's products are made in, which decides the kernel that makes them."""

    FLOAT32 = "float32"
    INT8 = "int8"
    INT8_DOT = "int8_dot"
    """int8 where the processor sums products in one instruction."""
    FLOAT16 = "float16"


_MATRICES = {
    "DEPTHWISE_CONV_2D": WorkKind.DEPTHWISE,
    "FULLY_CONNECTED": WorkKind.DENSE,
    "BATCH_MATMUL": WorkKind.DENSE,
    "CONV_3D": WorkKind.SPATIAL,
    "CONV_3D_TRANSPOSE": WorkKind.SPATIAL,
    "TRANSPOSE_CONV": WorkKind.SPATIAL,
    **dict.fromkeys(
        (
            "RNN",
            "SVDF",
            "LSTM",
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            "BIDIRECTIONAL_SEQUENCE_LSTM",
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            "BIDIRECTIONAL_SEQUENCE_RNN",
        ),
        WorkKind.RECURRENT,
    ),
}
_ELEMENTWISE = frozenset(
    {
        "ABS", "ADD", "ADD_N", "ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "DEQUANTIZE", "DIV", "ELU", "EQUAL",
        "EXP", "FLOOR", "GELU", "GREATER", "GREATER_EQUAL", "HARD_SWISH", "L2_NORMALIZATION", "L2_POOL_2D",
        "LEAKY_RELU", "LESS", "LESS_EQUAL", "LOG", "LOGICAL_AND", "LOGICAL_NOT", "LOGICAL_OR", "LOGISTIC",
        "LOG_SOFTMAX", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "NEG", "NOT_EQUAL", "POW", "PRELU",
        "QUANTIZE", "REDUCE_MAX", "REDUCE_MIN", "RELU", "RELU6", "RELU_N1_TO_1", "RESIZE_BILINEAR",
        "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "SELECT", "SELECT_V2", "SIN", "COS", "SOFTMAX", "SQRT", "SQUARE",
        "SQUARED_DIFFERENCE", "SUB", "SUM", "TANH",
    }
)  # fmt: skip
_MOVING = frozenset(
    {
        "BATCH_TO_SPACE_ND", "CAST", "CONCATENATION", "DEPTH_TO_SPACE", "EMBEDDING_LOOKUP", "EXPAND_DIMS",
        "FILL", "GATHER", "GATHER_ND", "MIRROR_PAD", "PACK", "PAD", "PADV2", "RESHAPE", "REVERSE_V2", "SHAPE",
        "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TILE",
        "TRANSPOSE", "UNPACK", "BROADCAST_TO", "RANGE",
    }
)  # fmt: skip
_FREE = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "SHAPE"})
"""They change what a tensor is called, and no value of it."""
_BYTES = frozenset({"int8", "uint8", "dynamic_int8", "int4_weights", "int2_weights"})
_VECTORS = frozenset({WorkKind.POINTWISE, WorkKind.SPATIAL, WorkKind.DEPTHWISE, WorkKind.DENSE})
_SLOW = frozenset({"int16x8", "int16"})
"""Only the runtime's plain kernels know these: ResNet-8 takes 20 times the instructions of int8."""
_LITTLE = 0.05
"""Share of the products that may be made in those, and be told as not covered."""


@dataclass(frozen=True, slots=True)
class OpWork:
    """The work of one operator."""

    index: int
    name: str
    output: str
    arithmetic: KernelKind
    kind: WorkKind
    """What it mostly is; ``moved`` for one that only copies."""
    amounts: Mapping[WorkKind, float]
    covered: bool
    """Whether the costs know operators like it at all."""
    channels: int = 0
    """Of its output; 0 where that means nothing."""

    def in_lanes(self, lanes: int) -> Mapping[WorkKind, float]:
        """Return the amounts with products counted as vectors of ``lanes`` channels make them: full ones only."""
        if lanes <= 1 or not self.channels or self.kind not in _VECTORS:
            return self.amounts
        padded = math.ceil(self.channels / lanes) * lanes / self.channels
        return {**self.amounts, self.kind: self.amounts[self.kind] * padded}


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one inference."""

    ops: tuple[OpWork, ...]

    @property
    def uncovered(self) -> dict[str, int]:
        """How many operators of which name no kind of work covers."""
        return dict(Counter(op.name for op in self.ops if not op.covered))

    def totals(self, *, lanes: int = 1) -> dict[KernelKind, dict[WorkKind, float]]:
        """Return the sums of all operators, by what they compute in; ``lanes`` as for :meth:`OpWork.in_lanes`."""
        sums: dict[KernelKind, dict[WorkKind, float]] = {}
        for op in self.ops:
            row = sums.setdefault(op.arithmetic, {})
            for kind, amount in op.in_lanes(lanes).items():
                row[kind] = row.get(kind, 0.0) + amount
        return sums


def work_of(inspection: Inspection, *, dot_product: bool = False) -> Work:
    """Return the work of a file.

    Args:
        inspection: of the file.
        dot_product: whether int8 products are summed by one instruction where it will run.

    Raises:
        SourceError: a shape is open, so that the work is not known; it cannot run on a CPU; or it computes in a
            precision of which nothing was measured.
    """
    open_inputs = [spec for spec in inspection.inputs if None in spec.shape]
    if open_inputs:
        spec = open_inputs[0]
        raise SourceError(
            f"{inspection.path}: input '{spec.name}' has no fixed size, but {spec}: how long it takes depends on it",
            hint="convert the model again with --input-shape, and give the size that the device will run it with",
        )
    if not inspection.arena.complete:
        raise SourceError(
            f"{inspection.path}: some sizes are only known while it runs, so its work cannot be told",
            hint="convert the model with sizes that are all fixed; 'edgekit inspect' names what is open",
        )
    if inspection.edgetpu_ops:
        raise SourceError(
            f"{inspection.path} is compiled for an Edge TPU: a CPU cannot run it",
            hint="predict the file that it was compiled from",
        )
    slow = sum(op.macs for op in inspection.ops if op.precision in _SLOW)
    if slow > _LITTLE * inspection.macs:
        raise SourceError(
            f"{inspection.path} computes in int16x8, for which the runtime has plain kernels only: nothing like them "
            "was measured, and they are many times slower",
            hint="predict the int8 file, or benchmark this one on the board",
        )
    return Work(tuple(_op(op, dot_product=dot_product) for op in inspection.ops))


def _op(op: OpFacts, *, dot_product: bool) -> OpWork:
    kind, covered = _kind(op)
    arithmetic = KernelKind.FLOAT32
    if op.precision in _BYTES:
        arithmetic = KernelKind.INT8_DOT if dot_product else KernelKind.INT8
    amounts: dict[WorkKind, float] = {WorkKind.OPERATORS: 1.0}
    moved = 0 if op.name in _FREE else op.read_values + op.written_values
    if moved:
        amounts[WorkKind.MOVED] = float(moved)
    if kind is WorkKind.ELEMENTWISE:
        amounts[kind] = float(max(op.read_values, op.written_values))
    elif kind is not WorkKind.MOVED:
        amounts[kind] = float(op.macs)
    if op.precision == "dynamic_int8":
        # The kernel quantizes what it reads in each inference.
        amounts[WorkKind.ELEMENTWISE] = float(op.read_values)
    if op.macs and op.channels:
        amounts[WorkKind.PLACES] = op.written_values / op.channels
    if op.macs and op.weight_bytes:
        amounts[WorkKind.WEIGHTS] = float(op.weight_bytes)
    return OpWork(
        op.index, op.name, op.output, arithmetic, kind, amounts, covered and op.precision not in _SLOW, op.channels
    )


def _kind(op: OpFacts) -> tuple[WorkKind, bool]:
    if op.name == "CONV_2D":
        return (WorkKind.POINTWISE if op.window == 1 else WorkKind.SPATIAL), True
    if op.name in _MATRICES:
        return _MATRICES[op.name], True
    if op.name in _ELEMENTWISE:
        return WorkKind.ELEMENTWISE, True
    if op.name in _MOVING:
        return WorkKind.MOVED, True
    return WorkKind.ELEMENTWISE, False
