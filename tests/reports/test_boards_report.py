"""The table of boards in a report, with its chart."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from edgekit.charts import Dot, Text
from edgekit.prediction import boards
from edgekit.reports import BoardsReport, writer_for
from edgekit.reports.page import Gallery, PageTable
from edgekit.units import format_milliseconds

VWW = Path("mlperf_tiny", "vww_mobilenet_int8.tflite")


def test_boards_with_their_intervals(shared_data: Path) -> None:
    table = boards(shared_data / VWW, max_latency_ms=5.0)
    report = BoardsReport(table)
    (section,) = report.page.sections
    gallery = next(block for block in section.blocks if isinstance(block, Gallery))
    predicted = [choice for choice in table.choices if choice.prediction is not None]
    marks = gallery.figures[0].chart.marks
    assert sum(isinstance(mark, Dot) for mark in marks) == len(predicted) == 20
    named = [mark.text for mark in marks if isinstance(mark, Text)]
    assert {"rpi4", "stm32f746"} <= set(named)
    shown = next(block for block in section.blocks if isinstance(block, PageTable))
    assert len(shown.rows) == 21
    # The faster a board, the further to the left its dot.
    places = [mark.centre[0] for mark in marks if isinstance(mark, Dot)]
    assert places == sorted(places)
    # The limit is of the p90, so that is what is drawn beside it; without a limit the medians are.
    first = min((choice.prediction for choice in predicted if choice.prediction), key=lambda each: each.median_ms)
    least, most = first.p90_interval_ms
    assert (first.p90_likelihood(least), first.p90_likelihood(most)) == (pytest.approx(0.05), pytest.approx(0.95))
    told = f"{first.profile} {format_milliseconds(first.p90_ms)} ({first.p90_interval_text})"
    assert told in gallery.figures[0].chart.told
    (free,) = BoardsReport(dataclasses.replace(table, max_latency_ms=None)).page.sections
    gallery = next(block for block in free.blocks if isinstance(block, Gallery))
    told = f"{first.profile} {format_milliseconds(first.median_ms)} ({first.interval_text})"
    assert told in gallery.figures[0].chart.told
    html = writer_for(Path("x.html"))(report).decode()
    assert "<svg" in html
    assert "rpi-zero2w" in html
    assert "Limits: p90 latency 5 ms. All of this is estimated" in html
    assert json.loads(writer_for(Path("x.json"))(report))["schema"] == "edgekit.boards/1"
