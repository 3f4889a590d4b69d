"""A file, a device profile and what was seen of both, into an assessment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.inspection import Inspection, inspect
from edgekit.metrics import Budget, Check
from edgekit.precision import PRECISIONS
from edgekit.profiles import DeviceProfile, advice_for, profile_named
from edgekit.runner.result import RunResult
from edgekit.verdicts import checks, measured
from edgekit.verdicts.accuracy_loss import Drop, judge_drop
from edgekit.verdicts.assessment import Assessment
from edgekit.verdicts.budgets import overridden
from edgekit.verdicts.memory import estimate_memory
from edgekit.verdicts.runs import Runs, sort_runs

_ALIKE = {"uint8": "int8"}
"""Precisions that edgekit does not make, and the one whose advice holds for them."""


def check(
    file: str | Path | Artifact,
    *,
    profile: str | Path | DeviceProfile,
    runs: Sequence[RunResult] = (),
    budget: Budget | None = None,
    accuracy_drop: Drop | None = None,
) -> Assessment:
    """Hold a .tflite file against a kind of device. Nothing is executed.

    Args:
        file: the .tflite file, or the artifact that it is.
        profile: a profile, its name, or the path of its .toml.
        runs: benchmarks of this very file. Those on a matching device are evidence; others are told and ignored. The
            worst run with each number of threads counts, and one number of threads that keeps all limits is enough.
        budget: limits that replace the profile's own; a field that is None keeps the profile's.
        accuracy_drop: what the file loses against the float model on labelled data: a comparison of the two, or a
            number in points. None: what the artifact's own conversion found, if it was evaluated.

    Returns:
        ``runnable`` and one check per limit. Latency passes only by a run on a device that matches the profile, and
        accuracy only by ``accuracy_drop``, whose whole interval must be within the limit: else they are unknown.

    Raises:
        SourceError: the file is not a .tflite file, or not what the artifact was when it was converted.
        ProfileError: there is no such profile, or it is malformed.
        UsageError: a run or a comparison is of another file, or the drop has a wrong unit.
    """
    if not isinstance(profile, DeviceProfile):
        profile = profile_named(profile)
    inspection = inspect(file)
    sorted_runs = sort_runs(runs, inspection=inspection, profile=profile)
    limits = overridden(profile.budget, budget)
    if accuracy_drop is None and isinstance(file, Artifact):
        accuracy_drop = file.provenance.accuracy
    return Assessment(
        file=inspection.path,
        sha256=inspection.sha256,
        profile=profile.name,
        checks=judge(inspection, profile=profile, limits=limits, runs=sorted_runs, accuracy_drop=accuracy_drop),
        advice=advice_on(inspection, profile=profile),
    )


def judge(
    inspection: Inspection,
    *,
    profile: DeviceProfile,
    limits: Budget,
    runs: Runs,
    accuracy_drop: Drop | None,
) -> tuple[Check, ...]:
    """Return ``runnable`` and the check of each limit that is not None, in the order of ``Budget``."""
    group = runs.best(limits)
    judged = [checks.runnable(inspection, profile=profile, runs=runs)]
    if limits.file_size_bytes is not None:
        judged.append(checks.file_size(inspection, limits.file_size_bytes))
    if limits.memory_bytes is not None:
        estimate = estimate_memory(inspection, profile=profile)
        judged.append(checks.memory(estimate, limits.memory_bytes, profile=profile, group=group, runs=runs))
    if limits.latency_p90_ms is not None:
        judged.append(measured.latency_p90(limits.latency_p90_ms, group=group, runs=runs, profile=profile))
    if limits.accuracy_drop_points is not None:
        judged.append(judge_drop(accuracy_drop, limits.accuracy_drop_points, inspection=inspection))
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
