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
_PASSES = {1: 3, 2: 6}
"""Over all networks, by the number of threads, each run in a process of its own. Two threads of a virtual machine take
up to twice as long while its host has both processors on one core, or on cores far apart; that lasts for seconds."""
_SECONDS = 0.2
_MEAN, _WORST, _APART = 0.10, 0.25, 1.15
_APART_RUNS = 1.25
"""Runs of one cell that differ by more than this are told: a bystander, not the network, made the difference."""

Cell = tuple[Path, int]


def prediction_here(place: Place, *names: str) -> Iterator[str]:
    """After `edgekit probe local`: networks of the conversion matrix, predicted and measured. Needs a quiet machine.

    Every cell is measured in several passes over all of them. The least of its medians counts, as in the probe: what
    disturbs only adds.
    """
    # Before the probe: what is measured should follow on it at once.
    files = {name: _converted(name, place) for name in names or (_QUICK if place.quick else _NETWORKS)}
    found = edgekit.probe("local", threads=_THREADS, accept_tainted=True, output=place.folder / "probe.json")
    profile = edgekit.profile_named(found.profile)
    yield f"probed {found.device} ({found.identity.cpu_model}): {'; '.join(found.taints) or 'no run was tainted'}"
    cells = [(file, threads) for each in files.values() for file in each for threads in _THREADS]
    runs: dict[Cell, list[edgekit.RunResult]] = {cell: [] for cell in cells}
    for number in range(max(_PASSES.values())):
        for file, threads in cells:
            if number < _PASSES[threads]:
                runs[file, threads].append(_run(file, threads))
    heads = f"{'measured':>9} {'slowest':>9} {'predicted':>9} {'error':>7} {'in interval':>11}"
    yield f"{'network':20} {'precision':>9} {'threads':>7} {heads}"
    rows: list[tuple[str, float, float]] = []
    for (file, threads), each in runs.items():
        name, _, precision = file.stem.rpartition(".")
        head = f"{name:20} {precision:>9} {threads:>7}"
        medians = sorted(run.steady.p50_ms for run in each if not run.taints)
        if not medians:
            yield f"{head} all {len(each)} runs were tainted: {'; '.join(each[0].taints)}"
            continue
        told = edgekit.predict(file, profile, threads=threads, probe=found)
        measured = medians[0]
        rows.append((f"{file.stem} {threads}", measured, told.median_ms))
        held = told.low_ms <= measured <= told.high_ms
        apart = (
            f"  runs apart: {', '.join(f'{ms:.3f}' for ms in medians)}" if medians[-1] > _APART_RUNS * measured else ""
        )
        yield (
            f"{head} {measured:>6.3f} ms {medians[-1]:>6.3f} ms {told.median_ms:>6.3f} ms "
            f"{told.median_ms / measured - 1:>+7.0%} {held!s:>11}{apart}"
        )
    tainted = sum(bool(run.taints) for each in runs.values() for run in each)
    yield f"{tainted} of {sum(map(len, runs.values()))} runs were tainted, and are not counted"
    if len(rows) < len(runs):
        yield Missed(f"{len(runs) - len(rows)} of {len(runs)} cells have tainted runs only: find a quiet machine")
    if rows:
        yield from _judged(rows)


def _judged(rows: list[tuple[str, float, float]]) -> Iterator[str]:
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
    (run,) = edgekit.benchmark(file, threads=(threads,), min_seconds=_SECONDS, retries=0).runs
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
