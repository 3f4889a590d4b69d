"""How often the answers are right, in total and for each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.accuracy.answers import Answers
from edgekit.accuracy.guessing import guessing_note
from edgekit.accuracy.label_fit import require_possible
from edgekit.accuracy.labels import Labels

ACCURACY_SCHEMA = "edgekit.accuracy/1"


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
    notes: tuple[str, ...] = ()
    """What a user should know: which samples were skipped, which choice was not used, answers no better than chance."""

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
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        worst = self.worst
        return (
            f"{self.value:.1%} ({self.correct} of {self.total}); "
            f"worst class {worst.name}: {worst.value:.1%} ({worst.correct} of {worst.total})"
        )


def count_right(answers: Answers, labels: Labels) -> Accuracy:
    """Hold the answers against the labels.

    Raises:
        CalibrationError: the labels are not those of this file's classes: there are more of them, or more or fewer
            folders.
    """
    require_possible(answers, labels)
    numbers = np.asarray(labels.numbers)
    right = right_answers(answers, labels)
    entries = tuple(
        ClassAccuracy(
            label=int(label),
            name=labels.name(int(label)),
            correct=int(right[numbers == label].sum()),
            total=int((numbers == label).sum()),
        )
        for label in np.unique(numbers)
    )
    note = guessing_note(answers, labels)
    return Accuracy(int(right.sum()), len(labels), entries, labels.notes if note is None else (*labels.notes, note))


def right_answers(answers: Answers, labels: Labels) -> NDArray[np.bool_]:
    """Return for each sample whether its answer is its label."""
    right: NDArray[np.bool_] = np.asarray(answers.chosen) == np.asarray(labels.numbers)
    return right
