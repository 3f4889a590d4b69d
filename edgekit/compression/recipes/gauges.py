"""What a cut can be held to in place of a count on paper: what a core needs, and where that is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices import is_emulated_board
from edgekit.errors import UnsuitedDevice
from edgekit.prediction import predict
from edgekit.runner import benchmark


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is held to, and where it is read."""

    goal: str
    """A name of ``GAUGES``."""
    where: str
    """The address of an emulated device, or a profile."""

    def read(self, file: Path) -> float:
        """Return what a ``.tflite`` file needs. Raises what the device, or the prediction, does."""
        return GAUGES[self.goal](file, self.where)

    def __str__(self) -> str:
        return f"instructions on {self.where}" if self.goal == "instructions" else f"predicted latency on {self.where}"


def counting(devices: Sequence[str]) -> list[str]:
    """Return those of some addresses that can count instructions, each once."""
    return list(dict.fromkeys(each for each in devices if is_emulated_board(each)))


def _counted(file: Path, address: str) -> float:
    run = benchmark(file, device=address, count=True).best
    if run.instruction_count is None:
        raise UnsuitedDevice(
            f"{address} does not count instructions, which channel-prune is to be held to",
            hint="'edgekit emulator install' makes a counter for emulated boards; or give latency with a profile",
        )
    return run.instruction_count.value


def _predicted(file: Path, profile: str) -> float:
    return predict(file, profile).median_ms


GAUGES: dict[str, Callable[[Path, str], float]] = {"instructions": _counted, "latency": _predicted}
"""By goal of ``channel-prune``, what reads a file's figure."""
