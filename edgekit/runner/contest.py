"""``compare_speed``: files take turns on a device, so that whatever drifts there drifts for all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.artifact import Artifact
from edgekit.devices import Device, is_emulated_board, opened
from edgekit.errors import UnsuitedDevice, UsageError
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.environment import read_environment
from edgekit.runner.launch import ask, prepare, well_formed
from edgekit.runner.looks import read_conditions
from edgekit.runner.plan import FIRST_TIMEOUT, Plan
from edgekit.runner.subject import inspect_runnable
from edgekit.runs import FileTimes, SpeedComparison, Timings, speed_ratio, taints_of
from edgekit.statistics import drawn_below

ROUNDS = 20
"""In each, every file has one turn, in an order of its own."""
_MOST_FILES = 16


def compare_speed(
    files: Sequence[str | Path | Artifact],
    *,
    device: str | Device = "local",
    threads: int = 1,
    runs: int = 50,
    min_seconds: float = 1.0,
    seed: int = 0,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
    progress: Progress = silent,
) -> SpeedComparison:
    """Tell which of several .tflite files is faster on a device.

    They take turns there, in 20 rounds of random order, loaded anew for each turn: heat, clocks, other programs and the
    layout of memory then favour none. A round gives a ratio of medians for each pair.

    Args:
        files: paths or artifacts, at least two; the others are held against the first.
        device: an address, or a device that is open and stays so.
        threads: number of threads of the runtime.
        runs: least number of steady inferences of each file, over all rounds.
        min_seconds: least time of steady inferences of each file, over all rounds, in seconds.
        seed: of the inputs and of the order.
        timeout: seconds for everything.
        first_timeout: seconds for loading and the first inference together, in each turn.
        progress: told when it begins and ends.

    Raises:
        UsageError: an argument is out of range, or the device is emulated, so that its times mean nothing.
        EdgekitError: whatever :func:`edgekit.benchmark` raises.
    """
    if isinstance(files, str | Path | Artifact) or not 2 <= len(files) <= _MOST_FILES:
        raise UsageError(f"two to {_MOST_FILES} files can be compared", hint="give a list of files")
    plan = Plan((threads,), runs, min_seconds, seed, timeout, first_timeout)
    facts = [inspect_runnable(file) for file in files]
    job = {
        "task": "turns",
        "threads": threads,
        "order": turns_in_order(len(facts), rounds=ROUNDS, seed=seed),
        "runs": math.ceil(runs / ROUNDS),
        "min_seconds": min_seconds / ROUNDS,
        "max_seconds": plan.max_seconds / ROUNDS,
        "seed": seed,
        "timeout": timeout,
        "first_timeout": first_timeout,
    }
    with opened(device) as machine:
        if is_emulated_board(machine.address):
            raise _emulated(machine.address)
        progress(Step(f"{len(facts)} files take turns on {machine.address}", 0, 1))
        prepare(machine, *(each.path for each in facts))
        answer = ask(machine, *facts, job=job)
        with well_formed(machine):
            result = _read(answer, facts=facts, device=machine.address, plan=plan)
        progress(Step(f"{len(facts)} files take turns on {machine.address}", 1, 1))
    return result


def turns_in_order(files: int, *, rounds: int, seed: int) -> list[int]:
    """Return whose turn it is: in each round every file once, in an order of its own, that follows from ``seed``."""
    stream = np.random.PCG64(seed)
    order: list[int] = []
    for _ in range(rounds):
        left = list(range(files))
        while left:
            order.append(left.pop(int(drawn_below(stream, len(left), (1,))[0])))
    return order


def _emulated(address: str) -> UnsuitedDevice:
    return UnsuitedDevice(
        f"{address} is emulated: which of two files is faster cannot be seen there",
        hint="count the instructions of each, and put them side by side: edgekit benchmark FILE --count -o RUN.json, "
        "and then edgekit report RUN.json RUN.json",
    )


def _read(answer: Mapping[str, Any], *, facts: Sequence[Inspection], device: str, plan: Plan) -> SpeedComparison:
    environment = read_environment(answer["environment"], runtime=answer["runtime"])
    if environment.emulated:
        raise _emulated(device)
    blocks: list[list[list[float]]] = [[] for _ in facts]
    digests = [""] * len(facts)
    for turn in answer["turns"]:
        blocks[turn["model"]].append([nanoseconds / 1e6 for nanoseconds in turn["steady_ns"]])
        digests[turn["model"]] = turn["outputs_sha256"]
    conditions = read_conditions(answer["conditions"])
    names = [each.path.name for each in facts]
    times = tuple(
        FileTimes(
            file=name,
            artifact_sha256=each.sha256,
            outputs_sha256=digest,
            steady=Timings(tuple(time for block in own for time in block)),
            blocks=tuple(map(len, own)),
        )
        for name, each, digest, own in zip(names, facts, digests, blocks, strict=True)
    )
    return SpeedComparison(
        device=device,
        threads=plan.threads[0],
        seed=plan.seed,
        files=times,
        ratios=tuple(
            speed_ratio(own, blocks[0], file=name, against=names[0])
            for name, own in zip(names[1:], blocks[1:], strict=True)
        ),
        environment=environment,
        conditions=conditions,
        taints=taints_of(conditions),
    )
