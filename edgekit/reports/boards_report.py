"""Which boards would run a file, as a section with a chart of intervals, and as a page of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.charts import Bar, Chart, Dot, Line, Mark, Scale, Text, Tint, fitting, log_ticks
from edgekit.prediction import BoardChoice, BoardTable, Prediction
from edgekit.reports.latency_charts import LEFT, RIGHT, WIDTH
from edgekit.reports.page import Figure, Gallery, Page, PageTable, Paragraph, Section
from edgekit.units import format_bytes, format_milliseconds

_ROW, _TOP, _BOTTOM, _NAME = 22, 8, 28, 112
_COLUMNS = ("board", "likely", "median", "90 % interval", "memory", "power", "what stands against it")


@dataclass(frozen=True, slots=True)
class BoardsReport:
    """A table of boards that can be written as a report."""

    table: BoardTable

    @property
    def page(self) -> Page:
        """What stands on it, as every format shows it."""
        return Page(f"Boards for {Path(self.table.file).name}", None, (), (boards_section(self.table),))

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return self.table.to_document()


def boards_section(table: BoardTable, *, title: str = "Boards, estimated") -> Section:
    """Return the section: what is asked for, the chart, all boards with what stands against them."""
    rows = tuple(tuple(_cells(choice)) for choice in table.choices)
    # The axis is logarithmic: an estimate of nothing has no place there.
    predictions = [each for choice in table.choices if (each := choice.prediction) is not None and each.median_ms]
    chart = (Gallery((_figure(predictions, table.max_latency_ms),)),) if predictions else ()
    return Section(title, (Paragraph(_asked(table)), *chart, PageTable(_COLUMNS, rows, frozenset(_COLUMNS[1:6]))))


def _asked(table: BoardTable) -> str:
    limits = [
        *(() if table.max_latency_ms is None else (f"p90 latency {format_milliseconds(table.max_latency_ms)}",)),
        *(() if table.max_memory_bytes is None else (f"memory {format_bytes(table.max_memory_bytes)}",)),
        *(() if table.max_power_watts is None else (f"power {table.max_power_watts:g} W",)),
    ]
    asked = f"Limits: {', '.join(limits)}. " if limits else ""
    return f"{asked}All of this is estimated for {Path(table.file).name}: nothing ran on these boards."


def _cells(choice: BoardChoice) -> Iterator[str]:
    prediction = choice.prediction
    yield choice.profile
    yield "unknown" if choice.likelihood is None else f"{choice.likelihood * 100:.0f} %"
    yield "-" if prediction is None else format_milliseconds(prediction.median_ms)
    yield "-" if prediction is None else prediction.interval_text
    yield format_bytes(choice.memory_bytes)
    yield "-" if choice.power_watts is None else f"{choice.power_watts:g} W"
    yield "; ".join(choice.stops) or "-"


def _figure(predictions: Sequence[Prediction], limit_ms: float | None) -> Figure:
    # Beside a limit what is held against it is drawn: the p90. Its interval is wider than that of the median.
    what = "medians" if limit_ms is None else "the p90s that the limit is of"
    shown = [(each, *_figures(each, p90=limit_ms is not None)) for each in predictions]
    shown.sort(key=lambda row: row[2])
    edges = [edge for _, low, _, high in shown for edge in (low, high)] + ([limit_ms] if limit_ms else [])
    low, high = math.log10(min(edges)), math.log10(max(edges))
    across = Scale(low - 0.05, high + 0.05, LEFT + _NAME, WIDTH - RIGHT)
    bottom = _TOP + _ROW * len(shown)
    marks: list[Mark] = list(_axis(across, min(edges), max(edges), bottom))
    if limit_ms:
        x = across(math.log10(limit_ms))
        marks.append(Line((x, _TOP), (x, bottom), Tint.BAD, width=1.5, dashed=True))
    for row, (each, *figures) in enumerate(shown):
        middle = _TOP + _ROW * row + _ROW / 2
        left, centre, right = (across(math.log10(figure)) for figure in figures)
        marks += [
            Text((LEFT, middle), fitting(each.profile, width=_NAME - 8, size=12), Tint.INK, size=12),
            Bar((left, middle - 3), (max(right - left, 1.0), 6), Tint.GRID),
            Line((left, middle), (right, middle), Tint.FIRST, width=1.5),
            Dot((centre, middle), 3.5, Tint.FIRST),
        ]
    told = "; ".join(
        f"{each.profile} {format_milliseconds(centre)} ({format_milliseconds(least)} to {format_milliseconds(most)})"
        for each, least, centre, most in shown
    )
    limit = "" if limit_ms is None else f" Red: the limit, {format_milliseconds(limit_ms)}."
    return Figure(
        Chart(WIDTH, bottom + _BOTTOM, tuple(marks), f"Estimated latency by board. {told}"),
        f"Estimated latency: dots are {what}, lines their 90 % intervals. The axis is logarithmic.{limit}",
    )


def _figures(prediction: Prediction, *, p90: bool) -> tuple[float, float, float]:
    """Return low end, middle and high end of the interval that is drawn."""
    if not p90:
        return prediction.low_ms, prediction.median_ms, prediction.high_ms
    low, high = prediction.p90_interval_ms
    return low, prediction.p90_ms, high


def _axis(across: Scale, low: float, high: float, bottom: float) -> Iterator[Mark]:
    for figure in log_ticks(low, high):
        x = across(math.log10(figure))
        yield Line((x, _TOP), (x, bottom), Tint.GRID)
        yield Text((x, bottom + 14), format_milliseconds(figure), Tint.FAINT, size=11, anchor="middle")
