"""Samples and outputs on their way between processes: .npy files, mapped and not read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data import CalibrationSet, require_numeric
from edgekit.screening import SampleFeatures
from edgekit.tensors import TensorSpec

_SYNTHETIC_SAMPLES = 8
PARITY_SAMPLES = 16
"""How many samples the float export is proven on, at most."""


@dataclass(frozen=True, slots=True)
class Spool:
    """Samples on the disk: one file per input, in the model's order, each ``[count, *shape without batch]``."""

    files: tuple[Path, ...]
    count: int
    calibration: CalibrationSet | None
    """The samples that were given; None where noise stands in for them."""
    features: SampleFeatures | None = None
    """What was kept of each, to judge them by; None where they are not judged."""

    @property
    def synthetic(self) -> bool:
        """Whether no samples were given."""
        return self.calibration is None

    def first(self, limit: int, *, without: Collection[int] = ()) -> list[int]:
        """Return the numbers of the first ``limit`` samples, some passed over."""
        return [number for number in range(self.count) if number not in without][:limit]

    def request(self, limit: int | None = None) -> dict[str, Any]:
        """Return the arguments by which a child process finds the first ``limit`` samples."""
        count = self.count if limit is None else min(limit, self.count)
        return {"files": [str(file) for file in self.files], "count": count}


def spool_of(
    calibration: CalibrationSet, inputs: Sequence[TensorSpec], *, features: SampleFeatures | None = None
) -> Spool:
    """Return the spool of samples that were collected already."""
    return Spool(tuple(calibration.files[spec.name] for spec in inputs), len(calibration), calibration, features)


def synthetic_spool(inputs: Sequence[TensorSpec], folder: Path, *, raw_pixels: bool) -> Spool:
    """Write seeded noise in place of samples, to prove a conversion where none were given. Never calibrated on.

    Floats are uniform in 0..1, or 0..255 where ``raw_pixels`` says that the model scales by itself; uint8 is
    uniform in 0..255; other integers are 0 or 1, which every embedding has.

    Raises:
        CalibrationError: an input is not made of numbers.
    """
    require_numeric(inputs)
    generator = np.random.default_rng(0)
    files = []
    for index, spec in enumerate(inputs):
        shape = (_SYNTHETIC_SAMPLES, *(size or 1 for size in spec.shape[1:]))
        if np.issubdtype(np.dtype(spec.dtype), np.floating):
            values = (generator.random(shape, dtype=np.float32) * (255 if raw_pixels else 1)).astype(spec.dtype)
        elif np.dtype(spec.dtype) == np.uint8:
            values = generator.integers(0, 256, shape).astype(np.uint8)
        else:
            values = generator.integers(0, 2, shape).astype(spec.dtype)
        files.append(folder / f"synthetic-{index}.npy")
        # Not by name: numpy would write past Python then, and a full disk would have no error number.
        content = BytesIO()
        np.save(content, values)
        files[-1].write_bytes(content.getbuffer())
    return Spool(tuple(files), _SYNTHETIC_SAMPLES, None)


def read_sample(files: Iterable[str | Path], index: int) -> list[NDArray[Any]]:
    """Return sample ``index`` of each file, with a batch dimension of 1."""
    return [np.array(np.load(file, mmap_mode="r")[index : index + 1]) for file in files]


def read_samples(files: Iterable[str | Path], places: NDArray[np.intp]) -> list[NDArray[Any]]:
    """Return the samples at ``places`` of each file, as one batch."""
    return [np.array(np.load(file, mmap_mode="r")[places]) for file in files]


def save_outputs(path: Path, samples: Sequence[Sequence[NDArray[Any]]]) -> None:
    """Write the outputs of several samples, each a list in the same order."""
    columns = [np.stack(values) for values in zip(*samples, strict=True)]
    with path.open("wb") as stream:
        np.savez(stream, *columns)


def load_outputs(path: Path) -> list[list[NDArray[Any]]]:
    """Return what :func:`save_outputs` wrote, sample by sample."""
    with np.load(path) as archive:
        columns = [archive[f"arr_{index}"] for index in range(len(archive.files))]
    return [list(row) for row in zip(*columns, strict=True)]
