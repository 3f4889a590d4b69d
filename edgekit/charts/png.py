"""A chart in pixels, on white paper."""

from __future__ import annotations

from io import BytesIO

from edgekit.charts.marks import Area, Bar, Chart, Curve, Dot, Line, Point, Text
from edgekit.charts.svg import DASH

DENSITY = 2
"""Pixels per unit of the sheet: lines stay sharp on dense screens, and shrink well."""
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
_SHINE = 56
"""Of 255."""


def png_file(chart: Chart) -> bytes:
    """Return the chart as a file."""
    # Loaded on use: only a chart in pixels needs it.
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (chart.width * DENSITY, chart.height * DENSITY), "#ffffff")
    # In this mode a colour with an opacity mixes with what lies below it.
    draw = ImageDraw.Draw(image, "RGBA")
    for mark in chart.marks:
        match mark:
            case Line(start, end, colour, width, dashed):
                for one, other in _dashes(start, end) if dashed else [(start, end)]:
                    draw.line([_scaled(one), _scaled(other)], fill=colour, width=round(width * DENSITY))
            case Curve(points, colour, width):
                draw.line([_scaled(point) for point in points], fill=colour, width=round(width * DENSITY))
            case Area(points, colour):
                draw.polygon([_scaled(point) for point in points], fill=f"{colour}{_SHINE:02x}")
            case Bar((x, y), (width, height), colour):
                draw.rectangle([_scaled((x, y)), _scaled((x + width, y + height))], fill=colour)
            case Dot(centre, radius, colour):
                draw.circle(_scaled(centre), radius * DENSITY, fill=colour)
            case Text(at, text, colour, size, anchor):
                font = ImageFont.load_default(size * DENSITY)
                draw.text(_scaled(at), text, fill=colour, font=font, anchor=_ANCHORS[anchor])
    stream = BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()


def _scaled(point: Point) -> Point:
    return point[0] * DENSITY, point[1] * DENSITY


def _dashes(start: Point, end: Point) -> list[tuple[Point, Point]]:
    """Return the pieces of a dashed line."""
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    count = max(1, int(length / DASH))

    def at(piece: int) -> Point:
        share = min(1.0, piece / count)
        return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])

    return [(at(piece), at(piece + 1)) for piece in range(0, count, 2)]
