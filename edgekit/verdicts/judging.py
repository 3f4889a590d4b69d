"""A file, a device profile and what was seen of both, into an assessment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.errors import UsageError
from edgekit.inspection import Inspection, inspect
from edgekit.inspection.decoding import read_graph
from edgekit.metrics import Budget, Check, Metric
from edgekit.precision import PRECISIONS
from edgekit.profiles import DeviceProfile, advice_for, profile_named
from edgekit.runner.result import RunResult
from edgekit.verdicts import checks
from edgekit.verdicts.assessment import Assessment
from edgekit.verdicts.budgets import overridden
from edgekit.verdicts.kernels import KernelMemory, kernel_memory
from edgekit.verdicts.memory import estimate_memory

_ALIKE = {"uint8": "int8"}
"""Precisions that edgekit does not make, and the one whose advice holds for them."""


def check(
    file: str | Path | Artifact,
    *,
    profile: str | Path | DeviceProfile,
    runs: Sequence[RunResult] = (),
    budget: Budget | None = None,
    accuracy_drop: Metric | None = None,
) -> Assessment:
    """Hold a .tflite file against a kind of device. Nothing is executed.

    Args:
        file: the .tflite file, or the artifact that it is.
        profile: a profile, its name, or the path of its .toml.
        runs: benchmarks of this very file. Those on a matching device are evidence; others are told and ignored.
        budget: limits that replace the profile's own; a field that is None keeps the profile's.
        accuracy_drop: what the file loses against the float model on labelled data, in points.

    Returns:
        ``runnable`` and one check per limit. Latency passes only by a run on a device that matches the profile, and
        accuracy only by ``accuracy_drop``: without them they are unknown.

    Raises:
        SourceError: the file is not a .tflite file.
        ProfileError: there is no such profile, or it is malformed.
        UsageError: a run is of another file, the artifact's file has changed, or the drop has a wrong unit.
    """
    if not isinstance(profile, DeviceProfile):
        profile = profile_named(profile)
    path = file.path if isinstance(file, Artifact) else Path(file)
    inspection = inspect(path)
    if isinstance(file, Artifact) and file.sha256 != inspection.sha256:
        raise UsageError(
            f"{path} is not the artifact any more that was converted: its hash is {inspection.sha256[:12]}, not "
            f"{file.sha256[:12]}",
            hint="convert the model again",
        )
    kernels = kernel_memory(read_graph(path.read_bytes(), name=str(path)))
    sorted_runs = checks.sort_runs(runs, inspection=inspection, profile=profile)
    limits = overridden(profile.budget, budget)
    return Assessment(
        file=path,
        sha256=inspection.sha256,
        profile=profile.name,
        checks=judge(
            inspection, kernels=kernels, profile=profile, limits=limits, runs=sorted_runs, accuracy_drop=accuracy_drop
        ),
        advice=advice_on(inspection, profile=profile),
    )


def judge(
    inspection: Inspection,
    *,
    kernels: KernelMemory,
    profile: DeviceProfile,
    limits: Budget,
    runs: checks.Runs,
    accuracy_drop: Metric | None,
) -> tuple[Check, ...]:
    """Return ``runnable`` and the check of each limit that is not None, in the order of ``Budget``."""
    judged = [checks.runnable(inspection, profile=profile, runs=runs)]
    if limits.file_size_bytes is not None:
        judged.append(checks.file_size(inspection, limits.file_size_bytes))
    if limits.memory_bytes is not None:
        estimate = estimate_memory(inspection, kernels=kernels, profile=profile)
        judged.append(checks.memory(estimate, limits.memory_bytes, profile=profile, runs=runs))
    if limits.latency_p90_ms is not None:
        judged.append(checks.latency_p90(limits.latency_p90_ms, profile=profile, runs=runs))
    if limits.accuracy_drop_points is not None:
        judged.append(checks.accuracy_drop(limits.accuracy_drop_points, accuracy_drop))
    return tuple(judged)


def advice_on(inspection: Inspection, *, profile: DeviceProfile) -> tuple[str, ...]:
    """Return the advice for the file's precision; for a mixed file, for each that its operators compute in.

    A file that the CPU cannot run gets none: what would be fast there is not its question.
    """
    if not inspection.runs_on_cpu:
        return ()
    words = [inspection.precision, *(row.precision for row in inspection.census if row.macs)]
    known = [name for word in words if (name := _ALIKE.get(word, word)) in PRECISIONS]
    names = known[:1] if _ALIKE.get(inspection.precision, inspection.precision) in PRECISIONS else known
    return tuple(dict.fromkeys(sentence for name in names for sentence in advice_for(profile, name)))
