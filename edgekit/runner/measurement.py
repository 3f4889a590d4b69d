"""The engine ``agent``: runs of the Python agent for each number of threads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.devices import Device
from edgekit.errors import UnsuitedDevice
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.environment import read_environment
from edgekit.runner.launch import ask, prepare, well_formed
from edgekit.runner.looks import read_conditions, read_look, read_point
from edgekit.runner.memory_parts import memory_parts
from edgekit.runner.op_counts import profile_by_counts
from edgekit.runner.plan import IDLE_RUNS, Plan
from edgekit.runner.waiting import telling_time
from edgekit.runs import (
    SEEDED_INPUTS,
    Discarded,
    IdleGaps,
    InstructionClasses,
    OpProfile,
    RunResult,
    Sustained,
    Timings,
    taints_of,
)


def measure_with_agent(
    device: Device, facts: Inspection, plan: Plan, *, progress: Progress = silent
) -> Iterator[RunResult]:
    """Give one result for each of ``plan.threads``, in order. Raises what :func:`edgekit.runner.launch.ask` raises."""
    prepare(device, facts.path)
    profile: OpProfile | None = None
    for threads in plan.threads:
        result = _untainted(device, facts, plan, threads=threads, progress=progress)
        if plan.regimes_seconds:
            _require_time(result)
            result = _with_regimes(result, device, facts, plan, progress=progress)
        if plan.ops and profile is None:
            # The same for every number of threads. The models on the device are others afterwards.
            counted = bool(result.instructions)
            profile = profile_by_counts(device, facts, plan, counted=counted, progress=progress)
            if counted:
                prepare(device, facts.path)
        yield dataclasses.replace(result, ops=profile)


def _untainted(device: Device, facts: Inspection, plan: Plan, *, threads: int, progress: Progress) -> RunResult:
    """Measure until a run is not tainted, or there were enough; the last one stands, and tells of the others."""
    discarded: list[Discarded] = []
    while True:
        result = _measured(device, facts, plan, threads=threads, progress=progress, attempt=len(discarded))
        result = dataclasses.replace(result, discarded=tuple(discarded))
        if not result.tainted or len(discarded) == plan.retries:
            return result
        discarded.append(result.as_discarded)


def _measured(
    device: Device, facts: Inspection, plan: Plan, *, threads: int, progress: Progress, attempt: int
) -> RunResult:
    job = {
        "task": "measure",
        "threads": threads,
        "runs": 1 if plan.count else plan.runs,
        "min_seconds": 0 if plan.count else plan.min_seconds,
        "max_seconds": plan.max_seconds,
        "count": plan.count,
        "seed": plan.seed,
        "timeout": plan.timeout,
        "first_timeout": plan.first_timeout,
    }
    if attempt:
        progress(Step(f"measuring on {device.address} again, as the run was tainted ({attempt} of {plan.retries})"))
    answer = ask(device, facts, job=job)
    with well_formed(device):
        result = _result(answer, device=device, facts=facts, plan=plan, threads=threads)
    if plan.count and not result.instructions:
        raise UnsuitedDevice(
            f"{device.address} does not count instructions",
            hint="emulated devices do, where 'edgekit emulator install' has made a counter",
        )
    return result


def _require_time(result: RunResult) -> None:
    if result.environment.emulated:
        raise UnsuitedDevice(
            f"{result.device} is emulated, so that times after idle gaps and over long runs mean nothing",
            hint="ask a real board, or leave idle and sustained out",
        )


def _with_regimes(result: RunResult, device: Device, facts: Inspection, plan: Plan, *, progress: Progress) -> RunResult:
    """Add the inferences after idle gaps and the sustained ones, in a process of their own."""
    job = {
        "task": "regimes",
        "threads": result.threads,
        "idle_seconds": plan.idle_ms / 1e3,
        "idle_runs": IDLE_RUNS,
        "sustained_seconds": plan.sustained_seconds,
        "window_seconds": plan.window_seconds,
        "seed": plan.seed,
        "timeout": plan.timeout + plan.regimes_seconds,
        "first_timeout": plan.first_timeout,
    }
    stage = f"running on {device.address} after idle gaps and for long"
    with telling_time(progress, stage, seconds=plan.regimes_seconds):
        answer = ask(device, facts, job=job)
    with well_formed(device):
        idle = [nanoseconds / 1e6 for nanoseconds in answer["idle_ns"]]
        windows = answer["timeline"]
        looks = [None, *(read_look(window["look"]) for window in windows)]
        points = tuple(read_point(window, look) for window, look in zip(windows, looks, strict=False))
    return dataclasses.replace(
        result,
        idle=IdleGaps(plan.idle_ms, Timings(tuple(idle))) if idle else None,
        sustained=Sustained(plan.sustained_seconds, plan.window_seconds, points) if points else None,
    )


def _result(answer: Mapping[str, Any], *, device: Device, facts: Inspection, plan: Plan, threads: int) -> RunResult:
    environment = read_environment(answer["environment"], runtime=answer["runtime"])
    # An emulated board has neither heat nor load nor memory of its own.
    conditions = None if environment.emulated else read_conditions(answer["conditions"])
    return RunResult(
        artifact_sha256=facts.sha256,
        device=device.address,
        threads=threads,
        init_ms=answer["init_ns"] / 1e6,
        first_ms=answer["first_ns"] / 1e6,
        warmup_ms=tuple(nanoseconds / 1e6 for nanoseconds in answer["warmup_ns"]),
        steady=Timings(tuple(nanoseconds / 1e6 for nanoseconds in answer["steady_ns"])),
        peak_memory_bytes=answer["peak_memory_bytes"],
        baseline_memory_bytes=answer["baseline_memory_bytes"],
        outputs_sha256=answer["outputs_sha256"],
        seed=plan.seed,
        environment=environment,
        engine="agent",
        settled=answer["settled"],
        stopped_early=not plan.count and len(answer["steady_ns"]) < plan.runs,
        instructions=tuple(row[0] for row in answer["instructions"]),
        instruction_classes=InstructionClasses.of(answer["instructions"]),
        load_ms=answer["load_ns"] / 1e6,
        conditions=conditions,
        taints=() if conditions is None else taints_of(conditions),
        inputs=SEEDED_INPUTS,
        memory=() if environment.emulated else memory_parts(answer),
    )
