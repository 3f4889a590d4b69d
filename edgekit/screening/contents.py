"""Single samples that no camera, microphone or table gives: nothing in them, noise, no numbers, another layout."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgekit.screening.findings import SampleFinding, Severity, listed, samples_text
from edgekit.screening.sample_facts import SampleFacts

_FLAT_PICTURE = 0.05
"""Of the median deviation. The flattest of 2062 photos has 0.6 of it."""
_FLAT = 1e-6
_FEW_VALUES = 16
_NOISE = 0.75
"""Noise has 0.92 to 1.1 from 28x28 on; the roughest photo at 28x28 has 0.19."""
_CHANNELS_FIRST = 0.5
"""Photos have -5 to -1.2 in their own layout, and 1 and more where rows and channels were mistaken."""
_MOST = 0.5


def not_finite(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find samples with NaN or infinity."""
    places = np.flatnonzero(~facts.features.finite)
    if places.size:
        yield SampleFinding(
            "not finite",
            Severity.ERROR,
            f"{places.size} of {facts.count} samples hold NaN or infinity: {listed(places, facts.names)}",
            tuple(map(int, places)),
            "take them out, or mend what made them",
        )


def constant(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find samples in which nothing is to be seen."""
    features = facts.features
    flat = np.zeros(facts.count, bool)
    judged = False
    for name, deviation in features.deviation.items():
        if features.sizes[name] < _FEW_VALUES:
            continue
        typical = float(np.median(deviation))
        if typical <= 0.0:
            # More than half are exactly constant, so that nothing is left to hold the others against.
            typical = float(np.max(np.abs([features.lowest[name], features.highest[name]]))) or 1.0
        limit = _FLAT_PICTURE if name in features.thumbnails else _FLAT
        # With several inputs, one of them may well be the same value all over.
        flat = (flat & (deviation <= limit * typical)) if judged else deviation <= limit * typical
        judged = True
    places = np.flatnonzero(flat)
    if not places.size:
        return
    most = places.size > _MOST * facts.count
    yield SampleFinding(
        "constant samples",
        Severity.ERROR if most else Severity.WARNING,
        f"{samples_text(places.size, facts.count)} constant, or almost: {listed(places, facts.names)}",
        tuple(map(int, places)),
        "take them out: they say nothing about the ranges that real samples need",
    )


def noise(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find pictures whose pixels have nothing to do with their neighbours."""
    for name in facts.pictures:
        roughness = facts.features.roughness[name]
        # What is almost constant is noise, too, and has been told already.
        deviation = facts.features.deviation[name]
        places = np.flatnonzero((roughness >= _NOISE) & (deviation > _FLAT_PICTURE * np.median(deviation)))
        if not places.size:
            continue
        most = places.size > _MOST * facts.count
        yield SampleFinding(
            "noise",
            Severity.ERROR if most and facts.from_files else Severity.WARNING,
            f"{samples_text(places.size, facts.count)} noise: the pixels of {listed(places, facts.names)} differ "
            f"from their neighbours as much as from any other (ratio {np.median(roughness[places]):.2f}; photos have "
            "less than 0.4)",
            tuple(map(int, places)),
            "give photos such as the model will see: ranges that were seen on noise fit noise",
        )


def channels_first(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find pictures whose values lie as channels x height x width."""
    for name, gain in facts.features.channels_first.items():
        rough = facts.features.roughness[name]
        places = np.flatnonzero((gain > _CHANNELS_FIRST) & (rough < _NOISE))
        if places.size <= _MOST * facts.count:
            continue
        yield SampleFinding(
            "channels first",
            Severity.ERROR,
            f"{samples_text(places.size, facts.count)} channels first (NCHW) in a shape of channels last: read so, "
            f"neighbours down a column are {np.exp(np.median(gain[places]) / 2):.1f} times as alike",
            tuple(map(int, places)),
            "transpose, do not reshape: samples.transpose(0, 2, 3, 1)",
        )
