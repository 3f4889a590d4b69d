"""Runs against a device profile where the file is not at hand: what they show is judged, the rest is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from edgekit.metrics import Budget, Check, Verdict
from edgekit.profiles import LIMITS, DeviceProfile
from edgekit.runs import RunResult
from edgekit.verdicts.assessment import Assessment
from edgekit.verdicts.budgets import overridden
from edgekit.verdicts.latency import latency_p90
from edgekit.verdicts.matching import claims_profile
from edgekit.verdicts.memory import peak_memory
from edgekit.verdicts.runnable import seen_running
from edgekit.verdicts.runs import Group, Runs, sort_runs


def check_runs(
    runs: Sequence[RunResult],
    *,
    file: str,
    profile: DeviceProfile,
    budget: Budget | None = None,
    as_profile: str | None = None,
) -> Assessment:
    """Hold the runs of one file against a kind of device.

    Args:
        runs: of one file, at least one.
        file: the file's name.
        profile: the profile.
        budget: limits that replace the profile's own; a field that is None keeps the profile's.
        as_profile: as for :func:`edgekit.check`.

    Returns:
        As :func:`edgekit.check` does. What only the file itself tells, its size and its accuracy, is unknown.

    Raises:
        UsageError: the runs are of several files.
    """
    sha256 = runs[0].artifact_sha256
    claimed = claims_profile(as_profile, profile)
    found = sort_runs(runs, sha256=sha256, path=Path(file), profile=profile, claimed=claimed)
    limits = overridden(profile.budget, budget)
    checks = tuple(_judged(found, found.best(limits), limits, profile=profile))
    return Assessment(file=Path(file), sha256=sha256, profile=profile.name, checks=checks, advice=())


def _judged(runs: Runs, group: Group | None, limits: Budget, *, profile: DeviceProfile) -> Iterator[Check]:
    ran = seen_running(runs)
    if ran is None:
        sentence = f"{'; '.join(runs.refused)}, and the file itself is not at hand"
        yield Check("runnable", None, None, Verdict.UNKNOWN, sentence)
    else:
        yield Check("runnable", None, None, Verdict.PASS, ran[2])
    for key, limit in LIMITS.items():
        value = getattr(limits, limit.field)
        if value is None:
            continue
        if key == "latency_p90":
            yield latency_p90(value, group=group, runs=runs, profile=profile)
        elif key == "memory" and group is not None:
            yield peak_memory(value, group=group, runs=runs)
        else:
            yield Check(
                key,
                value,
                None,
                Verdict.UNKNOWN,
                "the file itself is not at hand: give it with its runs, or lay it beside them",
            )
