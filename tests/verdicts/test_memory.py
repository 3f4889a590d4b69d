"""The memory where nothing ran, on facts that no real file of the tests has."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from edgekit.inspection import Inspection, KernelMemory, inspect
from edgekit.metrics import Verdict
from edgekit.prediction.memory import MemoryEstimate, estimate_memory
from edgekit.profiles import profile_named
from edgekit.verdicts.memory import memory
from edgekit.verdicts.runs import Runs

NO_RUNS = Runs((), ())
PI4 = profile_named("rpi4")
MIB = 2**20


@pytest.fixture
def facts(shared_data: Path) -> Inspection:
    return inspect(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite")


def estimate(facts: Inspection, *, complete: bool) -> MemoryEstimate:
    arena = dataclasses.replace(facts.arena, complete=complete)
    open_ended = dataclasses.replace(facts, arena=arena, kernels=KernelMemory(50 * MIB, 10 * MIB, 1 * MIB))
    return estimate_memory(open_ended, profile=PI4)


@pytest.mark.parametrize(
    ("complete", "limit", "verdict"),
    [
        (True, 200, Verdict.PASS),
        (True, 100, Verdict.UNKNOWN),
        (True, 60, Verdict.FAIL),
        (False, 200, Verdict.UNKNOWN),
        (False, 60, Verdict.FAIL),
    ],
)
def test_a_lower_bound_can_fail_and_cannot_pass(
    complete: bool, limit: int, verdict: Verdict, facts: Inspection
) -> None:
    told = estimate(facts, complete=complete)
    assert told.total_bytes == pytest.approx(98.6 * MIB, rel=0.01)
    check = memory(told, limit * MIB, profile=PI4, runs=NO_RUNS)
    assert check.verdict is verdict
    assert check.limit_value == limit * MIB
    assert ("some sizes are only known while it runs" in check.sentence) == (
        not complete and verdict is Verdict.UNKNOWN
    )
