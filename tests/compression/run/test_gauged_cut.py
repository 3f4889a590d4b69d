"""Cuts held to a figure that is not on paper: as much stays as may, in few tries, and no figure is read twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edgekit.compression.recipes.gauges import Gauge
from edgekit.compression.run.gauged_cut import GaugedCut
from edgekit.errors import ConversionError
from edgekit.probing.writing import NetworkWriter

_GAUGE = Gauge("latency", "rpi4")


@dataclass
class Network:
    """A network of 16 groups of channels that costs so much for each and a fixed part; 2 must stay."""

    fixed: float = 0.2
    power: float = 1.0
    kept: int = 16
    read: list[int] = field(default_factory=list)

    def cut(self, share: float) -> dict:
        if int(share * 16) < 2:
            raise ConversionError("a share cannot be reached")
        self.kept = int(share * 16)
        return {"channels": {"conv": [16, self.kept]}}

    def needs(self) -> float:
        self.read.append(self.kept)
        return 1e6 * (self.fixed + (1 - self.fixed) * (self.kept / 16) ** self.power)

    def cut_to(self, allowed: float, before: float = 1e6) -> dict:
        return GaugedCut(_GAUGE, self.cut, self.needs, 1e6, before).to(allowed)


@pytest.mark.parametrize(
    ("allowed", "power"),
    [(0.9, 0.5), (0.55, 0.5), (0.9, 1.0), (0.55, 1.0), (0.31, 1.0), (0.9, 1.8), (0.55, 1.8), (0.4, 1.8)],
)
def test_as_much_stays_as_may(allowed: float, power: float) -> None:
    network = Network(power=power)
    facts = network.cut_to(allowed)
    shares = [0.2 + 0.8 * (kept / 16) ** power for kept in range(2, 17)]
    best = max(share for share in shares if share <= allowed)
    assert facts["reached"] == pytest.approx(best)
    # What lies there in the end is what was told of.
    assert facts["channels"]["conv"][1] == network.kept
    assert facts["tries"] == len(network.read) == len(set(network.read)) <= 6


def test_what_keeps_to_it_already_loses_nothing() -> None:
    network = Network()
    assert network.cut_to(0.5, before=0.4e6)["channels"]["conv"] == [16, 16]


def test_what_cannot_be_reached_is_said_with_how_far_it_goes() -> None:
    with pytest.raises(
        ConversionError,
        match=r"a share of 0.21 of the predicted latency on rpi4 cannot be reached: 0.30 is left at best",
    ):
        Network().cut_to(0.21)


@pytest.mark.slow
def test_instructions_are_those_of_an_emulated_core(emulated: Path, tmp_path: Path) -> None:
    gauge = Gauge("instructions", "emulated:rpi4")
    written = list[Path]()

    def write(channels: int) -> Path:
        writer = NetworkWriter(quantized=True, shape=(1, 24, 24, 16))
        for _ in range(4):
            writer.convolution(channels)
        written.append(tmp_path / f"{channels}.tflite")
        written[-1].write_bytes(writer.written())
        return written[-1]

    def cut(share: float) -> dict:
        # Multiply-accumulates fall with the square of channels, which kernels take by eights.
        return {"channels": {"conv": [32, int(write(8 * round(4 * share**0.5)).stem)]}}

    whole = gauge.read(write(32))
    facts = GaugedCut(gauge, cut, lambda: gauge.read(written[-1]), whole, whole).to(0.7)
    assert facts["channels"]["conv"] == [32, 24]
    # 574,378 of 830,122 instructions: not the 0.58 of the multiply-accumulates.
    assert facts["reached"] == pytest.approx(0.692, abs=0.01)
    assert [path.name for path in written] == ["32.tflite", "24.tflite", "24.tflite"]
