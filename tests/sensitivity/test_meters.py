"""Sums kept sample by sample against the same figures of all values at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgekit.sensitivity.meters import OutputMeter, SiteMeter, snr_db


def decibels(signal: np.ndarray, noise: np.ndarray) -> float:
    return float(10 * np.log10(np.square(signal, dtype=float).sum() / np.square(noise, dtype=float).sum()))


@pytest.fixture
def values() -> np.ndarray:
    """Twenty samples of 6x6 places and 32 channels."""
    return np.random.default_rng(1).normal(0.5, 1, (20, 1, 6, 6, 32)).astype(np.float32)


def test_ratios_are_over_all_values(values: np.ndarray) -> None:
    noise = np.random.default_rng(2).normal(0, 0.01, values.shape).astype(np.float32)
    meter = SiteMeter()
    for value, error in zip(values, noise, strict=True):
        meter.add(value, value + error, 2 * error)
    measured = meter.result()
    assert measured.snr_db == pytest.approx(decibels(values, noise), abs=0.01)
    assert measured.own_snr_db == pytest.approx(measured.snr_db - 20 * math.log10(2), abs=0.01)
    assert measured.channel_snr_db == pytest.approx(measured.own_snr_db, abs=0.5)
    assert (measured.seen.low, measured.seen.high) == (values.min(), values.max())
    assert measured.stepped is None


def test_a_wide_channel_and_what_it_hides(values: np.ndarray) -> None:
    values[..., 7] *= 400
    noise = np.ones_like(values)
    meter = SiteMeter()
    for value, error in zip(values, noise, strict=True):
        meter.add(value, value + error, error)
    measured, spans = meter.result(), np.sort(np.ptp(values, axis=(0, 1, 2, 3)))
    assert (measured.seen.channels, measured.seen.widest) == (32, 7)
    # The widest 1/16 of 32 channels are two.
    assert measured.seen.over_rest == pytest.approx(spans[-1] / spans[-3])
    assert measured.seen.over_median == pytest.approx(spans[-1] / spans[15])
    assert measured.seen.least_deviation == pytest.approx(values.std(axis=(0, 1, 2, 3)).min(), rel=1e-3)
    assert measured.own_snr_db is not None
    assert measured.channel_snr_db is not None
    assert measured.own_snr_db > 30
    assert measured.channel_snr_db < 3


def test_channels_that_never_vary_do_not_count(values: np.ndarray) -> None:
    values[..., :20] = 0
    meter = SiteMeter()
    for value in values:
        meter.add(value, value, None)
    measured = meter.result()
    assert measured.seen.over_rest < 2
    assert measured.seen.over_median < 2
    assert measured.seen.least_deviation is not None
    assert measured.seen.least_deviation > 0.5
    assert (measured.snr_db, measured.own_snr_db, measured.channel_snr_db) == (math.inf, None, None)


def test_one_sample_that_stretches_the_range_is_not_typical(values: np.ndarray) -> None:
    values[13] *= 100
    meter = SiteMeter()
    for value in values:
        meter.add(value, value, value * 0)
    seen = meter.result().seen
    assert seen.high > 200
    assert 2 < seen.typical_high < 6
    assert -6 < seen.typical_low < -2


@pytest.mark.parametrize(("kind", "parts"), [(np.int8, 256), (np.uint8, 256), (np.int16, 65536)])
def test_steps_bulk_and_clipping(kind: type, parts: int) -> None:
    limits = np.iinfo(kind)
    zero = -100 if limits.min < 0 else 28
    scale = 10 / parts
    values = np.random.default_rng(3).exponential(0.2, (10, 1, 5000)).astype(np.float32)
    values[0, 0, 0] = 50
    meter = SiteMeter(scale=scale, zero_point=zero, limits=(limits.min, limits.max))
    for value in values:
        meter.add(value, value, value * 0)
    stepped = meter.result().stepped
    assert stepped is not None
    assert stepped.low == pytest.approx((limits.min - zero) * scale, rel=1e-4)
    assert stepped.high == pytest.approx((limits.max - zero) * scale, rel=1e-4)
    assert stepped.clipped == pytest.approx(np.mean(values > stepped.high + scale / 2))
    rounded = np.clip(np.round(values / scale + zero), limits.min, limits.max)
    error = np.square(rounded - (values / scale + zero))
    assert stepped.clipping == pytest.approx(error[0, 0, 0] / error.sum(), rel=1e-2)
    part = 10 / 256
    low, high = np.quantile(values, [0.0005, 0.9995])
    assert stepped.bulk_low == pytest.approx(low, abs=2 * part)
    assert stepped.bulk_high == pytest.approx(high, abs=2 * part)
    assert stepped.bulk_steps == pytest.approx((high - low) / part, abs=3)


def test_the_worst_output_counts_and_columns_only_where_they_are_quantities() -> None:
    wanted = [np.array([[1000.0, 0.1]], np.float32), np.array([[0.9, 0.1]], np.float32)]
    got = [wanted[0] + 0.1, wanted[1] + 0.001]
    together, apart = OutputMeter([False, False]), OutputMeter([True, False])
    for meter in (together, apart):
        meter.add(wanted, got)
    assert together.result() == pytest.approx(decibels(wanted[1], np.full(2, 0.001)), abs=0.1)
    # Noise over signal is 1e-8 in the one column and 1 in the other.
    assert apart.result() == pytest.approx(-10 * math.log10(0.5), abs=0.01)


def test_ratios_at_the_ends() -> None:
    assert snr_db(1, 0) == math.inf
    assert snr_db(0, 1) == snr_db(1, math.inf) == -math.inf
    assert snr_db(100, 1) == 20
    assert OutputMeter([]).result() == math.inf
    silent = OutputMeter([True])
    silent.add([np.zeros((1, 3), np.float32)], [np.ones((1, 3), np.float32)])
    assert silent.result() == -math.inf
