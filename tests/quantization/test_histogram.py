"""Counting values of any size, in any order."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.quantization.histogram import Bins, Histogram


def counted(*arrays: NDArray[np.generic]) -> Bins:
    histogram = Histogram()
    for values in arrays:
        histogram.add(values)
    bins = histogram.bins()
    assert bins is not None
    return bins


def same(one: Bins, other: Bins) -> bool:
    return (one.minimum, one.maximum) == (other.minimum, other.maximum) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("lower", "upper", "counts")
    )


@pytest.fixture
def batches() -> list[NDArray[np.float32]]:
    """Activations of sizes from 1e-6 to 1e3, half of them zero, and one array a million times larger."""
    generator = np.random.default_rng(2)
    usual = [
        (np.maximum(generator.normal(0, 1, 5_000), 0) * 10.0**exponent).astype(np.float32) for exponent in range(-6, 4)
    ]
    return [*usual, -usual[4], (usual[3] * 1e6).astype(np.float32)]


def test_every_bin_holds_what_numpy_counts_there(batches: list[NDArray[np.float32]]) -> None:
    bins = counted(*batches)
    values = np.sort(np.concatenate(batches))
    assert bins.counts.sum() == values.size
    assert (bins.minimum, bins.maximum) == (values[0], values[-1])
    assert (np.diff(bins.lower) > 0).all()
    assert (bins.lower[1:] >= bins.upper[:-1]).all()
    negative = bins.upper <= 0
    # Zero, and an edge, belong to the bin that lies further from zero.
    first = np.where(
        negative, np.searchsorted(values, bins.lower, "right"), np.searchsorted(values, bins.lower, "left")
    )
    last = np.where(negative, np.searchsorted(values, bins.upper, "right"), np.searchsorted(values, bins.upper, "left"))
    inner = slice(1, -1)
    assert np.array_equal((last - first)[inner], bins.counts[inner])


def test_a_bin_is_as_fine_as_its_values_are_small(batches: list[NDArray[np.float32]]) -> None:
    bins = counted(*batches)
    sizes = np.maximum(np.abs(bins.lower), np.abs(bins.upper))
    apart = (bins.upper - bins.lower)[sizes > 2**-32]
    assert (apart <= sizes[sizes > 2**-32] / 128 * (1 + 1e-12)).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_order_makes_no_difference(batches: list[NDArray[np.float32]], seed: int) -> None:
    reference = counted(*batches)
    order = np.random.default_rng(seed).permutation(len(batches))
    assert same(counted(*(batches[index] for index in order)), reference)
    outlier = batches[-1]
    assert same(counted(outlier, *batches[:-1]), reference)
    assert same(counted(np.concatenate(batches[::-1])), reference)


def test_what_is_no_number_is_left_out() -> None:
    numbers = np.array([-2.0, 0.0, 3.0], np.float32)
    others = np.array([np.nan, np.inf, -np.inf, -3.4e38, 3.4e38], np.float32)
    assert same(counted(np.concatenate([numbers, others])), counted(numbers))
    assert same(counted(others, numbers), counted(numbers))
    histogram = Histogram()
    histogram.add(others)
    histogram.add(np.zeros(0, np.float32))
    assert histogram.bins() is None


def test_integers_and_truth_values_count_as_numbers() -> None:
    bins = counted(np.array([[1, 2], [2, -7]], np.int32), np.array([True, False]))
    assert list(zip(bins.lower, bins.counts, strict=True)) == [(-7.0, 1), (0.0, 1), (1.0, 2), (2.0, 2)]
    assert (bins.minimum, bins.maximum) == (-7.0, 2.0)


def test_zeros_alone() -> None:
    bins = counted(np.zeros((4, 2), np.float32), -np.zeros((4, 2), np.float32))
    assert (list(bins.lower), list(bins.upper), list(bins.counts)) == ([0.0], [0.0], [16])


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 0.0), (1 / 255, 0.0), (1 / 127.5, -1.0)])
def test_pixels_are_known_exactly(factor: float, shift: float) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (20, 32, 32, 3)).astype(np.float32)
    values = pixels * np.float32(factor) + np.float32(shift)
    bins = counted(*values)
    wanted, counts = np.unique(values, return_counts=True)
    assert bins.exact
    assert np.array_equal(bins.lower, wanted)
    assert np.array_equal(bins.counts, counts)


def test_two_values_in_one_bin_are_a_bin_with_a_width() -> None:
    one, other = np.float32(1.0), np.nextafter(np.float32(1.0), np.float32(2.0))
    for arrays in ([[one, other]], [[one], [other]], [[other], [one], [one]]):
        assert not counted(*(np.array(array, np.float32) for array in arrays)).exact
    assert counted(np.array([one, one, -one, 0.0, 3.0], np.float32)).exact


def test_more_values_take_no_more_memory() -> None:
    generator = np.random.default_rng(0)
    histogram = Histogram()
    sizes = []
    for _ in range(50):
        histogram.add(np.clip(generator.normal(0, 1, 20_000), -4, 4).astype(np.float32))
        sizes.append(sum(counts.nbytes for counts in histogram._counts.values()))
    assert sizes[-1] <= sizes[0] * 1.02
    assert sizes[-1] < 100_000
