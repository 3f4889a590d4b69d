"""The signal to noise ratio along the graph, as a chart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from edgekit.charts import Chart, Dot, Line, Mark, Text, Tint, draw
from edgekit.diagnosis.diagnosis import Diagnosis, TensorError, decibels
from edgekit.sensitivity.names import short_name

WIDTH, HEIGHT = 960, 480

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 108, 64
_HIGHEST = 60.0
_LOWEST = -20.0
_GRID, _INK, _FAINT = Tint.GRID, Tint.INK, Tint.FAINT
_WHOLE, _ALONE, _LIMIT = Tint.FIRST, Tint.SECOND, Tint.GOOD
_MOST_NUMBERS = 24
_LONGEST = 48


def save_plot(diagnosis: Diagnosis, path: str | Path) -> None:
    """Draw the signal to noise ratio along the graph.

    Args:
        diagnosis: what to draw.
        path: of the file to write; ``.svg`` or ``.png`` says what it becomes.

    Raises:
        UsageError: the name has another suffix.
        OutputError: it cannot be written.
    """
    draw(chart(diagnosis), Path(path))


def chart(diagnosis: Diagnosis) -> Chart:
    """Return the chart."""
    told = f"signal to noise ratio of {diagnosis.quantized_file.name}, operator by operator"
    return Chart(WIDTH, HEIGHT, tuple(_marks(diagnosis, _Sheet(diagnosis.tensors))), told)


class _Sheet:
    """Where figures lie on the sheet."""

    def __init__(self, rows: tuple[TensorError, ...]) -> None:
        self.count = len(rows)
        figures = [figure for row in rows for figure in (row.snr_db, row.output_snr_db) if figure is not None]
        least = max(_LOWEST, min(0.0, *figures, 0.0))
        self.lowest = 10.0 * (least // 10.0)

    def x(self, position: int) -> float:
        return _LEFT + (position + 0.5) * (WIDTH - _LEFT - _RIGHT) / max(1, self.count)

    def y(self, figure: float) -> float:
        share = (min(max(figure, self.lowest), _HIGHEST) - self.lowest) / (_HIGHEST - self.lowest)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def _marks(diagnosis: Diagnosis, sheet: _Sheet) -> Iterator[Mark]:
    yield Text((_LEFT, 22), f"{diagnosis.quantized_file.name} against {diagnosis.float_file.name}", _INK, size=16)
    state = "healthy" if diagnosis.healthy else "not healthy"
    outputs = f"outputs: {decibels(diagnosis.output_snr_db)} on {diagnosis.samples} samples, {state}"
    causes = ", ".join(dict.fromkeys(finding.cause for finding in diagnosis.findings))
    yield Text((_LEFT, 44), f"{outputs}{f'; {causes}' if causes else ''}", _INK)
    yield from _legend(diagnosis)
    yield from _axes(diagnosis, sheet)
    rows = diagnosis.tensors
    size = 4.0 if sheet.count <= 60 else 2.5
    points = [(sheet.x(position), sheet.y(row.snr_db)) for position, row in enumerate(rows)]
    for start, end in pairwise(points):
        yield Line(start, end, _WHOLE, width=2.0)
    for point in points:
        yield Dot(point, size, _WHOLE)
    for position, row in enumerate(rows):
        if row.output_snr_db is not None:
            yield Dot((sheet.x(position), sheet.y(row.output_snr_db)), size, _ALONE)
    if diagnosis.start is not None:
        yield from _start(rows[diagnosis.start], sheet.x(diagnosis.start))


def _legend(diagnosis: Diagnosis) -> Iterator[Mark]:
    yield Dot((_LEFT + 6, 66), 4.0, _WHOLE)
    yield Text((_LEFT + 16, 66), "the tensor, after all that came before", _FAINT, size=12)
    yield Dot((_LEFT + 266, 66), 4.0, _ALONE)
    yield Text((_LEFT + 276, 66), "the outputs, if this operator alone were quantized", _FAINT, size=12)
    yield Line((_LEFT + 590, 66), (_LEFT + 612, 66), _LIMIT, dashed=True)
    yield Text((_LEFT + 618, 66), f"healthy from here: {diagnosis.limit_db:.0f} dB", _FAINT, size=12)


def _axes(diagnosis: Diagnosis, sheet: _Sheet) -> Iterator[Mark]:
    bottom = HEIGHT - _BOTTOM
    for figure in range(int(sheet.lowest), int(_HIGHEST) + 1, 10):
        y = sheet.y(figure)
        yield Line((_LEFT, y), (WIDTH - _RIGHT, y), _GRID)
        above = " +" if figure == _HIGHEST else ""
        yield Text((_LEFT - 8, y), f"{figure}{above} dB", _FAINT, size=12, anchor="end")
    limit = sheet.y(diagnosis.limit_db)
    yield Line((_LEFT, limit), (WIDTH - _RIGHT, limit), _LIMIT, dashed=True)
    every = -(-sheet.count // _MOST_NUMBERS)
    for position, row in enumerate(diagnosis.tensors):
        if position % every == 0:
            number = "in" if row.operator < 0 else str(row.operator)
            yield Text((sheet.x(position), bottom + 16), number, _FAINT, size=12, anchor="middle")
    yield Text(((_LEFT + WIDTH - _RIGHT) / 2, bottom + 42), "operators, in execution order", _FAINT, anchor="middle")


def _start(row: TensorError, x: float) -> Iterator[Mark]:
    yield Line((x, _TOP), (x, HEIGHT - _BOTTOM), _ALONE, dashed=True)
    name = short_name(row.tensor)
    name = name if len(name) <= _LONGEST else name[: _LONGEST - 3] + "..."
    told = f"starts at {'the input' if row.operator < 0 else row.operator} ({row.name}, {name})"
    # Above the figures, where no dot can lie on it.
    yield Text((x, _TOP - 14), told, _ALONE, size=12, anchor="start" if x < WIDTH / 2 else "end")
