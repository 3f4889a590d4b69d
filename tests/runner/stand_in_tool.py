#!/usr/bin/env python3
"""Stands in for LiteRT's benchmark_model, which no package carries: runs a model, and prints in that tool's format."""
# ruff: noqa: T201

import statistics
import sys
import time
from pathlib import Path


def main() -> int:
    options = dict(word[2:].split("=", 1) for word in sys.argv[1:])
    if not Path(options["graph"]).exists():
        print("ERROR: Could not open", file=sys.stderr)
        return 1
    from ai_edge_litert.interpreter import Interpreter

    begin = time.perf_counter()
    try:
        interpreter = Interpreter(model_path=options["graph"], num_threads=int(options["num_threads"]))
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        print(f"ERROR: Failed to allocate tensors! {error}", file=sys.stderr)
        return 1
    init = (time.perf_counter() - begin) * 1e6
    print(f"INFO: Min num runs: [{options['num_runs']}]")
    print(f"INFO: Initialized session in {init / 1e3}ms.")
    warm = timed(interpreter, int(options.get("warmup_runs", 1)), 0.0)
    print(f"INFO: {stat(warm)}\n")
    steady = timed(interpreter, int(options["num_runs"]), float(options["min_secs"]))
    print(f"INFO: {stat(steady)}\n")
    average = statistics.fmean(steady)
    print(
        f"INFO: Inference timings in us: Init: {init:.0f}, First inference: {warm[0]}, "
        f"Warmup (avg): {statistics.fmean(warm):g}, Inference (avg): {average:g}"
    )
    print("INFO: Memory footprint delta from the start of the tool (MB): init=1.25 overall=2.5")
    if options.get("report_peak_memory_footprint") == "true":
        print("INFO: Overall peak memory footprint (MB) via periodic monitoring: 9.75")
    if options.get("enable_op_profiling") == "true":
        print(PROFILE)
    return 0


def timed(interpreter, runs: int, seconds: float) -> list[int]:
    times: list[int] = []
    end = time.perf_counter() + seconds
    while len(times) < runs or time.perf_counter() < end:
        begin = time.perf_counter()
        interpreter.invoke()
        times.append(int((time.perf_counter() - begin) * 1e6))
    return times


def stat(times: list[int]) -> str:
    ordered = sorted(times)
    p5, median, p95 = (ordered[len(times) * percent // 100] for percent in (5, 50, 95))
    tail = f" p5={p5} median={median} p95={p95}"
    if ordered[0] == ordered[-1]:
        return f"count={len(times)} curr={times[-1]}{'(all same)' if len(times) > 1 else ''}{tail}"
    return (
        f"count={len(times)} first={times[0]} curr={times[-1]} min={ordered[0]} max={ordered[-1]} "
        f"avg={statistics.fmean(times):g} std={int(statistics.pstdev(times))}{tail}"
    )


PROFILE = """\
============================== Run Order ==============================
\t             [node type]\t  [first]\t [avg ms]\t     [%]\t  [cdf%]\t  [mem KB]\t[times called]\t[Name]
\t                 CONV_2D\t    4.269\t    4.169\t 70.000%\t 70.000%\t     0.000\t        1\t[first/Relu]:0
\t       DEPTHWISE_CONV_2D\t    2.150\t    1.150\t 20.000%\t 90.000%\t     0.000\t        1\t[second/Relu]:1
\t TfLiteXNNPackDelegate\t    0.150\t    0.250\t 10.000%\t100.000%\t     0.000\t        1\t[rest]:2

============================== Top by Computation Time ==============================
"""

if __name__ == "__main__":
    sys.exit(main())
