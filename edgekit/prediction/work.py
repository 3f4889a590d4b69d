"""What a file asks of a processor, operator by operator: amounts of a few kinds of work that have costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """Where a product, or another loop over channels, starts anew: few channels do not fill a vector (count)."""
    WEIGHTS = "weights"
    """Constants that are read (bytes)."""
    OPERATORS = "operators"
    """Being called at all (count)."""


class OpGroup(StrEnum):
    """Operators that share their kernels, so that a probe can tell what one costs from what others of it take."""

    POINTWISE = "pointwise"
    """Convolutions of a window of one place, in many places."""
    SPATIAL = "spatial"
    DEPTHWISE = "depthwise"
    DENSE = "dense"
    """One product with a matrix of weights, also where it is called a convolution of one place."""
    TRANSPOSED = "transposed"
    RECURRENT = "recurrent"
    ADDED = "added"
    """Two operands of one shape, or one and a number."""
    SCALED = "scaled"
    """Two operands of which one is repeated."""
    CLAMPED = "clamped"
    """To one side, as by RELU."""
    BOUNDED = "bounded"
    """To both sides, as by RELU6."""
    SIGMOID = "sigmoid"
    TANH = "tanh"
    """And other functions that are computed rather than compared."""
    HARD_SWISH = "hard_swish"
    REDUCED = "reduced"
    MAX_POOLED = "max_pooled"
    MEAN_POOLED = "mean_pooled"
    SOFTENED = "softened"
    JOINED = "joined"
    PADDED = "padded"
    COPIED = "copied"
    BILINEAR = "bilinear"
    NEAREST = "nearest"
    QUANTIZED = "quantized"
    DEQUANTIZED = "dequantized"
    RENAMED = "renamed"
    """Nothing is computed."""
    OTHER = "other"


SPARSE = "DENSIFY"
"""Name of the operator before convolutions whose weights are stored without their zeros."""


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
_OPERANDS = frozenset({"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"})
_GROUPS = {
    "DEPTHWISE_CONV_2D": OpGroup.DEPTHWISE,
    "FULLY_CONNECTED": OpGroup.DENSE,
    "BATCH_MATMUL": OpGroup.DENSE,
    "TRANSPOSE_CONV": OpGroup.TRANSPOSED,
    "LOGISTIC": OpGroup.SIGMOID,
    "HARD_SWISH": OpGroup.HARD_SWISH,
    "MAX_POOL_2D": OpGroup.MAX_POOLED,
    "AVERAGE_POOL_2D": OpGroup.MEAN_POOLED,
    "SOFTMAX": OpGroup.SOFTENED,
    "CONCATENATION": OpGroup.JOINED,
    **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD"), OpGroup.PADDED),
    "RESIZE_BILINEAR": OpGroup.BILINEAR,
    "RESIZE_NEAREST_NEIGHBOR": OpGroup.NEAREST,
    "QUANTIZE": OpGroup.QUANTIZED,
    "DEQUANTIZE": OpGroup.DEQUANTIZED,
    **dict.fromkeys(("RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"), OpGroup.BOUNDED),
    **dict.fromkeys(("RELU", "LEAKY_RELU", "PRELU", "ABS", "NEG", "SQUARE"), OpGroup.CLAMPED),
    **dict.fromkeys(("TANH", "ELU", "EXP", "GELU", "LOG", "RSQRT", "SQRT", "POW", "SIN", "COS"), OpGroup.TANH),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"), OpGroup.REDUCED),
}
_EDGES = ("QUANTIZE", "DEQUANTIZE")
"""Where an int8 network begins and ends: the kernels work on bytes on one side."""
_PLAIN = frozenset(
    {
        "TILE",
        "RESIZE_NEAREST_NEIGHBOR",
        "GATHER",
        "GATHER_ND",
        "UNPACK",
        "REVERSE_V2",
        "BROADCAST_TO",
        "ARG_MAX",
        "CAST",
    }
)
_PLAIN_INT8 = frozenset({"RELU", "RELU6", "RELU_N1_TO_1", "HARD_SWISH", "AVERAGE_POOL_2D", "SOFTMAX", "PRELU"})
"""Operators that XNNPACK leaves to the runtime's own kernels, the latter in int8 alone: so with ai-edge-litert 2.3."""
_POOLINGS = frozenset({OpGroup.MAX_POOLED, OpGroup.MEAN_POOLED})
_BY_PLACES = _POOLINGS | {
    OpGroup.SCALED,
    OpGroup.PADDED,
    OpGroup.COPIED,
    OpGroup.JOINED,
    OpGroup.BILINEAR,
    OpGroup.NEAREST,
}
"""Their kernels go from place to place; those of other elementwise operators over all values at once."""
_INTEGERS = frozenset({KernelKind.INT8, KernelKind.INT8_DOT})
_BYTES = frozenset({"int8", "uint8", "dynamic_int8", "int4_weights", "int2_weights"})
_SLOW = frozenset({"int16x8", "int16"})
"""Only the runtime's plain kernels know these: ResNet-8 takes 20 times the instructions of int8."""
_BYTES_WIDE = {KernelKind.FLOAT32: 4, KernelKind.FLOAT16: 2, KernelKind.INT8: 1, KernelKind.INT8_DOT: 1}
"""Of one weight, once it is unpacked."""
_UNPACKING = frozenset({"DEQUANTIZE", SPARSE})
_NUMBER = 4
"""Bytes that one number has at most."""
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
    depth: int = 0
    """Channels that a convolution or a dense layer sums at each place of its window; 0 where that means nothing."""
    group: OpGroup = OpGroup.OTHER
    plain: bool = False
    """Whether XNNPACK leaves it to the runtime, so that what comes before it and after it is called one by one."""
    weight_bytes: int = 0
    """Constants that it reads, each counted once; ``weights`` of a recurrent layer counts them at each step."""
    written_bytes: int = 0
    """Of its outputs."""
    swish: bool = False
    """Whether it multiplies values with the logistic function of the same values."""

    @property
    def free(self) -> bool:
        """Whether nothing is computed: XNNPACK looks up ``x * logistic(x)`` in one table where x is in 8 bits."""
        return self.group is OpGroup.RENAMED or (self.swish and self.arithmetic in _INTEGERS)


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one inference."""

    ops: tuple[OpWork, ...]

    @property
    def arithmetic(self) -> KernelKind:
        """What most of its operators compute in."""
        return Counter(op.arithmetic for op in self.ops).most_common(1)[0][0]

    @property
    def sparse(self) -> bool:
        """Whether the runtime may take sparse kernels for its pointwise convolutions: there are some in float32."""
        return any(op.name == SPARSE and op.arithmetic is KernelKind.FLOAT32 for op in self.ops)

    @property
    def uncovered(self) -> dict[str, int]:
        """How many operators of which name no kind of work covers."""
        return dict(Counter(op.name for op in self.ops if not op.covered))

    def totals(self) -> dict[KernelKind, dict[WorkKind, float]]:
        """Return the sums of all operators, by what they compute in."""
        sums: dict[KernelKind, dict[WorkKind, float]] = {}
        for op in self.ops:
            row = sums.setdefault(op.arithmetic, {})
            for kind, amount in op.amounts.items():
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


def computed_in(op: OpWork, arithmetic: KernelKind) -> OpWork:
    """Return an operator as a file has it that computes in something else: as wide as weights are, who runs it."""
    narrower = _BYTES_WIDE[op.arithmetic] / _BYTES_WIDE[arithmetic]
    amounts = {**op.amounts}
    if WorkKind.WEIGHTS in amounts:
        amounts[WorkKind.WEIGHTS] /= narrower
    return replace(
        op,
        arithmetic=arithmetic,
        amounts=amounts,
        weight_bytes=round(op.weight_bytes / narrower),
        written_bytes=round(op.written_bytes / narrower),
        plain=_is_plain(op.name, arithmetic),
    )


def _is_plain(name: str, arithmetic: KernelKind) -> bool:
    return name in _PLAIN or (arithmetic in _INTEGERS and name in _PLAIN_INT8)


def _writes_floats(op: OpFacts) -> bool:
    return op.name == "DEQUANTIZE" or (op.floating and op.name != "QUANTIZE")


def _op(op: OpFacts, *, dot_product: bool) -> OpWork:
    if op.name in _UNPACKING and not op.read_values:
        # Weights that are stored as float16, or without zeros: the runtime unpacks them once, when it loads the file.
        return OpWork(op.index, op.name, op.output, KernelKind.FLOAT32, WorkKind.MOVED, {}, True, group=OpGroup.RENAMED)
    kind, covered = _kind(op)
    arithmetic = KernelKind.FLOAT32
    if op.precision in _BYTES or op.name in _EDGES:
        arithmetic = KernelKind.INT8_DOT if dot_product else KernelKind.INT8
    amounts: dict[WorkKind, float] = {WorkKind.OPERATORS: 1.0}
    moved = 0 if op.name in _FREE else op.read_values + op.written_values
    if moved:
        amounts[WorkKind.MOVED] = float(moved)
    group = _group(op, kind)
    if kind is WorkKind.ELEMENTWISE:
        # Windows that overlap read a value several times.
        most = op.written_values * (op.window if group in _POOLINGS else 1)
        amounts[kind] = float(max(op.read_values, op.written_values, most))
    elif kind is not WorkKind.MOVED:
        amounts[kind] = float(op.macs)
    if op.precision == "dynamic_int8":
        # The kernel quantizes what it reads in each inference.
        amounts[WorkKind.ELEMENTWISE] = float(op.read_values)
    if group is OpGroup.REDUCED:
        amounts[WorkKind.PLACES] = float(op.written_values)
    elif (op.macs or group in _BY_PLACES) and op.channels:
        amounts[WorkKind.PLACES] = op.written_values / op.channels
    weight_bytes = op.weight_bytes + op.unpacked_growth if op.macs else 0
    if weight_bytes:
        # A step of a recurrent layer needs all weights again: as many as it has products.
        amounts[WorkKind.WEIGHTS] = float(
            op.macs * _BYTES_WIDE[arithmetic] if kind is WorkKind.RECURRENT else weight_bytes
        )
    return OpWork(
        index=op.index,
        name=op.name,
        output=op.output,
        arithmetic=arithmetic,
        kind=kind,
        amounts=amounts,
        covered=covered and op.precision not in _SLOW,
        channels=op.channels,
        depth=round(op.macs / (op.written_values * max(op.window, 1))) if op.macs and op.written_values else 0,
        group=group,
        plain=_is_plain(op.name, arithmetic),
        weight_bytes=weight_bytes,
        written_bytes=op.written_values
        * (4 if op.name == "DEQUANTIZE" or (op.floating and op.name != "QUANTIZE") else 1),
        swish=op.swish,
    )


def _group(op: OpFacts, kind: WorkKind) -> OpGroup:
    if op.name == "CONV_2D" and op.window == 1:
        return OpGroup.DENSE if op.written_values == op.channels else OpGroup.POINTWISE
    if op.name in _OPERANDS:
        with_number = op.read_values == op.written_values and op.weight_bytes <= _NUMBER
        alike = with_number or op.read_values >= 2 * op.written_values
        return OpGroup.ADDED if alike else OpGroup.SCALED
    if op.name in _GROUPS:
        return _GROUPS[op.name]
    if kind is WorkKind.MOVED:
        return OpGroup.RENAMED if op.name in _FREE else OpGroup.COPIED
    return {WorkKind.SPATIAL: OpGroup.SPATIAL, WorkKind.RECURRENT: OpGroup.RECURRENT}.get(kind, OpGroup.OTHER)


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
