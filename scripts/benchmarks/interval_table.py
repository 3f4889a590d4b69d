"""How often the interval of an accuracy drop holds the truth, by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from lines import Place
from promises import Missed

from edgekit.statistics import PairedCounts, drop_interval

_DRAWS = 1000
_ACCURACIES = (0.99, 0.90, 0.70)
_DROPS = (0.0, 0.01, 0.05)
_REPAIRED = 0.1
"""The share of the float model's mistakes that quantization puts right by chance."""
_ENOUGH = 4
"""Disagreements expected: with fewer, few outcomes are possible, and no interval comes near to 95 %."""


def intervals(place: Place) -> Iterator[str]:
    """Intervals of an accuracy drop (95 %): how many of 1,000 simulated evaluations hold the true drop."""
    yield "covered: by Tango's score interval, which edgekit gives; plain: by the normal one. width: median, in points."
    yield f"{_REPAIRED:.0%} of the float model's mistakes are put right by chance. rare: under {_ENOUGH} disagreements."
    yield f"{'samples':>7} {'float':>6} {'drop':>5} {'disagree':>8} {'covered':>8} {'width':>6} {'plain':>7}"
    usual, rare = [], []
    for total in (100, 1000) if place.quick else (50, 100, 412, 1000, 5000):
        for accuracy in _ACCURACIES:
            for drop in _DROPS:
                gained = _REPAIRED * (1 - accuracy)
                rates = (gained + drop, gained)
                draws = np.random.default_rng(total).multinomial(total, [*rates, 1 - sum(rates)], size=_DRAWS)
                covered, width = _covered(_score, draws, drop=drop)
                plain, _ = _covered(_normal, draws, drop=drop)
                expected = total * sum(rates)
                (usual if expected >= _ENOUGH else rare).append(covered)
                told = (f"{total:7} {accuracy:6.0%} {100 * drop:5.1f}", f"{expected:8.1f} {covered:8.1%} {width:6.2f}")
                yield f"{' '.join(told)} {plain:7.1%}{'' if expected >= _ENOUGH else '  rare'}"
    row = str if min(usual) >= 0.93 and max(usual) <= 0.97 else Missed
    yield row(f"95 +- 2 % are promised; {len(usual)} settings have {min(usual):.1%} to {max(usual):.1%}")
    row = str if min(rare) >= 0.95 else Missed
    yield row(f"rare: at least 95 % are promised; {len(rare)} settings have {min(rare):.1%} to {max(rare):.1%}")


_Ends = Callable[[int, int, int], tuple[float, float]]


def _covered(ends: _Ends, draws: np.ndarray, *, drop: float) -> tuple[float, float]:
    """Return the share of draws whose interval holds the drop, and the median width in points."""
    found = np.array([ends(int(row.sum()), int(row[0]), int(row[1])) for row in draws])
    # A drop of 0 seen without any disagreement: the plain interval is a point, and that point is the truth.
    holds = (found[:, 0] <= drop + 1e-12) & (drop - 1e-12 <= found[:, 1])
    return float(holds.mean()), 100 * float(np.median(found[:, 1] - found[:, 0]))


@cache
def _score(total: int, lost: int, gained: int) -> tuple[float, float]:
    found = drop_interval(PairedCounts(total, lost, gained))
    return found.low, found.high


def _normal(total: int, lost: int, gained: int) -> tuple[float, float]:
    drop = (lost - gained) / total
    reach = 1.959964 * math.sqrt(max((lost + gained) / total - drop**2, 0.0) / total)
    return drop - reach, drop + reach
