"""Which operators may leave int8 to spare one tensor the steps of int8."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edgekit.inspection import Inspection, computing
from edgekit.inspection.graph import Operator, Subgraph, constant_origins

INT16, FLOAT = "int16", "float32"
_COSTS = {INT16: 20.0, FLOAT: 3.0}
"""Time of an operation against int8: ResNet-8 takes 84 M instructions at int16x8 and 4 M at int8, and MobileNetV1 on a
Raspberry Pi 4 takes 2.75 times as long in float32."""
_WRITTEN = 5.0
"""Time of writing a value against that of a multiply-accumulate, roughly: operators without any take time too."""
_SHARING = frozenset(
    {
        "AVERAGE_POOL_2D", "BATCH_TO_SPACE_ND", "BROADCAST_TO", "CONCATENATION", "DEPTH_TO_SPACE", "EXPAND_DIMS",
        "GATHER", "GATHER_ND", "MAXIMUM", "MAX_POOL_2D", "MINIMUM", "MIRROR_PAD", "PACK", "PAD", "PADV2", "RESHAPE",
        "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SELECT", "SELECT_V2", "SLICE", "SPACE_TO_BATCH_ND",
        "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TILE", "TRANSPOSE", "UNPACK",
    }
)  # fmt: skip
"""Operators whose kernels give what they take in the same steps: taking one out of int8 alone spares nothing."""


@dataclass(frozen=True, slots=True)
class Move:
    """Operators that leave int8 together, by their numbers in the float file, and what they compute in then."""

    operators: frozenset[int]
    arithmetic: str


class FloatGraph:
    """The float file, by who writes and reads each of its tensors."""

    def __init__(self, subgraph: Subgraph, facts: Inspection) -> None:
        self.subgraph = subgraph
        fixed = constant_origins(subgraph)
        self._readers: dict[int, list[Operator]] = {}
        self._writers: dict[int, Operator] = {}
        for operator in subgraph.operators:
            if not set(operator.outputs) <= set(fixed):
                for index in dict.fromkeys(operator.inputs):
                    self._readers.setdefault(index, []).append(operator)
                self._writers.update(dict.fromkeys(operator.outputs, operator))
        self._work = {
            op.index: op.macs + _WRITTEN * self._written(op.index) for op in computing(facts.ops) if op.subgraph == 0
        }

    @property
    def count(self) -> int:
        """How many operators compute."""
        return len(self._work)

    def moves(self, tensor: int) -> Iterator[Move]:
        """Give the moves that spare a tensor of the float file: both ends of it, its readers, or its writer alone.

        Where a reader gives what it takes in the same steps, those who read that go with it.
        """
        readers = frozenset(operator.index for operator in self._all_readers(tensor))
        writer = self._writers.get(tensor)
        ends = readers if writer is None else readers | {writer.index}
        sets = [ends, readers] + ([] if writer is None else [frozenset({writer.index})])
        for operators in dict.fromkeys(sets):
            if operators:
                yield Move(operators, FLOAT)
                yield Move(operators, INT16)

    @property
    def numbers(self) -> dict[str, int]:
        """The operators by the names that a recipe knows them by."""
        return {self.name(operator.index): operator.index for operator in self.subgraph.operators if operator.outputs}

    def name(self, operator: int) -> str:
        """Return the name that a recipe knows an operator by: that of the first tensor it writes."""
        return self.subgraph.tensors[self.subgraph.operators[operator].outputs[0]].name

    def extra_work(self, moved: Mapping[int, str]) -> float:
        """Return the time that operators outside of int8 add, as a share of that of the whole file in int8."""
        whole = math.fsum(self._work.values()) or 1.0
        return math.fsum(self._work.get(index, 0.0) * (_COSTS[kind] - 1.0) for index, kind in moved.items()) / whole

    def _all_readers(self, tensor: int) -> Iterable[Operator]:
        found: dict[int, Operator] = {}
        pending = [tensor]
        while pending:
            for operator in self._readers.get(pending.pop(), ()):
                if operator.index not in found:
                    found[operator.index] = operator
                    pending += operator.outputs if operator.name in _SHARING else ()
        return found.values()

    def _written(self, operator: int) -> int:
        tensors = self.subgraph.tensors
        return sum(tensors[index].count or 0 for index in self.subgraph.operators[operator].outputs if index >= 0)
