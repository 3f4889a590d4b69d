"""Marks on a sheet: where figures lie, and that a sheet is the same in a page, in a file and in pixels."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from edgekit.charts import (
    Area,
    Bar,
    Chart,
    Curve,
    Dot,
    Line,
    Scale,
    Text,
    Tint,
    draw,
    fitting,
    log_ticks,
    svg_element,
    ticks,
)
from edgekit.charts.marks import SERIES
from edgekit.errors import UsageError

_SVG = "{http://www.w3.org/2000/svg}"
_HOSTILE = "</text><script>alert(1)</script>\x00\x1b\udc80&"


def sheet(*marks: object) -> Chart:
    return Chart(40, 30, marks, "a sheet")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.0, 1.0, 5, (0.0, 0.25, 0.5, 0.75, 1.0)),
        (0.0, 0.3, 4, (0.0, 0.1, 0.2, 0.3)),
        (3.2, 19.7, 5, (5.0, 10.0, 15.0)),
        (-20.0, 60.0, 5, (-20.0, 0.0, 20.0, 40.0, 60.0)),
        (1.0, 3.0, 3, (1.0, 2.0, 3.0)),
        (7.0, 7.0, 5, (7.0,)),
        (1e-9, 1.00001e-9, 4, (1e-9,)),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, expected: tuple[float, ...]) -> None:
    found = ticks(low, high, most=most)
    assert found[: len(expected)] == expected
    assert len(found) <= most
    assert all(low <= figure <= high for figure in found)


def test_ticks_of_a_logarithmic_axis_are_round() -> None:
    assert log_ticks(2.0, 50.0) == (2.0, 5.0, 10.0, 20.0, 50.0)
    assert log_ticks(0.3, 4_000.0) == (1.0, 10.0, 100.0, 1000.0)


def test_a_scale_keeps_figures_on_the_sheet() -> None:
    scale = Scale(10.0, 20.0, 100.0, 0.0)
    assert [scale(figure) for figure in (10, 15, 20, 99, -99)] == [100.0, 50.0, 0.0, 0.0, 100.0]
    # One figure alone has no width to lie on.
    assert Scale(3.0, 3.0, 0.0, 10.0)(3.0) == 5.0


def test_long_names_lose_their_middle() -> None:
    assert fitting("short", width=100, size=12) == "short"
    cut = fitting("a_very_long_name_of_a_model_int8.tflite", width=100, size=12)
    assert cut == "a_very….tflite"
    assert len(cut) * 12 * 0.56 <= 100


def test_what_is_told_is_inert_in_a_page_and_in_a_file(tmp_path: Path) -> None:
    chart = Chart(40, 30, (Text((1, 1), _HOSTILE, Tint.INK),), _HOSTILE)
    page = ElementTree.tostring(svg_element(chart), encoding="unicode", method="html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    draw(chart, tmp_path / "chart.svg")
    root = ElementTree.parse(tmp_path / "chart.svg").getroot()
    expected = "</text><script>alert(1)</script>\ufffd\ufffd\ufffd&"
    assert root.findtext(f"{_SVG}text") == root.findtext(f"{_SVG}title") == expected


def test_a_page_may_give_colours_other_values() -> None:
    element = svg_element(sheet(Dot((5, 5), 2, Tint.SECOND)))
    assert element.find("circle").get("fill") == "var(--chart-second, #c2571a)"


def test_a_file_has_its_own_paper(tmp_path: Path) -> None:
    draw(sheet(Dot((5, 5), 2, Tint.SECOND)), tmp_path / "chart.svg")
    root = ElementTree.parse(tmp_path / "chart.svg").getroot()
    assert (root.get("width"), root.get("height")) == ("40", "30")
    assert root.find(f"{_SVG}rect").get("fill") == "#ffffff"
    assert root.find(f"{_SVG}circle").get("fill") == "#c2571a"


def test_every_mark_is_seen_in_both_formats(tmp_path: Path) -> None:
    marks = {
        "line": Line((2, 2), (38, 2), Tint.FIRST, width=2),
        "polyline": Curve(((2, 4), (20, 8), (38, 4)), Tint.SECOND, width=2),
        "rect": Bar((2, 10), (6, 5), Tint.THIRD),
        "circle": Dot((14, 13), 3, Tint.FOURTH),
        "polygon": Area(((20, 10), (30, 10), (30, 15)), Tint.INK),
        "text": Text((2, 22), "words", Tint.BAD, size=12),
    }
    draw(sheet(*marks.values()), tmp_path / "all.svg")
    root = ElementTree.parse(tmp_path / "all.svg").getroot()
    assert [element.tag.removeprefix(_SVG) for element in root] == ["title", "rect", *marks]
    for name, mark in marks.items():
        draw(sheet(mark), tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.size == (80, 60)
            colours = {colour for _, colour in image.getcolors(2**16)}
        red, green, blue = (int(mark.colour[place : place + 2], 16) for place in (1, 3, 5))
        assert len(colours) > 1
        if name == "polygon":
            # What lies below it shines through.
            assert (red, green, blue) not in colours
            assert min(colours) < (230, 230, 230)
        else:
            assert (red, green, blue) in colours


def test_colours_beside_each_other_differ() -> None:
    assert len(set(SERIES)) == len(SERIES)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown kind of plot '.pdf'.*Valid: .svg, .png"):
        draw(sheet(), tmp_path / "chart.pdf")
    assert list(tmp_path.iterdir()) == []
