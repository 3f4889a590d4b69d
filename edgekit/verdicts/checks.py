"""Limits that the file itself can answer: a number, its evidence, a verdict, and one sentence to act on."""

from __future__ import annotations

from edgekit.inspection import Inspection, ObstacleKind, in_words
from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.profiles import DeviceProfile, Kind
from edgekit.units import format_bytes
from edgekit.verdicts.figures import exact_bytes
from edgekit.verdicts.measured import peak_memory, place
from edgekit.verdicts.memory import MARGIN, MemoryEstimate
from edgekit.verdicts.runs import Group, Runs


def runnable(inspection: Inspection, *, profile: DeviceProfile, runs: Runs) -> Check:
    """Judge whether the file can run on the device at all."""
    if profile.obstacle is not None:
        needed = format_bytes(inspection.arena.arena_bytes)
        sentence = f"{profile.obstacle}, and the file needs {needed} for its activations alone"
        return Check("runnable", None, None, Verdict.FAIL, sentence)
    obstacles = inspection.obstacles
    if runs.groups:
        seen = f"it ran on {place(runs.groups[0].runs[0])}"
        metric = Metric("obstacles", len(obstacles), "count", Evidence.MEASURED, seen)
        return Check("runnable", None, metric, Verdict.PASS, seen)
    source = "read from the file's operators; nothing ran"
    metric = Metric("obstacles", len(obstacles), "count", Evidence.ESTIMATED, source)
    if not obstacles:
        sentence = "the runtime has all of its operators (estimated: nothing ran)"
        return Check("runnable", None, metric, Verdict.PASS, sentence)
    tpu = profile.facts.edge_tpu
    if tpu is not None and tpu.value and all(obstacle.kind is ObstacleKind.EDGE_TPU for obstacle in obstacles):
        sentence = (
            "it is compiled for an Edge TPU, which this device has, but which edgekit does not drive: try it there"
        )
        return Check("runnable", None, metric, Verdict.UNKNOWN, sentence)
    return Check("runnable", None, metric, Verdict.FAIL, in_words(obstacles))


def file_size(inspection: Inspection, limit: int) -> Check:
    """Judge the size of the file as it lies on the disk."""
    metric = Metric("file_size", inspection.size_bytes, "bytes", Evidence.MEASURED, "the size of the file")
    fits = inspection.size_bytes <= limit
    relation = "within" if fits else "over"
    figure = exact_bytes(inspection.size_bytes, limit)
    sentence = f"the file has {figure}, {relation} the limit of {format_bytes(limit)}"
    return Check("file_size", limit, metric, Verdict.PASS if fits else Verdict.FAIL, f"{sentence} (measured)")


def memory(
    estimate: MemoryEstimate, limit: int, *, profile: DeviceProfile, group: Group | None = None, runs: Runs
) -> Check:
    """Judge the memory: by the largest peak of ``group``, else by the estimate where it is clear enough."""
    if profile.kind is Kind.MICROCONTROLLER:
        return _microcontroller_memory(estimate, limit)
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


def _microcontroller_memory(estimate: MemoryEstimate, limit: int) -> Check:
    """What LiteRT for Microcontrollers would take in all cannot be told; no program can do with less than the arena."""
    arena = estimate.arena_bytes
    metric = Metric("memory", arena, "bytes", Evidence.ESTIMATED, "the arena alone, which no program can do without")
    needed = f"its arena alone needs {exact_bytes(arena, limit)} (estimated)"
    if arena > limit:
        return Check("memory", limit, metric, Verdict.FAIL, f"{needed}, over the limit of {format_bytes(limit)}")
    sentence = f"{needed} of the limit of {format_bytes(limit)}; what a program around it takes is not known"
    return Check("memory", limit, metric, Verdict.UNKNOWN, sentence)
