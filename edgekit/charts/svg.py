"""A chart as SVG: an element to put into a page, or a file of its own. Texts are escaped by the XML writer."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, tostring

from edgekit.charts.marks import Area, Bar, Chart, Curve, Dot, Line, Mark, Point, Text, Tint

DASH = 6.0
_SHINE = "0.22"
# What XML has no way to say, and halves of letters, which file names that are no UTF-8 hold.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NAMES = {str(tint): tint.name.lower() for tint in Tint}

Paint = Callable[[str], str]


def speakable(text: str) -> str:
    """Return ``text`` with a mark in place of each character that XML has no way to say."""
    return _UNSPEAKABLE.sub("\ufffd", text)


def svg_element(chart: Chart) -> Element:
    """Return the chart as an element of a page, which may set ``--chart-NAME`` to another value for that colour."""
    return _sheet(chart, lambda colour: f"var(--chart-{_NAMES[colour]}, {colour})" if colour in _NAMES else colour)


def svg_file(chart: Chart) -> bytes:
    """Return the chart as a file, on white paper."""
    sheet = _sheet(chart, str)
    sheet.set("xmlns", "http://www.w3.org/2000/svg")
    sheet.set("width", str(chart.width))
    sheet.set("height", str(chart.height))
    paper = Element("rect", {"width": str(chart.width), "height": str(chart.height), "fill": "#ffffff"})
    # The first child is the sheet's title.
    sheet.insert(1, paper)
    content: bytes = tostring(sheet, encoding="utf-8")
    return content + b"\n"


def _sheet(chart: Chart, paint: Paint) -> Element:
    sheet = Element("svg", {"viewBox": f"0 0 {chart.width} {chart.height}", "role": "img", "font-family": "sans-serif"})
    SubElement(sheet, "title").text = speakable(chart.told)
    sheet.extend(_element(mark, paint) for mark in chart.marks)
    return sheet


def _element(mark: Mark, paint: Paint) -> Element:
    match mark:
        case Line((x1, y1), (x2, y2), colour, width, dashed):
            places = {"x1": _number(x1), "y1": _number(y1), "x2": _number(x2), "y2": _number(y2)}
            dash = {"stroke-dasharray": f"{DASH:g}"} if dashed else {}
            return Element("line", {**places, "stroke": paint(colour), "stroke-width": f"{width:g}", **dash})
        case Curve(points, colour, width):
            stroke = {"stroke": paint(colour), "stroke-width": f"{width:g}", "stroke-linejoin": "round"}
            return Element("polyline", {"points": _points(points), "fill": "none", **stroke})
        case Area(points, colour):
            return Element("polygon", {"points": _points(points), "fill": paint(colour), "fill-opacity": _SHINE})
        case Bar((x, y), (width, height), colour):
            size = {"width": _number(width), "height": _number(height)}
            return Element("rect", {"x": _number(x), "y": _number(y), **size, "fill": paint(colour)})
        case Dot((x, y), radius, colour):
            return Element("circle", {"cx": _number(x), "cy": _number(y), "r": f"{radius:g}", "fill": paint(colour)})
        case Text((x, y), text, colour, size, anchor):
            place = {"x": _number(x), "y": _number(y), "dominant-baseline": "central", "text-anchor": anchor}
            element = Element("text", {**place, "font-size": str(size), "fill": paint(colour)})
            element.text = speakable(text)
            return element


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.1f}"
