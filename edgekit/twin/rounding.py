"""Rounding with a gradient that passes through."""

from __future__ import annotations

from typing import Any

from edgekit.twin.grids import Grid, Value


def rounded_constant(values: Value, grid: Grid) -> Value:
    """Return a constant as the quantizer stores it; its gradient is that of ``values``."""
    import tensorflow as tf

    # It adds the zero before it rounds.
    whole = tf.round(values / grid.step + grid.zero) - grid.zero
    return values + tf.stop_gradient(grid.values(whole) - values)


def rounded_result(values: Value, result: Value, *, low: Value, high: Value) -> Value:
    """Return ``result``, which a kernel makes of ``values``, with the gradient of rounding.

    It passes where values lie in the range. Its ends have one too: values that are cut pull at the end where they are,
    and all others, by the error of their rounding, at the width (learned step size quantization).

    Args:
        values: real values.
        result: the same, rounded and cut.
        low: the lowest value of the range, at most 0.
        high: the highest, at least 0, and above ``low``.
    """
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def rounding(values: Value, low: Value, high: Value) -> Any:
        def gradient(upstream: Value) -> tuple[Value, Value, Value]:
            # Products with 0 and 1 take a third of the time of tf.where.
            below = upstream * tf.cast(values < low, upstream.dtype)
            above = upstream * tf.cast(values > high, upstream.dtype)
            inside = upstream - below - above
            width = tf.reduce_sum(inside * (result - values)) / (high - low)
            return inside, tf.reduce_sum(below) - width, tf.reduce_sum(above) + width

        return tf.identity(result), gradient

    return rounding(values, low, high)
