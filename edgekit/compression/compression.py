"""What a compression gives: the model, and what each stage of it bought."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.accuracy import AccuracyComparison
from edgekit.fidelity import Fidelity
from edgekit.metrics import Metric


@dataclass(frozen=True, slots=True)
class VersionFile:
    """One .tflite file of one version of the model."""

    precision: str
    size_bytes: int
    zipped_bytes: int
    macs: int
    accuracy: AccuracyComparison | None
    """Against the original in float32, on the samples for testing; None without labels."""
    fidelity: Fidelity | None
    """The same without labels; None of the original in float32 itself, or where there are labels."""
    measured: Mapping[str, Metric]
    """By address of a device: p50 latency, or instructions where it is emulated."""

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "precision": self.precision,
            "size_bytes": self.size_bytes,
            "zipped_bytes": self.zipped_bytes,
            "macs": self.macs,
            "accuracy": None if self.accuracy is None else self.accuracy.to_document(),
            "fidelity": None if self.fidelity is None else self.fidelity.to_document(),
            "measured": {
                address: {"value": each.value, "unit": each.unit, "evidence": str(each.evidence), "source": each.source}
                for address, each in self.measured.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Version:
    """The model as it was given, or as a stage left it."""

    name: str
    """``original``, or the stage: ``1 channel-prune``."""
    macs: int
    """Of the Keras model, as far as layers are known."""
    parameters: int
    files: tuple[VersionFile, ...]
    bought: str | None
    """What the stage bought, as a sentence; None of the original."""
    weights: Mapping[str, Mapping[str, int]] | None = None
    """Of a stage about single weights, what was counted of each kernel: ``weights``, ``zeros``, ``values``."""
    teacher: str | None = None
    """Whose outputs the stage learned: ``original``, or the path of another model; None without a teacher."""

    def file(self, precision: str) -> VersionFile | None:
        """Return its file of a precision, where there is one."""
        return next((each for each in self.files if each.precision == precision), None)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "name": self.name,
            "macs": self.macs,
            "parameters": self.parameters,
            "bought": self.bought,
            "files": [each.to_json() for each in self.files],
            "weights": None if self.weights is None else {name: dict(each) for name, each in self.weights.items()},
            "teacher": self.teacher,
        }


@dataclass(frozen=True, slots=True)
class LoggedEpoch:
    """One epoch of one stage."""

    stage: str
    epoch: int
    loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Compression:
    """A compressed model and how it came about."""

    path: Path
    """The Keras model."""
    recipe: Mapping[str, Any]
    split: str
    """How many samples were trained, validated and tested on."""
    versions: tuple[Version, ...]
    """The original first, then one for each stage of the recipe."""
    history: tuple[LoggedEpoch, ...]
    notes: tuple[str, ...]
    artifact: Path | None = None
    """The ``.tflite`` of a recipe that ends in one, with its sidecar beside it."""

    @property
    def original(self) -> Version:
        """The model as it was given."""
        return self.versions[0]

    @property
    def final(self) -> Version:
        """What was written."""
        return self.versions[-1]

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": "edgekit.compression/1",
            "path": str(self.path),
            "artifact": None if self.artifact is None else str(self.artifact),
            "recipe": dict(self.recipe),
            "split": self.split,
            "versions": [each.to_json() for each in self.versions],
            "history": [dataclasses.asdict(each) for each in self.history],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return "\n".join([str(self.path), self.split, *(v.bought for v in self.versions if v.bought), *self.notes])
