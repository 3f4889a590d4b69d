"""Honest numbers from few samples. Pure functions, which know nothing of models."""

from edgekit.statistics.medians import drawn_below, median_interval
from edgekit.statistics.paired import CONFIDENCE, Interval, PairedCounts, drop_interval, mcnemar_p
from edgekit.statistics.planning import samples_to_settle
from edgekit.statistics.ranks import LEAST_PAIRS, signed_rank_interval

__all__ = [
    "CONFIDENCE",
    "LEAST_PAIRS",
    "Interval",
    "PairedCounts",
    "drawn_below",
    "drop_interval",
    "mcnemar_p",
    "median_interval",
    "samples_to_settle",
    "signed_rank_interval",
]
