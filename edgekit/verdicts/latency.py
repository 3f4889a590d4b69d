"""The p90 latency: measured on the device itself, else estimated, which settles only what is far from the limit."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.prediction import Prediction
from edgekit.prediction.estimate import P90_RATIO
from edgekit.profiles import DeviceProfile, Kind
from edgekit.runs import RunResult
from edgekit.units import format_count, format_milliseconds
from edgekit.verdicts.figures import choice, exact_milliseconds, place
from edgekit.verdicts.runs import ENOUGH, Group, Runs

SURE = 0.95
"""Likelihood from which an estimate is accepted, where it is at all."""


def latency_p90(
    limit: float,
    *,
    group: Group | None,
    runs: Runs,
    profile: DeviceProfile,
    prediction: Prediction | str | None = None,
    accept_estimates: bool = False,
) -> Check:
    """Judge the p90 latency by the slowest run of ``group``.

    Without a run it is unknown, and an estimate says how likely it is kept. It fails where even the good end of the
    estimate's interval is over the limit, and passes where estimates are accepted and this one is sure enough.

    Args:
        limit: in milliseconds.
        group: the runs that count; None where there are none.
        runs: all of them.
        profile: of the device.
        prediction: for it; a text says why there is none, None that it was not asked for.
        accept_estimates: whether an estimate may pass.
    """
    if group is None:
        return _unmeasured(limit, runs, profile, prediction, accept_estimates=accept_estimates)
    run, count = group.slowest, group.slowest.steady.count
    p90 = run.steady.p90_ms
    name = "p90" if run.steady.told is None else "p95, for want of the p90,"
    source = f"{name} of {format_count(count, 'inference')} on {place(run)} with {format_count(run.threads, 'thread')}"
    notes = "; ".join((f"measured: {source}", *_notes(group, runs, superlative="slowest"), *runs.claims, *runs.refused))
    metric = Metric("latency_p90", p90, "ms", Evidence.MEASURED, source)
    verdict = group.latency_verdict(limit)
    figure, wanted = exact_milliseconds(p90, limit), format_milliseconds(limit)
    doubt = group.doubt(limit)
    if doubt is not None:
        sentence = (
            f"{doubt}. What was seen is {figure}, and the limit {wanted} ({notes}): benchmark the file again, "
            f"for longer, with at least {ENOUGH} inferences"
        )
    else:
        relation = "within" if verdict is Verdict.PASS else "over"
        sentence = f"nine of ten inferences take at most {figure}, {relation} the limit of {wanted} ({notes})"
    return Check("latency_p90", limit, metric, verdict, sentence)


def _unmeasured(
    limit: float, runs: Runs, profile: DeviceProfile, prediction: Prediction | str | None, *, accept_estimates: bool
) -> Check:
    told = "; ".join(runs.refused or ("no run was given",))
    step = "" if profile.kind is Kind.MICROCONTROLLER else ": benchmark the file on one"
    only = f"Only a run on a device that matches {profile.name} can judge latency{step}"
    if not isinstance(prediction, Prediction):
        why = "" if prediction is None else f", and there is no estimate: {prediction}"
        return Check("latency_p90", limit, None, Verdict.UNKNOWN, f"{told}{why}. {only}")
    basis = prediction.basis
    estimated = (
        f"about {format_milliseconds(prediction.median_ms)} (estimated: 90 % interval {prediction.interval_text}, "
        f"{format_count(prediction.threads, 'thread')}{f', {prediction.mode}' if prediction.mode else ''}; "
        f"{'; '.join((*basis.fitted_on, *basis.distance))})"
    )
    likelihood = prediction.p90_likelihood(limit)
    tail = f"nine of ten inferences at most about {format_milliseconds(prediction.p90_ms)} ({P90_RATIO:g} times that)"
    wanted = format_milliseconds(limit)
    if prediction.low_ms > limit:
        verdict = Verdict.FAIL
        sentence = f"it takes {estimated}: even the good end of the interval is over the limit of {wanted} ({told})"
    elif accept_estimates and likelihood >= SURE:
        verdict, sentence = (
            Verdict.PASS,
            f"{estimated}, and {tail}, within the limit of {wanted}: accepted as asked, and not measured",
        )
    else:
        verdict, sentence = Verdict.UNKNOWN, f"{told}. It takes {estimated}, {tail}, and the limit is {wanted}. {only}"
    return Check("latency_p90", limit, prediction.p90_metric(), verdict, sentence, likelihood)


def _notes(group: Group, runs: Runs, *, superlative: str) -> Iterator[str]:
    yield from choice(group, runs, superlative=superlative)
    tainted = [run for run in group.runs if run.tainted]
    unsettled = [run for run in group.runs if not run.settled]
    stopped = [run for run in group.runs if run.stopped_early]
    busy = [run for run in group.runs if _overload(run) > 0]
    if tainted and not group.slowest.tainted:
        yield f"{len(tainted)} of {len(group.runs)} runs tainted, which do not count"
    conditions = group.slowest.conditions
    if conditions is None and group.slowest.engine != "agent":
        yield f"heat, clocks and load of others are unknown of a run by {group.slowest.engine}"
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
