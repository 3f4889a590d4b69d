"""One operator as it is computed: what it is told, and the values that it reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.inspection.graph import Operator
from edgekit.inspection.schema import schema

Value = Any
"""A tf.Tensor ``[samples, *shape]``, where ``shape`` is what the file says: its own batch, which is 1, included. What
does not depend on the inputs has 1 for samples."""


class CannotCompute(Exception):
    """Why an operator cannot be computed in TensorFlow, as the second half of a sentence."""


@dataclass(frozen=True, eq=False)
class Call:
    """What an operator's function is given."""

    operator: Operator
    values: Sequence[Value]
    """Of the inputs; None where an optional one is left out."""
    weights: Sequence[Any]
    """Of the inputs that are constants: the same without samples in front, and None for all others."""
    fixed: Sequence[NDArray[Any] | None]
    """Of the inputs that are known before anything runs, and are not trained."""
    shapes: tuple[tuple[int, ...], ...]
    """Of the outputs, as the file says."""
    dtypes: tuple[str, ...]
    """Of the outputs, as the file says."""

    @cached_property
    def _options(self) -> Mapping[str, Any]:
        return options_of(self.operator)

    def option(self, name: str) -> Any:
        """Return a field of the operator's options. Raises CannotCompute where there is none of the name."""
        try:
            return self._options[name]
        except KeyError:
            raise CannotCompute(f"has no option '{name}'") from None

    def numbers(self, slot: int) -> NDArray[Any]:
        """Return an input that must be known before anything runs. Raises CannotCompute where it is not."""
        found = self.fixed[slot] if slot < len(self.fixed) else None
        if found is None:
            raise CannotCompute(f"computes its input {slot} while running")
        return found

    def given(self, slot: int) -> bool:
        """Return whether there is such an input."""
        return slot < len(self.values) and self.values[slot] is not None

    def axes(self, slot: int, *, rank: int) -> list[int]:
        """Return an input of axes, of the file's shape, as those of a value."""
        return [axis_of(int(axis), rank) for axis in np.ravel(self.numbers(slot))]


def options_of(operator: Operator) -> Mapping[str, Any]:
    """Return all fields of an operator's options."""
    found: dict[str, Any] = {}
    for name, fields in operator.options:
        # The reader leaves out what is at its default.
        found |= {**vars(getattr(schema(), f"{name}T")()), **fields}
    return found


Function = Callable[[Call], Any]
"""Computes the output, or a list of all outputs."""


def axis_of(axis: int, rank: int) -> int:
    """Return an axis of the file's shape as that of a value. Raises CannotCompute where there is none such."""
    if not -rank <= axis < rank:
        raise CannotCompute(f"names axis {axis} of {rank}")
    return axis % rank + 1


def rank_of(value: Value) -> int:
    """Return the number of dimensions in the file."""
    return len(value.shape) - 1


def aligned(*values: Value) -> list[Value]:
    """Return values with as many dimensions as the longest has, so that they broadcast as the file's shapes do."""
    import tensorflow as tf

    rank = max(len(value.shape) for value in values)
    return [
        value
        if len(value.shape) == rank
        else tf.reshape(value, (tf.shape(value)[0], *(1,) * (rank - len(value.shape)), *value.shape[1:]))
        for value in values
    ]


def same_samples(values: Sequence[Value]) -> list[Value]:
    """Return values of which none stands for all samples where others do not: what joins them does not broadcast."""
    import tensorflow as tf

    samples = tf.reduce_max(tf.stack([tf.shape(value)[0] for value in values]))
    return [
        tf.broadcast_to(value, tf.concat([[samples], tf.shape(value)[1:]], 0)) if value.shape[0] == 1 else value
        for value in values
    ]


def folded(value: Value, *, keep: int) -> Value:
    """Return a value with samples and all but its last ``keep`` dimensions as one dimension."""
    import tensorflow as tf

    return tf.reshape(value, (-1, *value.shape[len(value.shape) - keep :]))


def unfolded(value: Value, shape: Sequence[int]) -> Value:
    """Return a value whose samples are one dimension with others in the shape that the file says."""
    import tensorflow as tf

    if math.prod(shape) == 0:
        raise CannotCompute("gives a tensor of size 0")
    return tf.reshape(value, (-1, *shape))
