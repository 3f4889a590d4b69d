"""``evaluate``: how often a file is right on labelled samples, in total and for each class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Artifact
from edgekit.devices import Device
from edgekit.errors import CalibrationError, UsageError, unknown_name
from edgekit.runner.plan import FIRST_TIMEOUT
from edgekit.runner.predictions import Samples, predict

ACCURACY_SCHEMA = "edgekit.accuracy/1"


class LabelledSamples(Samples, Protocol):
    """Samples that know what they show; a ``CalibrationSet`` of class folders does."""

    @property
    def labels(self) -> tuple[int, ...] | None:
        """The number of each sample's class."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; may be empty."""
        ...


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """One class that occurs among the labels."""

    label: int
    name: str
    """The class's name; its number where it has none."""
    correct: int
    total: int

    @property
    def value(self) -> float:
        """Share of this class's samples that were recognized, 0 to 1."""
        return self.correct / self.total


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Top-1 accuracy on labelled samples."""

    correct: int
    total: int
    classes: tuple[ClassAccuracy, ...]
    """In the order of their numbers."""

    @property
    def value(self) -> float:
        """Share of samples whose class was recognized, 0 to 1."""
        return self.correct / self.total

    @property
    def worst(self) -> ClassAccuracy:
        """The class that is recognized worst."""
        return min(self.classes, key=lambda entry: entry.value)

    def to_document(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "schema": ACCURACY_SCHEMA,
            "correct": self.correct,
            "total": self.total,
            "value": self.value,
            "classes": [
                {"label": entry.label, "name": entry.name, "correct": entry.correct, "total": entry.total}
                for entry in self.classes
            ],
        }

    def __str__(self) -> str:
        worst = self.worst
        return (
            f"{self.value:.1%} ({self.correct} of {self.total}); "
            f"worst class {worst.name}: {worst.value:.1%} ({worst.correct} of {worst.total})"
        )


def evaluate(
    file: str | Path | Artifact,
    samples: LabelledSamples,
    *,
    device: str | Device = "local",
    output: str | None = None,
    threads: int = 1,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
) -> Accuracy:
    """Count how often a .tflite file names the class that the samples are labelled with.

    The class is the index of the largest score; of a single score, 1 where it is above 0.5; an integer output is
    the class itself.

    Args:
        file: the path, or the artifact.
        samples: with labels, else as for :func:`predict`.
        device: an address, or a device that is open and stays so.
        output: the name of the output with the scores; needed where there are several.
        threads: number of threads of the runtime.
        timeout: seconds for all samples.
        first_timeout: seconds for loading and the first sample together.

    Raises:
        CalibrationError: the samples have no labels, or labels that the file cannot name.
        UsageError: the output is unknown, or holds no scores.
        EdgekitError: whatever :func:`predict` raises.
    """
    labels = samples.labels
    if labels is None or len(labels) != len(samples):
        raise CalibrationError(
            "the samples have no labels, so there is no accuracy",
            hint="give a folder with one folder per class, or an .npz with an array 'labels'",
        )
    outputs = predict(file, samples, device=device, threads=threads, timeout=timeout, first_timeout=first_timeout)
    if output is None and len(outputs) > 1:
        raise UsageError(f"there are several outputs, name the one with the scores: {', '.join(outputs)}")
    name = next(iter(outputs)) if output is None else output
    if name not in outputs:
        raise UsageError(unknown_name("output", name, outputs))
    return score(outputs[name], np.asarray(labels), classes=samples.classes)


def score(values: NDArray[Any], labels: NDArray[np.integer[Any]], *, classes: tuple[str, ...] = ()) -> Accuracy:
    """Count agreement of scores [count, classes], [count, 1] or class numbers [count] with labels [count].

    Raises:
        UsageError: ``values`` has another shape.
        CalibrationError: a label is not among the classes that the scores are for.
    """
    count = len(labels)
    flat = values.reshape(count, -1)
    if values.dtype.kind in "iu" and flat.shape[1] == 1:
        chosen = flat[:, 0].astype(np.int64)
        known = None
    elif flat.shape[1] == 1:
        chosen = (flat[:, 0] > 0.5).astype(np.int64)
        known = 2
    elif flat.shape[1] == max(values.shape[1:], default=0):
        chosen = flat.argmax(axis=1)
        known = flat.shape[1]
    else:
        raise UsageError(f"an output of shape {list(values.shape[1:])} holds no class scores")
    if labels.min() < 0 or (known is not None and labels.max() >= known):
        raise CalibrationError(
            f"the labels go from {labels.min()} to {labels.max()}, but the file has scores for {known} classes",
            hint="the samples belong to another model, or there is a folder too many",
        )
    right = chosen == labels
    entries = tuple(
        ClassAccuracy(
            label=int(label),
            name=classes[label] if label < len(classes) else str(label),
            correct=int(right[labels == label].sum()),
            total=int((labels == label).sum()),
        )
        for label in np.unique(labels)
    )
    return Accuracy(int(right.sum()), count, entries)
