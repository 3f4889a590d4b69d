"""The first subgraph of a .tflite as a TensorFlow function of many samples at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.inspection.graph import Operator, Subgraph, Tensor
from edgekit.twin.operators.call import Call, CannotCompute, Value
from edgekit.twin.operators.table import KINDS, TRAINED

Written = Callable[[int, Value, Mapping[int, Value]], Value]
"""Given the number of a tensor, what was computed for it, and what those before it hold, returns what it holds."""
_PLAIN = frozenset({"float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "uint32", "bool"})


@dataclass(frozen=True, slots=True)
class Unknown:
    """An operator that cannot be computed."""

    operator: int
    name: str
    reason: str
    """Why, as the second half of a sentence."""

    def __str__(self) -> str:
        return f"{self.name} (operator {self.operator}) {self.reason}"


def constant(tensor: Tensor) -> NDArray[Any] | None:
    """Return the numbers that a constant stores; None where it is none, or is stored in a way that is not read."""
    if tensor.data is None or tensor.dtype not in _PLAIN or tensor.sparsity is not None or tensor.count is None:
        return None
    dtype = np.dtype(tensor.dtype)
    return np.frombuffer(tensor.data.tobytes(), dtype, count=tensor.count).reshape(tensor.shape)


class Network:
    """A subgraph, ready to be computed.

    Operators that need nothing but constants are computed when it is made. So are, on zeros, all others: what cannot
    be computed is known from then on. What such an operator writes must be given; what it reads can be wanted. So the
    graph before it and the graph behind it can each be held against the real one.

    Args:
        subgraph: the first one of a file.
        values: real values of constants that the file stores otherwise, by tensor.
    """

    def __init__(self, subgraph: Subgraph, *, values: Mapping[int, NDArray[Any]] | None = None) -> None:
        self.subgraph = subgraph
        found = {tensor.index: constant(tensor) for tensor in subgraph.tensors} | dict(values or {})
        self._known = {index: value for index, value in found.items() if value is not None}
        self.trained = frozenset(self._trainable())
        self._states = {tensor.index for tensor in subgraph.tensors if tensor.variable}
        self.operators, self.unknown = self._tried_all()
        unknown = [subgraph.operators[each.operator] for each in self.unknown]
        read = {index for operator in self.operators for index in operator.inputs} | set(subgraph.outputs)
        written = {index for operator in self.operators for index in operator.outputs}
        self.inputs = (*subgraph.inputs, *_numbers(unknown, "outputs", among=read))
        """Tensors that must be given: the subgraph's own inputs, and what unknown operators write."""
        self.targets = (
            *(index for index in dict.fromkeys(subgraph.outputs) if index in written),
            *_numbers(unknown, "inputs", among=written - set(subgraph.outputs)),
        )
        """Tensors that are computed: the subgraph's own outputs, and what unknown operators read."""

    def known(self, tensor: int) -> NDArray[Any]:
        """Return the value of a constant, as real numbers."""
        return self._known[tensor]

    def __call__(
        self,
        inputs: Mapping[int, Value],
        *,
        constants: Mapping[int, Any] | None = None,
        written: Written | None = None,
        wanted: Collection[int] = (),
    ) -> dict[int, Value]:
        """Compute.

        Args:
            inputs: tensor to its values, samples first and the file's batch behind them.
            constants: tensor to what it holds in place of what the file says.
            written: what becomes of each tensor that is given or computed.
            wanted: the tensors to return; none: ``targets``.
        """
        given = constants or {}
        values = {index: value if written is None else written(index, value, {}) for index, value in inputs.items()}
        for operator in self.operators:
            for index, value in self._computed(operator, values, given).items():
                values[index] = value if written is None else written(index, value, values)
        return {index: values[index] for index in wanted or self.targets}

    def _computed(
        self, operator: Operator, values: Mapping[int, Value], constants: Mapping[int, Any]
    ) -> dict[int, Value]:
        import tensorflow as tf

        weights: list[Any] = []
        taken: list[Value] = []
        for index in operator.inputs:
            weight = constants.get(index)
            if weight is None and index in self._known:
                weight = tf.constant(self._known[index])
            weights.append(weight)
            if index < 0 or index in self._states:
                taken.append(None)
            else:
                taken.append(values[index] if weight is None else weight[tf.newaxis])
        tensors = [self.subgraph.tensors[index] for index in operator.outputs]
        call = Call(
            operator=operator,
            values=taken,
            weights=weights,
            fixed=[self._known.get(index) for index in operator.inputs],
            shapes=tuple(tensor.shape for tensor in tensors),
            dtypes=tuple(tensor.dtype for tensor in tensors),
        )
        results = KINDS[operator.name](call)
        listed = results if isinstance(results, list) else [results]
        return dict(zip(operator.outputs, listed, strict=True))

    def _trainable(self) -> set[int]:
        """Return the constants that are read as weights, and as nothing else."""
        found: set[int] = set()
        others: set[int] = set()
        for operator in self.subgraph.operators:
            places = TRAINED.get(operator.name, ())
            for place, index in enumerate(operator.inputs):
                value = self._known.get(index)
                if value is None or value.dtype != np.float32:
                    continue
                single = operator.name in {"ADD", "SUB", "MUL"} and value.size == 1
                (found if place in places and value.size and not single else others).add(index)
        return found - others

    def _tried_all(self) -> tuple[tuple[Operator, ...], tuple[Unknown, ...]]:
        """Return the operators that can be computed, and those that cannot."""
        values: dict[int, Value] = {}
        operators: list[Operator] = []
        unknown: list[Unknown] = []
        for index in self.subgraph.inputs:
            self._stand_in(index, values)
        for operator in self.subgraph.operators:
            reason = self._tried(operator, values)
            if reason is not None:
                unknown.append(Unknown(operator.index, operator.name, reason))
                for index in operator.outputs:
                    self._stand_in(index, values)
            elif not all(index in self._known for index in operator.outputs):
                operators.append(operator)
        return tuple(operators), tuple(unknown)

    def _stand_in(self, index: int, values: dict[int, Value]) -> None:
        """Put zeros where a value is given; nothing where its size is not known before."""
        import tensorflow as tf

        tensor = self.subgraph.tensors[index]
        if tensor.dtype in _PLAIN and all(size > 0 for size in tensor.shape):
            values[index] = tf.zeros((1, *tensor.shape), tf.float32 if tensor.quantized else tensor.dtype)

    def _tried(self, operator: Operator, values: dict[int, Value]) -> str | None:
        """Compute an operator on zeros; return why it cannot be."""
        import tensorflow as tf

        if operator.custom or operator.name not in KINDS:
            return "is not among the operators that can be trained through"
        stray = [
            i for i in operator.inputs if i >= 0 and i not in values and i not in self._known and i not in self._states
        ]
        if stray:
            return f"reads '{self.subgraph.tensors[stray[0]].name}', of a size or kind that is only known while running"
        try:
            results = self._computed(operator, values, {})
        except CannotCompute as error:
            return str(error)
        # TensorFlow raises its own errors, ValueError and TypeError for what it does not take.
        except (tf.errors.OpError, ValueError, TypeError, NotImplementedError) as error:
            return f"is not taken by TensorFlow: {str(error).splitlines()[0][:200]}"
        for index, value in results.items():
            tensor = self.subgraph.tensors[index]
            if tuple(value.shape[1:]) != tensor.shape:
                return f"gives {list(value.shape[1:])} where the file says {list(tensor.shape)}"
            values[index] = value
        fixed = all(index in self._known and index not in self.trained for index in operator.inputs if index >= 0)
        if fixed or operator.name == "SHAPE":
            self._known |= {index: value.numpy()[0] for index, value in results.items()}
        return None


def _numbers(operators: Iterable[Operator], side: str, *, among: Collection[int]) -> list[int]:
    """Return the tensors that operators read or write, each once, of those in ``among``."""
    return [index for index in dict.fromkeys(i for each in operators for i in getattr(each, side)) if index in among]
