"""Temperature, clock and latency along the time of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from edgekit.charts import Chart, Curve, Dot, Line, Mark, Scale, Text, Tint, ticks
from edgekit.reports.latency_charts import LEFT, RIGHT, WIDTH
from edgekit.reports.page import Figure
from edgekit.reports.seen import SeenRun
from edgekit.units import format_milliseconds

_AXIS, _PANEL, _GAP, _TOP, _BOTTOM = LEFT + 46, 84, 26, 18, 34


@dataclass(frozen=True, slots=True)
class _Panel:
    """One quantity along the time; None where the system does not tell."""

    title: str
    unit: str
    colour: Tint
    values: Sequence[float | None]
    from_zero: bool

    @property
    def known(self) -> bool:
        return any(value is not None for value in self.values)


def sustained_line(each: SeenRun) -> Figure | None:
    """Draw a sustained run, window by window; None where there was none."""
    sustained = each.run.sustained
    if sustained is None:
        return None
    points = sustained.timeline
    panels = (
        _Panel("median latency", "ms", Tint.FIRST, [point.median_ms for point in points], from_zero=True),
        _Panel("temperature", "°C", Tint.SECOND, [point.temperature_c for point in points], from_zero=False),
        _Panel("clock of the fastest core", "MHz", Tint.THIRD, [point.clock_mhz for point in points], from_zero=True),
    )
    throttled = [point.at_s for point in points if point.throttled]
    slowdown = f"The slowest window took {sustained.slowdown:.2f} times as long as the first."
    throttling = f" Red dots: {len(throttled)} of {len(points)} windows throttled." if throttled else ""
    caption = f"{each.name}, sustained for {points[-1].at_s:,.0f} s. {slowdown}{throttling}{_untold(panels)}"
    return Figure(_chart([point.at_s for point in points], panels, throttled, caption), caption, said=caption)


def looks_line(each: SeenRun) -> Figure | None:
    """Draw what was seen of the machine during a run; None where it tells neither temperature nor clock."""
    conditions = each.run.conditions
    if conditions is None:
        return None
    looks = conditions.snapshots
    panels = (
        _Panel("temperature", "°C", Tint.SECOND, [look.temperature_c for look in looks], from_zero=False),
        _Panel(
            "clock of the fastest core", "MHz", Tint.THIRD, [max(look.clocks_mhz, default=None) for look in looks],
            from_zero=True,
        ),
    )  # fmt: skip
    if not any(panel.known for panel in panels):
        return None
    caption = f"{each.name}: {len(looks)} looks at the machine, before, during and after the run.{_untold(panels)}"
    return Figure(_chart([look.at_s for look in looks], panels, [], caption), caption)


def _untold(panels: Sequence[_Panel]) -> str:
    missing = [panel.title for panel in panels if not panel.known]
    return f" The system does not tell the {' and the '.join(missing)}." if missing else ""


def _chart(times: Sequence[float], panels: Sequence[_Panel], marked: Sequence[float], told: str) -> Chart:
    shown = [panel for panel in panels if panel.known]
    bottom = _TOP + (_PANEL + _GAP) * len(shown) - _GAP
    across = Scale(min(0.0, times[0]), max(times[-1], 1e-9), _AXIS, WIDTH - RIGHT)
    marks: list[Mark] = []
    for figure in ticks(across.low, across.high, most=6):
        x = across(figure)
        marks += [
            Line((x, _TOP), (x, bottom), Tint.GRID),
            Text((x, bottom + 14), f"{figure:g} s", Tint.FAINT, size=11, anchor="middle" if x < WIDTH - 30 else "end"),
        ]
    for row, panel in enumerate(shown):
        marks += _panel(panel, times, across, _TOP + (_PANEL + _GAP) * row)
    marks += [Dot((across(at), bottom), 3.0, Tint.BAD) for at in marked]
    return Chart(WIDTH, bottom + _BOTTOM - 8, tuple(marks), told)


def _panel(panel: _Panel, times: Sequence[float], across: Scale, top: float) -> list[Mark]:
    known = [value for value in panel.values if value is not None]
    low, high = (0.0, max(known)) if panel.from_zero else (min(known), max(known))
    spread = max(high - low, 0.02 * abs(high), 1e-9)
    up = Scale(low if panel.from_zero else low - 0.1 * spread, high + 0.1 * spread, top + _PANEL, top)
    marks: list[Mark] = [Text((_AXIS, top - 8), panel.title, Tint.INK, size=12)]
    for figure in ticks(up.low, up.high, most=3):
        shown = format_milliseconds(figure) if panel.unit == "ms" and figure else f"{figure:g} {panel.unit}"
        marks += [
            Line((_AXIS, up(figure)), (WIDTH - RIGHT, up(figure)), Tint.GRID),
            Text((_AXIS - 5, up(figure)), shown, Tint.FAINT, size=10, anchor="end"),
        ]
    points = [None if value is None else (across(at), up(value)) for at, value in zip(times, panel.values, strict=True)]
    # What is not known leaves a gap.
    marks += [
        Curve((one, other), panel.colour, width=2.0)
        for one, other in pairwise(points)
        if one is not None and other is not None
    ]
    if len(known) <= 40:
        marks += [Dot(point, 2.5, panel.colour) for point in points if point is not None]
    return marks
