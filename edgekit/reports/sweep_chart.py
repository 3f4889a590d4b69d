"""What more threads bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from edgekit.charts import Chart, Curve, Dot, Line, Mark, Scale, Text, Tint, fitting, ticks
from edgekit.charts.marks import SERIES
from edgekit.reports.latency_charts import LEFT, RIGHT, WIDTH
from edgekit.reports.page import Figure
from edgekit.reports.seen import SeenRun
from edgekit.units import format_milliseconds

_AXIS, _TOP, _LEGEND, _HEIGHT = LEFT + 46, 12, 18, 210


def sweeps(seen: Sequence[SeenRun]) -> Mapping[str, tuple[SeenRun, ...]]:
    """Return the runs of each file and device that were measured with several numbers of threads, fewest first."""
    places: dict[str, dict[int, SeenRun]] = {}
    for each in seen:
        # Of two runs with the same number the last counts, as in the report's table.
        places.setdefault(each.place, {})[each.run.threads] = each
    return {
        place: tuple(found[threads] for threads in sorted(found)) for place, found in places.items() if len(found) > 1
    }


def sweep_rows(found: Mapping[str, tuple[SeenRun, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return a row for each number of threads: place, threads, p50, p90, how many times as fast as with the fewest."""
    return tuple(
        (
            place,
            str(each.run.threads),
            format_milliseconds(each.run.steady.p50_ms),
            format_milliseconds(each.run.steady.p90_ms),
            f"{series[0].run.steady.p50_ms / each.run.steady.p50_ms:.2f}",
        )
        for place, series in found.items()
        for each in series
    )


def thread_sweep(found: Mapping[str, tuple[SeenRun, ...]]) -> Figure:
    """Draw the p50 and the p90 of each number of threads, for at most as many series as there are colours."""
    drawn = dict(list(found.items())[: len(SERIES)])
    runs = [each for series in drawn.values() for each in series]
    counts = sorted({each.run.threads for each in runs})
    high = max(each.run.steady.p90_ms for each in runs) * 1.08
    legend = _LEGEND * len(drawn) if len(drawn) > 1 else 0
    bottom = _HEIGHT - 36
    across = Scale(0, len(counts) - 1, _AXIS + 24, WIDTH - RIGHT - 24)
    up = Scale(0.0, high, bottom, _TOP)
    marks: list[Mark] = []
    for figure in ticks(0.0, high, most=5):
        shown = "0" if figure == 0 else format_milliseconds(figure)
        marks += [
            Line((_AXIS, up(figure)), (WIDTH - RIGHT, up(figure)), Tint.GRID),
            Text((_AXIS - 6, up(figure)), shown, Tint.FAINT, size=11, anchor="end"),
        ]
    for place, count in enumerate(counts):
        marks.append(Text((across(place), bottom + 14), str(count), Tint.FAINT, size=11, anchor="middle"))
    marks.append(Text(((_AXIS + WIDTH) / 2, bottom + 29), "threads", Tint.FAINT, size=11, anchor="middle"))
    for row, ((place_name, series), colour) in enumerate(zip(drawn.items(), SERIES, strict=False)):
        points = tuple((across(counts.index(each.run.threads)), up(each.run.steady.p50_ms)) for each in series)
        first = series[0].run
        ideal = tuple(
            (across(counts.index(each.run.threads)), up(first.steady.p50_ms * first.threads / each.run.threads))
            for each in series
        )
        marks += [Line(one, other, colour, dashed=True) for one, other in pairwise(ideal)]
        marks.append(Curve(points, colour, width=2.0))
        for each, (x, y) in zip(series, points, strict=True):
            tint = Tint.BAD if each.run.tainted else colour
            marks += [Line((x, y), (x, up(each.run.steady.p90_ms)), tint, width=2.0), Dot((x, y), 4.5, tint)]
        if legend:
            y = _HEIGHT + _LEGEND * row + 6
            name = fitting(place_name, width=WIDTH - LEFT - 24, size=12)
            marks += [Dot((LEFT + 6, y), 4.5, colour), Text((LEFT + 16, y), name, Tint.INK, size=12)]
    told = "; ".join(
        f"{name}: " + ", ".join(f"{each.run.threads}: {format_milliseconds(each.run.steady.p50_ms)}" for each in series)
        for name, series in drawn.items()
    )
    caption = (
        "Dots: the p50 with each number of threads, and from there up to the p90. Dashed: what it would be if twice "
        "the threads took half the time."
    )
    if len(drawn) < len(found):
        caption += f" The first {len(drawn)} of {len(found)} are drawn; all are in the table."
    if any(each.run.tainted for each in runs):
        caption += " Red: tainted."
    return Figure(Chart(WIDTH, _HEIGHT + legend, tuple(marks), f"Latency by threads. {told}"), caption)
