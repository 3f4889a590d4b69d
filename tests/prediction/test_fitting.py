"""The errors that the issue of 2026 asks for, on the shipped measurements; and that the shipped costs are theirs."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from edgekit.prediction.costs import family_costs
from edgekit.prediction.fitting import coverage, fit_family, half_width
from edgekit.prediction.measurements import Family, measurements
from edgekit.prediction.work import KernelKind


def test_every_cell_has_a_source_and_a_network() -> None:
    known = measurements()
    assert len(known.cells) == 67
    for cell in known.cells:
        source = known.sources[cell.source]
        assert source.address.startswith("https://")
        assert source.date == "2026-11-25"
        assert cell.network in known.networks
        assert cell.milliseconds > 0


def test_the_work_of_a_known_network() -> None:
    """MobileNet v1 at 224x224 has 568.7 million multiply-accumulates without its classifier's, which is pointwise."""
    work = measurements().networks["mobilenet_v1"]
    assert work["pointwise"] == 540_516_352
    assert work["depthwise"] == 17_385_984
    assert work["spatial"] == 10_838_016


@pytest.mark.parametrize("family", list(Family))
def test_the_shipped_costs_are_fitted_to_the_shipped_measurements(family: Family) -> None:
    known, shipped = measurements(), family_costs(family)
    fit = fit_family(known.of(family), known, family)
    for arithmetic, costs in fit.costs.items():
        assert shipped.fit.costs[arithmetic] == pytest.approx(costs, rel=1e-3)
    assert shipped.fit.scales == pytest.approx(fit.scales, rel=1e-3)
    assert shipped.fit.ratios == pytest.approx(fit.ratios, rel=1e-3)
    assert shipped.fit.parallel == pytest.approx(fit.parallel, rel=1e-3)


@pytest.mark.parametrize(
    ("family", "how", "most"),
    [
        (Family.APPLICATION, "float32", 0.07),
        (Family.APPLICATION, "one_network", 0.09),
        (Family.APPLICATION, "int8", 0.12),
        (Family.MICROCONTROLLER, "int8", 0.15),
        (Family.MICROCONTROLLER, "one_network", 0.25),
    ],
)
def test_errors_of_what_the_fit_has_not_seen(family: Family, how: str, most: float) -> None:
    errors = family_costs(family).errors[how]
    assert statistics.fmean(abs(math.exp(error) - 1) for error in errors) <= most


def test_one_cell_left_out_is_what_the_shipped_errors_say() -> None:
    known = measurements()
    cells = known.of(Family.MICROCONTROLLER)
    fit = fit_family(cells[1:], known, Family.MICROCONTROLLER)
    error = math.log(fit.milliseconds(cells[0], known.work(cells[0])) / cells[0].milliseconds)
    assert error == pytest.approx(family_costs(Family.MICROCONTROLLER).errors["int8"][0], abs=2e-3)


def test_an_interval_holds_nine_of_ten() -> None:
    errors = [*family_costs(Family.APPLICATION).errors["float32"], *family_costs(Family.APPLICATION).errors["int8"]]
    assert 0.85 <= coverage(errors) <= 0.95
    assert half_width([0.1] * 9 + [0.5]) == 0.5
    assert half_width([0.1] * 18 + [0.5]) == 0.1


def test_costs_are_relative_to_a_pointwise_product() -> None:
    for family in Family:
        for costs in family_costs(family).fit.costs.values():
            assert costs[next(iter(costs))] == 1.0
            assert all(0.2 < cost < 12 for cost in costs.values())
    assert set(family_costs(Family.APPLICATION).fit.costs) == {KernelKind.FLOAT32, KernelKind.INT8}


def test_the_costs_say_who_wrote_them() -> None:
    import edgekit.prediction

    path = Path(edgekit.prediction.__file__).parent / "data" / "costs.toml"
    assert path.read_text().startswith("# Written by scripts/fit_prediction.py")
