"""Kernels of one value, or two, after the other."""

from __future__ import annotations

from edgekit.twin.grids import Value
from edgekit.twin.kernels.arithmetic import exponent, in_two_roundings, power
from edgekit.twin.kernels.work import KernelWork
from edgekit.twin.operators.activations import fused_into
from edgekit.twin.operators.call import options_of


def added(work: KernelWork) -> Value:
    """Both are multiplied by whole numbers of 21 bits.

    Where a step is over 256 times finer than what is read, or 1024 times coarser, XNNPACK leaves it to another kernel,
    which overflows on x86: that is not simulated.
    """
    import tensorflow as tf

    shares = [work.read(slot).step / work.grid.step for slot in (0, 1)]
    shift = 20 - exponent(tf.maximum(*shares))
    first, second = (
        tf.cast(whole, tf.int32) * tf.cast(tf.round(share * power(shift)), tf.int32)
        for whole, share in zip(work.whole(0, 1), shares, strict=True)
    )
    total = first - second if work.operator.name == "SUB" else first + second
    half = tf.bitwise.left_shift(1, shift - 1)
    return _activated(tf.cast(tf.bitwise.right_shift(total + half, shift), tf.float32), work)


def multiplied(work: KernelWork) -> Value:
    """On ARM, XNNPACK rounds a half up; elsewhere to the even one."""
    import tensorflow as tf

    unit = work.read(0).step * work.read(1).step
    return _activated(tf.round(tf.round(work.result / unit) * (unit / work.grid.step)), work)


def _activated(whole: Value, work: KernelWork) -> Value:
    """Cut as the activation that is fused into the operator does it, which knows integers."""
    import tensorflow as tf

    match fused_into(work.operator):
        case "RELU":
            return tf.maximum(whole, 0.0)
        case "RELU6":
            return tf.clip_by_value(whole, 0.0, tf.round(6.0 / work.grid.step))
        case "RELU_N1_TO_1":
            one = tf.round(1.0 / work.grid.step)
            return tf.clip_by_value(whole, -one, one)
    return whole


def squared_difference(work: KernelWork) -> Value:
    """Both are brought to twice the wider step, with seven bits behind the point; each multiplication rounds twice."""
    import tensorflow as tf

    first, second, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.read(1), work.grid))
    wide = 2.0 * tf.maximum(first, second)
    one, other = (
        in_two_roundings(tf.cast(whole, tf.float64) * 128.0, share / wide)
        for whole, share in zip(work.whole(0, 1), (first, second), strict=True)
    )
    factor = wide * wide / (2.0**14 * step)
    return tf.cast(in_two_roundings((one - other) ** 2, factor), tf.float32)


def function_of_one(work: KernelWork) -> Value:
    """From a table of 256, stored as float32 and rounded to the even one of the integers as stored.

    A result that float32 cannot tell from a half is no rare thing: of 71 LOGISTICs of a network one has it. The table
    itself, looked up, would make a training step longer by a quarter.
    """
    import tensorflow as tf

    return tf.round(work.result * (1.0 / work.grid.step) + work.grid.zero) - work.grid.zero


def shared_out(work: KernelWork) -> Value:
    """SOFTMAX; 64-bit ARM alone has coarser tables."""
    import tensorflow as tf

    zero = work.grid.zero
    return tf.floor(work.result * (1.0 / work.grid.step) + (zero + 0.5)) - zero


def converted(work: KernelWork) -> Value:
    """From integers to integers: XNNPACK multiplies those of 8 bits by a whole number of 256ths."""
    import tensorflow as tf

    if work.read(0).highest > 127.0:
        return nearest(work)
    (whole,) = work.whole(0)
    factor = tf.round(256.0 * (work.read(0).step / work.grid.step))
    return tf.floor((whole * factor + 128.0) / 256.0)


def leaking(work: KernelWork) -> Value:
    """Alike, with a factor of its own below 0."""
    import tensorflow as tf

    (whole,) = work.whole(0)
    share = work.read(0).step / work.grid.step
    above, below = (tf.round(256.0 * each) for each in (share, share * options_of(work.operator)["alpha"]))
    return tf.floor((tf.maximum(whole, 0.0) * above + tf.minimum(whole, 0.0) * below + 128.0) / 256.0)


def rectified(work: KernelWork) -> Value:
    """TFLite's own kernel cuts after it has multiplied."""
    import tensorflow as tf

    (whole,) = work.whole(0)
    given, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.grid))
    product = in_two_roundings(tf.cast(whole, tf.float64), given / step)
    result = tf.maximum(tf.cast(product, tf.float32), 0.0)
    return tf.minimum(result, tf.round(6.0 / work.grid.step)) if work.operator.name == "RELU6" else result


def root(work: KernelWork) -> Value:
    """TFLite's own kernel leaves out what is behind the point."""
    import tensorflow as tf

    return tf.floor(work.result / work.grid.step)


def inverse_root(work: KernelWork) -> Value:
    """Reckoned with 20 bits behind the point; of 0, all that the integers can hold."""
    import tensorflow as tf

    (whole,) = work.whole(0)
    given, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.grid))
    fine = tf.round(2.0**20 / tf.sqrt(tf.cast(tf.maximum(whole, 1.0), tf.float64)))
    result = tf.cast(in_two_roundings(fine, 1.0 / (tf.sqrt(given) * step * 2.0**20)), tf.float32)
    return tf.where(whole > 0.0, result, work.grid.highest - work.grid.zero)


def nearest(work: KernelWork) -> Value:
    """A real number as it is, as far as is known: XNNPACK multiplies it by a float32."""
    import tensorflow as tf

    return tf.round(work.result * (1.0 / work.grid.step))
