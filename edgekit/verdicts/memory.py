"""The memory: measured where a run has seen it, else by the estimate, where that is clear enough."""

from __future__ import annotations

from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.prediction.memory import MARGIN, MemoryEstimate
from edgekit.profiles import DeviceProfile, Kind
from edgekit.units import format_bytes, format_count
from edgekit.verdicts.figures import choice, exact_bytes, place
from edgekit.verdicts.runs import Group, Runs


def memory(
    estimate: MemoryEstimate, limit: int, *, profile: DeviceProfile, group: Group | None = None, runs: Runs
) -> Check:
    """Judge the memory: by the largest peak of ``group``, else by the estimate where it is clear enough."""
    if profile.kind is Kind.MICROCONTROLLER:
        return _arena_memory(estimate, limit)
    if group is not None:
        return peak_memory(limit, group=group, runs=runs)
    total = estimate.total_bytes
    told = f"about {exact_bytes(total, limit)} (estimated: {estimate.parts()})"
    if total > limit * MARGIN:
        verdict, sentence = Verdict.FAIL, f"it takes {told}, over the limit of {format_bytes(limit)}"
    elif estimate.missing is not None:
        verdict = Verdict.UNKNOWN
        sentence = f"it takes more than {told}, as {estimate.missing}: benchmark it on the device"
    elif total * MARGIN > limit:
        verdict = Verdict.UNKNOWN
        sentence = (
            f"it takes {told}, too close to the limit of {format_bytes(limit)} to tell: benchmark it on the device"
        )
    else:
        verdict, sentence = Verdict.PASS, f"it takes {told}, within the limit of {format_bytes(limit)}"
    return Check("memory", limit, estimate.metric(), verdict, sentence)


def peak_memory(limit: int, *, group: Group, runs: Runs) -> Check:
    """Judge the memory by the largest peak of ``group``."""
    run, verdict = group.largest, group.memory_verdict(limit)
    if run is None or run.peak_memory_bytes is None or verdict is Verdict.UNKNOWN:
        engines = ", ".join(sorted({each.engine for each in group.runs if each.peak_memory_bytes is None}))
        told = f"a run by {engines} did not tell the peak of its memory: benchmark the file with the engine agent"
        return Check("memory", limit, None, Verdict.UNKNOWN, told)
    peak = run.peak_memory_bytes
    source = f"largest resident memory of the process on {place(run)} with {format_count(run.threads, 'thread')}"
    notes = (
        f"measured: {source}",
        f"{format_bytes(run.baseline_memory_bytes)} of it before the model was loaded",
        *choice(group, runs, superlative="largest"),
        *runs.claims,
    )
    sentence = (
        f"it takes {exact_bytes(peak, limit)}, {'within' if verdict is Verdict.PASS else 'over'} the limit of "
        f"{format_bytes(limit)} ({'; '.join(notes)})"
    )
    return Check("memory", limit, Metric("memory", peak, "bytes", Evidence.MEASURED, source), verdict, sentence)


def _arena_memory(estimate: MemoryEstimate, limit: int) -> Check:
    """What LiteRT for Microcontrollers would take in all cannot be told; no program can do with less than the arena."""
    arena = estimate.arena_bytes
    metric = Metric("memory", arena, "bytes", Evidence.ESTIMATED, "the arena alone, which no program can do without")
    needed = f"its arena alone needs {exact_bytes(arena, limit)} (estimated)"
    if arena > limit:
        return Check("memory", limit, metric, Verdict.FAIL, f"{needed}, over the limit of {format_bytes(limit)}")
    sentence = f"{needed} of the limit of {format_bytes(limit)}; what a program around it takes is not known"
    return Check("memory", limit, metric, Verdict.UNKNOWN, sentence)
