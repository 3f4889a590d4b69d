"""The engine ``agent``: one run of the Python agent for each number of threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.devices import Device
from edgekit.errors import AgentMismatch
from edgekit.inspection import Inspection
from edgekit.runner.environment import read_environment
from edgekit.runner.launch import ask, prepare
from edgekit.runner.plan import Plan
from edgekit.runner.result import RunResult
from edgekit.runner.timings import Timings


def measure_with_agent(device: Device, facts: Inspection, plan: Plan) -> Iterator[RunResult]:
    """Give one result for each of ``plan.threads``, in order. Raises what :func:`edgekit.runner.launch.ask` raises."""
    prepare(device, facts.path)
    for threads in plan.threads:
        job = {
            "task": "measure",
            "threads": threads,
            "runs": plan.runs,
            "min_seconds": plan.min_seconds,
            "max_seconds": plan.max_seconds,
            "seed": plan.seed,
            "timeout": plan.timeout,
            "first_timeout": plan.first_timeout,
        }
        answer = ask(device, facts, job=job)
        try:
            result = _result(answer, device=device, facts=facts, plan=plan, threads=threads)
        except (KeyError, TypeError, ValueError) as error:
            raise AgentMismatch(
                f"the agent's answer from {device.address} is malformed: {type(error).__name__} {error}",
                address=device.address,
            ) from error
        yield result


def _result(answer: Mapping[str, Any], *, device: Device, facts: Inspection, plan: Plan, threads: int) -> RunResult:
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
        environment=read_environment(answer["environment"], runtime=answer["runtime"]),
        engine="agent",
        settled=answer["settled"],
        stopped_early=len(answer["steady_ns"]) < plan.runs,
        instructions=tuple(answer["instructions"]),
    )
