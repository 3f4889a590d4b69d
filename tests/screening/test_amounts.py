"""Enough samples, and mixed: halves, outliers, order, classes."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.screening import Severity


def _sounds(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (count, 400)).astype(np.float32)


def test_too_few_to_tell(judge, photos) -> None:
    assert judge(photos[:15])["too few samples"].severity is Severity.WARNING
    assert "too few samples" not in judge(photos[:16])


def test_halves_with_other_ranges(judge) -> None:
    """Loudness that differs by orders of magnitude: the loudest of a half decides its range."""
    loudness = np.exp(np.random.default_rng(2).normal(0, 1.5, (40, 1))).astype(np.float32)
    finding = judge(_sounds(40) * loudness, pictures=False)["too few samples"]
    assert "the ranges of two halves of the 40 samples differ by" in finding.sentence
    assert "at input 'x'" in finding.sentence
    assert judge(_sounds(40), pictures=False) == {}


@pytest.mark.parametrize("factor", [3.0, -40.0])
def test_one_sample_that_stretches_the_range(judge, factor: float) -> None:
    sounds = _sounds(100)
    sounds[17] *= factor
    found = judge(sounds, pictures=False)
    assert found.keys() == {"outliers"}
    assert found["outliers"].samples == (17,)
    assert found["outliers"].severity is Severity.WARNING


def test_many_that_stretch_it_are_no_outliers(judge) -> None:
    sounds = _sounds(100)
    sounds[::5] *= 4
    assert judge(sounds, pictures=False) == {}


def test_an_order_by_class(judge, photos) -> None:
    labels = tuple(number // 6 for number in range(60))
    known = {"labels": labels, "class_count": 10}
    assert "order" not in judge(photos, ordered=False, **known)
    finding = judge(photos, ordered=True, **known)["order"]
    assert (finding.severity, "the classes come in blocks" in finding.sentence) == (Severity.WARNING, True)
    mixed = np.random.default_rng(0).permutation(60)
    assert judge(photos[mixed], ordered=True, labels=tuple(labels[place] for place in mixed), class_count=10) == {}


def test_a_drift(judge, photos) -> None:
    brightest_last = photos[np.argsort(photos.mean(axis=(1, 2, 3)))]
    finding = judge(brightest_last, ordered=True)["order"]
    assert "the mean of input 'x' rises from the first to the last" in finding.sentence


def test_classes_that_are_missing_or_crowd(judge, photos) -> None:
    even = tuple(number % 10 for number in range(60))
    assert judge(photos, labels=even, class_count=10) == {}
    assert "2 of 12 classes have no sample (10, 11)" in judge(photos, labels=even, class_count=12)["class mix"].sentence
    named = judge(photos, labels=even, classes=tuple("abcdefghijk"))["class mix"]
    assert "1 of 11 classes have no sample (k)" in named.sentence
    crowded = tuple(number % 10 if number < 20 else 3 for number in range(60))
    finding = judge(photos, labels=crowded, class_count=10)["class mix"]
    assert "70% of the samples are of class '3', one of 10" in finding.sentence
    assert finding.severity is Severity.WARNING
