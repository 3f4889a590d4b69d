"""How fast a board is of which nothing was measured: from the same core elsewhere, else from what its core can do."""

from __future__ import annotations

import math
import statistics

from edgekit.prediction.fitting import Fit
from edgekit.prediction.measurements import Family, Measurements
from edgekit.profiles import core_named


def told_scale(
    fit: Fit, known: Measurements, family: Family, *, core: str, clock_hz: float, law: float | None = None
) -> float | None:
    """Return milliseconds for a million pointwise multiply-accumulates of one thread; None where nothing tells it.

    Args:
        fit: of the family.
        known: what the fit was made from.
        family: of the board.
        core: of its fastest cluster.
        clock_hz: of that.
        law: the efficiency to use for cores that were measured nowhere; None: that of the fit.
    """
    alike = [
        scale * board.clock_hz / clock_hz
        for name, scale in fit.scales.items()
        if (board := known.boards[name]).core == core and board.clock_hz is not None and board.family is family
    ]
    if alike:
        return statistics.geometric_mean(alike)
    peak = core_named(core).float32_macs_per_cycle
    if family is not Family.APPLICATION or peak is None:
        return None
    reached = efficiency(fit, known) if law is None else law
    return 1e6 / (clock_hz * peak.value * reached) * 1e3


def efficiency(fit: Fit, known: Measurements) -> float:
    """Return what measured boards reach of the peak of their cores, with one thread: the geometric mean."""
    reached = []
    for name, scale in fit.scales.items():
        board = known.boards[name]
        peak = core_named(board.core).float32_macs_per_cycle
        if board.clock_hz is not None and peak is not None:
            reached.append(1e9 / (scale * board.clock_hz * peak.value))
    return math.exp(statistics.fmean(map(math.log, reached))) if reached else math.nan
