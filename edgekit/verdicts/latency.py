"""The p90 latency, which only a run on the device itself can settle."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.profiles import DeviceProfile, Kind
from edgekit.runner.result import RunResult
from edgekit.units import format_count, format_milliseconds
from edgekit.verdicts.figures import choice, exact_milliseconds, place
from edgekit.verdicts.runs import ENOUGH, Group, Runs


def latency_p90(limit: float, *, group: Group | None, runs: Runs, profile: DeviceProfile) -> Check:
    """Judge the p90 latency by the slowest run of ``group``. Nothing else can pass or fail it."""
    if group is None:
        told = runs.refused or ("no run was given",)
        step = "" if profile.kind is Kind.MICROCONTROLLER else ": benchmark the file on one"
        sentence = f"{'; '.join(told)}. Only a run on a device that matches {profile.name} can judge latency{step}"
        return Check("latency_p90", limit, None, Verdict.UNKNOWN, sentence)
    run, count = group.slowest, group.slowest.steady.count
    p90 = run.steady.p90_ms
    source = f"p90 of {format_count(count, 'inference')} on {place(run)} with {format_count(run.threads, 'thread')}"
    notes = "; ".join((f"measured: {source}", *_notes(group, runs, superlative="slowest"), *runs.claims, *runs.refused))
    metric = Metric("latency_p90", p90, "ms", Evidence.MEASURED, source)
    verdict = group.latency_verdict(limit)
    figure, wanted = exact_milliseconds(p90, limit), format_milliseconds(limit)
    if group.doubt is not None:
        sentence = (
            f"{group.doubt}. What was seen is {figure}, and the limit {wanted} ({notes}): benchmark the file again, "
            f"for longer, with at least {ENOUGH} inferences"
        )
    else:
        relation = "within" if verdict is Verdict.PASS else "over"
        sentence = f"nine of ten inferences take at most {figure}, {relation} the limit of {wanted} ({notes})"
    return Check("latency_p90", limit, metric, verdict, sentence)


def _notes(group: Group, runs: Runs, *, superlative: str) -> Iterator[str]:
    yield from choice(group, runs, superlative=superlative)
    tainted = [run for run in group.runs if run.tainted]
    unsettled = [run for run in group.runs if not run.settled]
    stopped = [run for run in group.runs if run.stopped_early]
    busy = [run for run in group.runs if _overload(run) > 0]
    if tainted and not group.slowest.tainted:
        yield f"{len(tainted)} of {len(group.runs)} runs tainted, which do not count"
    conditions = group.slowest.conditions
    if conditions is not None and conditions.unknown:
        yield f"unknown there: {', '.join(conditions.unknown)}"
    if unsettled:
        yield f"times not settled{_share(unsettled, group)}"
    if stopped:
        yield f"stopped early{_share(stopped, group)}"
    if busy:
        worst = max(busy, key=_overload).environment
        yield f"load average {worst.load_average:.1f} on {worst.cores} cores{_share(busy, group)}"


def _share(some: list[RunResult], group: Group) -> str:
    return "" if len(group.runs) == 1 else f" in {len(some)} of {len(group.runs)} runs"


def _overload(run: RunResult) -> float:
    load = run.environment.load_average
    return 0.0 if load is None else load - run.environment.cores
