"""Kernels that add up many values."""

from __future__ import annotations

import math

from edgekit.twin.grids import Value
from edgekit.twin.kernels.arithmetic import exponent, in_two_roundings, power, short_multiplier
from edgekit.twin.kernels.work import KernelWork
from edgekit.twin.operators.call import options_of
from edgekit.twin.operators.table import BIASES


def weighted_sum(work: KernelWork) -> Value:
    """Of products, such as a convolution: XNNPACK multiplies it by a float32."""
    import tensorflow as tf

    _, given, weights = BIASES[work.operator.name]
    unit = work.read(given).step * tf.reshape(work.read(weights).step, (-1,))
    factor = unit / work.grid.step
    total = tf.round(work.result / unit)
    return in_two_roundings(total, factor) if work.twice else tf.round(total * factor)


def long_sum(work: KernelWork) -> Value:
    """With integers of 16 bits, TFLite's own kernel keeps 15 bits of the factor."""
    import tensorflow as tf

    _, given, weights = BIASES.get(work.operator.name, (0, 0, 1))
    factor = work.read(given).step * tf.reshape(work.read(weights).step, (-1,)) / work.grid.step
    kept, behind = short_multiplier(factor)
    share = tf.cast(kept, tf.float32) * power(behind - 15) / factor
    return tf.floor(work.result / work.grid.step * share + 0.5)


def product_of_two(work: KernelWork) -> Value:
    """Of two matrices that are both computed: XNNPACK leaves it to TFLite's own kernel."""
    import tensorflow as tf

    first, second, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.read(1), work.grid))
    total = tf.round(tf.cast(work.result, tf.float64) / (first * second))
    return tf.cast(in_two_roundings(total, first * second / step), tf.float32)


def mean(work: KernelWork) -> Value:
    """Or the sum itself: XNNPACK multiplies it by a float32, and rounds to the even one of the integers as stored."""
    import tensorflow as tf

    count = math.prod(work.values[0].shape[1:]) / math.prod(work.result.shape[1:])
    given = work.read(0).step
    shares = tf.constant(1.0) / count if work.operator.name == "MEAN" else 1.0
    factor = given / work.grid.step * shares
    total = tf.round(work.result / (given * shares))
    return tf.round(total * factor + work.grid.zero) - work.grid.zero


def long_mean(work: KernelWork) -> Value:
    """With integers of 16 bits, TFLite's own kernel divides its multiplier by the number of values."""
    import tensorflow as tf

    count = math.prod(work.values[0].shape[1:]) // math.prod(work.result.shape[1:])
    given, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.grid))
    total = tf.round(tf.cast(work.result, tf.float64) * count / given)
    shift = count.bit_length() - 1 - (exponent(given / step) + 1)
    return tf.cast(in_two_roundings(total, given / step / count, shift=shift), tf.float32)


def pooled(work: KernelWork) -> Value:
    """TFLite's own kernel divides a sum of integers, and rounds a half away from the integer 0, wherever 0.0 is.

    A half is no rare thing there: of a mean of four, one in four ends in it. So it is moved a little away.
    """
    import tensorflow as tf

    options = options_of(work.operator)
    nudge = 0.25 / (int(options["filterHeight"]) * int(options["filterWidth"]))
    stored = work.result / work.grid.step + work.grid.zero
    return tf.round(stored + tf.sign(stored) * nudge) - work.grid.zero
