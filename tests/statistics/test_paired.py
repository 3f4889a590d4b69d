"""Intervals that cover, against simulations, against a likelihood maximized by brute force, and against exact sums."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from edgekit.statistics import Interval, PairedCounts, drop_interval, mcnemar_p

Z = 1.959963984540054


@cache
def interval_of(total: int, lost: int, gained: int, confidence: float = 0.95) -> Interval:
    return drop_interval(PairedCounts(total, lost, gained), confidence=confidence)


def coverage(total: int, lost: float, gained: float, *, draws: int, seed: int) -> float:
    """The share of drawn sets of samples whose interval holds the true drop."""
    cells = np.random.default_rng(seed).multinomial(total, [lost, gained, 1 - lost - gained], size=draws)
    intervals = [interval_of(total, int(row[0]), int(row[1])) for row in cells]
    return float(np.mean([each.low <= lost - gained <= each.high for each in intervals]))


@pytest.mark.parametrize(
    ("total", "lost", "gained"),
    [
        (100, 0.02, 0.02),  # 4 disagreements expected
        (412, 0.02, 0.02),
        (412, 0.02, 0.005),
        (412, 0.05, 0.01),
        (1000, 0.01, 0.01),
        (1000, 0.15, 0.15),
        (5000, 0.10, 0.03),
    ],
)
def test_95_of_100_intervals_hold_the_truth(total: int, lost: float, gained: float) -> None:
    assert coverage(total, lost, gained, draws=1000, seed=7) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("total", "lost", "gained"), [(100, 0.002, 0.001), (412, 0.002, 0.001), (41, 0.01, 0.01)])
def test_where_disagreement_is_rare_they_hold_it_more_often(total: int, lost: float, gained: float) -> None:
    """The plain normal interval holds it in 26 and 71 of 100 draws of the first two."""
    assert coverage(total, lost, gained, draws=1000, seed=7) >= 0.95


def test_the_worst_of_ten_equal_classes_is_held_by_its_interval() -> None:
    """Ten classes of 100 samples lose 10 and gain 5 of 100; the one that looks worst is looked at each time."""
    cells = np.random.default_rng(7).multinomial(100, [0.10, 0.05, 0.85], size=(1000, 10))
    worst = (cells[:, :, 0] - cells[:, :, 1]).argmax(axis=1)
    looked_at = cells[np.arange(1000), worst]
    shared = [interval_of(100, int(row[0]), int(row[1]), 0.995) for row in looked_at]
    alone = [interval_of(100, int(row[0]), int(row[1])) for row in looked_at]
    assert np.mean([each.low <= 0.05 <= each.high for each in shared]) >= 0.95
    assert np.mean([each.low <= 0.05 <= each.high for each in alone]) < 0.85


@pytest.mark.parametrize(
    ("total", "lost", "gained"), [(412, 8, 3), (412, 8, 0), (50, 12, 2), (30, 2, 25), (20, 0, 0), (9, 9, 0), (9, 0, 9)]
)
def test_the_ends_are_the_drops_that_a_score_test_just_allows(total: int, lost: int, gained: int) -> None:
    found = interval_of(total, lost, gained)
    for end in (found.low, found.high):
        if abs(end) < 1:
            deviation = np.sqrt(total * (2 * likeliest_gains(total, lost, gained, drop=end) + end * (1 - end)))
            assert abs(lost - gained - total * end) / deviation == pytest.approx(Z, rel=1e-3)
    assert found.low <= (lost - gained) / total <= found.high


def likeliest_gains(total: int, lost: int, gained: int, *, drop: float) -> float:
    """The rate of gains that makes the counts likeliest if the drop is true, found without a formula."""

    def unlikeliness(gains: float) -> float:
        rates = np.maximum([gains + drop, gains, 1 - 2 * gains - drop], 1e-300)
        return -float(np.dot([lost, gained, total - lost - gained], np.log(rates)))

    bounds = (max(0.0, -drop), (1 - drop) / 2)
    return float(minimize_scalar(unlikeliness, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x)


def test_no_disagreement_still_leaves_doubt() -> None:
    found = interval_of(412, 0, 0)
    assert found.high == pytest.approx(Z**2 / (412 + Z**2), rel=1e-6)
    assert found.low == pytest.approx(-found.high, rel=1e-9)
    assert found.confidence == 0.95


def test_losses_and_gains_mirror_each_other_and_certainty_widens() -> None:
    found, mirrored = interval_of(412, 8, 3), interval_of(412, 3, 8)
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((-0.0043, 0.0315), abs=1e-4)
    wider = interval_of(412, 8, 3, 0.99)
    assert wider.low < found.low < found.high < wider.high


def test_it_excludes_no_drop_exactly_where_mcnemars_score_does() -> None:
    for lost in range(30):
        excludes = interval_of(1000, lost, 5).low > 0
        assert excludes == (lost > 5 and (lost - 5) ** 2 / (lost + 5) > Z**2), lost


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (1, 0), (5, 5), (8, 3), (3, 8), (20, 2), (40, 61)])
def test_the_p_value_is_the_exact_sum(lost: int, gained: int) -> None:
    count = lost + gained
    tail = sum(comb(count, number) for number in range(min(lost, gained) + 1)) / 2**count
    assert mcnemar_p(PairedCounts(1000, lost, gained)) == pytest.approx(min(1.0, 2 * tail), rel=1e-12)


@pytest.mark.parametrize(("total", "lost", "gained"), [(0, 0, 0), (10, -1, 0), (10, 6, 5)])
def test_counts_that_cannot_be(total: int, lost: int, gained: int) -> None:
    with pytest.raises(ValueError, match=f"{lost} lost and {gained} gained of {total} samples cannot be"):
        PairedCounts(total, lost, gained)
