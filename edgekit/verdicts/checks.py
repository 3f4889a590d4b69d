"""One function per limit: a number, its evidence, a verdict, and one sentence that a user can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.errors import UsageError
from edgekit.inspection import Inspection
from edgekit.inspection.facts import STOCK_CUSTOM_OPS
from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.profiles import DeviceProfile, Kind
from edgekit.runner.result import RunResult
from edgekit.units import format_bytes, format_milliseconds
from edgekit.verdicts.matching import mismatch
from edgekit.verdicts.memory import MARGIN, MemoryEstimate


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one file: those that were seen on the profile's kind of device, and why the others do not count."""

    matching: tuple[RunResult, ...]
    refused: tuple[str, ...]


def sort_runs(runs: Sequence[RunResult], *, inspection: Inspection, profile: DeviceProfile) -> Runs:
    """Return ``runs`` by what they say about ``profile``.

    Raises:
        UsageError: a run is of another file.
    """
    matching: list[RunResult] = []
    refused: list[str] = []
    for run in runs:
        if run.artifact_sha256 != inspection.sha256:
            raise UsageError(
                f"the run on {run.device} is of another file: it has the hash {run.artifact_sha256[:12]}, and "
                f"{inspection.path} has {inspection.sha256[:12]}",
                hint="benchmark this file, or leave the run out",
            )
        reason = mismatch(run, profile=profile)
        if reason is None:
            matching.append(run)
        else:
            refused.append(f"the run on {run.device} does not count: {reason}")
    return Runs(tuple(matching), tuple(dict.fromkeys(refused)))


def runnable(inspection: Inspection, *, profile: DeviceProfile, runs: Runs) -> Check:
    """Judge whether the file can run on the device at all."""
    if profile.kind is Kind.MICROCONTROLLER:
        return Check("runnable", None, None, Verdict.FAIL, _no_interpreter(inspection, profile))
    strange = _strange_operators(inspection)
    if runs.matching:
        where = runs.matching[0].device
        metric = _strange_count(strange, Evidence.MEASURED, f"it ran on {where}")
        return Check("runnable", None, metric, Verdict.PASS, f"it ran on {where}")
    metric = _strange_count(strange, Evidence.ESTIMATED, "read from the file's list of operators; nothing ran")
    if not strange:
        sentence = "the runtime has all of its operators (estimated: nothing ran)"
        return Check("runnable", None, metric, Verdict.PASS, sentence)
    tpu = profile.facts.edge_tpu
    if tpu is not None and tpu.value and not inspection.custom_ops and not inspection.flex_ops:
        sentence = (
            "it is compiled for an Edge TPU, which this device has, but which edgekit does not drive: try it there"
        )
        return Check("runnable", None, metric, Verdict.UNKNOWN, sentence)
    return Check("runnable", None, metric, Verdict.FAIL, "; ".join(strange))


def file_size(inspection: Inspection, limit: int) -> Check:
    """Judge the size of the file as it lies on the disk."""
    metric = Metric("file_size", inspection.size_bytes, "bytes", Evidence.MEASURED, "the size of the file")
    fits = inspection.size_bytes <= limit
    relation = "within" if fits else "over"
    sentence = f"the file has {_bytes(inspection.size_bytes, limit)}, {relation} the limit of {format_bytes(limit)}"
    return Check("file_size", limit, metric, Verdict.PASS if fits else Verdict.FAIL, f"{sentence} (measured)")


def memory(estimate: MemoryEstimate, limit: int, *, profile: DeviceProfile, runs: Runs) -> Check:
    """Judge the memory: by the largest peak of the matching runs, else by the estimate where it is clear enough."""
    if profile.kind is Kind.MICROCONTROLLER:
        return _microcontroller_memory(estimate, limit)
    if runs.matching:
        run = max(runs.matching, key=lambda item: item.peak_memory_bytes)
        return _measured_memory(run, limit)
    total = estimate.total_bytes
    told = f"about {_bytes(total, limit)} (estimated: {estimate.parts()})"
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


def latency_p90(limit: float, *, profile: DeviceProfile, runs: Runs) -> Check:
    """Judge the p90 latency by the fastest matching run. Nothing else can pass or fail it."""
    if not runs.matching:
        told = runs.refused or ("no run was given",)
        step = "" if profile.kind is Kind.MICROCONTROLLER else ": benchmark the file on one"
        sentence = f"{'; '.join(told)}. Only a run on a device that matches {profile.name} can judge latency{step}"
        return Check("latency_p90", limit, None, Verdict.UNKNOWN, sentence)
    run = min(runs.matching, key=lambda item: item.steady.p90_ms)
    p90 = run.steady.p90_ms
    threads = "1 thread" if run.threads == 1 else f"{run.threads} threads"
    source = f"p90 of {len(run.steady.samples_ms)} inferences on {run.device} with {threads}"
    fits = p90 <= limit
    notes = [f"measured: {source}"]
    if len(runs.matching) > 1:
        notes.append(f"the fastest of {len(runs.matching)} runs")
    if not run.settled:
        notes.append("its times had not settled")
    notes += runs.refused
    sentence = (
        f"nine of ten inferences take at most {_milliseconds(p90, limit)}, {'within' if fits else 'over'} the limit of "
        f"{format_milliseconds(limit)} ({'; '.join(notes)})"
    )
    metric = Metric("latency_p90", p90, "ms", Evidence.MEASURED, source)
    return Check("latency_p90", limit, metric, Verdict.PASS if fits else Verdict.FAIL, sentence)


def accuracy_drop(limit: float, drop: Metric | None) -> Check:
    """Judge the accuracy that is lost against the float model.

    Raises:
        UsageError: the metric is not in percentage points.
    """
    if drop is None:
        sentence = (
            f"only labelled data can tell the accuracy that is lost (limit: {limit:g} points), and none was used: "
            "evaluate this file and the float model on the same samples"
        )
        return Check("accuracy_drop", limit, None, Verdict.UNKNOWN, sentence)
    if drop.unit != "points":
        raise UsageError(f"the accuracy drop is given in '{drop.unit}', but must be in 'points' (percentage points)")
    fits = drop.value <= limit
    sentence = (
        f"it loses {drop.value:.3g} points of accuracy, {'within' if fits else 'over'} the limit of {limit:g} "
        f"({drop.evidence}: {drop.source})"
    )
    return Check("accuracy_drop", limit, drop, Verdict.PASS if fits else Verdict.FAIL, sentence)


def _measured_memory(run: RunResult, limit: int) -> Check:
    peak = run.peak_memory_bytes
    source = f"largest resident memory of the process on {run.device}"
    fits = peak <= limit
    sentence = (
        f"it takes {_bytes(peak, limit)}, {'within' if fits else 'over'} the limit of {format_bytes(limit)} "
        f"(measured: {source}; {format_bytes(run.baseline_memory_bytes)} of it before the model was loaded)"
    )
    metric = Metric("memory", peak, "bytes", Evidence.MEASURED, source)
    return Check("memory", limit, metric, Verdict.PASS if fits else Verdict.FAIL, sentence)


def _microcontroller_memory(estimate: MemoryEstimate, limit: int) -> Check:
    """What LiteRT for Microcontrollers would take in all cannot be told; no program can do with less than the arena."""
    arena = estimate.arena_bytes
    metric = Metric("memory", arena, "bytes", Evidence.ESTIMATED, "the arena alone, which no program can do without")
    needed = f"its arena alone needs {_bytes(arena, limit)} (estimated)"
    if arena > limit:
        return Check("memory", limit, metric, Verdict.FAIL, f"{needed}, over the limit of {format_bytes(limit)}")
    sentence = f"{needed} of the limit of {format_bytes(limit)}; what a program around it takes is not known"
    return Check("memory", limit, metric, Verdict.UNKNOWN, sentence)


def _no_interpreter(inspection: Inspection, profile: DeviceProfile) -> str:
    ram = "" if profile.facts.memory_bytes is None else f"{format_bytes(profile.facts.memory_bytes.value)} of RAM and "
    return (
        f"edgekit makes files for the LiteRT interpreter on Linux or Android; {profile.title} has {ram}no operating "
        f"system, and the file needs {format_bytes(inspection.arena.arena_bytes)} for its activations alone"
    )


def _strange_operators(inspection: Inspection) -> tuple[str, ...]:
    """Return one clause for each reason why the stock runtime on a CPU cannot run the file."""
    reasons = []
    if inspection.edgetpu_ops:
        reasons.append("it is compiled for an Edge TPU, and a CPU cannot run it")
    if inspection.flex_ops:
        names = ", ".join(inspection.flex_ops)
        reasons.append(f"it needs TensorFlow's own operators ({names}), which runtimes for devices do not have")
    custom = [name for name in inspection.custom_ops if name not in STOCK_CUSTOM_OPS]
    if custom:
        reasons.append(f"it needs custom operators that the runtime does not have: {', '.join(custom)}")
    return tuple(reasons)


def _strange_count(strange: tuple[str, ...], evidence: Evidence, source: str) -> Metric:
    return Metric("obstacles", len(strange), "count", evidence, source)


def _bytes(value: float, limit: float) -> str:
    """Return ``value``, to the byte where it would read like the limit that it is held against."""
    short = format_bytes(value)
    return f"{value:,.0f} B" if short == format_bytes(limit) and value != limit else short


def _milliseconds(value: float, limit: float) -> str:
    short = format_milliseconds(value)
    return f"{value:.6g} ms" if short == format_milliseconds(limit) and value != limit else short
