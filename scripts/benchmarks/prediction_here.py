"""Predictions after a probe of this very machine, against what the runner measures in the same session."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from lines import Place
from promises import Missed

import edgekit

_TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(_TESTS))

from matrix_models import CASES  # noqa: E402

_NETWORKS = (
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "EfficientNetB0", "ResNet50V2", "DenseNet121",
    "Xception", "unet", "autoencoder", "nested", "keywords",
)  # fmt: skip
_QUICK = ("nested", "unet", "autoencoder")
_THREADS = (1, 2)
_MEAN, _WORST, _APART = 0.10, 0.25, 1.15


def prediction_here(place: Place, *names: str) -> Iterator[str]:
    """After `edgekit probe local`: networks of the conversion matrix, predicted and measured. Needs a quiet machine."""
    # Before the probe: what is measured should follow on it at once.
    files = {name: _converted(name, place) for name in names or (_QUICK if place.quick else _NETWORKS)}
    found = edgekit.probe("local", threads=_THREADS, accept_tainted=True, output=place.folder / "probe.json")
    profile = edgekit.profile_named(found.profile)
    yield f"probed {found.device} ({found.identity.cpu_model}): {'; '.join(found.taints) or 'no run was tainted'}"
    heads = f"{'measured':>9} {'predicted':>9} {'error':>7} {'in interval':>11}"
    yield f"{'network':20} {'precision':>9} {'threads':>7} {heads}"
    rows: list[tuple[str, float, float]] = []
    for name, each in files.items():
        for file in each:
            seen = edgekit.benchmark(file, threads=_THREADS, min_seconds=0.5)
            for run in seen.runs:
                told = edgekit.predict(file, profile, threads=run.threads, probe=found)
                measured = run.steady.p50_ms
                rows.append((f"{file.stem} {run.threads}", measured, told.median_ms))
                error = told.median_ms / measured - 1
                tainted = f"  tainted: {'; '.join(run.taints)}" if run.taints else ""
                held = told.low_ms <= measured <= told.high_ms
                precision = file.stem.rpartition(".")[2]
                yield (
                    f"{name:20} {precision:>9} {run.threads:>7} {measured:>6.3f} ms {told.median_ms:>6.3f} ms "
                    f"{error:>+7.0%} {held!s:>11}{tainted}"
                )
    errors = [abs(predicted / measured - 1) for _, measured, predicted in rows]
    mean, worst = statistics.fmean(errors), max(errors)
    line = str if mean <= _MEAN and worst <= _WORST else Missed
    yield line(f"mean error {mean:.1%} (limit {_MEAN:.0%}), worst {worst:.1%} (limit {_WORST:.0%})")
    wrong, pairs = 0, 0
    for (_, first, told_first), (_, second, told_second) in combinations(rows, 2):
        if max(first, second) / min(first, second) > _APART:
            pairs += 1
            wrong += (first < second) != (told_first < told_second)
    line = str if wrong == 0 else Missed
    yield line(f"order: {pairs - wrong} of {pairs} pairs that differ by more than {_APART - 1:.0%} are right")


def _converted(name: str, place: Place) -> list[Path]:
    folder = place.folder / "here"
    folder.mkdir(exist_ok=True)
    case = CASES[name]
    command = [
        sys.executable,
        _TESTS / "matrix_making.py",
        "--untrained",
        folder,
        place.data / "sign_language_digits",
        name,
    ]
    subprocess.run(command, capture_output=True, check=True)
    os.environ["PYTHONPATH"] = str(_TESTS)
    made = edgekit.convert(
        folder / f"{name}.keras",
        folder,
        precision=("float32", "int8"),
        calibration=folder / f"{name}.npz",
        samples_check=False,
        **dict(case.choices),
    )
    return [artifact.path for artifact in made.artifacts]
