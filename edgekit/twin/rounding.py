"""Rounding as the quantizer does it, with a gradient that passes through."""

from __future__ import annotations

from typing import Any

Value = Any
"""A tf.Tensor."""
_NUDGE = 1e-3


def rounded_weights(weights: Value, step: Value, *, most: int) -> Value:
    """Return weights as integers between ``-most`` and ``most`` stand for them; their gradient is that of ``weights``.

    Args:
        weights: real values.
        step: what one integer stands for; broadcasts.
        most: the largest integer.
    """
    import tensorflow as tf

    integers = tf.clip_by_value(tf.round(weights / step), -float(most), float(most))
    return weights + tf.stop_gradient(integers * step - weights)


def rounded_twice(values: Value, factor: Value, step: Value) -> Value:
    """Return what is left of values by the first of the two roundings that TFLite's own integer kernels do.

    They multiply a sum of products by a whole number of 31 bits, and shift what is rounded of that. Where the shift is
    short, a value just below a half is first rounded to the half and then up: on average results are too high by up to
    a quarter of a step. XNNPACK rounds once. The gradient passes.

    Args:
        values: what an operator computes, before its last rounding.
        factor: what one unit of the sum of products is, in steps of the output; broadcasts along the last dimension.
        step: of the output.
    """
    import tensorflow as tf

    shift = tf.maximum(-(tf.floor(tf.math.log(factor) / tf.math.log(2.0)) + 1.0), 0.0)
    fine = step / tf.pow(2.0, shift)
    first = tf.floor(values / fine + 0.5) * fine
    # What is a half now goes away from zero, whatever float32 makes of it.
    return values + tf.stop_gradient(first + tf.sign(first) * step * _NUDGE - values)


def halves_away(values: Value, step: Value, zero: Value) -> Value:
    """Return means moved so that a half of a step goes away from the integer 0, as LiteRT's average pooling rounds it.

    It divides a sum of integers by their number, so that a half is no rare thing: of a mean of four, one in four ends
    in it. The gradient passes.

    Args:
        values: what is pooled, before it is rounded.
        step: of input and output, which is one.
        zero: the integer that stands for 0.0.
    """
    import tensorflow as tf

    return values + tf.stop_gradient(tf.sign(values + zero * step) * step * _NUDGE)


def rounded_within(values: Value, low: Value, high: Value, *, bits: int, symmetric: bool) -> Value:
    """Return activations as integers of ``bits`` bits stand for them.

    The gradient passes where values lie in the range. Its ends have one too: values that are cut pull at the end where
    they are, and all others, by the error of their rounding, at the width (learned step size quantization).

    Args:
        values: real values.
        low: the lowest value of the range, at most 0.
        high: the highest, at least 0, and above ``low``.
        bits: 8 or 16.
        symmetric: whether the range is as wide below 0 as above, without the lowest integer.
    """
    import tensorflow as tf

    if symmetric:
        high = tf.maximum(-low, high)
        low = -high

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def rounding(values: Value, low: Value, high: Value) -> Any:
        result = tf.quantization.fake_quant_with_min_max_vars(values, low, high, num_bits=bits, narrow_range=symmetric)

        def gradient(upstream: Value) -> tuple[Value, Value, Value]:
            below, above = values < low, values > high
            inside = tf.where(tf.logical_or(below, above), tf.zeros_like(upstream), upstream)
            width = tf.reduce_sum(inside * (result - values)) / (high - low)
            return (
                inside,
                tf.reduce_sum(tf.where(below, upstream, tf.zeros_like(upstream))) - width,
                tf.reduce_sum(tf.where(above, upstream, tf.zeros_like(upstream))) + width,
            )

        return result, gradient

    return rounding(values, low, high)
