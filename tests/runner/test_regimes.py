"""Inferences after idle gaps and for long, and memory in parts, on real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.agent.timing import sustain
from edgekit.errors import UnsuitedDevice
from edgekit.runner import benchmark
from edgekit.runner.plan import IDLE_RUNS


def test_idle_gaps_and_a_long_run(shared_data: Path) -> None:
    steps = []
    run = benchmark(
        shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite",
        runs=5, min_seconds=0, retries=0, idle_ms=2.0, sustained_seconds=1.2, progress=steps.append,
    ).best  # fmt: skip
    assert run.idle is not None
    assert (run.idle.gap_ms, run.idle.timings.count) == (2.0, IDLE_RUNS)
    assert run.sustained is not None
    assert (run.sustained.asked_s, run.sustained.window_s) == (1.2, 1.0)
    # Where the machine stalls, the first window takes the time of the second one.
    first, *more = run.sustained.timeline
    assert first.at_s >= 1.0
    assert len(more) <= 1
    assert all(point.at_s > first.at_s and point.count >= 1 for point in more)
    # How far it is is told while it runs.
    assert [(step.done, step.total) for step in steps if "for long" in step.stage][-1] == (1, 1)


def test_windows_are_whole_but_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]
    monkeypatch.setattr("edgekit.agent.timing.time.perf_counter_ns", lambda: now[0])

    def invoke() -> None:
        now[0] += 100_000_000

    windows = sustain(invoke, seconds=1.2, window_s=1.0, look=dict)
    assert [(each["at_s"], each["count"], each["median_ns"]) for each in windows] == [(1.0, 10, 10**8), (1.2, 2, 10**8)]


def test_memory_is_told_in_parts(shared_data: Path) -> None:
    parts = {}
    for name in ("mlperf_tiny/kws_dscnn_int8", "coral/deeplabv3_mnv2_dm05_pascal_quant"):
        path = shared_data / f"{name}.tflite"
        run = benchmark(path, runs=1, min_seconds=0, retries=0).best
        parts[name] = {part.name: part.bytes for part in run.memory}
        assert all(part.how for part in run.memory)
        assert list(parts[name]) == ["file mapped", "interpreter base", "arena and packed weights", "peak resident"]
        # Pages are at most 64 KiB.
        assert 0 < (parts[name]["file mapped"] or 0) <= path.stat().st_size + (64 << 10)
        assert parts[name]["peak resident"] == run.peak_memory_bytes
        assert parts[name]["interpreter base"] == run.baseline_memory_bytes
    small, large = parts.values()
    # DeepLab's tensors at 513x513 take more than 8 MiB.
    assert (large["arena and packed weights"] or 0) > (small["arena and packed weights"] or 0) + (8 << 20)


def test_only_an_emulated_device_counts(shared_data: Path) -> None:
    with pytest.raises(UnsuitedDevice, match="local does not count instructions"):
        benchmark(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", count=True)


def test_a_runtime_without_a_profiler_says_so(shared_data: Path) -> None:
    run = benchmark(
        shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", runs=1, min_seconds=0, retries=0, ops=True
    ).best
    assert run.ops is not None
    assert run.ops.costs == ()
    assert run.ops.how.startswith("the runtime's Python interpreter has no profiler: --engine benchmark_model=PATH")
