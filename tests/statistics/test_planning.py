"""How many more samples: they settle it as often as promised."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.statistics import PairedCounts, drop_interval, samples_to_settle


def settled(counts: PairedCounts, limit: float) -> bool:
    found = drop_interval(counts)
    return found.high <= limit or found.low > limit


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        (PairedCounts(412, 5, 3), 0.01),  # will pass
        (PairedCounts(412, 12, 4), 0.01),  # will fail
        (PairedCounts(100, 2, 0), 0.05),
        (PairedCounts(412, 10, 6), 0.0),
    ],
)
def test_that_many_settle_it_in_four_of_five_draws(counts: PairedCounts, limit: float) -> None:
    assert not settled(counts, limit)
    more = samples_to_settle(counts, limit=limit)
    assert more is not None
    rates = np.array([counts.lost, counts.gained, counts.total - counts.lost - counts.gained]) / counts.total

    def odds(number: int) -> float:
        drawn = np.random.default_rng(3).multinomial(number, rates, size=1000)
        total = counts.total + number
        return float(
            np.mean([settled(PairedCounts(total, counts.lost + a, counts.gained + b), limit) for a, b, _ in drawn])
        )

    assert 0.76 <= odds(more) <= 0.88
    assert odds(more // 2) < 0.76


def test_the_fewest_are_told() -> None:
    counts = PairedCounts(100, 0, 0)
    assert samples_to_settle(counts, limit=0.01) == 281
    # Nothing was seen to change, so nothing is expected to, and the half width is z^2 / (total + z^2).
    assert settled(PairedCounts(381, 0, 0), 0.01)
    assert not settled(PairedCounts(380, 0, 0), 0.01)


def test_more_odds_take_more_samples() -> None:
    counts = PairedCounts(412, 5, 3)
    even, likely, nearly = (samples_to_settle(counts, limit=0.01, odds=odds) for odds in (0.5001, 0.8, 0.95))
    assert even is not None
    assert likely is not None
    assert nearly is not None
    assert even < likely < nearly


def test_a_limit_on_one_side_needs_none() -> None:
    assert samples_to_settle(PairedCounts(412, 20, 2), limit=0.01) == 0
    assert samples_to_settle(PairedCounts(412, 1, 3), limit=0.01) == 0


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        (PairedCounts(400, 8, 4), 0.01),  # the drop is the limit itself
        (PairedCounts(400, 0, 0), 0.0),
        (PairedCounts(400, 80, 76), 0.010001),  # so near that a thousand million would not do
    ],
)
def test_what_no_number_settles(counts: PairedCounts, limit: float) -> None:
    assert samples_to_settle(counts, limit=limit) is None
