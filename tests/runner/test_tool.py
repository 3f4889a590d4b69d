"""The engine ``benchmark_model``, with a stand-in that prints in the real program's format: no package carries that."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edgekit.devices import Completed, LocalDevice
from edgekit.errors import CommandFailed, InferenceError, UsageError
from edgekit.inspection import inspect
from edgekit.runner import benchmark
from edgekit.runner.tool_output import read_figures, read_operators, read_peak_bytes
from edgekit.runs import RunResult

STAND_IN = Path(__file__).with_name("stand_in_tool.py")
ENGINE = f"benchmark_model={STAND_IN}"

# As the program prints them: of a build of 2024, and the table of its README, with the column that it had then.
PRINTED = """\
INFO: STARTING!
INFO: Log parameter values verbosely: [0]
INFO: Min num runs: [50]
INFO: Loaded model model.tflite
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
INFO: The input model file size (MB): 0.098
INFO: Initialized session in 38.467ms.
INFO: Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 30 seconds.
INFO: count=7 first=83235 curr=81350 min=79385 max=88213 avg=80732 std=1929 p5=79385 median=80351 p95=88213

INFO: Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 30 seconds.
INFO: count=50 first=79449 curr=81350 min=77385 max=88213 avg=79732.5 std=1929 p5=77612 median=79511 p95=84018

INFO: Inference timings in us: Init: 38467, First inference: 83235, Warmup (avg): 80732, Inference (avg): 79732.5
INFO: Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE.
INFO: Memory footprint delta from the start of the tool (MB): init=5.17969 overall=6.5
"""
OPERATORS = """\
============================== Run Order ==============================
\t             [node type]\t  [start]\t  [first]\t [avg ms]\t     [%]\t  [cdf%]\t  [mem KB]\t[times called]\t[Name]
\t                 CONV_2D\t    0.000\t    4.269\t    4.269\t  0.107%\t  0.107%\t     0.000\t        0\t[Conv2d_0/Relu6]
\t       DEPTHWISE_CONV_2D\t    4.270\t    2.150\t    2.150\t  0.054%\t  0.161%\t     0.000\t        0\t[Conv2d_1/Relu6]

============================== Top by Computation Time ==============================
\t                 CONV_2D\t   19.352\t    6.652\t    6.652\t  0.167%\t  0.167%\t     0.000\t        0\t[Conv2d_3/Relu6]
"""


def test_what_the_program_prints_is_read() -> None:
    figures = read_figures(PRINTED)
    assert (figures.init_ms, figures.first_ms, figures.grown_bytes) == (38.467, 83.235, int(6.5 * 2**20))
    told = figures.steady
    assert (told.count, told.p50_ms, told.p95_ms, told.min_ms, told.max_ms) == (50, 79.511, 84.018, 77.385, 88.213)
    assert (told.mean_ms, told.deviation_ms) == (79.7325, 1.929)
    assert read_peak_bytes(PRINTED) is None
    assert read_peak_bytes("Overall peak memory footprint (MB) via periodic monitoring: 12.5") == int(12.5 * 2**20)


def test_times_that_are_all_the_same_are_one_number() -> None:
    same = "count=3 curr=7(all same) p5=7 median=7 p95=7"
    told = read_figures(re.sub(r"count=50.*", same, PRINTED)).steady
    assert (told.count, told.p50_ms, told.min_ms, told.max_ms, told.deviation_ms) == (3, 0.007, 0.007, 0.007, 0.0)


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("", "there is no line 'Inference timings in us'"),
        (PRINTED.replace("count=", "number="), "there are no two lines"),
        (PRINTED.replace(" p5=77612 median=79511 p95=84018", ""), "it tells no median and no p95"),
    ],
)
def test_what_is_printed_otherwise_is_no_guess(printed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_figures(printed)


def test_operators_are_joined_with_what_the_file_says(shared_data: Path) -> None:
    facts = inspect(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite")
    profile = read_operators(OPERATORS, facts)
    assert [(cost.index, cost.kind, cost.time_ms) for cost in profile.costs] == [
        (0, "CONV_2D", 4.269),
        (1, "DEPTHWISE_CONV_2D", 2.15),
    ]
    # By number and kind: the tool's names are those of another file.
    for cost in profile.costs:
        same = facts.ops[cost.index].name == cost.kind
        assert cost.macs == (facts.ops[cost.index].macs if same else None)
    assert read_operators("nothing", facts).costs == ()


def test_a_run_by_the_program(shared_data: Path) -> None:
    file = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    result = benchmark(file, engine=ENGINE, runs=30, min_seconds=0, threads=[1, 2], ops=True)
    assert [run.threads for run in result.runs] == [1, 2]
    run = result.best
    assert (run.engine, run.device, run.steady.count, run.steady.samples_ms) == ("benchmark_model", "local", 30, ())
    assert 0 < run.steady.min_ms <= run.steady.p50_ms <= run.steady.p90_ms <= run.steady.p99_ms
    assert (run.outputs_sha256, run.conditions) == (None, None)
    assert (run.peak_memory_bytes, run.baseline_memory_bytes) == (int(9.75 * 2**20), int(7.25 * 2**20))
    assert run.environment.cores >= 1
    assert run.ops is not None
    assert [cost.kind for cost in run.ops.costliest(2)] == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    assert run.ops.costs[2].macs is None
    assert RunResult.from_document(json.loads(json.dumps(run.to_document()))) == run
    assert "p50" in str(result)


def test_what_the_device_ends_is_no_fault_of_the_file(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    tool = tmp_path / "tool"
    for name, kind in (("KILL", CommandFailed), ("ILL", CommandFailed), ("SEGV", InferenceError)):
        tool.write_text(f"#!/bin/sh\nkill -{name} $$\n")
        with pytest.raises(kind, match="benchmark_model on local (was ended by SIG(KILL|ILL): |ended with code )"):
            benchmark(file, engine=f"benchmark_model={tool}", runs=1, min_seconds=0)


@pytest.mark.parametrize("said", ["hello", "[]", "{}"])
def test_a_python_that_says_something_else(said: str, shared_data: Path) -> None:
    class Chatty(LocalDevice):
        def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
            return Completed(0, said, "")

    with closing(Chatty()) as device, pytest.raises(CommandFailed, match="what python3 on local says of the machine"):
        benchmark(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", engine=ENGINE, device=device)


def test_a_program_that_tells_no_peak_of_memory(shared_data: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "tool"
    quiet.write_text(STAND_IN.read_text().replace("Overall peak memory", "Some memory"))
    file = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    result = benchmark(file, engine=f"benchmark_model={quiet}", runs=1, min_seconds=0)
    # What it has grown by is in the parts, and is no peak.
    assert (result.best.peak_memory_bytes, result.best.memory[0].bytes) == (None, int(2.5 * 2**20))
    assert "memory unknown" in str(result)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"engine": "benchmark_model"}, "engine 'benchmark_model' names no program"),
        ({"engine": "benchmark_model=none"}, "the program none of engine 'benchmark_model' is no file"),
        ({"engine": "agent=x"}, "the agent is edgekit's own"),
        ({"engine": "benchmark_modle=x"}, "unknown engine 'benchmark_modle'. Did you mean 'benchmark_model'"),
        ({"engine": ENGINE, "idle_ms": 5.0}, "the engine benchmark_model has no idle"),
        ({"engine": ENGINE, "sustained_seconds": 5.0}, "the engine benchmark_model has no sustained"),
        ({"engine": ENGINE, "count": True}, "the engine benchmark_model has no count"),
    ],
)
def test_what_the_program_cannot_do_is_said(choices: dict[str, Any], sentence: str, shared_data: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        benchmark(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", **choices)


def test_a_program_for_another_machine_and_a_file_that_it_refuses(shared_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "tool"
    other.write_bytes(b"\x7fELF but not for here")
    file = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    with pytest.raises(CommandFailed, match="does not start on local"):
        benchmark(file, engine=f"benchmark_model={other}", runs=1, min_seconds=0)
    with pytest.raises(InferenceError, match=r"benchmark_model on local ended with code 1 on .*invoking_error"):
        benchmark(shared_data / "coral" / "model_invoking_error.tflite", engine=ENGINE, runs=1, min_seconds=0)
