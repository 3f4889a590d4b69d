"""What is trained: weights, each in units of its own size, and the ends of ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.twin.keeping import KeptWeights
from edgekit.twin.placement import ConstantRounding

_NARROWEST = 1e-7


class Weight:
    """A constant of the float file that is trained.

    It is where it began, plus what was learned in units of ``unit``, a step of its rounding: so one learning rate
    serves a channel of thousandths as well as one of thousands, and 4 bits as well as 8.

    Args:
        values: where it begins.
        unit: broadcasts with them.
        kept: what of it does not change.
    """

    def __init__(self, values: NDArray[np.float32], *, unit: NDArray[np.float32], kept: KeptWeights) -> None:
        import tensorflow as tf

        self._kept = kept
        self._start = values if kept.centroids is None else kept.centroids
        self._unit = unit if kept.centroids is None else unit.max(initial=0.0)
        self.variable = tf.Variable(tf.zeros_like(self._start))

    def value(self) -> Any:
        """Return the weights as they are now, as a tf.Tensor."""
        import tensorflow as tf

        learned = self._start + self._unit * self.variable
        if self._kept.centroids is not None:
            # A centroid at zero is a sparse weight as well.
            learned = tf.gather(tf.where(self._start == 0, 0.0, learned), self._kept.places)
        return learned if self._kept.mask is None else learned * self._kept.mask

    def numpy(self) -> NDArray[np.float32]:
        """Return the weights as they are now."""
        values: NDArray[np.float32] = self.value().numpy()
        return values


class TrainedRange:
    """The range of a tensor. Its ends move by factors, so that one at zero stays there."""

    def __init__(self, low: float, high: float) -> None:
        import tensorflow as tf

        self._low, self._high = min(low, 0.0), max(high, 0.0)
        self.variable = tf.Variable([0.0, 0.0])

    @property
    def narrow(self) -> bool:
        """Whether there is nothing in it to be rounded."""
        return self._high - self._low < _NARROWEST

    def ends(self) -> tuple[Any, Any]:
        """Return the lowest and the highest value as they are now, as tf.Tensors."""
        import tensorflow as tf

        factors = tf.exp(self.variable)
        return self._low * factors[0], self._high * factors[1]

    def numbers(self) -> tuple[float, float]:
        """Return the same as numbers."""
        low, high = self.ends()
        return float(low), float(high)


def unit_of(values: NDArray[np.float32], *, axis: int | None, bits: int = 8) -> NDArray[np.float32]:
    """Return the step of weights that are rounded to so many bits: of each channel, or of all together."""
    unit: NDArray[np.float32] = widest_of(values, axis=axis) / np.float32(2 ** (min(bits, 8) - 1) - 1)
    return unit


def widest_of(values: NDArray[np.float32], *, axis: int | None) -> NDArray[np.float32]:
    """Return the size of the largest weight: of each channel, or of all together."""
    others = None if axis is None else tuple(other for other in range(values.ndim) if other != axis)
    widest = np.abs(values).max(axis=others, keepdims=True, initial=0.0)
    size: NDArray[np.float32] = np.maximum(widest, _NARROWEST).astype(np.float32)
    return size


def bias_unit(
    bias: NDArray[np.float32], weights: NDArray[np.float32], *, axis: int, reach: float
) -> NDArray[np.float32]:
    """Return a 127th of the size of what each channel of an operator gives, by which its bias counts.

    Args:
        bias: one value for each channel.
        weights: of the operator.
        axis: of its channels.
        reach: the largest value that it reads.
    """
    others = tuple(other for other in range(weights.ndim) if other != axis)
    norm = np.sqrt((weights.astype(np.float64) ** 2).sum(axis=others))
    if norm.size != bias.size:
        return unit_of(bias, axis=None)
    unit: NDArray[np.float32] = np.maximum(norm * reach / 4 / 127, _NARROWEST).astype(np.float32).reshape(bias.shape)
    return unit


def clipped_for(values: NDArray[np.float32], rounding: ConstantRounding) -> NDArray[np.float32]:
    """Return weights cut, channel by channel, where rounding to few bits loses least.

    The step of a channel follows from its largest weight. With 4 bits it is worth it to give that one up.
    """
    if rounding.rule != "symmetric" or rounding.bits > 4 or rounding.axis is None:
        return values
    most = 2 ** (rounding.bits - 1) - 1
    widest = widest_of(values, axis=rounding.axis)
    best, least = values, np.full_like(widest, np.inf)
    others = tuple(other for other in range(values.ndim) if other != rounding.axis)
    for share in np.linspace(1.0, 0.4, 25, dtype=np.float32):
        cut = np.clip(values, -share * widest, share * widest)
        step = share * widest / most
        error = ((np.round(cut / step) * step - values) ** 2).sum(axis=others, keepdims=True)
        best, least = np.where(error < least, cut, best), np.minimum(error, least)
    return best.astype(np.float32)


def sources_of(roundings: Iterable[Any]) -> list[str]:
    """Return the tensors whose ranges are taken, each once, in order."""
    return list(dict.fromkeys(each.source for each in roundings if each.source is not None))


def ranges_of(sources: Iterable[str], ranges: Mapping[str, tuple[float, float]]) -> dict[str, TrainedRange]:
    """Return a trained range for each tensor that was seen."""
    return {name: TrainedRange(*ranges[name]) for name in sources}
