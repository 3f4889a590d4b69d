"""Honest numbers from few samples. Pure functions, which know nothing of models."""

from edgekit.statistics.paired import CONFIDENCE, Interval, PairedCounts, drop_interval, mcnemar_p
from edgekit.statistics.planning import samples_to_settle

__all__ = ["CONFIDENCE", "Interval", "PairedCounts", "drop_interval", "mcnemar_p", "samples_to_settle"]
