"""What a model's first normalization layers were trained on, and what they see of the samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another way in which the samples might have been scaled: ``value * scale + offset`` per channel."""

    name: str
    """The value range, such as ``unit``; ``as given`` for the samples as they are."""
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    swapped: bool = False
    """Whether the channels are turned round first."""

    def apply(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return samples [..., channels] as they would be."""
        if self.swapped:
            values = values[..., ::-1]
        if self.scale == (1.0,) and self.offset == (0.0,):
            return np.ascontiguousarray(values)
        return values * np.asarray(self.scale, np.float32) + np.asarray(self.offset, np.float32)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, for a child process."""
        return {
            "name": self.name,
            "scale": list(self.scale),
            "offset": list(self.offset),
            "swapped": self.swapped,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Candidate:
        """Return the candidate that :meth:`to_json` wrote."""
        return cls(document["name"], tuple(document["scale"]), tuple(document["offset"]), document["swapped"])


AS_GIVEN = "as given"
SWAPPED = "channels swapped"


@dataclass(frozen=True, slots=True)
class Moments:
    """What the first layer sees where the samples are scaled in one way."""

    mean: NDArray[np.float64]
    """Per channel."""
    variance: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NormalizationLayer:
    """A BatchNormalization or Normalization layer that was trained."""

    name: str
    mean: NDArray[np.float64]
    """Per channel: of what it was trained on."""
    variance: NDArray[np.float64]
    lowest: NDArray[np.float64]
    """[samples]: of the values that go into it."""
    highest: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FirstLayers:
    """Measured by running the float model."""

    layers: tuple[NormalizationLayer, ...]
    """The first ones, in the order in which they run; ``seen`` is of the first."""
    seen: Mapping[str, Moments]
    """Name of a candidate to what it leads to; ``as given`` is always there."""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FirstLayers:
        """Return what a child process measured."""
        return cls(
            layers=tuple(
                NormalizationLayer(layer["name"], *(np.array(layer[key]) for key in _FIGURES))
                for layer in document["layers"]
            ),
            seen={
                name: Moments(np.array(each["mean"]), np.array(each["variance"]))
                for name, each in document["seen"].items()
            },
        )


_FIGURES = ("mean", "variance", "lowest", "highest")


@dataclass(frozen=True, slots=True)
class Misfit:
    """How far what a layer sees is from what it was trained on."""

    divergence: float
    """Of two normal distributions (Kullback-Leibler, in nats), the median over the channels; 0 where they are one."""
    mean_divergence: float
    """The same, the mean over the channels: finer, and not safe from a single odd one."""
    factor: float
    """How many times as wide as trained on; the median over the channels."""
    shift: float
    """By how many deviations the means are off; the median over the channels."""


def misfit(layer: NormalizationLayer, seen: Moments) -> Misfit:
    """Hold what ``layer`` sees against what it was trained on."""
    # Channels that were dead in training tell nothing.
    alive = layer.variance > 1e-4 * np.median(layer.variance)
    ratio = np.maximum(seen.variance[alive] / layer.variance[alive], 1e-12)
    shift = (seen.mean - layer.mean)[alive] / np.sqrt(layer.variance[alive])
    divergences = 0.5 * (ratio + np.square(shift) - 1.0 - np.log(ratio))
    return Misfit(
        divergence=float(np.median(divergences)),
        mean_divergence=float(divergences.mean()),
        factor=float(np.exp(0.5 * np.median(np.log(ratio)))),
        shift=float(np.median(np.abs(shift))),
    )
