"""Samples that stretch a range alone: what an outlier is, for the samples' check and for precision ``auto``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 16
"""Of fewer samples nothing can be told."""
_STRETCHED = 1.5
"""200 clean photos never came above 1.33, over all tensors of eight networks; one that was not scaled is at 450."""
_ALONE = 0.01


@dataclass(frozen=True, slots=True)
class Stretched:
    """The range of one place, which a few samples make much wider."""

    samples: tuple[int, ...]
    """Their numbers, ascending: 1 % of all at most, or one."""
    ratio: float
    """How many times as wide it is with them."""


def stretched(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> Stretched | None:
    """Return the fewest samples without which a range would be at most two thirds as wide; None where there are none.

    Args:
        lowest: [n], the lowest value of each sample at one place.
        highest: [n], the highest one.
    """
    count = len(lowest)
    if count < FEWEST:
        return None
    reach = np.maximum(np.maximum(highest, 0.0) / _scale(highest), np.maximum(-lowest, 0.0) / _scale(-lowest))
    ranked = np.argsort(-reach, kind="stable")
    whole = width(lowest, highest)
    for taken in range(1, max(1, int(_ALONE * count)) + 1):
        rest = ranked[taken:]
        without = width(lowest[rest], highest[rest])
        if without > 0 and whole > _STRETCHED * without:
            return Stretched(tuple(sorted(map(int, ranked[:taken]))), whole / without)
    return None


def width(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> float:
    """Return the width of the range that is quantized: zero is always in it."""
    return max(float(highest.max()), 0.0) - min(float(lowest.min()), 0.0)


def _scale(values: NDArray[np.float64]) -> float:
    return max(float(np.median(np.abs(values))), 1e-12)
