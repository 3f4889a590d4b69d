"""Samples that stretch a range alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from edgekit.progress import Progress
from edgekit.quantization.observation import passes
from edgekit.screening.stretching import stretched


def stretching_samples(
    path: Path, *, inputs: Sequence[str], files: Iterable[str], count: int, progress: Progress
) -> list[int]:
    """Return the numbers of the samples that stretch the range of some tensor alone.

    One pass; what is kept is two numbers for each sample and tensor. Arguments are those of ``observe``.

    Raises:
        ConversionError: the runtime fails on the file.
    """
    extremes: dict[str, list[tuple[float, float]]] = {}
    stage = "looking for samples that stretch a range"
    for values in passes(path, inputs=inputs, files=files, samples=range(count), stage=stage, progress=progress):
        for name, held in values:
            finite = held[np.isfinite(held)].astype(np.float32, copy=False)
            extremes.setdefault(name, []).append((float(finite.min(initial=0.0)), float(finite.max(initial=0.0))))
    found: set[int] = set()
    for rows in extremes.values():
        lowest, highest = np.array(rows, np.float64).T
        each = stretched(lowest, highest)
        found.update(each.samples if each is not None else ())
    return sorted(found)
