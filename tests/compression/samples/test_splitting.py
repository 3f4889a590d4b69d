"""Splits: each class alike, no content in two parts, and the same whatever order samples come in."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from edgekit.compression import SplitShares
from edgekit.compression.samples.splitting import split
from edgekit.errors import CalibrationError

_IDS = [f"{number:03}" for number in range(300)]
_LABELS = [number % 3 for number in range(300)]


def test_each_class_has_its_share_in_each_part() -> None:
    parts = split(_IDS, _LABELS, SplitShares(validation=0.1, test=0.2), seed=0)
    for part, share in ((parts.train, 70), (parts.validation, 10), (parts.test, 20)):
        assert Counter(_LABELS[place] for place in part) == {0: share, 1: share, 2: share}
    everything = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(everything) == list(range(300))


def test_copies_stay_together_even_with_other_labels() -> None:
    copied = [*_IDS, *_IDS[:60]]
    parts = split(copied, [*_LABELS, *[2] * 60], SplitShares(), seed=0)
    where = {place: name for name in ("train", "validation", "test") for place in getattr(parts, name)}
    assert [where[place] for place in range(60)] == [where[place + 300] for place in range(60)]


def test_the_order_of_samples_means_nothing() -> None:
    forwards = split(_IDS, _LABELS, SplitShares(), seed=0)
    backwards = split(_IDS[::-1], _LABELS[::-1], SplitShares(), seed=0)
    assert {_IDS[place] for place in forwards.test} == {_IDS[::-1][place] for place in backwards.test}
    assert set(forwards.test) != set(split(_IDS, _LABELS, SplitShares(), seed=1).test)


def test_what_is_tested_on_is_not_trained_on() -> None:
    parts = split(_IDS, _LABELS, SplitShares(), seed=0, apart=_IDS[:50])
    assert len(parts.test) == 0
    assert parts.left_out == 50
    assert min(parts.train) >= 50
    assert " to validate, 50 given apart to test; 50 that are also among those for testing are left out" in str(parts)
    assert str(split(_IDS, _LABELS, SplitShares(), seed=0)).endswith("30 to validate, 60 to test")


def test_nothing_left_to_train_on_is_an_error() -> None:
    with pytest.raises(CalibrationError, match="all 300 samples are among those for testing as well, so none are left"):
        split(_IDS, _LABELS, SplitShares(), seed=0, apart=_IDS)
    with pytest.raises(CalibrationError, match="of 1 samples none are left to train on"):
        split(_IDS[:1], [0], SplitShares(test=0.9, validation=0.0), seed=0)
