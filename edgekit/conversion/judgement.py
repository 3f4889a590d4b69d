"""Holds samples up to the checks of ``screening``: what they need to know of samples, and of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from edgekit.data import CalibrationSet, picture_inputs
from edgekit.errors import CalibrationError
from edgekit.processes.spool import Spool
from edgekit.progress import Progress
from edgekit.screening import (
    FirstLayers,
    SampleFacts,
    SampleFeatures,
    Screening,
    candidates_for,
    features_of,
    leakage,
    ordered,
    screen,
)
from edgekit.tensors import TensorSpec

_SMALLEST_PICTURE = 16


def look_at(samples: CalibrationSet, *, progress: Progress) -> SampleFeatures:
    """Read the samples once, and keep what the checks need of each."""
    return features_of(samples, pictures=known_pictures(samples), total=len(samples), progress=progress)


def known_pictures(samples: CalibrationSet) -> frozenset[str]:
    """Return the inputs that surely hold pictures.

    A spectrogram has the shape of a grey picture. So where arrays are taken as they stand, only three channels tell.
    """
    scaled = samples.preprocessing.value_range is not None
    pictures = picture_inputs(samples.inputs)
    return frozenset(
        spec.name
        for spec in samples.inputs
        if spec.name in pictures
        and (scaled or _channels(spec) == 3)
        and all((size or _SMALLEST_PICTURE) >= _SMALLEST_PICTURE for size in spec.shape[1:3])
    )


def first_layers_request(spool: Spool) -> dict[str, Any]:
    """Return the arguments by which a process that has the model measures what its first layers see."""
    samples, features = spool.calibration, spool.features
    if samples is None or features is None:
        raise ValueError("only samples that were given and looked at can be measured")
    pictures = [spec for spec in samples.inputs if spec.name in features.thumbnails and spec.dtype.startswith("float")]
    candidates = candidates_for(
        samples.preprocessing.value_range if pictures else None,
        colour=samples.preprocessing.colour,
        channels=min((_channels(spec) for spec in pictures), default=1),
        lowest=min((float(features.lowest[spec.name].min()) for spec in pictures), default=float("-inf")),
        highest=max((float(features.highest[spec.name].max()) for spec in pictures), default=float("inf")),
    )
    names = {spec.name for spec in pictures}
    return {
        **spool.request(),
        "candidates": [candidate.to_json() for candidate in candidates],
        "pictures": [place for place, spec in enumerate(samples.inputs) if spec.name in names],
    }


def first_layers_of(found: Mapping[str, Any]) -> tuple[FirstLayers | None, str | None]:
    """Return what such a process found, or why it is not known."""
    return (None, found["unmeasured"]) if "unmeasured" in found else (FirstLayers.from_json(found), None)


def checked(
    samples: CalibrationSet,
    features: SampleFeatures,
    *,
    model: str | None,
    outputs: tuple[TensorSpec, ...],
    first_layers: FirstLayers | None,
    unmeasured: str | None,
) -> Screening:
    """Make every check on the samples.

    Args:
        samples: the set.
        features: of each sample.
        model: what people call the model; None for none.
        outputs: of the model; none without one.
        first_layers: what the model's first layers see.
        unmeasured: why that is not known.
    """
    facts = SampleFacts(
        features=features,
        names=samples.names,
        sample_ids=samples.sample_ids,
        labels=samples.labels,
        classes=samples.classes,
        class_count=_class_count(outputs),
        value_range=samples.preprocessing.value_range,
        from_files=samples.preprocessing.resize is not None,
        ordered=not samples.mixed,
        model=model,
        first_layers=first_layers,
        unmeasured=unmeasured,
    )
    return screen(facts, path=samples.path, preprocessing=str(samples.preprocessing))


def require_sound(screening: Screening) -> None:
    """Raise CalibrationError where there are errors among the findings."""
    if not screening.errors:
        return
    first, *others = screening.errors
    more = f" (and {len(others)} more: {', '.join(finding.name for finding in others)})" if others else ""
    raise CalibrationError(
        f"the calibration samples are not fit to calibrate on: {first.name}: {first.sentence}{more}",
        hint=f"{first.next_step}; edgekit samples shows all findings, and --no-samples-check converts all the same",
        # The first is in the message and the hint.
        log="\n".join(str(finding) for finding in screening.findings if finding is not first) or None,
    )


def with_leakage(screening: Screening, evaluated: Iterable[str]) -> Screening:
    """Return the findings with that about samples which are in the evaluation set, by their hashes."""
    found = leakage(screening.sample_ids, frozenset(evaluated), names=screening.names)
    return replace(screening, findings=ordered((*screening.findings, *found)))


def _channels(spec: TensorSpec) -> int:
    return spec.shape[3] or 1 if len(spec.shape) == 4 else 1


def _class_count(outputs: tuple[TensorSpec, ...]) -> int | None:
    """Return how many classes the model tells apart, where its only output is a row of scores."""
    if len(outputs) != 1 or len(outputs[0].shape) != 2:
        return None
    scores = outputs[0].shape[1]
    return scores if scores is not None and scores > 1 else None
