"""What several kernels reckon with."""

from __future__ import annotations

from edgekit.twin.grids import Value


def half_away(values: Value) -> Value:
    """Round, a half away from zero."""
    import tensorflow as tf

    return tf.sign(values) * tf.floor(tf.abs(values) + 0.5)


def in_two_roundings(total: Value, factor: Value, *, shift: Value | None = None) -> Value:
    """Multiply as TFLite's own kernels do: by a whole number of 31 bits, and then by shifting.

    Where the shift is short, a value just below a half is first rounded to the half and then up: on average results are
    too high by up to a quarter of a step.

    Args:
        total: what is multiplied.
        factor: by what.
        shift: by how many bits; None: what leaves the multiplier all of its own.
    """
    import tensorflow as tf

    bits = -(exponent(factor) + 1) if shift is None else shift
    fine = tf.cast(power(tf.maximum(bits, 0)), total.dtype)
    return half_away(tf.floor(total * (factor * fine) + 0.5) / fine)


def short_multiplier(factor: Value) -> tuple[Value, Value]:
    """Return a factor as 15 bits behind the point, and the exponent."""
    import tensorflow as tf

    behind = exponent(factor) + 1
    return tf.cast(tf.minimum(tf.floor(factor / power(behind) * 32768.0 + 0.5), 32767.0), tf.int32), behind


def exponent(values: Value) -> Value:
    """Return the exponent of positive values: ``floor(log2)``, which TensorFlow has with an error."""
    import tensorflow as tf

    return tf.bitwise.right_shift(tf.bitcast(tf.cast(values, tf.float32), tf.int32), 23) - 127


def power(whole: Value) -> Value:
    """Return 2 to the power of whole numbers as float32, without an error as well."""
    import tensorflow as tf

    return tf.bitcast(tf.bitwise.left_shift(whole + 127, 23), tf.float32)
