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
            below, above = values < low, values > high
            inside = tf.where(tf.logical_or(below, above), tf.zeros_like(upstream), upstream)
            width = tf.reduce_sum(inside * (result - values)) / (high - low)
            return (
                inside,
                tf.reduce_sum(tf.where(below, upstream, tf.zeros_like(upstream))) - width,
                tf.reduce_sum(tf.where(above, upstream, tf.zeros_like(upstream))) + width,
            )

        return tf.identity(result), gradient

    return rounding(values, low, high)
