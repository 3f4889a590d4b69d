"""The range that quantizes what was seen of a tensor with the least squared error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.quantization.histogram import Bins

_OCTAVES = 12
"""How far a range is cut at most: to the maximum divided by 2 to this power."""
_PER_OCTAVE = 8
_FINER = 8

_Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The values on one side of zero by their size, with what clipping them costs."""

    sizes: _Reals
    """[bins], ascending."""
    counts: _Reals
    """[bins + 1]: how many values are in this bin and those beyond."""
    sums: _Reals
    squares: _Reals

    @classmethod
    def of(cls, sizes: _Reals, counts: _Reals) -> _Side:
        """Return the side whose bins hold ``counts`` values of ``sizes``."""
        return cls(sizes, *(_beyond(counts * sizes**power) for power in range(3)))

    @property
    def furthest(self) -> float:
        """The largest size; 0 where there is none."""
        return float(self.sizes[-1]) if self.sizes.size else 0.0

    def kept(self, ends: _Reals) -> _Reals:
        """Return how many values lie within each of ``ends``."""
        inside: _Reals = self.counts[0] - self.counts[np.searchsorted(self.sizes, ends, side="right")]
        return inside

    def clipped(self, ends: _Reals) -> _Reals:
        """Return the squared error of moving what lies beyond each of ``ends`` onto it."""
        first = np.searchsorted(self.sizes, ends, side="right")
        return self.squares[first] - 2 * ends * self.sums[first] + ends**2 * self.counts[first]


def least_error_range(bins: Bins, *, bits: int, symmetric: bool) -> tuple[float, float]:
    """Return lowest and highest value of the range with the least squared error over the values in ``bins``.

    Values inside the range are off by the rounding, a twelfth of the squared step on average; those within half a step
    of zero become zero, and zero itself stays what it is, since every range holds it. Values outside are off by their
    distance from the range. Both ends are tried together: 8 to the octave first, then finer around the best. Where the
    values are known exactly, as pixels are, so is the error of that range, and of the whole one: the steps of the whole
    range may meet all values.

    Args:
        bins: what was seen of the tensor.
        bits: of the integers that it is quantized to.
        symmetric: whether the range must reach equally far on both sides of zero.
    """
    middles = (bins.lower + bins.upper) / 2
    counts = bins.counts.astype(np.float64)
    below, above = middles < 0, middles > 0
    negative = _Side.of(-middles[below][::-1], counts[below][::-1])
    positive = _Side.of(middles[above], counts[above])
    furthest = (max(0.0, -bins.minimum), max(0.0, bins.maximum))
    error = _Error(negative, positive, steps=2**bits - 1)
    if symmetric:
        found, whole = _symmetric(error, max(furthest)), (0.0 - max(furthest), max(furthest))
    else:
        low, high = _best(error, *(_ends(reach) for reach in furthest))
        low, high = _best(error, _around(low, furthest[0]), _around(high, furthest[1]))
        found, whole = (0.0 - low, high), (0.0 - furthest[0], furthest[1])
    if bins.exact:
        return min(whole, found, key=lambda ends: _exact_error(bins, *ends, steps=2**bits - 1))
    return found


def _exact_error(bins: Bins, low: float, high: float, *, steps: int) -> float:
    """Return the squared error of quantizing values that are known, on the grid that ai-edge-quantizer makes."""
    step = (high - low) / steps
    if step == 0.0:
        return 0.0
    zero = round(-low / step)
    values = (np.clip(np.round(bins.lower / step) + zero, 0, steps) - zero) * step
    return float(bins.counts @ np.square(values - bins.lower))


class _Error:
    """The squared error as a function of both ends of a range."""

    def __init__(self, negative: _Side, positive: _Side, *, steps: int) -> None:
        self._negative, self._positive, self._steps = negative, positive, steps
        sizes = np.concatenate([negative.sizes, positive.sizes])
        order = np.argsort(sizes, kind="stable")
        counts = np.concatenate([-np.diff(negative.counts), -np.diff(positive.counts)])[order]
        self._sizes = sizes[order]
        self._counts = np.concatenate([[0.0], np.cumsum(counts)])
        self._squares = np.concatenate([[0.0], np.cumsum(counts * self._sizes**2)])

    def __call__(self, low: _Reals, high: _Reals) -> _Reals:
        """Return the error for ranges from -``low`` to ``high``, which are of shapes that broadcast."""
        step = (low + high) / self._steps
        vanishing = np.searchsorted(self._sizes, step / 2)
        rounded = self._negative.kept(low) + self._positive.kept(high) - self._counts[vanishing]
        error: _Reals = (
            step**2 / 12 * np.maximum(rounded, 0.0)
            + self._squares[vanishing]
            + self._negative.clipped(low)
            + self._positive.clipped(high)
        )
        return error


def _beyond(values: _Reals) -> _Reals:
    return np.concatenate([np.cumsum(values[::-1])[::-1], [0.0]])


def _ends(furthest: float) -> _Reals:
    """Return how far a range may reach on one side, the furthest first: where two are as good, nothing is cut."""
    if furthest == 0.0:
        return np.zeros(1)
    return np.asarray(furthest * 2.0 ** -(np.arange(_OCTAVES * _PER_OCTAVE + 1) / _PER_OCTAVE))


def _around(end: float, furthest: float) -> _Reals:
    """Return ends around one of :func:`_ends`, none beyond the furthest."""
    if furthest == 0.0:
        return np.zeros(1)
    steps = np.arange(_FINER, -_FINER - 1, -1) / (_FINER * _PER_OCTAVE)
    return np.unique(np.minimum(end * 2.0**steps, furthest))[::-1]


def _best(error: _Error, low: _Reals, high: _Reals) -> tuple[float, float]:
    errors = error(low[:, None], high[None, :])
    row, column = np.unravel_index(int(np.argmin(errors)), errors.shape)
    return float(low[row]), float(high[column])


def _symmetric(error: _Error, furthest: float) -> tuple[float, float]:
    ends = _ends(furthest)
    for _ in range(2):
        end = float(ends[np.argmin(error(ends, ends))])
        ends = _around(end, furthest)
    return 0.0 - end, end
