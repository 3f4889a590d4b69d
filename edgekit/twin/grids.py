"""What integers stand for: to the bit what ai-edge-quantizer writes into the file, which reckons in float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Value = Any
"""A tf.Tensor."""
_NARROWEST = 1e-9
"""The quantizer's own: no step is that of a narrower range."""


@dataclass(frozen=True, eq=False)
class Grid:
    """An integer stands for the real number ``step * (integer - zero)``."""

    step: Value
    """One for all, or one for each channel: such a vector, or in a shape that broadcasts with weights."""
    zero: Value
    lowest: float
    highest: float

    def values(self, whole: Value) -> Value:
        """Return whole steps from 0.0 as real numbers, cut where the integers end."""
        import tensorflow as tf

        lowest, highest = self.lowest - self.zero, self.highest - self.zero
        # One kernel, where tf.clip_by_value has two.
        return tf.raw_ops.ClipByValue(t=whole, clip_value_min=lowest, clip_value_max=highest) * self.step


def ranged(low: Value, high: Value, *, bits: int, symmetric: bool) -> Grid:
    """Return the grid of a range.

    Args:
        low: its lowest value, at most 0.
        high: the highest, at least 0.
        bits: of the integers.
        symmetric: whether the range is as wide below 0 as above.
    """
    import tensorflow as tf

    lowest, highest = -float(2 ** (bits - 1)), float(2 ** (bits - 1) - 1)
    if symmetric:
        return Grid(tf.maximum(tf.maximum(-low, high), _NARROWEST) / highest, tf.constant(0.0), lowest, highest)
    step = tf.maximum(high - low, _NARROWEST) / (highest - lowest)
    return Grid(step, tf.round(lowest - low / step), lowest, highest)


def stretched(weights: Value, *, axis: int | None, bits: int) -> Grid:
    """Return the symmetric grid that reaches as far as weights do: all, or those of each channel along ``axis``."""
    import tensorflow as tf

    axes = None if axis is None else [other for other in range(len(weights.shape)) if other != axis]
    most = float(2 ** (bits - 1) - 1)
    widest = tf.maximum(tf.reduce_max(tf.abs(weights), axes, keepdims=True), _NARROWEST)
    return Grid(widest / most, tf.constant(0.0), -most, most)
