"""Kernels that reckon a table of all 256 results once, and look them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgekit.twin.grids import Grid, Value
from edgekit.twin.kernels.work import KernelWork


def function_of_one(work: KernelWork) -> Value:
    """A function of one value: real until it is stored as float32, then multiplied and rounded to the even one.

    A result that float32 cannot tell from a half is no rare thing: of 71 LOGISTICs of a network one has it.
    """
    import tensorflow as tf

    given, zero = work.read(0), work.grid.zero
    wide = tf.cast(integers_of(given) * given.step, tf.float64)
    result = tf.cast(_FUNCTIONS[work.operator.name](wide), tf.float32)
    return looked_up(work, tf.round(result * (1.0 / work.grid.step) + zero) - zero)


def integers_of(grid: Grid) -> Value:
    """Return all integers in whole steps from 0.0."""
    import tensorflow as tf

    return tf.range(grid.lowest, grid.highest + 1.0) - grid.zero


def looked_up(work: KernelWork, results: Value) -> Value:
    """Return what the table has for each integer that is read."""
    import tensorflow as tf

    given = work.read(0)
    (whole,) = work.whole(0)
    places = tf.cast(whole + (given.zero - given.lowest), tf.int32)
    # Faster by a half than tf.gather.
    return tf.gather_nd(results, places[..., tf.newaxis])


def _logistic(values: Value) -> Value:
    import tensorflow as tf

    return tf.sigmoid(values)


def _tanh(values: Value) -> Value:
    import tensorflow as tf

    return tf.tanh(values)


def _gelu(values: Value) -> Value:
    import tensorflow as tf

    return 0.5 * values * (1.0 + tf.math.erf(values * 0.5**0.5))


_FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {"LOGISTIC": _logistic, "TANH": _tanh, "GELU": _gelu}
