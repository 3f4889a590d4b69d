"""From what was seen of each tensor to the ranges that static quantization uses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from edgekit.quantization.histogram import Bins
from edgekit.quantization.least_error import least_error_range
from edgekit.quantization.observation import Observation
from edgekit.recipe import Criterion, Precision, RangeStatistic

Ranges = dict[str, tuple[float, float]]
"""Tensor name to the lowest and the highest value that its integers stand for."""


def choose_ranges(
    observations: Mapping[str, Observation], *, statistic: RangeStatistic, precision: Precision
) -> Ranges:
    """Return the range of each tensor that was seen.

    Args:
        observations: from ``observe``.
        statistic: what decides where a range ends.
        precision: a static one; its activations are symmetric where they have 16 bits, as the kernels want them.
    """
    return {
        name: _range(seen.bins, statistic=statistic, bits=precision.activation_bits)
        for name, seen in observations.items()
    }


def calibration_result(ranges: Ranges, *, observations: Mapping[str, Observation]) -> dict[str, Any]:
    """Return ``ranges`` in ai-edge-quantizer's form. It writes into what it is given: make a new one for each call."""
    return {
        name: {
            "min": np.full((1,) * observations[name].rank, low, np.float32),
            "max": np.full((1,) * observations[name].rank, high, np.float32),
        }
        for name, (low, high) in ranges.items()
    }


def probing_ranges(names: Iterable[str]) -> Ranges:
    """Return a range for each tensor, no two of which are alike, nor like that of any kernel.

    In a file that is quantized with them, the scale of a tensor tells whose range it has.
    """
    return {name: (-1.0, 1.0 + (number + 1) * 2.0**-10) for number, name in enumerate(names)}


def _range(bins: Bins, *, statistic: RangeStatistic, bits: int) -> tuple[float, float]:
    match statistic.criterion:
        case Criterion.EXTREMES:
            return bins.minimum, bins.maximum
        case Criterion.SHARE:
            return _holding(bins, statistic.kept_percent)
        case Criterion.ERROR:
            return least_error_range(bins, bits=bits, symmetric=bits == 16)


def _holding(bins: Bins, percent: float) -> tuple[float, float]:
    """Return the edges of the bins between which at least so much of the values lies."""
    cut = math.floor(int(bins.counts.sum()) * (100.0 - percent) / 200.0)
    first = int(np.searchsorted(np.cumsum(bins.counts), cut, side="right"))
    last = bins.counts.size - 1 - int(np.searchsorted(np.cumsum(bins.counts[::-1]), cut, side="right"))
    return float(bins.lower[first]), float(bins.upper[last])
