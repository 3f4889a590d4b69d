"""Amounts below each other: parts of the memory, the operators that cost most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.charts import Bar, Chart, Mark, Scale, Text, Tint, fitting
from edgekit.reports.latency_charts import LEFT, RIGHT, WIDTH

_ROW, _THICK, _TOP = 36, 11, 4


@dataclass(frozen=True, slots=True)
class Amount:
    """One bar."""

    name: str
    value: float
    shown: str
    """The value as people read it."""


def bar_chart(amounts: Sequence[Amount], *, told: str, colour: Tint = Tint.FIRST) -> Chart:
    """Return bars from zero, each below its name and its value; at least one."""
    across = Scale(0.0, max(*(each.value for each in amounts), 1e-12), 0.0, WIDTH - LEFT - RIGHT)
    marks: list[Mark] = []
    for row, each in enumerate(amounts):
        top = _TOP + _ROW * row
        room = WIDTH - LEFT - RIGHT - len(each.shown) * 6.6 - 10
        marks += [
            Text((LEFT, top + 9), fitting(each.name, width=room, size=12), Tint.INK, size=12),
            Text((WIDTH - RIGHT, top + 9), each.shown, Tint.FAINT, size=12, anchor="end"),
            Bar((LEFT, top + 19), (WIDTH - LEFT - RIGHT, _THICK), Tint.GRID),
            Bar((LEFT, top + 19), (across(each.value), _THICK), colour),
        ]
    return Chart(WIDTH, _TOP + _ROW * len(amounts) + 2, tuple(marks), told)
