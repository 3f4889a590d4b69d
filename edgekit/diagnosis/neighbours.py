"""Who writes and who reads each tensor of a quantized file, past operators that only move values."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.inspection.arithmetic import BOUNDARIES
from edgekit.inspection.graph import Operator, Subgraph, Tensor, constant_origins

_MOVING = BOUNDARIES | frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "PAD", "PADV2"})
_BOUNDED = frozenset({"SOFTMAX", "LOGISTIC", "LOG_SOFTMAX", "TANH", "HARD_SWISH"})


class Neighbours:
    """The first subgraph of a quantized file, by its connections."""

    def __init__(self, subgraph: Subgraph) -> None:
        self.subgraph = subgraph
        self._fixed = constant_origins(subgraph)
        self._readers: dict[int, list[Operator]] = {}
        self._writers: dict[int, Operator] = {}
        for operator in subgraph.operators:
            for index in dict.fromkeys(operator.inputs):
                self._readers.setdefault(index, []).append(operator)
            self._writers.update(dict.fromkeys(operator.outputs, operator))

    def readers(self, tensor: int) -> Iterator[Operator]:
        """Give the operators that compute with a tensor, in execution order on each way."""
        for operator in self._readers.get(tensor, ()):
            if operator.name in _MOVING:
                for index in operator.outputs:
                    yield from self.readers(index)
            else:
                yield operator

    def source(self, tensor: int) -> int:
        """Return the tensor whose values ``tensor`` holds: what the operators that only move values were given."""
        operator = self._writers.get(tensor)
        return self.source(operator.inputs[0]) if operator is not None and operator.name in _MOVING else tensor

    def writer(self, tensor: int) -> Operator | None:
        """Return the operator that computes a tensor; None for inputs and constants."""
        return self._writers.get(tensor)

    def constants(self, operator: Operator) -> Iterator[tuple[int, Tensor]]:
        """Give place and stored form of an operator's constants that stand for real numbers."""
        for place, index in enumerate(operator.inputs):
            origin = self._fixed.get(index)
            if origin is not None and (origin.floating or origin.quantized):
                yield place, origin

    def computed(self, operator: Operator) -> list[int]:
        """Return the tensors that an operator reads and that are not constant."""
        return [index for index in operator.inputs if index >= 0 and index not in self._fixed]

    def is_last_layer(self, operator: Operator) -> bool:
        """Return whether an operator has weights, and nothing behind it has: only what bounds or moves values."""
        return any(True for _ in self.constants(operator)) and all(map(self._only_bounded, operator.outputs))

    def _only_bounded(self, tensor: int) -> bool:
        return all(
            reader.name in _BOUNDED and all(map(self._only_bounded, reader.outputs)) for reader in self.readers(tensor)
        )
