"""The calibration doctor: what it finds of planted faults, what it says of clean samples, and what it costs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lines import Place
from promises import Missed

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

# Its folder must be known first, and it keeps TensorFlow quiet.
import planted_faults  # isort: skip

from edgekit import Severity  # isort: skip

_FOUND, _WARNED = 0.95, 0.05
"""Least share of planted faults that are found, largest share of clean subsets with a warning."""
_EDGEKIT = Path(sys.executable).with_name("edgekit")


def doctor(place: Place) -> Iterator[str]:
    """The calibration doctor: faults planted in seeded subsets of 200 photos, which it must find, and clean subsets."""
    folder, data = place.photo_network(), place.data / "sign_language_digits"
    model = planted_faults.loaded(folder / "photos.keras")
    photos = planted_faults.read_photos(sorted(data.glob("*/*.JPG")))
    subsets, clean = (2, 6) if place.quick else (20, 50)
    yield f"{'fault':20} {'planted':>7} {'found':>6} {'told as':8} what"
    for name, (finding, plant) in planted_faults.FAULTS.items():
        found = [planted_faults.told(photos, seed, plant, finding, model) for seed in range(subsets)]
        told = [severity for severity in found if severity is not None]
        severities = "/".join(sorted(set(told)))
        row = str if len(told) >= _FOUND * subsets else Missed
        yield row(f"{name:20} {subsets:7} {len(told) / subsets:6.0%} {severities:8} {plant.__doc__}")
    screenings = [planted_faults.judged(photos.subset(100 + seed), model) for seed in range(clean)]
    errors, warnings = (sum(bool(each.of(kind)) for each in screenings) for kind in (Severity.ERROR, Severity.WARNING))
    row = Missed if errors or warnings > _WARNED * clean else str
    yield row(f"clean subsets: {clean}; with an error: {errors}, with a warning: {warnings} ({warnings / clean:.0%})")
    for finding in {finding.name: finding for each in screenings for finding in each.findings}.values():
        yield f"  {finding}"
    if not place.quick:
        yield from _costs(place, folder)


def _costs(place: Place, folder: Path) -> Iterator[str]:
    data = place.data / "sign_language_digits"
    for name, model_path, value_range in (
        ("a trained network at 48x48", folder / "photos.keras", "unit"),
        ("MobileNetV1 0.25 at 96x96", place.model("vww_mobilenet.h5"), "unit"),
    ):
        command = (_EDGEKIT, "convert", model_path, "-p", "int8", "-c", data, "--range", value_range, "-q")
        pairs = [
            (_cpu_seconds(*command, folder=folder), _cpu_seconds(*command, "--no-samples-check", folder=folder))
            for _ in range(3)
        ]
        checked, unchecked = (statistics.median(times) for times in zip(*pairs, strict=True))
        share = (checked - unchecked) / checked
        yield f"cost: {share:.0%} of a conversion's {checked:.1f} s of CPU time, with 200 photos, for {name}"


def _cpu_seconds(*argv: str | Path, folder: Path) -> float:
    """Return what a process and its children computed: unlike the time it took, that hardly depends on other work."""
    before = os.times()
    subprocess.run(argv, cwd=folder, capture_output=True, check=True)
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)
