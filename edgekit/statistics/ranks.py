"""By how much pairs differ, by the signed-rank test turned around: no shape of the noise is assumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgekit.statistics.paired import Interval

LEAST_PAIRS = 8
"""Fewer can reject nothing at 99 %: of eight, one sign in 256 is as uneven as can be."""


def signed_rank_interval(differences: Sequence[float], *, confidence: float = 0.99) -> tuple[float, Interval]:
    """Return the Hodges-Lehmann estimate of the difference, and Wilcoxon's exact interval around it.

    Where it was drawn by lot, in each pair on its own, which of two comes first, then under no difference every sign is
    as likely as the other, whatever drifts and however alike neighbours are: the interval misses 0 in at most
    1 - ``confidence`` of all tries, exactly. The interval holds the differences that the test does not reject, which
    are bounded by order statistics of the averages of all pairs of differences.

    Args:
        differences: one for each pair; at least :data:`LEAST_PAIRS`.
        confidence: above 0.5 and below 1.

    Raises:
        ValueError: there are too few, also for ``confidence``: of eight pairs no sign is as rare as one in a thousand.
    """
    count = len(differences)
    if count < LEAST_PAIRS:
        raise ValueError(f"{count} pairs say nothing: at least {LEAST_PAIRS} are needed")
    values = np.asarray(differences, np.float64)
    first, second = np.triu_indices(count)
    averages = np.sort((values[first] + values[second]) / 2)
    # The averages up to the k-th may be left out on either side, where the rank sum is at most k - 1 that rarely.
    cut = int(np.searchsorted(_cumulative(count), (1 - confidence) / 2, side="right"))
    if cut == 0:
        raise ValueError(f"{count} pairs cannot tell with a confidence of {confidence:g}: more are needed")
    low, high = averages[cut - 1], averages[len(averages) - cut]
    return float(np.median(averages)), Interval(float(low), float(high), confidence)


def _cumulative(count: int) -> NDArray[np.float64]:
    """Return how likely the sum of the positive ranks is at most 0, 1, 2, ... where every sign is even."""
    ways = np.zeros(count * (count + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, count + 1):
        ways[rank:] = ways[rank:] + ways[:-rank]
        ways /= 2.0
    return np.cumsum(ways)
