"""TFLite's own kernel of HARD_SWISH."""

from __future__ import annotations

from edgekit.twin.grids import Value
from edgekit.twin.kernels.arithmetic import half_away, power, short_multiplier
from edgekit.twin.kernels.work import KernelWork


def hard_swish(work: KernelWork) -> Value:
    """TFLite's own kernel, in integers of 16 bits; all 256 results are reckoned once."""
    import tensorflow as tf

    given = work.read(0)
    integers = tf.range(given.lowest, given.highest + 1.0) - given.zero
    fine = given.step / 128.0
    shrunk, behind = short_multiplier(fine / work.grid.step)
    slope, ahead = short_multiplier(fine / (3.0 / 32768.0))
    value = tf.cast(integers, tf.int32) * 128
    ramp = _sixteen(tf.bitwise.left_shift(value, tf.maximum(ahead - 1, 0)))
    ramp = _sixteen(_high_product(ramp, slope) * tf.where(ahead > 0, 2, 1))
    ramp = tf.bitwise.right_shift(_shifted(ramp, tf.maximum(-ahead, 0)) + 32768, 1)
    result = tf.cast(_shifted(tf.truncatediv(ramp * _high_product(value, shrunk), 32768), -behind), tf.float32)
    (whole,) = work.whole(0)
    places = tf.cast(whole + (given.zero - given.lowest), tf.int32)
    # Faster by a half than tf.gather.
    return tf.gather_nd(result, places[..., tf.newaxis])


def _high_product(values: Value, multiplier: Value) -> Value:
    """Multiply by 15 bits behind the point, a half away from zero."""
    import tensorflow as tf

    product = values * multiplier
    return _sixteen(tf.truncatediv(product + tf.where(product >= 0, 1 << 14, 1 - (1 << 14)), 32768))


def _shifted(values: Value, bits: Value) -> Value:
    """Divide integers by a power of two, a half away from zero."""
    import tensorflow as tf

    return tf.cast(half_away(tf.cast(values, tf.float32) / power(bits)), tf.int32)


def _sixteen(values: Value) -> Value:
    import tensorflow as tf

    return tf.clip_by_value(values, -32768, 32767)
