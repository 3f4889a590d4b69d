"""Instructions of an inference, counted on emulated boards: exact, by the core's features, and never seconds."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from edgekit.conversion import Conversion
from edgekit.devices import connect
from edgekit.devices.emulated import EmulatedDevice
from edgekit.inspection import inspect
from edgekit.metrics import Evidence, Verdict
from edgekit.profiles import profile_named
from edgekit.runner import benchmark
from edgekit.runs import Benchmark, load_benchmark
from edgekit.testing import LoopbackBoard
from edgekit.verdicts import check

# Each starts an interpreter under emulation.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def int8(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"


def measured(file: Path, device: str) -> Benchmark:
    return benchmark(file, device=device, runs=2, min_seconds=0, first_timeout=120)


def test_counts_repeat_and_follow_the_core(emulated: Path, int8: Path, tmp_path: Path) -> None:
    counts = {}
    digests = {}
    for name in ("rpi4", "rpi5", "rpi2b"):
        result = measured(int8, f"emulated:{name}")
        run = result.best
        assert len(run.instructions) == 5
        assert run.instruction_spread <= 0.0005
        assert run.environment.emulated
        assert "by qemu" in run.environment.cpu_model
        metric = run.instruction_count
        assert metric is not None
        assert (metric.unit, metric.evidence) == ("count", Evidence.EMULATED)
        counts[name] = metric.value
        classes = run.instruction_classes
        # The groups of 32-bit instructions are not told apart.
        assert (classes is None) == (name == "rpi2b")
        if classes is not None:
            assert classes.vector + classes.load_store + classes.other == metric.value
            # A convolution is vector arithmetic on what was loaded.
            assert classes.vector > classes.load_store > metric.value / 20
            assert f"{classes.vector / metric.value:.0%} vector" in str(result)
        digests[name] = run.outputs_sha256
        result.save(tmp_path / "run.json")
        assert load_benchmark(tmp_path / "run.json") == result
        assert " ms" not in str(result)
        assert f"{metric.value:,.0f} instructions for an inference (emulated" in str(result)
    # Dot products do the work of several; 32-bit code has half the registers.
    assert counts["rpi5"] < counts["rpi4"] / 2 < counts["rpi4"] < counts["rpi2b"]
    assert 3e6 < counts["rpi4"] < 6e6
    # With and without them the same is computed, as on this machine, to the bit. The 32-bit runtime is years older, and
    # rounds as the reference kernels do.
    assert digests["rpi4"] == digests["rpi5"] == benchmark(int8, runs=1, min_seconds=0).best.outputs_sha256


def test_an_emulated_run_never_judges_latency(emulated: Path, int8: Path) -> None:
    runs = measured(int8, "emulated:rpi4").runs
    latency = next(each for each in check(int8, profile="rpi4", runs=runs).checks if each.limit == "latency_p90")
    assert latency.verdict is Verdict.UNKNOWN
    assert "it was seen on an emulated machine" in latency.sentence


def test_counts_over_ssh_from_an_emulated_board(
    emulated: Path, int8: Path, missing: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    with contextlib.closing(EmulatedDevice(profile_named("rpi4"))) as local:
        python = [*local.board.emulator, str(local.board.program("python3"))]
    with LoopbackBoard(tmp_path / "board", python=python) as board:
        monkeypatch.setenv("PATH", board.path)
        with contextlib.closing(connect(board.address)) as device:
            run = benchmark(int8, device=device, runs=2, min_seconds=0, first_timeout=120).best
    assert (run.environment.machine, run.environment.emulated) == ("aarch64", True)
    assert run.instruction_spread <= 0.0005
    assert 3e6 < min(run.instructions) < 6e6


def test_what_each_operator_costs(emulated: Path, shared_data: Path) -> None:
    file = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    run = benchmark(file, device="emulated:rpi4", count=True, ops=True, first_timeout=120).best
    assert run.steady.count == 1
    assert run.ops is not None
    facts = inspect(file)
    assert [(cost.index, cost.kind, cost.macs) for cost in run.ops.costs] == [
        (each.index, each.name, each.macs) for each in facts.ops
    ]
    costs = [cost.instructions or 0 for cost in run.ops.costs]
    # Cut behind the last operator, it is the file itself.
    assert sum(costs) == pytest.approx(median(run.instructions), rel=0.05)
    # The pointwise convolutions do nearly all of the work.
    assert {cost.kind for cost in run.ops.costliest(5)} <= {"CONV_2D", "DEPTHWISE_CONV_2D"}
    assert (run.ops.costliest(1)[0].macs or 0) > facts.macs / 20


def test_a_file_that_the_quantizer_wrote_is_cut_too(emulated: Path, photo_conversion: Conversion) -> None:
    # Its weights lie behind the FlatBuffer, not in it.
    file = next(each.path for each in photo_conversion.artifacts if str(each.provenance.recipe.precision) == "int8")
    run = benchmark(file, device="emulated:rpi4", count=True, ops=True, first_timeout=120).best
    assert run.ops is not None
    assert len(run.ops.costs) == len(inspect(file).ops)
    assert sum(cost.instructions or 0 for cost in run.ops.costs) == pytest.approx(median(run.instructions), rel=0.05)


def test_a_model_of_a_thousand_operators_is_counted_within_a_minute(
    emulated: Path, writer: Any, tmp_path: Path
) -> None:
    value = writer.tensor("in", "float32", [1, 256], io="i")
    for number in range(1000):
        following = writer.tensor(f"t{number}", "float32", [1, 256], io="o" if number == 999 else "")
        writer.operator(("ABS", "NEG", "TANH")[number % 3], [value], [following])
        value = following
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    file = writer.write(tmp_path / "thousand.tflite")
    run = benchmark(file, device="emulated:rpi4", count=True, first_timeout=120).best
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert min(run.instructions) > 300_000
    # Processor time, as the machine may be busy: about 4 s.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60
