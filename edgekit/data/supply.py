"""The seam to every format of samples: one sample at a time, each with its place and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample as it is stored, before its values are scaled."""

    name: str
    """For sentences: ``sample 17 (counting from 0) of faces.npz``."""
    position: int
    """Its place in the set. Samples may come in another order than they are placed in."""
    sample_id: str
    """SHA-256 of its content."""
    values: Mapping[str, NDArray[Any]]
    """Input name to array, without a batch dimension."""
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sample that could not be read and was passed over."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Medium:
    """What an input's samples are before they are numbers, for the record."""

    text: str
    """Such as ``images brought to 96x96 (stretch, antialias)``."""
    resize: str | None = None
    """How images were brought to the model's size; None for other media."""
    note: str | None = None
    """What a user should know of that."""


class Supply(Protocol):
    """Samples of one format, opened and checked as far as that goes without reading them all."""

    @property
    def available(self) -> int | None:
        """How many samples there are; None where only the end will tell."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the labels, where the format has names."""
        ...

    @property
    def mixed(self) -> bool:
        """Whether the samples are drawn in an order that means nothing."""
        ...

    @property
    def media(self) -> Mapping[str, Medium]:
        """Of each input that is given no plain arrays; complete once a sample was drawn."""
        ...

    def notes(self, count: int | None) -> tuple[str, ...]:
        """Return sentences on what a choice of ``count`` samples leaves out."""
        ...

    def draw(self, count: int | None) -> Iterator[Sample | Skipped]:
        """Give ``count`` samples (None: all; fewer where there are fewer) at positions 0, 1, 2, ...

        Raises:
            CalibrationError: a sample cannot be used, or not one can be read.
        """
        ...


def array_id(arrays: Sequence[NDArray[Any]]) -> str:
    """Return the SHA-256 of one sample's arrays: dtype, shape and little-endian bytes of each, in order."""
    digest = hashlib.sha256()
    for array in arrays:
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{plain.dtype.str}{array.shape}".encode())
        digest.update(plain.tobytes())
    return digest.hexdigest()
