"""Samples that stretch a range alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from edgekit.progress import Progress
from edgekit.quantization.observation import passes

_TYPICAL = 95
_STRETCHED = 4.0


def stretching_samples(
    path: Path, *, inputs: Sequence[str], files: Iterable[str], count: int, progress: Progress
) -> list[int]:
    """Return the numbers of the samples that reach in some tensor 4 times as far as 95 % of all samples do.

    One pass; what is kept is a number for each sample and tensor. Arguments are those of ``observe``.

    Raises:
        ConversionError: the runtime fails on the file.
    """
    reached: dict[str, list[float]] = {}
    stage = "looking for samples that stretch a range"
    for values in passes(path, inputs=inputs, files=files, samples=range(count), stage=stage, progress=progress):
        for name, held in values:
            finite = np.abs(held[np.isfinite(held)].astype(np.float32, copy=False))
            reached.setdefault(name, []).append(float(finite.max(initial=0.0)))
    found: set[int] = set()
    for furthest in map(np.asarray, reached.values()):
        usual = float(np.percentile(furthest, _TYPICAL))
        if usual > 0.0:
            found.update(np.flatnonzero(furthest > _STRETCHED * usual).tolist())
    return sorted(found)
