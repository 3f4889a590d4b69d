"""How long inferences took: their distribution, and their order in time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from edgekit.charts import Area, Chart, Curve, Line, Mark, Scale, Text, Tint, fitting, log_ticks, ticks
from edgekit.reports.page import Figure
from edgekit.reports.seen import SeenRun
from edgekit.units import format_count, format_milliseconds

WIDTH = 360
LEFT, RIGHT = 10, 10
_ROW, _LINE, _HILL, _TOP, _BOTTOM = 62, 15, 34, 8, 30
_MOST_ROWS = 10
_BINS = 64
_FAR = 6.0
"""From the fastest to the slowest: where it is more, the axis is logarithmic."""
_COLUMNS = 120


def distribution(seen: Sequence[SeenRun], *, limit_ms: float | None) -> Figure:
    """Draw the distribution of each run's steady inferences, one below the other on one axis.

    Args:
        seen: runs whose times count; at least one.
        limit_ms: of the p90, from the budget; None: there is none.
    """
    drawn = seen[:_MOST_ROWS]
    low, high = _span(drawn, limit_ms)
    axis = _Axis(low, high)
    # Where a name leaves no room for the figures beside it, they get a line of their own.
    own_line = any(_name_of(each) != fitting(_name_of(each), width=_room(each), size=12) for each in drawn)
    height = _ROW + _LINE * own_line
    bottom = _TOP + height * len(drawn)
    marks: list[Mark] = [*_scale(axis, bottom)]
    if limit_ms is not None and low <= limit_ms <= high:
        marks.append(Line((axis(limit_ms), _TOP), (axis(limit_ms), bottom), Tint.BAD, width=1.5, dashed=True))
    for row, each in enumerate(drawn):
        marks += _row(each, axis, _TOP + height * row, own_line=own_line)
    told = "; ".join(f"{each.name}: {_figures(each)}" for each in drawn)
    return Figure(
        Chart(WIDTH, bottom + _BOTTOM, tuple(marks), f"Distribution of latency. {told}"),
        " ".join(_caption(seen, drawn, axis, limit_ms)),
    )


def in_order(each: SeenRun) -> Figure:
    """Draw a run's steady inferences in the order in which they were timed: medians of neighbours, and their span."""
    samples = np.asarray(each.run.steady.samples_ms)
    pieces = np.array_split(samples, min(_COLUMNS, len(samples)))
    top, height = 14, 190
    bottom = height - 34
    across = Scale(0, max(1, len(pieces) - 1), LEFT + 46, WIDTH - RIGHT)
    # The few slow ones should not press all others flat; how slow they were is in the table.
    slow, most = (float(figure) for figure in np.percentile(samples, [99.5, 90]))
    high = max(min(1.05 * slow, 3.0 * most), 1.02 * float(samples.min()), 1e-9)
    up = Scale(0.0, high, bottom, top)
    tint = Tint.BAD if each.run.tainted else Tint.FIRST
    marks: list[Mark] = []
    for figure in ticks(0.0, high, most=4):
        marks += [
            Line((LEFT + 46, up(figure)), (WIDTH - RIGHT, up(figure)), Tint.GRID),
            Text((LEFT + 40, up(figure)), _short(figure), Tint.FAINT, size=11, anchor="end"),
        ]
    highest = [(across(place), up(float(piece.max()))) for place, piece in enumerate(pieces)]
    lowest = [(across(place), up(float(piece.min()))) for place, piece in enumerate(pieces)]
    middle = [(across(place), up(float(np.median(piece)))) for place, piece in enumerate(pieces)]
    marks += [Area((*highest, *reversed(lowest)), tint), Curve(tuple(middle), tint)]
    marks.append(
        Text(
            ((LEFT + 46 + WIDTH - RIGHT) / 2, height - 12),
            f"inference 1 to {len(samples):,}, in order",
            Tint.FAINT,
            size=11,
            anchor="middle",
        )
    )
    beyond = int((samples > high).sum())
    more = f" {format_count(beyond, 'inference')} took longer than the chart is high." if beyond else ""
    told = f"Latency in order, {each.name}: the median {format_milliseconds(each.run.steady.p50_ms)}"
    caption = f"{each.name}, in order: medians of neighbours, and from their fastest to their slowest.{more}"
    return Figure(Chart(WIDTH, height, tuple(marks), told), caption)


class _Axis:
    """Where a latency lies."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.logarithmic = high > low * _FAR
        self._scale = Scale(self._place(low), self._place(high), LEFT, WIDTH - RIGHT)

    def __call__(self, figure: float) -> float:
        return self._scale(self._place(figure))

    def edges(self) -> list[float]:
        """Return the borders of the bins, as wide as each other on paper."""
        places = np.linspace(self._place(self.low), self._place(self.high), _BINS + 1)
        return [float(10.0**place if self.logarithmic else place) for place in places]

    def figures(self) -> tuple[float, ...]:
        """Return what is written at the axis."""
        if not self.logarithmic:
            return ticks(self.low, self.high, most=6)
        return log_ticks(self.low, self.high)

    def _place(self, figure: float) -> float:
        return math.log10(figure) if self.logarithmic else figure


def _span(drawn: Sequence[SeenRun], limit_ms: float | None) -> tuple[float, float]:
    low = max(min(each.run.steady.min_ms for each in drawn), 1e-6)
    high = max(each.run.steady.p99_ms for each in drawn)
    if limit_ms is not None and high < limit_ms <= 2.5 * high:
        high = limit_ms
    spread = max(high - low, 0.02 * high)
    return max(low - 0.03 * spread, low * 0.9), high + 0.05 * spread


def _scale(axis: _Axis, bottom: float) -> Iterator[Mark]:
    for figure in axis.figures():
        x = axis(figure)
        yield Line((x, _TOP), (x, bottom), Tint.GRID)
        edge = "start" if x < LEFT + 20 else "end" if x > WIDTH - RIGHT - 20 else "middle"
        yield Text((x, bottom + 14), _short(figure), Tint.FAINT, size=11, anchor=edge)


def _name_of(each: SeenRun) -> str:
    return f"TAINTED {each.name}" if each.run.tainted else each.name


def _room(each: SeenRun) -> float:
    """Return how wide a name may be beside its figures."""
    return WIDTH - LEFT - RIGHT - len(_figures(each)) * 6.2 - 8


def _row(each: SeenRun, axis: _Axis, top: float, *, own_line: bool) -> Iterator[Mark]:
    tint = Tint.BAD if each.run.tainted else Tint.FIRST
    base = top + _ROW + _LINE * own_line - 8
    room = WIDTH - LEFT - RIGHT if own_line else _room(each)
    yield Text(
        (LEFT, top + 9), fitting(_name_of(each), width=room, size=12), Tint.BAD if each.run.tainted else Tint.INK, 12
    )
    yield Text((WIDTH - RIGHT, top + 9 + _LINE * own_line), _figures(each), Tint.FAINT, size=11, anchor="end")
    steady = each.run.steady
    if steady.samples_ms:
        yield Area(tuple(_hill(steady.samples_ms, axis, base)), tint)
        yield Curve(tuple(_hill(steady.samples_ms, axis, base)), tint, width=1.0)
    for figure, dashed in ((steady.p50_ms, False), (steady.p90_ms, True)):
        yield Line((axis(figure), base - _HILL), (axis(figure), base), tint, width=2.0, dashed=dashed)


def _hill(samples: Sequence[float], axis: _Axis, base: float) -> Iterator[tuple[float, float]]:
    edges = axis.edges()
    counts, _ = np.histogram(np.minimum(samples, edges[-1]), bins=edges)
    highest = max(1, int(counts.max()))
    yield axis(edges[0]), base
    for count, left, right in zip(counts, edges, edges[1:], strict=False):
        y = base - _HILL * float(count) / highest
        yield axis(left), y
        yield axis(right), y
    yield axis(edges[-1]), base


def _figures(each: SeenRun) -> str:
    steady = each.run.steady
    return f"p50 {format_milliseconds(steady.p50_ms)} · p90 {format_milliseconds(steady.p90_ms)}"


def _caption(seen: Sequence[SeenRun], drawn: Sequence[SeenRun], axis: _Axis, limit_ms: float | None) -> Iterator[str]:
    yield "Steady inferences back to back: how many took how long. Solid line: p50; dashed: p90."
    if axis.logarithmic:
        yield "The axis is logarithmic."
    if len(drawn) < len(seen):
        yield f"The first {len(drawn)} of {len(seen)} runs are drawn; all are in the table."
    beyond = sum(sum(sample > axis.high for sample in each.run.steady.samples_ms) for each in drawn)
    if beyond:
        yield f"{format_count(beyond, 'inference')} beyond the right edge {'is' if beyond == 1 else 'are'} at it."
    if limit_ms is not None:
        limit = format_milliseconds(limit_ms)
        if axis.low <= limit_ms <= axis.high:
            yield f"Red: the limit of the p90, {limit}."
        else:
            side = "right" if limit_ms > axis.high else "left"
            yield f"The limit of the p90, {limit}, lies to the {side} of the chart."
    if any(each.run.steady.told is not None for each in drawn):
        yield "A tool that keeps its sample to itself has a line alone: its p95 stands for the p90."


def _short(figure: float) -> str:
    return "0" if figure == 0 else format_milliseconds(figure)
