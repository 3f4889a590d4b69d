"""How LiteRT's integer kernels round what they compute, by kind of operator.

A kernel adds up integers without error, and rounds once at the end. What is added up here is real, so the sum is off by
what float32 leaves out; but it is known to be a whole number of units, and brought back to it. What follows is the
kernel's own arithmetic, to the bit: those of XNNPACK, which the runtime takes by default, and the built-in ones where
XNNPACK has none. Other processors have the same but where it says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edgekit.inspection.graph import Operator
from edgekit.twin.grids import Grid, Value
from edgekit.twin.operators.activations import fused_into
from edgekit.twin.operators.call import aligned, options_of
from edgekit.twin.operators.table import BIASES


@dataclass(frozen=True, eq=False)
class Work:
    """What an operator has computed in real numbers, and what a kernel makes of it."""

    operator: Operator
    result: Value
    grid: Grid
    """Of the result."""
    values: Sequence[Value]
    """What it has read, ``[samples, *shape]``; None where an input is left out."""
    grids: Sequence[Grid | None]
    """Of what it has read; None where that is no integer."""
    twice: bool = False
    """Whether its kernel rounds twice; see ``placement.Roundings``."""

    def read(self, slot: int) -> Grid:
        """Return the grid of an input. Raises LookupError where it has none."""
        grid = self.grids[slot]
        if grid is None:
            raise LookupError(f"input {slot} of {self.operator.name} is no integer")
        return grid

    def whole(self, *slots: int) -> list[Value]:
        """Return inputs in whole steps from 0.0, so that they broadcast."""
        import tensorflow as tf

        return aligned(*(tf.round(self.values[slot] / self.read(slot).step) for slot in slots))


Kernel = Callable[[Work], Value]
"""Returns the result in whole steps from 0.0, before it is cut to what the integers can hold."""


def whole_result(work: Work) -> Value:
    """Return the result of an operator in whole steps from 0.0, as its kernel rounds it."""
    table = KERNELS if work.grid.highest < 128.0 else LONG_KERNELS
    kernel, slots = table.get(work.operator.name, (_nearest, ()))
    return (kernel if all(work.grids[slot] is not None for slot in slots) else _nearest)(work)


def _nearest(work: Work) -> Value:
    import tensorflow as tf

    return tf.round(work.result * (1.0 / work.grid.step))


def _sum(work: Work) -> Value:
    """Of products, such as a convolution: XNNPACK multiplies it by a float32."""
    import tensorflow as tf

    _, given, weights = BIASES[work.operator.name]
    unit = work.read(given).step * tf.reshape(work.read(weights).step, (-1,))
    factor = unit / work.grid.step
    total = tf.round(work.result / unit)
    return _in_two_roundings(total, factor) if work.twice else tf.round(total * factor)


def _long_sum(work: Work) -> Value:
    """With integers of 16 bits, TFLite's own kernel keeps 15 bits of the factor."""
    import tensorflow as tf

    _, given, weights = BIASES[work.operator.name]
    factor = work.read(given).step * tf.reshape(work.read(weights).step, (-1,)) / work.grid.step
    kept, exponent = _short_multiplier(factor)
    share = tf.cast(kept, tf.float32) * _power(exponent - 15) / factor
    return tf.floor(work.result / work.grid.step * share + 0.5)


def _in_two_roundings(total: Value, factor: Value) -> Value:
    """Multiply as TFLite's own kernels do: by a whole number of 31 bits, and then by shifting.

    Where the shift is short, a value just below a half is first rounded to the half and then up: on average results are
    too high by up to a quarter of a step.
    """
    import tensorflow as tf

    fine = tf.cast(_power(tf.maximum(-(_exponent(factor) + 1), 0)), total.dtype)
    return _half_away(tf.floor(total * (factor * fine) + 0.5) / fine)


def _half_away(values: Value) -> Value:
    """Round, a half away from zero."""
    import tensorflow as tf

    return tf.sign(values) * tf.floor(tf.abs(values) + 0.5)


def _product(work: Work) -> Value:
    """Of two matrices that are both computed: XNNPACK leaves it to TFLite's own kernel."""
    import tensorflow as tf

    first, second, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.read(1), work.grid))
    total = tf.round(tf.cast(work.result, tf.float64) / (first * second))
    return tf.cast(_in_two_roundings(total, first * second / step), tf.float32)


def _added(work: Work) -> Value:
    """Both are multiplied by whole numbers of 21 bits."""
    import tensorflow as tf

    shares = [work.read(slot).step / work.grid.step for slot in (0, 1)]
    shift = 20 - _exponent(tf.maximum(*shares))
    first, second = (
        tf.cast(whole, tf.int32) * tf.cast(tf.round(share * _power(shift)), tf.int32)
        for whole, share in zip(work.whole(0, 1), shares, strict=True)
    )
    total = first - second if work.operator.name == "SUB" else first + second
    half = tf.bitwise.left_shift(1, shift - 1)
    return _activated(tf.cast(tf.bitwise.right_shift(total + half, shift), tf.float32), work)


def _multiplied(work: Work) -> Value:
    """On ARM, XNNPACK rounds a half up; elsewhere to the even one."""
    import tensorflow as tf

    first, second = work.whole(0, 1)
    factor = work.read(0).step * work.read(1).step / work.grid.step
    return _activated(tf.round(first * second * factor), work)


def _activated(whole: Value, work: Work) -> Value:
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


def _mean(work: Work) -> Value:
    import tensorflow as tf

    count = math.prod(work.values[0].shape[1:]) / math.prod(work.result.shape[1:])
    given = work.read(0).step
    shares = tf.constant(1.0) / count if work.operator.name == "MEAN" else 1.0
    factor = given / work.grid.step * shares
    return tf.round(tf.round(work.result / (given * shares)) * factor)


def _pooled(work: Work) -> Value:
    """TFLite's own kernel divides a sum of integers, and rounds a half away from the integer 0, wherever 0.0 is.

    A half is no rare thing there: of a mean of four, one in four ends in it. So it is moved a little away.
    """
    import tensorflow as tf

    options = options_of(work.operator)
    nudge = 0.25 / (int(options["filterHeight"]) * int(options["filterWidth"]))
    stored = work.result / work.grid.step + work.grid.zero
    return tf.round(stored + tf.sign(stored) * nudge) - work.grid.zero


def _looked_up(work: Work) -> Value:
    """A function of one value, from a table of 256."""
    import tensorflow as tf

    zero = work.grid.zero
    return tf.floor(work.result * (1.0 / work.grid.step) + (zero + 0.5)) - zero


def _converted(work: Work) -> Value:
    """From integers to integers: XNNPACK multiplies by a whole number of 256ths."""
    import tensorflow as tf

    (whole,) = work.whole(0)
    factor = tf.round(256.0 * (work.read(0).step / work.grid.step))
    return tf.floor((whole * factor + 128.0) / 256.0)


def _rectified(work: Work) -> Value:
    import tensorflow as tf

    (whole,) = work.whole(0)
    return tf.maximum(_in_two_roundings(whole, work.read(0).step / work.grid.step), 0.0)


def _resized(work: Work) -> Value:
    """Between integers, halves and quarters are no rare thing: a half goes up."""
    import tensorflow as tf

    return tf.floor(work.result / work.grid.step + (0.5 + 2.0**-10))


def _squared_difference(work: Work) -> Value:
    """Both are brought to twice the wider step, with seven bits behind the point; each multiplication rounds twice."""
    import tensorflow as tf

    first, second, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.read(1), work.grid))
    wide = 2.0 * tf.maximum(first, second)
    one, other = (
        _in_two_roundings(tf.cast(whole, tf.float64) * 128.0, share / wide)
        for whole, share in zip(work.whole(0, 1), (first, second), strict=True)
    )
    factor = wide * wide / (2.0**14 * step)
    return tf.cast(_in_two_roundings((one - other) ** 2, factor), tf.float32)


def _root(work: Work) -> Value:
    """TFLite's own kernel leaves out what is behind the point."""
    import tensorflow as tf

    return tf.floor(work.result / work.grid.step)


def _inverse_root(work: Work) -> Value:
    """Reckoned with 20 bits behind the point; of 0, all that the integers can hold."""
    import tensorflow as tf

    (whole,) = work.whole(0)
    given, step = (tf.cast(grid.step, tf.float64) for grid in (work.read(0), work.grid))
    fine = tf.round(2.0**20 / tf.sqrt(tf.cast(tf.maximum(whole, 1.0), tf.float64)))
    result = tf.cast(_in_two_roundings(fine, 1.0 / (tf.sqrt(given) * step * 2.0**20)), tf.float32)
    return tf.where(whole > 0.0, result, work.grid.highest - work.grid.zero)


def _hard_swish(work: Work) -> Value:
    """TFLite's own kernel, in integers of 16 bits; all 256 results are reckoned once."""
    import tensorflow as tf

    given = work.read(0)
    integers = tf.range(given.lowest, given.highest + 1.0) - given.zero
    fine = given.step / 128.0
    shrunk, behind = _short_multiplier(fine / work.grid.step)
    slope, exponent = _short_multiplier(fine / (3.0 / 32768.0))
    value = tf.cast(integers, tf.int32) * 128
    ramp = _sixteen(tf.bitwise.left_shift(value, tf.maximum(exponent - 1, 0)))
    ramp = _sixteen(_high_product(ramp, slope) * tf.where(exponent > 0, 2, 1))
    ramp = tf.bitwise.right_shift(_shifted(ramp, tf.maximum(-exponent, 0)) + 32768, 1)
    result = tf.cast(_shifted(tf.truncatediv(ramp * _high_product(value, shrunk), 32768), -behind), tf.float32)
    (whole,) = work.whole(0)
    return tf.gather(result, tf.cast(whole + (given.zero - given.lowest), tf.int32))


def _short_multiplier(factor: Value) -> tuple[Value, Value]:
    """Return a factor as 15 bits behind the point, and the exponent."""
    import tensorflow as tf

    exponent = _exponent(factor) + 1
    return tf.cast(tf.minimum(tf.floor(factor / _power(exponent) * 32768.0 + 0.5), 32767.0), tf.int32), exponent


def _high_product(values: Value, multiplier: Value) -> Value:
    """Multiply by 15 bits behind the point, a half away from zero."""
    import tensorflow as tf

    product = values * multiplier
    return _sixteen(tf.truncatediv(product + tf.where(product >= 0, 1 << 14, 1 - (1 << 14)), 32768))


def _shifted(values: Value, bits: Value) -> Value:
    """Divide integers by a power of two, a half away from zero."""
    import tensorflow as tf

    return tf.cast(_half_away(tf.cast(values, tf.float32) / _power(bits)), tf.int32)


def _sixteen(values: Value) -> Value:
    import tensorflow as tf

    return tf.clip_by_value(values, -32768, 32767)


def _exponent(values: Value) -> Value:
    """Return the exponent of positive values: ``floor(log2)``, which TensorFlow has with an error."""
    import tensorflow as tf

    return tf.bitwise.right_shift(tf.bitcast(tf.cast(values, tf.float32), tf.int32), 23) - 127


def _power(exponent: Value) -> Value:
    """Return 2 to the power of ``exponent`` as float32, without an error as well."""
    import tensorflow as tf

    return tf.bitcast(tf.bitwise.left_shift(exponent + 127, 23), tf.float32)


KERNELS: Mapping[str, tuple[Kernel, tuple[int, ...]]] = {
    **{name: (_sum, (given, weights)) for name, (_, given, weights) in BIASES.items()},
    "ADD": (_added, (0, 1)),
    "SUB": (_added, (0, 1)),
    "MUL": (_multiplied, (0, 1)),
    "MEAN": (_mean, (0,)),
    "AVERAGE_POOL_2D": (_pooled, (0,)),
    "SUM": (_mean, (0,)),
    **dict.fromkeys(("LOGISTIC", "TANH", "GELU", "SOFTMAX"), (_looked_up, (0,))),
    "BATCH_MATMUL": (_product, (0, 1)),
    "SQUARED_DIFFERENCE": (_squared_difference, (0, 1)),
    "SQRT": (_root, (0,)),
    "RSQRT": (_inverse_root, (0,)),
    "HARD_SWISH": (_hard_swish, (0,)),
    "RELU": (_rectified, (0,)),
    "RESIZE_BILINEAR": (_resized, (0,)),
    "QUANTIZE": (_converted, (0,)),
}
"""Each with the inputs that must be integers; where one is none, or for all other kinds, what is nearest is taken."""
LONG_KERNELS: Mapping[str, tuple[Kernel, tuple[int, ...]]] = {
    name: (_long_sum, KERNELS[name][1]) for name in ("CONV_2D", "DEPTHWISE_CONV_2D")
}
"""The same for results of 16 bits, which XNNPACK has no kernels for."""
