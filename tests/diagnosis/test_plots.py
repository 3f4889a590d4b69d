"""The chart as a file: what is on it, and where it cannot go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from edgekit import Diagnosis
from edgekit.charts import Dot, Line, Text
from edgekit.diagnosis import save_plot
from edgekit.diagnosis.chart import HEIGHT, WIDTH, chart
from edgekit.errors import OutputError, UsageError

Told = Callable[[str], Diagnosis]
_SVG = "{http://www.w3.org/2000/svg}"


def test_every_tensor_has_a_dot_at_its_figure(told: Told) -> None:
    diagnosis = told("wide_channel")
    marks = chart(diagnosis).marks
    blue = [mark for mark in marks if isinstance(mark, Dot) and mark.colour == "#1f5fa8" and mark.centre[1] > 100]
    assert len(blue) == len(diagnosis.tensors)
    assert [dot.centre[0] for dot in blue] == sorted(dot.centre[0] for dot in blue)
    # Higher on the sheet is better, up to 60 dB.
    order = sorted(range(len(blue)), key=lambda position: blue[position].centre[1])
    figures = [min(60.0, diagnosis.tensors[position].snr_db) for position in order]
    assert figures == sorted(figures, reverse=True)
    orange = [mark for mark in marks if isinstance(mark, Dot) and mark.colour == "#c2571a" and mark.centre[1] > 100]
    assert len(orange) == sum(row.output_snr_db is not None for row in diagnosis.tensors)


def test_the_start_is_marked_and_the_cause_named(told: Told) -> None:
    diagnosis = told("wide_channel")
    texts = [mark.text for mark in chart(diagnosis).marks if isinstance(mark, Text)]
    assert any(text.startswith("starts at 6 (CONV_2D, width0") for text in texts)
    assert any(text.endswith("not healthy; wide channel") for text in texts)
    healthy = [mark.text for mark in chart(told("sound")).marks if isinstance(mark, Text)]
    assert not any(text.startswith("starts at") for text in healthy)
    assert any(text.endswith("samples, healthy") for text in healthy)


def test_nothing_lies_outside_of_the_sheet(told: Told) -> None:
    """Also what has no bottom and no top: a ratio of 300 dB, of -300 dB, and infinite ones."""
    diagnosis = told("outlier")
    figures = (300, -300, float("inf"), -float("inf"))
    extreme = [replace(row, snr_db=value) for row, value in zip(diagnosis.tensors, figures, strict=False)]
    for mark in chart(replace(diagnosis, tensors=(*extreme, *diagnosis.tensors[4:]))).marks:
        match mark:
            case Line(start, end):
                points = [start, end]
            case Dot(centre):
                points = [centre]
            case Text(at):
                points = [at]
        for x, y in points:
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_svg(told: Told, tmp_path: Path) -> None:
    diagnosis = replace(told("wide_channel"), quantized_file=Path("a<b>&c.tflite"))
    save_plot(diagnosis, tmp_path / "chart.svg")
    root = ElementTree.parse(tmp_path / "chart.svg").getroot()
    assert root.tag == f"{_SVG}svg"
    texts = [element.text for element in root.iter(f"{_SVG}text")]
    assert texts[0] == f"a<b>&c.tflite against {diagnosis.float_file.name}"
    assert len(list(root.iter(f"{_SVG}circle"))) > len(diagnosis.tensors)
    dashed = [element for element in root.iter(f"{_SVG}line") if element.get("stroke-dasharray")]
    assert len(dashed) == 3


def test_png(told: Told, tmp_path: Path) -> None:
    save_plot(told("wide_channel"), tmp_path / "chart.PNG")
    with Image.open(tmp_path / "chart.PNG") as image:
        assert (image.format, image.size) == ("PNG", (2 * WIDTH, 2 * HEIGHT))
        colours = {colour for _, colour in image.getcolors(2**20)}
    assert {(0x1F, 0x5F, 0xA8), (0xC2, 0x57, 0x1A), (0x2E, 0x7D, 0x32)} <= colours


def test_bad_names_are_refused(told: Told, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown kind of plot '.pmg'. Did you mean '.png'"):
        save_plot(told("sound"), tmp_path / "chart.pmg")
    with pytest.raises(UsageError, match="unknown kind of plot 'chart'"):
        save_plot(told("sound"), tmp_path / "chart")
    with pytest.raises(OutputError, match="the folder does not exist"):
        save_plot(told("sound"), tmp_path / "none" / "chart.svg")
    assert list(tmp_path.iterdir()) == []
