"""The sections of a page of runs; None where no run holds anything of the kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.artifact import Sidecar
from edgekit.reports.bar_chart import Amount, bar_chart
from edgekit.reports.latency_charts import distribution, in_order
from edgekit.reports.page import Block, Bullets, FactList, Figure, Gallery, PageTable, Paragraph, Section
from edgekit.reports.seen import SeenRun
from edgekit.reports.sweep_chart import sweep_rows, sweeps, thread_sweep
from edgekit.reports.time_line import looks_line, sustained_line
from edgekit.runs import SEEDED_INPUTS, Benchmark, MemoryPart, OpCost, RunResult, SpeedComparison, counted_text
from edgekit.units import format_bytes, format_milliseconds

_FIGURES = ("p50", "95 % interval", "p90", "p99", "min", "spread", "runs", "load", "init", "first")
_MOST_CHARTS = 4


def figures_section(seen: Sequence[SeenRun], *, limit_ms: float | None) -> Section:
    """All figures of all runs, and how their times are spread."""
    timed, counted = [each for each in seen if each.timed], [each for each in seen if not each.timed]
    blocks: list[Block] = []
    if timed:
        rows = tuple((each.name, *_times(each.run), _state(each.run)) for each in timed)
        blocks.append(PageTable(("run", *_FIGURES, "state"), rows, frozenset(_FIGURES)))
        idle = [(each, each.run.idle) for each in timed if each.run.idle is not None]
        rows = tuple(
            (each.name, f"{after.gap_ms:g} ms", format_milliseconds(after.timings.p50_ms),
             format_milliseconds(after.timings.p90_ms), f"{after.timings.p50_ms / each.run.steady.p50_ms:.2f}")
            for each, after in idle
            if after is not None
        )  # fmt: skip
        if rows:
            blocks.append(Paragraph("After idle gaps, as most programs run: clocks fall and caches cool meanwhile."))
            columns = ("run", "gap", "p50 after it", "p90 after it", "times the steady p50")
            blocks.append(PageTable(columns, rows, frozenset(columns[1:])))
        drawn = [each for each in timed if len(each.run.steady.samples_ms) > 1]
        orders = [in_order(each) for each in drawn[:_MOST_CHARTS]]
        blocks += [Gallery((distribution(timed, limit_ms=limit_ms), *orders)), *_first_ones(drawn)]
    if counted:
        blocks.append(Bullets(tuple(f"{each.name}: {counted_text(each.run)}" for each in counted)))
        blocks += _classes(counted)
    return Section("Latency" if timed else "Instructions", tuple(blocks))


def threads_section(seen: Sequence[SeenRun]) -> Section | None:
    """What more threads bring."""
    found = sweeps([each for each in seen if each.timed])
    if not found:
        return None
    columns = ("file and device", "threads", "p50", "p90", "times as fast as the first")
    table = PageTable(columns, sweep_rows(found), frozenset(columns[1:]))
    return Section("Threads", (Gallery((thread_sweep(found),)), table))


def time_section(seen: Sequence[SeenRun]) -> Section | None:
    """Temperature and clock along the time."""
    timed = [each for each in seen if each.timed]
    sustained = [figure for each in timed if (figure := sustained_line(each)) is not None]
    looks = [(each, figure) for each in timed if (figure := looks_line(each)) is not None]
    figures = (*sustained, *(figure for _, figure in looks[:_MOST_CHARTS]))
    untold = [
        f"{each.name}: {', '.join(each.run.conditions.unknown)}"
        for each in timed
        if each.run.conditions is not None and each.run.conditions.unknown
    ]
    rows = tuple(row for each in timed for row in _surroundings(each))
    blocks: list[Block] = [Gallery(figures), *_first_ones([each for each, _ in looks])] if figures else []
    if rows:
        columns = ("run", "others' load", "busiest other", "switches, waited", "switches, displaced", "memory stalls")
        blocks.append(PageTable(columns, rows, frozenset({columns[1], *columns[3:]})))
    if untold:
        blocks.append(Bullets(tuple(f"The system does not tell, of {each}." for each in untold)))
    return Section("Heat, clocks and company", tuple(blocks)) if blocks else None


def memory_section(seen: Sequence[SeenRun]) -> Section | None:
    """Memory in parts, and how each was measured."""
    # What an emulator takes is nobody's memory.
    parts = {each.name: _memory_parts(each.run) for each in seen if each.timed}
    if not parts:
        return None
    names = tuple(dict.fromkeys(part.name for found in parts.values() for part in found))
    sizes = {run: {part.name: part.bytes for part in found} for run, found in parts.items()}
    rows = tuple((run, *(_size(found.get(name)) for name in names)) for run, found in sizes.items())
    ways = dict.fromkeys(f"{part.name}: {part.how}." for found in parts.values() for part in found)
    figures = []
    for run, found in list(sizes.items())[:_MOST_CHARTS]:
        amounts = [Amount(name, size, format_bytes(size)) for name, size in found.items() if size is not None]
        if amounts:
            told = ", ".join(f"{amount.name} {amount.shown}" for amount in amounts)
            figures.append(Figure(bar_chart(amounts, told=f"Memory of {run}: {told}"), f"{run}. Parts overlap."))
    table = PageTable(("run", *names), rows, frozenset(names))
    first = _first_ones([each for each in seen if each.timed])
    return Section("Memory", (Gallery(tuple(figures)), *first, table, Bullets(tuple(ways))))


def _first_ones(drawn: Sequence[SeenRun]) -> Iterator[Paragraph]:
    """Say that not all runs have a chart of their own, where that is so."""
    if len(drawn) > _MOST_CHARTS:
        yield Paragraph(f"Of {len(drawn)} runs the first {_MOST_CHARTS} have a chart of their own.")


def _memory_parts(run: RunResult) -> tuple[MemoryPart, ...]:
    return run.memory or (
        MemoryPart("interpreter base", run.baseline_memory_bytes, "peak resident before the model was loaded"),
        MemoryPart("peak resident", run.peak_memory_bytes, "largest resident memory of the process"),
    )


def _size(size: int | None) -> str:
    return "unknown" if size is None else format_bytes(size)


def op_sections(seen: Sequence[SeenRun]) -> Iterator[Section]:
    """The operators that cost most, of each run that was asked for them."""
    for each in seen:
        ops = each.run.ops
        if ops is None:
            continue
        costs = ops.costliest()
        blocks: list[Block] = [Paragraph(f"{ops.how}.")]
        total = sum(_cost(cost) for cost in ops.costs)
        if costs and total > 0:
            amounts = [Amount(f"{cost.index} {cost.kind}", _cost(cost), _shown(cost)) for cost in costs]
            chart = bar_chart(amounts, told=f"The {len(costs)} operators that cost most in {each.name}")
            share = sum(map(_cost, costs)) / total
            caption = f"The {len(costs)} that cost most of {len(ops.costs)}: {share:.0%} of all operators together."
            rows = tuple(
                (str(cost.index), cost.kind, cost.output, "unknown" if cost.macs is None else f"{cost.macs:,}",
                 _shown(cost), f"{_cost(cost) / total:.1%}")
                for cost in costs
            )  # fmt: skip
            columns = ("#", "operator", "output", "MACs", "cost", "share")
            blocks += [Gallery((Figure(chart, caption),)), PageTable(columns, rows, frozenset({"#", *columns[3:]}))]
        yield Section(f"Operators: {each.name}", tuple(blocks))


def environment_section(benchmarks: Sequence[Benchmark]) -> Section:
    """The machines and their software, each once."""
    seen: dict[tuple[str, object], tuple[str, ...]] = {}
    for each in benchmarks:
        for run in each.runs:
            machine = run.environment
            seen.setdefault((each.device, (machine.cpu_model, machine.runtime, machine.system)), (
                each.device,
                "not told" if machine.board is None else machine.board,
                f"{machine.cpu_model}, {machine.machine}{', emulated' if machine.emulated else ''}",
                str(machine.cores),
                format_bytes(machine.memory_bytes),
                machine.system,
                machine.software,
            ))  # fmt: skip
    columns = ("device", "board", "processor", "cores", "memory", "system", "runtime")
    return Section("Environment", (PageTable(columns, tuple(seen.values()), frozenset({"cores", "memory"})),))


def origin_section(
    benchmarks: Sequence[Benchmark], sidecars: Sequence[Sidecar], speeds: Sequence[SpeedComparison] = ()
) -> Section:
    """What ran, what it was made of, and how the runs can be told apart from others."""
    files = {each.artifact_sha256: each.file for each in benchmarks}
    files |= {times.artifact_sha256: times.file for each in speeds for times in each.files}
    blocks: list[Block] = []
    known = {each.sha256: each for each in sidecars}
    for sha256, file in files.items():
        pairs = [("file", file), ("SHA-256", sha256)]
        sidecar = known.get(sha256)
        if sidecar is None:
            pairs.append(("made from", "unknown: its sidecar is not at hand"))
        else:
            origin = sidecar.origin
            of = "" if origin.sha256 is None else f", SHA-256 {origin.sha256}"
            pairs += [
                ("made from", f"{origin.path} ({origin.format}){of}"),
                ("precision", sidecar.precision),
                ("route", sidecar.route),
                ("made with", ", ".join(f"{name} {version}" for name, version in sidecar.versions.items())),
            ]
        blocks.append(FactList(tuple(pairs)))
    rows = tuple(
        (each.file, each.device, str(run.threads), run.engine, run.inputs or "not told", str(run.seed),
         run.outputs_sha256 or "not told")
        for each in benchmarks
        for run in each.runs
    )  # fmt: skip
    rows += tuple(
        (
            times.file,
            each.device,
            str(each.threads),
            "agent, in turns",
            SEEDED_INPUTS,
            str(each.seed),
            times.outputs_sha256,
        )
        for each in speeds
        for times in each.files
    )
    columns = ("file", "device", "threads", "engine", "inputs", "seed of the inputs", "digest of the outputs")
    blocks.append(PageTable(columns, rows, frozenset({"threads", "seed of the inputs"})))
    return Section("Where it comes from", tuple(blocks))


def _times(run: RunResult) -> Iterator[str]:
    steady = run.steady
    interval = steady.median_interval_ms
    yield format_milliseconds(steady.p50_ms)
    if interval is None:
        yield "unknown"
    else:
        low, high = format_milliseconds(interval.low), format_milliseconds(interval.high)
        number, _, unit = low.partition(" ")
        yield f"{number if high.endswith(f' {unit}') else low} to {high}"
    for value in (steady.p90_ms, steady.p99_ms, steady.min_ms, steady.mad_ms):
        yield format_milliseconds(value)
    yield f"{steady.count:,}"
    # Engines that do not tell the two apart give them as one.
    yield "unknown" if run.load_ms is None else format_milliseconds(run.load_ms)
    yield format_milliseconds(run.init_ms - (run.load_ms or 0.0))
    yield format_milliseconds(run.first_ms)


def _state(run: RunResult) -> str:
    told = [
        *(["TAINTED"] if run.tainted else []),
        *([] if run.settled else ["warm-up did not settle"]),
        *(["stopped early"] if run.stopped_early else []),
        *([f"{len(run.discarded)} tainted before it"] if run.discarded else []),
    ]
    if not told and run.conditions is None:
        return "conditions unknown"
    return ", ".join(told) or "clean"


def _classes(counted: Sequence[SeenRun]) -> Iterator[Block]:
    rows = []
    for each in counted:
        classes = each.run.instruction_classes
        if classes is not None:
            rows.append((each.name, *(f"{count:,}" for count in (classes.vector, classes.load_store, classes.other))))
    if rows:
        columns = ("run", "vector", "load and store", "other")
        yield PageTable(columns, tuple(rows), frozenset(columns[1:]))


def _surroundings(each: SeenRun) -> Iterator[tuple[str, ...]]:
    around = each.run.conditions
    if around is None:
        return
    busiest = "unknown" if around.busiest is None else around.busiest
    if around.busiest is not None and around.busiest_cores is not None:
        busiest += f", {around.busiest_cores:.2f} cores"
    yield (
        each.name,
        "unknown" if around.others_cores is None else f"{around.others_cores:.2f} cores",
        busiest,
        *(
            "unknown" if count is None else f"{count:,}"
            for count in (around.voluntary_switches, around.involuntary_switches)
        ),
        "unknown" if around.memory_stall_share is None else f"{around.memory_stall_share:.1%}",
    )


def _cost(cost: OpCost) -> float:
    return cost.time_ms if cost.time_ms is not None else float(cost.instructions or 0)


def _shown(cost: OpCost) -> str:
    if cost.time_ms is not None:
        return format_milliseconds(cost.time_ms)
    return "unknown" if cost.instructions is None else f"{cost.instructions:,} instructions"
