"""The value range, and the order of channels, from what a first layer was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgekit.data.preprocessing import Scaling, scale
from edgekit.recipe import VALUE_RANGES, Colour
from edgekit.screening import FirstLayers, Severity, candidates_for

_RANGES = list(VALUE_RANGES)


def _scaled(pixels: np.ndarray, name: str) -> np.ndarray:
    return scale(pixels, Scaling(VALUE_RANGES[name], VALUE_RANGES[name].colour))


@pytest.mark.parametrize("used", _RANGES)
def test_candidates_are_what_the_other_ranges_would_have_given(used: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 3)).astype(np.float32)
    given = _scaled(pixels, used)
    colour = str(VALUE_RANGES[used].colour)
    candidates = candidates_for(used, colour=colour, channels=3, lowest=-1e9, highest=1e9)
    assert [candidate.name for candidate in candidates] == [
        "as given",
        *(name for name in _RANGES if name != used),
        "channels swapped",
    ]
    for candidate in candidates[1:-1]:
        wanted = _scaled(pixels, candidate.name)
        if len(VALUE_RANGES[candidate.name].mean) == 1 and colour == Colour.BGR:
            wanted = wanted[..., ::-1]
        assert np.allclose(candidate.apply(given), wanted, atol=2e-3)
    assert np.array_equal(candidates[-1].apply(given), given[..., ::-1])


@pytest.mark.parametrize(
    ("extremes", "first"),
    [((0.0, 1.0), "raw"), ((-1.0, 1.0), "raw"), ((0.0, 255.0), "unit"), ((-3.0, 3.0), None), ((0.0, 900.0), None)],
)
def test_the_range_of_plain_arrays_is_guessed(extremes: tuple[float, float], first: str | None) -> None:
    lowest, highest = extremes
    candidates = candidates_for(None, colour=None, channels=1, lowest=lowest, highest=highest)
    names = [candidate.name for candidate in candidates]
    assert names[1:2] == ([] if first is None else [first])
    assert not {"imagenet-torch", "channels swapped"} & set(names)


def _layers(seen: dict[str, tuple[Any, Any]]) -> FirstLayers:
    return FirstLayers.from_json(
        {
            "layers": [
                {
                    "name": "bn",
                    "mean": [1.0, -2.0, 0.5, 9.0],
                    "variance": [4.0, 1.0, 0.25, 0.0],
                    "lowest": [-1.0] * 60,
                    "highest": [1.0] * 60,
                }
            ],
            "seen": {name: {"mean": mean, "variance": variance} for name, (mean, variance) in seen.items()},
        }
    )


_FITS = ([1.1, -2.1, 0.55, 77.0], [4.2, 1.1, 0.3, 8.0])
"""The fourth channel was dead in training, and tells nothing."""
_LARGE = ([255.0, -510.0, 127.0, 0.0], [4 * 255.0**2, 255.0**2, 255.0**2 / 4, 0.0])
_OFF = ([1.0, 1.0, 1.0, 0.0], [40.0, 10.0, 2.5, 0.0])


def test_another_range_that_fits_is_named(judge, photos) -> None:
    layers = _layers({"as given": _LARGE, "signed": _OFF, "unit": _FITS})
    finding = judge(photos, first_layers=layers, value_range="raw")["value range"]
    assert finding.severity is Severity.ERROR
    assert finding.sentence.startswith(
        "`unit` fits, `raw` is 255 times too large: 'bn' sees values 255 times too large"
    )
    assert finding.next_step == "--range unit"


def test_samples_that_vary_more_than_the_training_do_not_contradict_the_range(judge, photos) -> None:
    """What the layer sees is 182 times too large, the range 127.5: the rest is the samples'."""

    def times(factor: float) -> tuple[list[float], list[float]]:
        return [1.0, -2.0, 0.5, 0.0], [4 * factor**2, factor**2, factor**2 / 4, 0.0]

    layers = _layers({"as given": times(182), "signed": times(1.43), "unit": times(0.1)})
    sentence = judge(photos, first_layers=layers, value_range="raw")["value range"].sentence
    assert sentence.startswith(
        "`signed` fits, `raw` is 128 times too large: 'bn' sees values 182 times too large against those that it was "
        "trained on, and 1.43 times as large with `signed`, as these samples differ from those of the training ("
    )
    layers = _layers({"as given": times(255), "unit": times(1.0)})
    same = judge(photos, first_layers=layers, value_range="raw")["value range"].sentence
    assert "255 times too large against those that it was trained on (divergence" in same


def test_a_range_that_fits_is_not_doubted(judge, photos) -> None:
    for other in (_LARGE, _OFF, _FITS):
        layers = _layers({"as given": _FITS, "unit": other, "channels swapped": _FITS})
        assert judge(photos, first_layers=layers, value_range="raw") == {}


def test_where_none_fits_it_is_a_warning(judge, photos) -> None:
    layers = _layers({"as given": _OFF, "unit": _LARGE})
    finding = judge(photos, first_layers=layers, value_range="raw")["value range"]
    assert finding.severity is Severity.WARNING
    assert "of unit none fits" in finding.sentence


def test_red_and_blue(judge, photos) -> None:
    cast = ([1.8, -2.4, 0.3, 0.0], [4.0, 1.0, 0.25, 0.0])
    layers = _layers({"as given": cast, "channels swapped": _FITS})
    found = judge(photos, first_layers=layers, value_range="unit")
    assert found.keys() == {"channel order"}
    assert found["channel order"].severity is Severity.WARNING
