"""The runs of one file: those that count for a profile, by their number of threads, and the worst that each showed.

A number of threads is what a program can choose, so one that keeps the limits is enough. A run is not: the slowest
and the largest of the runs with the same number of threads speak for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import UsageError
from edgekit.metrics import Budget, Verdict
from edgekit.profiles import DeviceProfile
from edgekit.runs import RunResult
from edgekit.units import format_count
from edgekit.verdicts.matching import claim, emulates, mismatch

ENOUGH = 30
"""Steady inferences below which nothing is said of "nine of ten": of 30, three are slower than the p90."""

_WORST_FIRST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Group:
    """All matching runs with one number of threads; never empty."""

    threads: int
    runs: tuple[RunResult, ...]

    @property
    def slowest(self) -> RunResult:
        """The run with the largest p90 of those that are not tainted; of all where every one is."""
        return max(self.runs, key=lambda run: (not run.tainted, run.steady.p90_ms))

    @property
    def largest(self) -> RunResult | None:
        """The run with the largest peak of memory; None where no run tells it."""
        known = [run for run in self.runs if run.peak_memory_bytes is not None]
        return max(known, key=lambda run: run.peak_memory_bytes or 0, default=None)

    def doubt(self, limit_ms: float) -> str | None:
        """Return why its times do not tell whether the p90 keeps ``limit_ms``, as a clause; None where they do."""
        if self.slowest.tainted:
            many = "the run was tainted" if len(self.runs) == 1 else f"all {len(self.runs)} runs were tainted"
            return f"{many}: {'; '.join(self.slowest.taints)}"
        count = self.slowest.steady.count
        if count < ENOUGH:
            return f"{format_count(count, 'inference')} cannot tell what nine of ten take: {ENOUGH} can"
        if not any(run.settled for run in self.runs if not run.tainted):
            return "the times had not settled" + ("" if len(self.runs) == 1 else f" in any of {len(self.runs)} runs")
        told = self.slowest.steady.told
        if told is not None and told.p50_ms <= limit_ms < told.p95_ms:
            return "the limit lies between the p50 and the p95, and the tool told nothing of what is between them"
        return None

    def latency_verdict(self, limit_ms: float) -> Verdict:
        """Judge the p90 of the slowest run."""
        if self.doubt(limit_ms) is not None:
            return Verdict.UNKNOWN
        return Verdict.PASS if self.slowest.steady.p90_ms <= limit_ms else Verdict.FAIL

    def memory_verdict(self, limit_bytes: int) -> Verdict:
        """Judge the peak of the largest run. It is reached in the first inference, so that few are enough."""
        peaks = [run.peak_memory_bytes for run in self.runs]
        if any(peak is not None and peak > limit_bytes for peak in peaks):
            return Verdict.FAIL
        return Verdict.UNKNOWN if None in peaks else Verdict.PASS

    def rank(self, limits: Budget) -> tuple[int, bool, float]:
        """Return what is larger for the number of threads that keeps the limits better.

        Of equals that is one whose times count, and then the faster one.
        """
        verdicts = []
        if limits.latency_p90_ms is not None:
            verdicts.append(self.latency_verdict(limits.latency_p90_ms))
        if limits.memory_bytes is not None:
            verdicts.append(self.memory_verdict(limits.memory_bytes))
        return (
            min(map(_WORST_FIRST.index, verdicts), default=0),
            not self.slowest.tainted,
            -self.slowest.steady.p90_ms,
        )


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one file, and why some of them do not count."""

    groups: tuple[Group, ...]
    """Of the runs that were seen on the profile's kind of device, fewest threads first."""
    refused: tuple[str, ...]
    claims: tuple[str, ...] = ()
    """What of them counts by the user's word alone, a clause each."""
    emulated: tuple[RunResult, ...] = ()
    """Seen on the emulated board of the profile: it computes what the device does, in no time that means anything."""

    def best(self, limits: Budget) -> Group | None:
        """Return the number of threads that all measured limits are judged by; None where no run counts."""
        return max(self.groups, key=lambda group: group.rank(limits), default=None)


def sort_runs(
    runs: Sequence[RunResult], *, sha256: str, path: Path, profile: DeviceProfile, claimed: bool = False
) -> Runs:
    """Return ``runs`` by what they say about ``profile``.

    Args:
        runs: all that there are.
        sha256: of the file that they must be of.
        path: of it, for the errors.
        profile: the kind of device.
        claimed: whether the user says that they were seen on such a device.

    Raises:
        UsageError: a run is of another file.
    """
    matching: dict[int, list[RunResult]] = {}
    refused: list[str] = []
    claims: list[str] = []
    for run in runs:
        if run.artifact_sha256 != sha256:
            raise UsageError(
                f"the run on {run.device} is of another file: it has the hash {run.artifact_sha256[:12]}, and "
                f"{path} has {sha256[:12]}",
                hint="benchmark this file, or leave the run out",
            )
        reason = mismatch(run, profile=profile, claimed=claimed)
        if reason is None:
            matching.setdefault(run.threads, []).append(run)
            claims += filter(None, [claim(run, profile=profile)])
        else:
            refused.append(f"the run on {run.device} does not count: {reason}")
    groups = tuple(Group(threads, tuple(matching[threads])) for threads in sorted(matching))
    emulated = tuple(run for run in runs if emulates(run, profile=profile))
    return Runs(groups, tuple(dict.fromkeys(refused)), tuple(dict.fromkeys(claims)), emulated)
