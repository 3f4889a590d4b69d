"""The same sample more than once, exactly or nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edgekit.screening.findings import SampleFinding, Severity, listed
from edgekit.screening.sample_facts import SampleFacts

_NEAR = 0.96
"""Correlation of the thumbnails' gradients. Of 2062 photos of hands before one wall, the two most alike have 0.91; the
same photo compressed, resized, brightened, contrasted or cropped by 1 % has 0.98 and more."""
_FLAT = 0.05
_MANY, _MOST = 0.05, 0.5
_FEW_VALUES = 64
_BLOCK = 128


def exact_duplicates(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find samples that show the model the very same values."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, digest in enumerate(facts.features.digests):
        places[digest].append(place)
    extra = [place for group in places.values() for place in group[1:]]
    if not extra:
        return
    share = len(extra) / facts.count
    # A handful of values comes up twice by chance.
    small = sum(facts.features.sizes.values()) < _FEW_VALUES
    severity = Severity.NOTE if small else _severity(share)
    if severity is Severity.ERROR and len(places) > 1:
        severity = Severity.WARNING
    first = next(group for group in places.values() if len(group) > 1)
    yield SampleFinding(
        "exact duplicates",
        severity,
        f"{len(extra)} of {facts.count} samples ({share:.0%}) repeat others exactly, such as "
        f"{listed(first, facts.names)}: only {len(places)} different ones are left",
        tuple(sorted(extra)),
        "take the repeated samples out, and others in",
    )


def near_duplicates(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find pictures that are another one, encoded again or a little changed."""
    pairs: dict[int, int] = {}
    for name in facts.pictures:
        for later, earlier in _alike(facts.features.thumbnails[name], facts.features.deviation[name]):
            if facts.features.digests[later] != facts.features.digests[earlier]:
                pairs.setdefault(later, earlier)
    if not pairs:
        return
    share = len(pairs) / facts.count
    later, earlier = next(iter(pairs.items()))
    severity = _severity(share)
    yield SampleFinding(
        "near duplicates",
        Severity.WARNING if severity is Severity.ERROR else severity,
        f"{len(pairs)} of {facts.count} samples ({share:.0%}) are almost another one, such as "
        f"{listed([later], facts.names)} and {listed([earlier], facts.names)}",
        tuple(sorted(pairs)),
        "keep one of each, and take others in: repeated pictures add nothing to the ranges",
    )


def _severity(share: float) -> Severity:
    if share > _MOST:
        return Severity.ERROR
    return Severity.WARNING if share >= _MANY else Severity.NOTE


def _alike(thumbnails: NDArray[np.float16], deviation: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield each sample that has an earlier one like it, with that."""
    gradients = _gradients(thumbnails)
    # Of a picture that shows nothing, the gradients are noise.
    usable = deviation > _FLAT * np.median(deviation)
    gradients[~usable] = 0.0
    for start in range(0, len(gradients), _BLOCK):
        block = gradients[start : start + _BLOCK]
        alike = block @ gradients[: start + len(block)].T >= _NEAR
        for row, column in zip(*np.nonzero(alike), strict=True):
            if column < start + row:
                yield int(start + row), int(column)


def _gradients(thumbnails: NDArray[np.float16]) -> NDArray[np.float32]:
    small = thumbnails.astype(np.float32)
    steps = np.concatenate([np.diff(small, axis=axis).reshape(len(small), -1) for axis in (1, 2)], axis=1)
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    gradients: NDArray[np.float32] = steps / np.maximum(lengths, 1e-12)
    return gradients
