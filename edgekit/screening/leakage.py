"""Samples that are calibrated on and evaluated on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from edgekit.screening.findings import SampleFinding, Severity, listed


def leakage(
    sample_ids: tuple[str, ...], evaluated: Collection[str], *, names: tuple[str, ...]
) -> Iterator[SampleFinding]:
    """Find calibration samples that are in the evaluation set, by the hash of their content."""
    known = frozenset(evaluated)
    places = tuple(place for place, sample_id in enumerate(sample_ids) if sample_id in known)
    if places:
        yield SampleFinding(
            "leakage",
            Severity.WARNING,
            f"{len(places)} of {len(sample_ids)} samples are in the evaluation set too, such as {listed(places, names)}"
            ": the accuracy on it will look better than on others",
            places,
            "calibrate on samples that are not evaluated on",
        )
