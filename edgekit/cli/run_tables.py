"""What was measured, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from edgekit.cli.console import output
from edgekit.cli.tables import new_table, plain
from edgekit.runs import SEEDED_INPUTS, Benchmark, Conditions, RunResult, SpeedComparison, Sustained, counted_text
from edgekit.units import format_bytes, format_count, format_milliseconds


def show_benchmark(result: Benchmark) -> None:
    """Show the runs of a benchmark: one line for each number of threads, and what else was seen."""
    console = output()
    environment = result.runs[0].environment
    cores = "" if environment.emulated else f", {environment.cores} cores"
    console.print(
        f"{result.file} on {result.device}: {environment.cpu_model}{cores}, {environment.software}", markup=False
    )
    for run in result.runs:
        # What an emulator takes is nobody's latency, and its memory nobody's memory.
        if run.environment.emulated:
            console.print(f"{format_count(run.threads, 'thread')}: {counted_text(run)}", markup=False)
    measured = [run for run in result.runs if not run.environment.emulated]
    if measured:
        _show_times(console, measured)
        _show_memory(console, measured[0])
    for run in measured:
        for line in (*_regimes(run), *_conditions(run.conditions), *_notes(run)):
            console.print(f"{format_count(run.threads, 'thread')}: {line}", markup=False)
    _show_ops(console, result.runs[0])


def show_speed(result: SpeedComparison) -> None:
    """Show which of several files is faster."""
    console = output()
    environment = result.environment
    console.print(
        f"on {result.device}: {environment.cpu_model}, {environment.cores} cores, {environment.runtime}, "
        f"{format_count(result.threads, 'thread')}",
        markup=False,
    )
    numbers = ("p50", "runs", "times the first one's", "interval")
    table = new_table("file", *numbers, "", right=numbers)
    ratios = (None, *result.ratios)
    for each, ratio in zip(result.files, ratios, strict=True):
        table.add_row(
            each.file,
            format_milliseconds(each.steady.p50_ms),
            str(each.steady.count),
            "" if ratio is None else f"{ratio.ratio:.3f}",
            "" if ratio is None else f"{ratio.interval.low:.3f}..{ratio.interval.high:.3f}",
            "" if ratio is None else str(ratio.verdict),
        )
    console.print(table)
    console.print(result.certainty, markup=False)
    for line in (*_conditions(result.conditions), *result.taints):
        console.print(f"meanwhile: {line}", markup=False)


def _show_times(console: Console, runs: list[RunResult]) -> None:
    numbers = ("threads", "p50", "95 % interval", "p90", "p99", "min", "spread", "runs", "load", "init", "first")
    table = new_table(*numbers, right=numbers)
    for run in runs:
        steady, interval = run.steady, run.steady.median_interval_ms
        load = 0.0 if run.load_ms is None else run.load_ms
        table.add_row(
            str(run.threads),
            format_milliseconds(steady.p50_ms),
            "-" if interval is None else f"{format_milliseconds(interval.low)}..{format_milliseconds(interval.high)}",
            *(
                format_milliseconds(value)
                for value in (steady.p90_ms, steady.p99_ms, steady.min_ms, steady.mad_ms)
            ),
            str(steady.count),
            "-" if run.load_ms is None else format_milliseconds(load),
            format_milliseconds(run.init_ms - load),
            format_milliseconds(run.first_ms),
        )  # fmt: skip
    console.print(table)


def _show_memory(console: Console, run: RunResult) -> None:
    if not run.memory:
        peak = "unknown" if run.peak_memory_bytes is None else format_bytes(run.peak_memory_bytes)
        console.print(f"memory: peak {peak}", markup=False)
        return
    table = new_table("memory", "", "how it was measured", right=("",))
    for part in run.memory:
        table.add_row(part.name, "unknown" if part.bytes is None else format_bytes(part.bytes), part.how)
    console.print(table)


def _regimes(run: RunResult) -> Iterator[str]:
    if run.idle is not None:
        times = run.idle.timings
        factor = times.p50_ms / run.steady.p50_ms if run.steady.p50_ms else float("nan")
        yield (
            f"after pauses of {format_milliseconds(run.idle.gap_ms)}: p50 {format_milliseconds(times.p50_ms)}, largest "
            f"{format_milliseconds(max(times.samples_ms))} of {times.count}; {factor:.2f} times the steady one"
        )
    if run.sustained is not None:
        yield _sustained(run.sustained)


def _sustained(sustained: Sustained) -> str:
    first, last = sustained.timeline[0], sustained.timeline[-1]
    slowest = max(sustained.timeline, key=lambda point: point.median_ms)
    text = (
        f"{sustained.asked_s:g} s back to back: median {format_milliseconds(first.median_ms)} at first, "
        f"{format_milliseconds(last.median_ms)} at the end, {format_milliseconds(slowest.median_ms)} at its slowest "
        f"(after {slowest.at_s:.0f} s)"
    )
    heat = [point.temperature_c for point in sustained.timeline if point.temperature_c is not None]
    clocks = [point.clock_mhz for point in sustained.timeline if point.clock_mhz is not None]
    text += f"; {heat[0]:.0f} to {max(heat):.0f} °C" if heat else "; temperature unknown"
    text += f"; {min(clocks):.0f} to {max(clocks):.0f} MHz" if clocks else "; clock unknown"
    throttled = [point.throttled for point in sustained.timeline]
    if any(throttled):
        return f"{text}; throttled in {sum(map(bool, throttled))} of {len(throttled)} windows"
    return f"{text}; throttling unknown" if None in throttled else f"{text}; never throttled"


def _conditions(conditions: Conditions | None) -> Iterator[str]:
    if conditions is None:
        return
    told = []
    heat = [each.temperature_c for each in conditions.snapshots if each.temperature_c is not None]
    clocks = [max(each.clocks_mhz) for each in conditions.during if each.clocks_mhz]
    if heat:
        told.append(f"{heat[0]:.0f} to {max(heat):.0f} °C")
    if clocks:
        told.append(f"clock {min(clocks):.0f} to {max(clocks):.0f} MHz")
    told += _phone(conditions)
    if conditions.after.governor:
        told.append(f"governor {conditions.after.governor}")
    if conditions.others_cores is not None:
        told.append(f"others took {conditions.others_cores:.2f} cores")
    if conditions.involuntary_switches is not None:
        told.append(f"put aside {conditions.involuntary_switches} times")
    if conditions.memory_stall_share is not None:
        told.append(f"memory was waited for in {conditions.memory_stall_share:.1%} of the time")
    if conditions.unknown:
        told.append(f"unknown here: {', '.join(conditions.unknown)}")
    yield "; ".join(told)


def _phone(conditions: Conditions) -> Iterator[str]:
    before, after = conditions.before, conditions.after
    if before.thermal_status is not None and after.thermal_status is not None:
        yield f"thermal status {before.thermal_status} before and {after.thermal_status} after"
    if before.battery_percent is not None and after.battery_percent is not None:
        power = ", charging" if after.charging else ""
        warm = "" if after.battery_c is None else f", {after.battery_c:.0f} °C"
        yield f"battery {before.battery_percent:.0f} to {after.battery_percent:.0f} %{power}{warm}"


def _notes(run: RunResult) -> Iterator[str]:
    if run.inputs is not None and run.inputs != SEEDED_INPUTS:
        yield f"it ran on {run.inputs}"
    if run.discarded:
        yield f"tainted and done again {len(run.discarded)} times: {'; '.join(run.discarded[-1].taints)}"
    if run.tainted:
        yield f"TAINTED, so that it proves no latency: {'; '.join(run.taints)}"
    if not run.settled:
        yield "note: the times still differed after the warm-up"
    if run.stopped_early:
        yield "note: the time limit came before the number of runs"


def _show_ops(console: Console, run: RunResult) -> None:
    if run.ops is None:
        return
    console.print(f"operators: {run.ops.how}", markup=False)
    if not run.ops.costs:
        return
    numbers = ("op", "time", "instructions", "share", "MACs")
    table = new_table("op", "kind", "output", *numbers[1:], right=numbers)
    total = sum(cost.time_ms or cost.instructions or 0 for cost in run.ops.costs)
    for cost in run.ops.costliest():
        table.add_row(
            str(cost.index),
            cost.kind,
            # A converter joins the names of all that it has fused.
            plain(cost.output.rpartition(";")[2]),
            "-" if cost.time_ms is None else format_milliseconds(cost.time_ms),
            "-" if cost.instructions is None else f"{cost.instructions:,}",
            f"{(cost.time_ms or cost.instructions or 0) / total:.1%}" if total else "-",
            "-" if cost.macs is None else f"{cost.macs:,}",
        )
    console.print(table)
