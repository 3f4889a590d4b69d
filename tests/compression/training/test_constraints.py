"""Masks and shared values, as arrays: how many, which, and in which pattern."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from edgekit.compression.recipes.stages import Prune
from edgekit.compression.training.constraints import assigned, mask_of, sparsity_at

_KERNEL = np.random.default_rng(0).normal(size=(3, 3, 16, 32)).astype(np.float32)


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.8, 1.0])
def test_the_smallest_weights_go(sparsity: float) -> None:
    # At both ends of a schedule, too.
    mask = mask_of(_KERNEL, Prune(sparsity=0.5), sparsity)
    assert 1 - mask.mean() == pytest.approx(sparsity, abs=1e-3)
    if 0 < sparsity < 1:
        assert np.abs(_KERNEL[mask == 0]).max() < np.abs(_KERNEL[mask == 1]).min()


def test_blocks_go_as_a_whole() -> None:
    mask = mask_of(_KERNEL, Prune(sparsity=0.5, block=4), 0.5).reshape(144, 32)
    blocks = mask.reshape(36, 4, 8, 4).mean(axis=(1, 3))
    assert set(np.unique(blocks)) == {0.0, 1.0}
    assert blocks.mean() == 0.5


def test_two_of_each_four_go() -> None:
    mask = mask_of(_KERNEL, Prune(sparsity=0.5, pattern="2:4"), 0.5)
    fours = mask.reshape(36, 4, 32).sum(axis=1)
    assert set(np.unique(fours)) == {2.0}
    assert mask_of(_KERNEL, Prune(sparsity=0.5, pattern="2:4"), 0.25).mean() == pytest.approx(0.75, abs=1e-3)


def test_sparsity_rises_by_the_third_power() -> None:
    what = Prune(sparsity=0.8, begin=0.0, end=0.5)
    assert [sparsity_at(what, step, 100) for step in (0, 25, 50, 99)] == pytest.approx([0.0, 0.7, 0.8, 0.8])
    constant = Prune(sparsity=0.8, schedule="constant", begin=0.5)
    assert [sparsity_at(constant, step, 100) for step in (0, 49, 50)] == [0.0, 0.0, 0.8]


def test_weights_share_values_and_zeros_stay() -> None:
    kernel = np.where(np.abs(_KERNEL) < 0.7, 0, _KERNEL)
    places = assigned(kernel, 16, keep_zeros=True)
    assert np.array_equal(places == 0, kernel.ravel() == 0)
    assert set(np.unique(places)) == set(range(17))
    means = np.array([kernel.ravel()[places == number].mean() for number in range(17)])
    # Sixteen values for a normal distribution with its middle cut out: most of the variance is kept.
    assert np.mean((means[places] - kernel.ravel()) ** 2) < 0.02 * kernel.var()
    assert len(np.unique(assigned(_KERNEL, 4, keep_zeros=False))) == 4


def test_evenly_spread_values_zip_better() -> None:
    # Each channel has its own scale, as a folded normalization leaves it.
    scales = np.random.default_rng(1).uniform(0.5, 2, 32).astype(np.float32)
    zipped, errors = {}, {}
    for spread in ("dense", "even"):
        places = assigned(_KERNEL, 16, keep_zeros=False, spread=spread)
        means = np.array([_KERNEL.ravel()[places == number].mean() for number in range(1, 17)], np.float32)
        shared = means[places - 1].reshape(_KERNEL.shape)
        errors[spread] = np.mean((shared - _KERNEL) ** 2)
        zipped[spread] = len(zlib.compress(np.ascontiguousarray((shared * scales).reshape(-1, 32).T).tobytes()))
    assert zipped["even"] < 0.9 * zipped["dense"]
    assert errors["dense"] < errors["even"] < 2 * errors["dense"]
