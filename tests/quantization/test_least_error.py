"""The clip with the least error, against trying them all on the values themselves."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.quantization.histogram import Bins, Histogram
from edgekit.quantization.least_error import least_error_range


def bins_of(values: NDArray[np.float32]) -> Bins:
    histogram = Histogram()
    histogram.add(values)
    bins = histogram.bins()
    assert bins is not None
    return bins


def squared_error(values: NDArray[np.float32], low: float, high: float, *, bits: int) -> float:
    """Quantize and compare, as the kernels do with an asymmetric range."""
    scale = (high - low) / (2**bits - 1)
    zero_point = np.round(-low / scale)
    steps = np.clip(np.round(values.astype(np.float64) / scale) + zero_point, 0, 2**bits - 1)
    return float(np.square((steps - zero_point) * scale - values).sum())


def best_of_all(values: NDArray[np.float32], *, bits: int) -> float:
    lows = np.linspace(0.2, 1, 50) * min(0.0, float(values.min()))
    highs = np.linspace(0.2, 1, 50) * max(0.0, float(values.max()))
    return min(squared_error(values, low, high, bits=bits) for low in np.unique(lows) for high in highs)


_GENERATOR = np.random.default_rng(7)
_WIDE = _GENERATOR.normal(0, 3, 20_000)
SHAPES = {
    "normal": _GENERATOR.normal(0, 2, 20_000),
    "relu": np.maximum(_GENERATOR.normal(0, 1, 20_000), 0),
    "heavy": _GENERATOR.laplace(0, 1, 20_000),
    "swish": _WIDE / (1 + np.exp(-_WIDE)),
    "shifted": _GENERATOR.normal(5, 1, 20_000),
}


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("name", SHAPES)
def test_no_range_is_much_better(name: str, bits: int) -> None:
    values = SHAPES[name].astype(np.float32)
    low, high = least_error_range(bins_of(values), bits=bits, symmetric=False)
    assert squared_error(values, low, high, bits=bits) <= 1.05 * best_of_all(values, bits=bits)
    assert squared_error(values, low, high, bits=bits) <= squared_error(
        values, min(0.0, float(values.min())), max(0.0, float(values.max())), bits=bits
    )


def test_fewer_bits_clip_more() -> None:
    bins = bins_of(SHAPES["heavy"].astype(np.float32))
    reach = [least_error_range(bins, bits=bits, symmetric=True)[1] for bits in (2, 4, 8, 16)]
    assert reach == sorted(reach)
    assert reach[0] < reach[-1] / 3
    # With 16 bits a step costs next to nothing: nothing is worth clipping.
    assert reach[-1] == pytest.approx(max(-bins.minimum, bins.maximum), rel=0.02)


def test_a_symmetric_range_is_symmetric() -> None:
    low, high = least_error_range(bins_of(SHAPES["relu"].astype(np.float32)), bits=8, symmetric=True)
    assert (low, high) == (-high, high)


def test_one_value_far_out_does_not_take_all_steps() -> None:
    values = np.append(SHAPES["normal"], 60.0).astype(np.float32)
    low, high = least_error_range(bins_of(values), bits=4, symmetric=False)
    assert high < 30
    assert squared_error(values, low, high, bits=4) < 0.2 * squared_error(values, float(values.min()), 60.0, bits=4)


def test_zeros_have_no_range() -> None:
    assert least_error_range(bins_of(np.zeros(5, np.float32)), bits=8, symmetric=False) == (0.0, 0.0)


@pytest.mark.parametrize("value", [3.0, -3.0])
def test_a_constant_is_kept(value: float) -> None:
    low, high = least_error_range(bins_of(np.full(100, value, np.float32)), bits=8, symmetric=False)
    assert (low, high) == pytest.approx((min(value, 0), max(value, 0)), rel=1e-6)


def test_pixels_that_fill_their_range_are_met_without_error() -> None:
    """By the width of a step alone, clipping the two brightest of these would look worth it."""
    counts = np.concatenate([[2], np.full(252, 40), [0, 0, 2]])
    pixels = np.repeat(np.arange(256), counts).astype(np.float32)
    assert least_error_range(bins_of(pixels), bits=8, symmetric=False) == (0.0, 255.0)
    unit = pixels / np.float32(255)
    assert least_error_range(bins_of(unit), bits=8, symmetric=False) == (0.0, 1.0)
    # The same with a little noise is no grid.
    noisy = pixels + np.random.default_rng(0).uniform(0, 1e-2, pixels.size).astype(np.float32)
    assert least_error_range(bins_of(noisy), bits=8, symmetric=False)[1] < 253
