"""How many samples a question still needs."""

from __future__ import annotations

import math

from edgekit.statistics.paired import CONFIDENCE, PairedCounts, drop_interval

ODDS = 0.8
"""How likely the samples asked for settle a question, unless said otherwise."""
_MOST = 10**9


def samples_to_settle(
    counts: PairedCounts, *, limit: float, confidence: float = CONFIDENCE, odds: float = ODDS
) -> int | None:
    """Return how many more samples would put the whole interval on one side of ``limit``.

    They are taken to lose and gain as often as those that were seen, and enough are asked for to settle it with
    probability ``odds`` in spite of chance. The rates that were seen are uncertain themselves: it is an estimate.

    Args:
        counts: what was seen so far; the further samples are added to these.
        limit: a drop, as a fraction.
        confidence: of the interval.
        odds: above 0.5, below 1.

    Returns:
        0 where the interval is on one side already. None where no number can be told: the drop that was seen is the
        limit itself, or so near to it that a thousand million samples would not do.
    """
    if _settled(counts, limit, confidence):
        return 0
    if counts.drop == limit:
        return None
    # Loaded on use, as the interval's own parts are.
    from scipy.special import ndtri

    z = float(ndtri(odds))

    def enough(more: int) -> bool:
        return _settled(_foreseen(counts, more, limit=limit, z=z), limit, confidence)

    high = 1
    while not enough(high):
        high *= 2
        if high > _MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _settled(counts: PairedCounts, limit: float, confidence: float) -> bool:
    interval = drop_interval(counts, confidence=confidence)
    return interval.high <= limit or interval.low > limit


def _foreseen(counts: PairedCounts, more: int, *, limit: float, z: float) -> PairedCounts:
    """Return the counts after ``more`` samples, with a bad luck of ``z`` deviations that brings the drop nearer."""
    total = counts.total + more
    lost, gained = counts.lost * total / counts.total, counts.gained * total / counts.total
    variance = (counts.lost + counts.gained) / counts.total - counts.drop**2
    bad_luck = min(z * math.sqrt(more * variance), total - lost - gained)
    if counts.drop < limit:
        return PairedCounts(total, lost + bad_luck, gained)
    return PairedCounts(total, lost, gained + bad_luck)
