"""What is kept of each sample: a few figures and, of a picture, a thumbnail. One pass; the samples are not kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.progress import Progress, Step, silent

THUMBNAIL = 16
"""Sides of a thumbnail. Finer ones tell no more: photos of one person before one wall stay far apart on this one, and
the same photo encoded again, resized or brightened does not move."""


@dataclass(frozen=True, slots=True)
class SampleFeatures:
    """Of every sample, in the order used. ``[n]`` is their number."""

    digests: tuple[bytes, ...]
    """16 bytes that tell what the model is shown: equal ones are equal samples, whatever file they came from."""
    sizes: dict[str, int]
    """How many values a sample has, per input."""
    finite: NDArray[np.bool_]
    """[n]: whether all values are numbers."""
    lowest: dict[str, NDArray[np.float64]]
    """Input name to [n], as ``highest``, ``mean`` and ``deviation``; of the finite values."""
    highest: dict[str, NDArray[np.float64]]
    mean: dict[str, NDArray[np.float64]]
    deviation: dict[str, NDArray[np.float64]]
    thumbnails: dict[str, NDArray[np.float16]]
    """Picture input to [n, 16, 16]: grey, mean 0 and deviation 1."""
    roughness: dict[str, NDArray[np.float64]]
    """Picture input to [n]: squared step between neighbours against that between any two pixels; noise has 1."""
    channels_first: dict[str, NDArray[np.float64]]
    """Picture input with three channels to [n]: how much smoother (log of the squared steps) a sample gets where its
    values are read as channels x height x width."""

    def __len__(self) -> int:
        return len(self.digests)


@dataclass
class _Rows:
    lowest: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    deviation: list[float] = field(default_factory=list)
    thumbnails: list[NDArray[np.float16]] = field(default_factory=list)
    roughness: list[float] = field(default_factory=list)
    channels_first: list[float] = field(default_factory=list)


def features_of(
    samples: Iterable[Mapping[str, NDArray[Any]]], *, pictures: Set[str], total: int, progress: Progress = silent
) -> SampleFeatures:
    """Look at each sample once.

    Args:
        samples: input name to array with a batch dimension of 1, as the model takes it.
        pictures: names of the inputs that are known to hold pictures, [1, height, width(, channels)].
        total: how many samples there are.
        progress: told each sample.
    """
    digests: list[bytes] = []
    finite: list[bool] = []
    sizes: dict[str, int] = {}
    rows: dict[str, _Rows] = {}
    for number, sample in enumerate(samples):
        progress(Step("looking at the samples", number, total))
        digest = hashlib.blake2b(digest_size=16)
        sound = True
        for name, batch in sample.items():
            value = batch[0]
            digest.update(np.ascontiguousarray(value).data)
            row = rows.setdefault(name, _Rows())
            sizes[name] = value.size
            plain = np.asarray(value, np.float32)
            sound &= _add(row, plain, picture=name in pictures)
        digests.append(digest.digest())
        finite.append(sound)
    chosen = {name: row for name, row in rows.items() if name in pictures}
    return SampleFeatures(
        digests=tuple(digests),
        sizes=sizes,
        finite=np.array(finite, bool),
        lowest={name: np.array(row.lowest) for name, row in rows.items()},
        highest={name: np.array(row.highest) for name, row in rows.items()},
        mean={name: np.array(row.mean) for name, row in rows.items()},
        deviation={name: np.array(row.deviation) for name, row in rows.items()},
        thumbnails={name: np.stack(row.thumbnails) for name, row in chosen.items()},
        roughness={name: np.array(row.roughness) for name, row in chosen.items()},
        channels_first={name: np.array(row.channels_first) for name, row in chosen.items() if row.channels_first},
    )


def _add(row: _Rows, value: NDArray[np.float32], *, picture: bool) -> bool:
    """Keep the figures of one sample of one input; return whether all its values are numbers."""
    # A value that is none makes the sum none.
    sound = bool(np.isfinite(value.sum(dtype=np.float64)))
    if not sound:
        value = np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)
    row.lowest.append(float(value.min(initial=np.inf)) if value.size else 0.0)
    row.highest.append(float(value.max(initial=-np.inf)) if value.size else 0.0)
    mean = float(value.mean(dtype=np.float64)) if value.size else 0.0
    row.mean.append(mean)
    row.deviation.append(
        float(np.sqrt(np.square(value - np.float32(mean)).mean(dtype=np.float64))) if value.size else 0.0
    )
    if picture:
        image = value if value.ndim == 3 else value[..., None]
        row.thumbnails.append(_thumbnail(image.mean(axis=2)))
        row.roughness.append(_roughness(image))
        if image.shape[2] == 3:
            row.channels_first.append(_channels_first(image))
    return sound


def _thumbnail(grey: NDArray[np.float32]) -> NDArray[np.float16]:
    height, width = grey.shape
    rows, columns = (np.linspace(0, size, THUMBNAIL + 1).round().astype(int) for size in (height, width))
    sums = np.add.reduceat(np.add.reduceat(grey, rows[:-1], axis=0), columns[:-1], axis=1)
    small = sums / np.outer(np.maximum(np.diff(rows), 1), np.maximum(np.diff(columns), 1))
    small = small - small.mean()
    scaled: NDArray[np.float16] = (small / max(float(small.std()), 1e-12)).astype(np.float16)
    return scaled


def _roughness(image: NDArray[np.float32]) -> float:
    """Return the smaller of the two directions' ratios: lines of text are rough in one alone."""
    variance = float(image.var(axis=(0, 1)).mean())
    if variance <= 0.0:
        return 0.0
    return min(_step(image, axis) for axis in (0, 1)) / (2 * variance)


def _channels_first(image: NDArray[np.float32]) -> float:
    height, width, channels = image.shape
    # Down the columns: rows of the wrong layout start anywhere in a picture.
    other = _step(image.reshape(channels, height, width), 1)
    own = _step(image, 0)
    return float(np.log(max(own, 1e-12) / max(other, 1e-12)))


def _step(image: NDArray[np.float32], axis: int) -> float:
    return float(np.square(np.diff(image, axis=axis)).mean(dtype=np.float64))
