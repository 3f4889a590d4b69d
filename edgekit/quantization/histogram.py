"""What was seen of one tensor: a histogram that takes any range, in any order, in memory that samples do not grow.

A bin holds the values that share a sign, an exponent and the upper 7 bits of the mantissa: the upper half of a
float32, which is what bfloat16 keeps. So a bin is at most 1/128 as wide as its values are large, near zero as well as
under an outlier a million times larger. Where bins lie follows from the number format alone, and counts are integers:
the same values in any order give the same histogram, and nothing is ever merged.

Some tensors hold few values, a pixel's 256 above all. As long as no two different ones fall into one bin, a bin is that
value exactly: such a grid can be met without any error, which the width of a bin would hide.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_UPPER_HALF = 1 if sys.byteorder == "little" else 0
_SIGN = 0x8000
_NOTHING = 2.0**-32
_FLOOR = (127 - 32) << 7
"""Bin of 2 to the power of -32. What is nearer to zero counts as zero: no range is narrower than that."""
_LIMIT = 3e38
"""What lies beyond (infinity, NaN, the fill of masks) is no number: ai-edge-quantizer's rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """A finished histogram: bins with at least one value, in ascending order."""

    lower: NDArray[np.float64]
    """[bins]: the lower edges, never below ``minimum``; the values themselves where every bin holds only one."""
    upper: NDArray[np.float64]
    """[bins]: the upper edges, never above ``maximum``; as ``lower`` where every bin holds only one value."""
    counts: NDArray[np.int64]
    """[bins]: how many values lie between."""
    minimum: float
    """The smallest value seen, exactly."""
    maximum: float
    """The largest value seen, exactly."""

    @property
    def exact(self) -> bool:
        """Whether every bin is one value."""
        return bool(np.array_equal(self.lower, self.upper))


class Histogram:
    """Counts the values of one tensor, array by array."""

    def __init__(self) -> None:
        self._counts = {False: np.zeros(1, np.int64), True: np.zeros(1, np.int64)}
        self._minimum = np.inf
        self._maximum = -np.inf
        self._lower_halves: NDArray[np.int32] | None = np.full(2 * _SIGN, -1, np.int32)
        """Of the value that each bin holds, -1 where it is empty; None once two values share a bin."""

    def add(self, values: NDArray[np.generic]) -> None:
        """Count ``values``, of any shape; what is no number is left out."""
        flat = np.ascontiguousarray(values, np.float32).ravel()
        low, high = _extremes(flat)
        if low > high:
            return
        self._minimum, self._maximum = min(self._minimum, low), max(self._maximum, high)
        halves = flat.view(np.uint16)
        bins = halves[_UPPER_HALF::2]
        if self._lower_halves is not None:
            self._compare(bins, halves[1 - _UPPER_HALF :: 2], self._lower_halves)
        found = np.bincount(bins)
        self._count(found[: _bin(high) + 1], negative=False)
        self._count(found[_SIGN : _SIGN + _bin(-low) + 1], negative=True)

    def bins(self) -> Bins | None:
        """Return what was counted; None where nothing was."""
        if self._minimum > self._maximum:
            return None
        above, below = self._counts[False], self._counts[True][:0:-1]
        lower = np.concatenate([-_edges(below.size + 2)[:1:-1], _edges(above.size)])
        upper = np.concatenate([-_edges(below.size + 1)[:0:-1], _edges(above.size + 1)[1:]])
        counts = np.concatenate([below, above])
        counts[below.size] += self._counts[True][0]
        used = counts > 0
        lower, upper = lower[used], upper[used]
        if self._lower_halves is not None:
            lower = upper = _values(self._lower_halves)
        return Bins(
            lower=np.clip(lower, self._minimum, self._maximum),
            upper=np.clip(upper, self._minimum, self._maximum),
            counts=counts[used],
            minimum=self._minimum,
            maximum=self._maximum,
        )

    def _compare(self, bins: NDArray[np.uint16], lower_halves: NDArray[np.uint16], noted: NDArray[np.int32]) -> None:
        """Note which value each bin holds, and stop noting where one holds a second."""
        before = noted[bins]
        noted[bins] = lower_halves
        if ((before != lower_halves) & (before >= 0)).any() or (noted[bins] != lower_halves).any():
            self._lower_halves = None

    def _count(self, found: NDArray[np.intp], *, negative: bool) -> None:
        """Add the counts of one sign, bin by bin from zero on; the storage grows to the outermost bin."""
        outer = found[_FLOOR:]
        counts = self._counts[negative]
        if outer.size >= counts.size:
            counts = self._counts[negative] = np.pad(counts, (0, outer.size + 1 - counts.size))
        counts[0] += found[:_FLOOR].sum()
        counts[1 : outer.size + 1] += outer


def _extremes(flat: NDArray[np.float32]) -> tuple[float, float]:
    """Return the smallest and the largest number, crossed over where there is none."""
    if flat.size:
        low, high = float(flat.min()), float(flat.max())
        # NaN makes this false as well.
        if low > -_LIMIT and high < _LIMIT:
            return low, high
    numbers = flat[np.abs(flat) < _LIMIT]
    return float(numbers.min(initial=np.inf)), float(numbers.max(initial=-np.inf))


def _bin(size: float) -> int:
    """Return the bin of a number, by its distance from zero; -1 for one on the other side."""
    # The zero that carries a minus has a bin of its own, as far out as can be.
    return -1 if size < 0.0 else int(np.float32(abs(size)).view(np.uint32) >> 16)


def _edges(count: int) -> NDArray[np.float64]:
    """Return the lower edges of the first ``count`` bins from zero on."""
    keys = np.arange(_FLOOR - 1, _FLOOR - 1 + count, dtype=np.uint32)
    edges = (keys << np.uint32(16)).view(np.float32).astype(np.float64)
    edges[:1] = 0.0
    return edges


def _values(lower_halves: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the value of each bin that holds one, ascending; those too near to zero are zero."""
    bins = np.flatnonzero(lower_halves >= 0).astype(np.uint32)
    halves = lower_halves[bins].astype(np.uint32)
    values = ((bins << np.uint32(16)) | halves).view(np.float32).astype(np.float64)
    values = values[np.abs(values) < _LIMIT]
    values[np.abs(values) < _NOTHING] = 0.0
    return np.unique(values)
