"""All that the checks may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgekit.screening.features import SampleFeatures
from edgekit.screening.normalization import FirstLayers


@dataclass(frozen=True)
class SampleFacts:
    """A set of samples, as the checks see it."""

    features: SampleFeatures
    names: tuple[str, ...]
    """Of the samples, for sentences."""
    sample_ids: tuple[str, ...]
    labels: tuple[int, ...] | None
    classes: tuple[str, ...]
    """Names of the labels, where they have names."""
    class_count: int | None
    """How many classes the model tells apart; None where that is not known."""
    value_range: str | None
    """The name of the range that was used; None where the values were taken as they stand."""
    from_files: bool
    """Whether the pictures were read from image files."""
    ordered: bool
    """Whether the samples came in an order of their own, and were not mixed."""
    model: str | None
    """None where the samples are judged by themselves."""
    first_layers: FirstLayers | None
    """None where they were not measured: ``unmeasured`` tells why."""
    unmeasured: str | None = None

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.features)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the inputs that hold pictures."""
        return tuple(self.features.thumbnails)

    @cached_property
    def extremes(self) -> Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Lowest and highest value of each sample, of each place whose range is calibrated, in words."""
        features = self.features
        found = {f"input '{name}'": (features.lowest[name], features.highest[name]) for name in features.lowest}
        for layer in self.first_layers.layers if self.first_layers else ():
            found[f"the input of '{layer.name}'"] = (layer.lowest, layer.highest)
        return found
