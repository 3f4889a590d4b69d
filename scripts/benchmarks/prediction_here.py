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
_AGAIN = 2
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
    runs = {(file, threads): _run(file, threads) for each in files.values() for file in each for threads in _THREADS}
    for _ in range(_AGAIN):
        # What something else has disturbed is measured once more, later.
        runs.update({which: _run(*which) for which, run in runs.items() if run.taints})
    rows: list[tuple[str, float, float]] = []
    for (file, threads), run in runs.items():
        told = edgekit.predict(file, profile, threads=threads, probe=found)
        measured = run.steady.p50_ms
        if not run.taints:
            rows.append((f"{file.stem} {threads}", measured, told.median_ms))
        tainted = f"  tainted, not counted: {'; '.join(run.taints)}" if run.taints else ""
        held = told.low_ms <= measured <= told.high_ms
        name, _, precision = file.stem.rpartition(".")
        yield (
            f"{name:20} {precision:>9} {threads:>7} {measured:>6.3f} ms {told.median_ms:>6.3f} ms "
            f"{told.median_ms / measured - 1:>+7.0%} {held!s:>11}{tainted}"
        )
    if len(rows) < len(runs):
        yield Missed(f"{len(runs) - len(rows)} of {len(runs)} runs were tainted, and say nothing: find a quiet machine")
    if not rows:
        return
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


def _run(file: Path, threads: int) -> edgekit.RunResult:
    (run,) = edgekit.benchmark(file, threads=(threads,), min_seconds=0.5, retries=0).runs
    return run


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
