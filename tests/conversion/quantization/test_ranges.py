"""Every statistic: what its ranges hold, and that the order of the samples changes no byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.conversion.quantization.histogram import Bins
from edgekit.conversion.quantization.observation import Observation
from edgekit.conversion.quantization.ranges import calibration_result, choose_ranges
from edgekit.precision import PRECISIONS
from edgekit.range_statistics import DEFAULT_RANGE_STATISTIC, RANGE_STATISTICS, range_statistic_named

Photos = list[NDArray[np.float32]]


@pytest.fixture(scope="module")
def seen(resnet: Any, photos: Photos) -> dict[str, Observation]:
    observations: dict[str, Observation] = resnet.observed(photos)
    return observations


def ranges(seen: dict[str, Observation], name: str, precision: str = "int8") -> dict[str, tuple[float, float]]:
    return choose_ranges(seen, statistic=range_statistic_named(name), precision=PRECISIONS[precision])


def whole(bins: Bins) -> float:
    return max(0.0, bins.maximum) - min(0.0, bins.minimum)


def test_minmax_is_what_was_seen(seen: dict[str, Observation]) -> None:
    for name, (low, high) in ranges(seen, "minmax").items():
        assert (low, high) == (seen[name].bins.minimum, seen[name].bins.maximum)


@pytest.mark.parametrize("percent", [99.9, 99.99])
def test_a_percentile_holds_its_share_and_little_more(
    seen: dict[str, Observation], photos: Photos, percent: float
) -> None:
    low, high = ranges(seen, f"percentile-{percent}")["input_1"]
    values = np.stack(photos).ravel()
    wanted = np.percentile(values, [(100 - percent) / 2, 100 - (100 - percent) / 2])
    assert low == pytest.approx(wanted[0], rel=0.01, abs=0.5)
    assert high == pytest.approx(wanted[1], rel=0.01)
    for name, (low, high) in ranges(seen, f"percentile-{percent}").items():
        bins = seen[name].bins
        inside = bins.counts[(bins.lower >= low) & (bins.upper <= high)].sum()
        assert inside >= percent / 100 * bins.counts.sum()


def test_a_wider_share_gives_a_wider_range(seen: dict[str, Observation]) -> None:
    nested = [ranges(seen, name) for name in ("percentile-99.9", "percentile-99.99", "minmax")]
    for name in seen:
        lows, highs = zip(*(each[name] for each in nested), strict=True)
        assert list(lows) == sorted(lows, reverse=True)
        assert list(highs) == sorted(highs)


def test_mse_clips_where_that_is_worth_it_and_never_widens(seen: dict[str, Observation]) -> None:
    clipped = ranges(seen, "mse")
    shares = {name: (high - low) / whole(seen[name].bins) for name, (low, high) in clipped.items()}
    assert max(shares.values()) <= 1
    assert min(shares.values()) < 0.9
    # Pixels fill their range evenly: there is nothing to gain at its ends.
    assert shares["input_1"] > 0.98


def test_sixteen_bits_are_symmetric_and_hardly_clipped(seen: dict[str, Observation]) -> None:
    for name, (low, high) in ranges(seen, "mse", "int16x8").items():
        reach = max(abs(seen[name].bins.minimum), abs(seen[name].bins.maximum))
        assert low == -high
        assert high > 0.8 * reach


def test_the_form_of_ai_edge_quantizer(seen: dict[str, Observation]) -> None:
    result = calibration_result(ranges(seen, "minmax"), observations=seen)
    entry = result["input_1"]["max"]
    assert (entry.shape, entry.dtype, entry.item()) == ((1, 1, 1, 1), np.float32, 255.0)
    assert result["Identity"]["min"].shape == (1, 1)


@pytest.mark.parametrize("arrange", [
    lambda usual, outlier: [outlier, *usual],
    lambda usual, outlier: [*usual[::-1], outlier],
    lambda usual, outlier: [([*usual, outlier])[i] for i in np.random.default_rng(3).permutation(len(usual) + 1)],
], ids=["outlier-first", "reversed-outlier-last", "shuffled"])  # fmt: skip
def test_the_order_of_the_samples_changes_no_byte(
    resnet: Any, photos: Photos, arrange: Callable[[Photos, NDArray[np.float32]], Photos]
) -> None:
    usual, outlier = photos[:16], photos[16] * np.float32(40) - np.float32(3000)
    one, other = resnet.observed([*usual, outlier]), resnet.observed(arrange(usual, outlier))
    contents = set()
    for precision in ("int8", "int16x8"):
        for name in RANGE_STATISTICS:
            content = resnet.quantized(one, precision=precision, ranges=name)
            assert resnet.quantized(other, precision=precision, ranges=name) == content
            contents.add(content)
    # Statistics make files of their own (but with 16 bits clipping nothing is best), so that says something.
    assert len(contents) >= 2 * len(RANGE_STATISTICS) - 1


@pytest.fixture(scope="module")
def held_out(photos: Photos) -> Photos:
    return photos[100:]


def test_two_hot_pixels_among_the_samples_are_survived(resnet: Any, photos: Photos, held_out: Photos) -> None:
    """A glitch of the sensor in one photo of 101: two pixels at ten times white."""
    glitch = photos[0].copy()
    glitch[10, 10] = glitch[20, 25] = 2550
    seen = resnet.observed([*photos[:100], glitch])
    snr = {name: resnet.snr_db(resnet.quantized(seen, ranges=name), held_out) for name in RANGE_STATISTICS}
    assert snr["minmax"] < 6
    assert snr["mse"] > snr["minmax"] + 1.5
    assert snr["percentile-99.99"] > snr["minmax"] + 10
    assert snr["percentile-99.9"] > snr["minmax"] + 13


def test_on_clean_samples_the_default_is_among_the_best(resnet: Any, photos: Photos, held_out: Photos) -> None:
    seen = resnet.observed(photos[:100])
    snr = {name: resnet.snr_db(resnet.quantized(seen, ranges=name), held_out) for name in RANGE_STATISTICS}
    # Which photos are drawn decides over about 1 dB; scripts/bench averages over models and draws.
    assert snr[DEFAULT_RANGE_STATISTIC] > max(snr.values()) - 2
    assert min(snr.values()) > 18


def test_more_bits_lose_less_and_only_a_share_is_clipped_then(resnet: Any, photos: Photos, held_out: Photos) -> None:
    seen = resnet.observed(photos[:100])
    snr = {
        name: resnet.snr_db(resnet.quantized(seen, precision="int16x8", ranges=name), held_out)
        for name in ("mse", "minmax", "percentile-99.9")
    }
    assert snr["mse"] == pytest.approx(snr["minmax"], abs=0.1)
    assert snr["percentile-99.9"] < snr["minmax"] - 2
