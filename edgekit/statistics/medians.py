"""How sure a median of times in order is.

Neighbours are alike, by heat, clocks and other programs: they are drawn together.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgekit.statistics.paired import CONFIDENCE, Interval

_DRAWS = 600
_AT_ONCE = 50


def median_interval(samples: Sequence[float], *, confidence: float = CONFIDENCE, seed: int = 0) -> Interval:
    """Return the percentile interval of the median by a circular block bootstrap.

    Blocks of neighbours, as long as the square root of the sample, are drawn until a sample is complete. The draws
    follow from ``seed`` alone, on every machine and with every numpy.

    Args:
        samples: in the order in which they were taken; at least one.
        confidence: above 0 and below 1.
        seed: of the draws.

    Returns:
        In the unit of ``samples``. Of fewer than about ten samples it is too narrow, as any bootstrap is.
    """
    return _interval(tuple(samples), confidence, seed)


# What is printed, put into a document and judged is the same interval: drawn once.
@functools.lru_cache(maxsize=64)
def _interval(samples: tuple[float, ...], confidence: float, seed: int) -> Interval:
    values = np.asarray(samples, np.float64)
    stream = np.random.PCG64(seed)
    length = max(1, math.isqrt(len(values)))
    blocks = -(-len(values) // length)
    medians = np.empty(_DRAWS)
    for at in range(0, _DRAWS, _AT_ONCE):
        starts = drawn_below(stream, len(values), (_AT_ONCE, blocks))
        places = (starts[:, :, None] + np.arange(length)) % len(values)
        drawn = values[places.reshape(_AT_ONCE, -1)[:, : len(values)]]
        medians[at : at + _AT_ONCE] = np.median(drawn, axis=1)
    low, high = np.percentile(medians, [50 * (1 - confidence), 50 * (1 + confidence)])
    middle = float(np.median(values))
    return Interval(min(float(low), middle), max(float(high), middle), confidence)


def drawn_below(stream: np.random.PCG64, limit: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return numbers from 0 to below ``limit``, which is less than 2**31.

    numpy's compatibility policy (NEP 19) fixes the raw stream of a bit generator, but not that of its methods.
    """
    words = stream.random_raw(math.prod(shape)).reshape(shape)
    numbers: NDArray[np.int64] = ((words >> np.uint64(32)) * np.uint64(limit) >> np.uint64(32)).astype(np.int64)
    return numbers
