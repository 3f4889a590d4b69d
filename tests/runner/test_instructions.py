"""Instructions of an inference, counted on emulated boards: exact, by the core's features, and never seconds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.devices import connect
from edgekit.devices.emulated import EmulatedDevice
from edgekit.metrics import Evidence, Verdict
from edgekit.profiles import profile_named
from edgekit.runner import Benchmark, benchmark, load_benchmark
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
