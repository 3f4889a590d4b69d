"""What the samples show, as far as they say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edgekit.errors import CalibrationError


class Labelled(Protocol):
    """Samples that know what they show; a ``CalibrationSet`` of class folders does."""

    @property
    def labels(self) -> tuple[int, ...] | None:
        """The number of each sample's class."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; may be empty."""
        ...

    def __len__(self) -> int:
        """The number of samples."""
        ...


@dataclass(frozen=True, slots=True)
class Labels:
    """The class of each sample, never empty."""

    numbers: tuple[int, ...]
    names: tuple[str, ...]
    """Of the classes, in the order of their numbers; empty where they have none."""
    where: str
    """The samples in a sentence: ``the samples of photos/test``."""
    notes: tuple[str, ...] = ()
    """What a user should know of the samples: which were skipped, which choice was not used."""

    def __len__(self) -> int:
        return len(self.numbers)

    def name(self, label: int) -> str:
        """Return the name of a class; its number where it has none."""
        return self.names[label] if label < len(self.names) else str(label)


def labels_of(samples: Labelled) -> Labels:
    """Return the labels of samples.

    Raises:
        CalibrationError: they have none.
    """
    path = getattr(samples, "path", None)
    where = "the samples" if path is None else f"the samples of {path}"
    if not samples.labels or len(samples.labels) != len(samples):
        raise CalibrationError(
            f"{where} have no labels, so there is no accuracy",
            hint="give a folder with one folder per class, or an .npz with an array 'labels'",
        )
    told = getattr(samples, "told", None)
    notes = () if told is None else tuple(told("labelled "))
    return Labels(tuple(samples.labels), tuple(samples.classes), where, notes)
