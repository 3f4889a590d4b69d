"""The engine ``benchmark_model``: LiteRT's own program, pushed to the device and read by what it prints."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

from edgekit.devices import Completed, Device, is_phone
from edgekit.errors import CommandFailed, InferenceError, UsageError
from edgekit.files import sha256_of
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.endings import hint_of_device, reason_of
from edgekit.runner.environment import read_environment
from edgekit.runner.launch import AGENT, MODEL, prepare
from edgekit.runner.phone.machine import conditions_around, environment_of, look_at_phone
from edgekit.runner.plan import Plan
from edgekit.runner.tool_output import ToolFigures, read_figures, read_operators, read_peak_bytes
from edgekit.runs import Environment, MemoryPart, RunResult, Timings, taints_of

TOOL = "benchmark_model"
_DESCRIBE_S = 60.0
_DESCRIBE = f"""
import json, os, sys
os.chmod({TOOL!r}, 0o700)
sys.path.insert(0, {AGENT!r})
from edgekit_agent.system import describe_environment
print(json.dumps(describe_environment()))
"""


def measure_with_tool(
    device: Device, facts: Inspection, plan: Plan, *, progress: Progress = silent
) -> Iterator[RunResult]:
    """Give one result for each of ``plan.threads``, in order. The program tells figures, and keeps its sample.

    Raises:
        UsageError: the plan asks for what the program does not do, or names no program.
        InferenceError: it refuses the file.
        CommandFailed: it does not start there, or prints what is not understood.
        DeviceError: the device does not answer, or not in time.
    """
    _require_possible(plan)
    if not is_phone(device.address):
        prepare(device, facts.path)
        device.push(Path(str(plan.tool)), TOOL)
        environment = _environment(device, plan)
        for threads in plan.threads:
            yield _measured(device, facts, plan, threads=threads, environment=environment, progress=progress)
        return
    device.push(facts.path, MODEL)
    device.push(Path(str(plan.tool)), TOOL)
    device.execute(["chmod", "700", TOOL], timeout=_DESCRIBE_S)
    environment = environment_of(device, runtime=_runtime(plan))
    for threads in plan.threads:
        since = time.monotonic()
        before = look_at_phone(device, phase="before", since=since)
        result = _measured(device, facts, plan, threads=threads, environment=environment, progress=progress)
        conditions = conditions_around(before, look_at_phone(device, phase="after", since=since))
        yield dataclasses.replace(result, conditions=conditions, taints=taints_of(conditions))


def _require_possible(plan: Plan) -> None:
    if plan.tool is None:
        raise UsageError("the engine benchmark_model needs the program", hint="write benchmark_model=PATH")
    for name, asked in (("idle", plan.idle_ms), ("sustained", plan.sustained_seconds), ("count", plan.count)):
        if asked:
            raise UsageError(f"the engine benchmark_model has no {name}", hint="leave it out, or use the engine agent")


def _measured(
    device: Device, facts: Inspection, plan: Plan, *, threads: int, environment: Environment, progress: Progress
) -> RunResult:
    timed = [f"--num_runs={plan.runs}", f"--min_secs={plan.min_seconds:g}", f"--max_secs={plan.max_seconds:g}"]
    figures = _figures(_run(device, facts, plan, threads, timed), device=device)
    # The program's watch on memory disturbs its times: it has a run of its own.
    once = ["--num_runs=1", "--min_secs=0", "--warmup_runs=1", "--warmup_min_secs=0"]
    watched = _run(
        device, facts, plan, threads,
        [*once, "--report_peak_memory_footprint=true", "--memory_footprint_check_interval_ms=1"],
    )  # fmt: skip
    peak = read_peak_bytes(watched)
    ops = None
    if plan.ops:
        progress(Step(f"profiling the operators on {device.address}"))
        ops = read_operators(_run(device, facts, plan, threads, [*timed, "--enable_op_profiling=true"]), facts)
    grown = figures.grown_bytes or 0
    return RunResult(
        artifact_sha256=facts.sha256,
        device=device.address,
        threads=threads,
        init_ms=figures.init_ms,
        first_ms=figures.first_ms,
        warmup_ms=(),
        steady=Timings((), figures.steady),
        # Growth alone is no peak: what was there before it is missing.
        peak_memory_bytes=peak,
        baseline_memory_bytes=max(0, peak - grown) if peak else 0,
        outputs_sha256=None,
        seed=plan.seed,
        environment=environment,
        engine=TOOL,
        settled=True,
        stopped_early=figures.steady.count < plan.runs,
        memory=(
            MemoryPart("grown by the model", figures.grown_bytes, "growth of resident memory (the program)"),
            MemoryPart("peak resident", peak, "looked at every millisecond, in a run of its own (the program)"),
        ),
        ops=ops,
        inputs="random values of the program's own",
    )  # fmt: skip


def _run(device: Device, facts: Inspection, plan: Plan, threads: int, arguments: list[str]) -> str:
    command = [f"./{TOOL}", f"--graph={MODEL}", f"--num_threads={threads}", *arguments]
    ended = device.execute(command, timeout=plan.timeout)
    log = ended.stdout + ended.stderr
    # Android's shell ends with 1 where it cannot start what it was to become.
    if ended.returncode in {126, 127} or (ended.returncode == 1 and ": not executable: " in ended.stderr):
        raise _no_tool(device, plan, ended)
    hint = "" if ended.signal is None else hint_of_device(ended.signal, address=device.address)
    if ended.signal is not None and hint:
        raise CommandFailed(
            f"benchmark_model on {device.address} was ended by {ended.signal.name}: {reason_of(ended.signal)}",
            address=device.address,
            hint=hint,
            log=log,
        )
    if ended.returncode:
        raise InferenceError(
            f"benchmark_model on {device.address} ended with code {ended.returncode} on {facts.path}",
            hint="'edgekit benchmark' without --engine says more of what is wrong with a file",
            log=log,
        )
    return log


def _figures(log: str, *, device: Device) -> ToolFigures:
    try:
        return read_figures(log)
    except ValueError as error:
        raise CommandFailed(
            f"what benchmark_model on {device.address} prints is not understood: {error}",
            address=device.address,
            hint="take one of TensorFlow 2.17 or LiteRT 1.0, or newer",
            log=log,
        ) from error


def _environment(device: Device, plan: Plan) -> Environment:
    ended = device.execute(["python3", "-c", _DESCRIBE], timeout=_DESCRIBE_S)
    if ended.returncode:
        raise CommandFailed(
            f"python3 on {device.address} cannot say what machine it is",
            address=device.address,
            hint="it is needed there to describe the board; any version from 3.9 does",
            log=ended.stdout + ended.stderr,
        )
    try:
        return read_environment(json.loads(ended.stdout), runtime=_runtime(plan))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandFailed(
            f"what python3 on {device.address} says of the machine is not understood: {type(error).__name__} {error}",
            address=device.address,
            hint="look at what 'python3' is on the device, and at what it prints when it starts",
            log=ended.stdout + ended.stderr,
        ) from error


def _runtime(plan: Plan) -> str:
    return f"{TOOL} {sha256_of(Path(str(plan.tool)))[:12]}"


def _no_tool(device: Device, plan: Plan, ended: Completed) -> CommandFailed:
    return CommandFailed(
        f"{plan.tool} does not start on {device.address}",
        address=device.address,
        hint="take the benchmark_model that was built for that processor and system",
        log=ended.stdout + ended.stderr,
    )
