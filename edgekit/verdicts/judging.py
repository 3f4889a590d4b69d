"""A file, a device profile and what was seen of both, into an assessment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact, recorded_accuracy
from edgekit.errors import UsageError
from edgekit.inspection import Inspection, inspect, require_known
from edgekit.metrics import Budget, Check
from edgekit.prediction import Prediction, estimate_memory, predicted
from edgekit.profiles import LIMITS, DeviceProfile, advice_for, profile_named
from edgekit.recipe import PRECISIONS
from edgekit.runs import RunResult
from edgekit.verdicts.accuracy_loss import Drop, judge_drop
from edgekit.verdicts.assessment import Assessment
from edgekit.verdicts.budgets import overridden
from edgekit.verdicts.file_size import file_size
from edgekit.verdicts.latency import latency_p90
from edgekit.verdicts.matching import claims_profile
from edgekit.verdicts.memory import memory
from edgekit.verdicts.requirements import required
from edgekit.verdicts.runnable import runnable
from edgekit.verdicts.runs import Group, Runs, sort_runs

_ALIKE = {"uint8": "int8"}
"""Precisions that edgekit does not make, and the one whose advice holds for them."""


def check(
    file: str | Path | Artifact,
    *,
    profile: str | Path | DeviceProfile,
    runs: Sequence[RunResult] = (),
    budget: Budget | None = None,
    accuracy_drop: Drop | None = None,
    require: Sequence[str] = (),
    as_profile: str | None = None,
    accept_estimates: bool = False,
) -> Assessment:
    """Hold a .tflite file against a kind of device. Nothing is executed.

    Args:
        file: the .tflite file, or the artifact that it is.
        profile: a profile, its name, or the path of its .toml.
        runs: benchmarks of this very file. Those on a matching device are evidence; others are told and ignored. The
            worst run with each number of threads counts, and one number of threads that keeps all limits is enough.
        budget: limits that replace the profile's own; a field that is None keeps the profile's.
        accuracy_drop: what the file loses against the float model on labelled data: a comparison of the two, or a
            number in points. None: what was found when it was made, if it was evaluated then: of a path, what its
            sidecar tells.
        require: names from ``inspection.REQUIREMENTS``: ``full-int8``, ``int8-io``, ``builtins``. Each is a check.
        as_profile: the kind of device that the runs were seen on, as you know and the device does not say: a profile's
            name. It is told wherever it counts; of another architecture, or emulated, nothing is taken so.
        accept_estimates: whether a latency that was not measured passes where it is estimated to be within its limit
            with a likelihood of 95 % or more.

    Returns:
        ``runnable`` and one check per limit. Latency passes only by a run on a device that matches the profile (or by
        an accepted estimate), and accuracy only by ``accuracy_drop``, whose whole interval must be within the limit:
        else they are unknown.

    Raises:
        SourceError: the file is not a .tflite file, or not what the artifact was when it was converted.
        ProfileError: there is no such profile, or it is malformed.
        UsageError: a requirement does not exist, a run or a comparison is of another file, or the drop has a wrong
            unit.
    """
    if not isinstance(profile, DeviceProfile):
        profile = profile_named(profile)
    require_known(require)
    inspection = inspect(file)
    claimed = claims_profile(as_profile, profile)
    sorted_runs = sort_runs(runs, sha256=inspection.sha256, path=inspection.path, profile=profile, claimed=claimed)
    limits = overridden(profile.budget, budget)
    drop = accuracy_drop if accuracy_drop is not None else _recorded_drop(file, inspection)
    case = _Case(inspection, profile, sorted_runs, sorted_runs.best(limits), drop, accept_estimates)
    return Assessment(
        file=inspection.path,
        sha256=inspection.sha256,
        profile=profile.name,
        checks=(*_judged(case, limits), *required(inspection, require)),
        advice=advice_on(inspection, profile=profile),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known where limits are judged."""

    inspection: Inspection
    profile: DeviceProfile
    runs: Runs
    group: Group | None
    """The number of threads that all measured limits are judged by."""
    drop: Drop | str | None
    """A sentence: why what was found before is not taken."""
    accept_estimates: bool

    def latency(self, limit: float) -> Check:
        """Judge the latency; an estimate is made only where nothing was measured."""
        return latency_p90(
            limit,
            group=self.group,
            runs=self.runs,
            profile=self.profile,
            prediction=self._predicted() if self.group is None else None,
            accept_estimates=self.accept_estimates,
        )

    def _predicted(self) -> Prediction | str | None:
        if not self.inspection.runs_on_cpu or self.profile.obstacle is not None:
            return None
        try:
            return predicted(self.inspection, self.profile)
        except UsageError as error:
            return error.message


def _recorded_drop(file: str | Path | Artifact, inspection: Inspection) -> Drop | str | None:
    if isinstance(file, Artifact):
        return file.provenance.accuracy
    return recorded_accuracy(inspection.path, sha256=inspection.sha256)


_JUDGES: dict[str, Callable[[_Case, Any], Check]] = {
    "file_size": lambda case, limit: file_size(case.inspection, limit),
    "memory": lambda case, limit: memory(
        estimate_memory(case.inspection, profile=case.profile),
        limit,
        profile=case.profile,
        group=case.group,
        runs=case.runs,
    ),
    "latency_p90": lambda case, limit: case.latency(limit),
    "accuracy_drop": lambda case, limit: judge_drop(case.drop, limit, inspection=case.inspection),
}
"""By the key of the limit, a row of ``profiles.LIMITS``; in the order in which they are told."""


def _judged(case: _Case, limits: Budget) -> Iterator[Check]:
    yield runnable(case.inspection, profile=case.profile, runs=case.runs)
    for key, judge in _JUDGES.items():
        limit = getattr(limits, LIMITS[key].field)
        if limit is not None:
            yield judge(case, limit)


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
