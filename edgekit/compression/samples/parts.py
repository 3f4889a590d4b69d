"""A part of collected samples, as samples of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgekit.data import CalibrationSet

_AT_ONCE = 256


def part_of(samples: CalibrationSet, places: Sequence[int], folder: Path) -> CalibrationSet:
    """Copy some samples into a folder, a few at a time, and return them. Raises OSError."""
    folder.mkdir()
    files = {}
    for number, (name, source) in enumerate(samples.files.items()):
        column = np.load(source, mmap_mode="r")
        files[name] = folder / f"{number}.npy"
        copy = np.lib.format.open_memmap(
            files[name], mode="w+", dtype=column.dtype, shape=(len(places), *column.shape[1:])
        )
        for start in range(0, len(places), _AT_ONCE):
            copy[start : start + _AT_ONCE] = column[list(places[start : start + _AT_ONCE])]
        copy.flush()
    return dataclasses.replace(
        samples,
        folder=folder,
        files=files,
        sample_ids=tuple(samples.sample_ids[place] for place in places),
        labels=None if samples.labels is None else tuple(samples.labels[place] for place in places),
        names=tuple(samples.names[place] for place in places) if samples.names else (),
    )
