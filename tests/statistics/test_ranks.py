"""The signed-rank interval, held against an independent implementation of the test that it turns around."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from edgekit.statistics import LEAST_PAIRS, signed_rank_interval


@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_it_misses_zero_where_the_exact_test_rejects(confidence: float) -> None:
    generator = np.random.Generator(np.random.PCG64(0))
    rejected = 0
    for trial in range(200):
        values = generator.standard_normal(int(generator.integers(LEAST_PAIRS, 25))) + 0.5 * (trial % 2)
        _, interval = signed_rank_interval(values, confidence=confidence)
        rejects = wilcoxon(values, method="exact").pvalue <= 1 - confidence
        assert (not interval.low <= 0 <= interval.high) == rejects
        rejected += rejects
    assert 20 < rejected < 180


def test_one_wild_pair_moves_the_estimate_little() -> None:
    middle, interval = signed_rank_interval([1.0] * 19 + [1e6])
    assert middle == 1.0
    assert interval.low == 1.0


def test_too_few_pairs_say_nothing() -> None:
    with pytest.raises(ValueError, match="7 pairs say nothing"):
        signed_rank_interval([1.0] * 7)
    with pytest.raises(ValueError, match="8 pairs cannot tell with a confidence of 0.999"):
        signed_rank_interval([1.0] * 8, confidence=0.999)
    # As uneven as can be, eight are just enough.
    assert signed_rank_interval([1.0] * 8)[1].low == 1.0
    assert signed_rank_interval([1.0] * 7 + [-0.1])[1].low < 0
