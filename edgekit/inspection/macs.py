"""Multiply-accumulates per operator, from the shapes alone. Additions, comparisons and activations have none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from edgekit.inspection.graph import Operator, Subgraph


class _Untold(Exception):
    """A shape that the number depends on is not known, or not there."""


@dataclass(frozen=True, slots=True)
class _Operands:
    operator: Operator
    subgraph: Subgraph

    @property
    def output(self) -> int:
        """Number of values of the first output."""
        return math.prod(self._shape(self.operator.outputs, 0, rank=0))

    def input(self, position: int, *, rank: int = 1) -> tuple[int, ...]:
        """Shape of an input of at least ``rank`` dimensions."""
        return self._shape(self.operator.inputs, position, rank=rank)

    def has(self, position: int) -> bool:
        """Whether an optional input is there."""
        return position < len(self.operator.inputs) and self.operator.inputs[position] >= 0

    def _shape(self, indices: tuple[int, ...], position: int, *, rank: int) -> tuple[int, ...]:
        if position >= len(indices) or indices[position] < 0:
            raise _Untold
        tensor = self.subgraph.tensors[indices[position]]
        if tensor.count is None or len(tensor.shape) < rank:
            raise _Untold
        return tensor.shape


def macs_of(operator: Operator, subgraph: Subgraph) -> int | None:
    """Return the multiply-accumulates of one execution of ``operator``, for the batch that the file is made for.

    Sparse weights count as if they were dense. None where the operator has some, but a shape that decides how many
    is not known or an input is missing.
    """
    rule = None if operator.custom else _RULES.get(operator.name)
    if rule is None:
        return 0
    try:
        return rule(_Operands(operator, subgraph))
    except _Untold:
        return None


def _conv(operands: _Operands) -> int:
    # Weights are (out, height, width, in / groups), so groups need no look at the input.
    return operands.output * math.prod(operands.input(1)[1:])


def _depthwise(operands: _Operands) -> int:
    # Weights are (1, height, width, out).
    _, height, width, _ = operands.input(1, rank=4)[:4]
    return operands.output * height * width


def _dense(operands: _Operands) -> int:
    # Weights are (out, in).
    return operands.output * operands.input(1)[-1]


def _conv_3d(operands: _Operands) -> int:
    # Weights are (depth, height, width, in / groups, out).
    return operands.output * math.prod(operands.input(1)[:-1])


def _transposed_conv(operands: _Operands) -> int:
    # Weights are (out, height, width, in), in three dimensions (depth, height, width, out, in): each value of the
    # input, which is the third operand, meets all of them but the last dimension.
    return math.prod(operands.input(2)) * math.prod(operands.input(1)[:-1])


def _batch_matmul(operands: _Operands) -> int:
    turned = any(fields.get("adjX") for _, fields in operands.operator.options)
    return operands.output * operands.input(0, rank=2)[-2 if turned else -1]


def _recurrent(*matrices: int) -> Callable[[_Operands], int]:
    def rule(operands: _Operands) -> int:
        # Some gates, projections and auxiliary inputs are optional; each matrix that is there meets each step of
        # each sample once.
        steps = math.prod(operands.input(0)[:-1])
        return steps * sum(math.prod(operands.input(matrix)) for matrix in matrices if operands.has(matrix))

    return rule


_RULES: dict[str, Callable[[_Operands], int]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "TRANSPOSE_CONV": _transposed_conv,
    "CONV_3D": _conv_3d,
    "CONV_3D_TRANSPOSE": _transposed_conv,
    "BATCH_MATMUL": _batch_matmul,
    # The positions of the matrices are those of the runtime's kernels.
    "RNN": _recurrent(1, 2),
    "UNIDIRECTIONAL_SEQUENCE_RNN": _recurrent(1, 2),
    "BIDIRECTIONAL_SEQUENCE_RNN": _recurrent(1, 2, 5, 6, 10, 11),
    "SVDF": _recurrent(1, 2),
    "LSTM": _recurrent(*range(1, 9), 16),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent(*range(1, 9), 16),
    "BIDIRECTIONAL_SEQUENCE_LSTM": _recurrent(*range(1, 9), 16, *range(18, 26), 33, *range(40, 48)),
}
