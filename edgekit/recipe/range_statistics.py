"""How the range of a tensor follows from the values that were seen of it: one table. To add one, add a line here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edgekit.errors import RecipeError, unknown_name


class Criterion(StrEnum):
    """What decides where a range ends."""

    EXTREMES = "extremes"
    """The smallest and the largest value seen."""
    SHARE = "share"
    """How many of the values it must hold."""
    ERROR = "error"
    """The squared error of quantizing all values seen, that of the clipped ones included: the least one wins."""


@dataclass(frozen=True, slots=True)
class RangeStatistic:
    """One row of the table."""

    name: str
    criterion: Criterion
    kept_percent: float
    """How much of the values the range holds at least, where the share decides; the rest is cut at both ends alike."""
    summary: str


# scripts/bench ranges: on clean photos none is better by more than chance, and this one clips nothing that was seen.
DEFAULT_RANGE_STATISTIC = "minmax"
RANGE_STATISTICS: dict[str, RangeStatistic] = {
    statistic.name: statistic
    for statistic in (
        RangeStatistic("mse", Criterion.ERROR, 0.0, "the range with the least squared error of quantization"),
        RangeStatistic("minmax", Criterion.EXTREMES, 100.0, "from the smallest to the largest value seen"),
        RangeStatistic("percentile-99.9", Criterion.SHARE, 99.9, "99.9 % of the values seen"),
        RangeStatistic("percentile-99.99", Criterion.SHARE, 99.99, "99.99 % of the values seen"),
    )
}


def range_statistic_named(name: str) -> RangeStatistic:
    """Return the statistic called ``name``. Raises RecipeError that lists the valid ones."""
    try:
        return RANGE_STATISTICS[name]
    except KeyError:
        raise RecipeError(unknown_name("range statistic", name, RANGE_STATISTICS)) from None
