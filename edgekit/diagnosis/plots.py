"""A chart as a file: one table of formats, by the suffix of the file's name."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path

from edgekit.diagnosis.chart import HEIGHT, WIDTH, Dot, Line, Mark, Text, chart
from edgekit.diagnosis.diagnosis import Diagnosis
from edgekit.errors import UsageError, unknown_name
from edgekit.files import write_bytes

_DENSITY = 2
"""Pixels per unit of the sheet: lines stay sharp on dense screens, and shrink well."""
_DASH = 6.0
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}

Marks = tuple[Mark, ...]


def save_plot(diagnosis: Diagnosis, path: str | Path) -> None:
    """Draw the signal to noise ratio along the graph.

    Args:
        diagnosis: what to draw.
        path: of the file to write; ``.svg`` or ``.png`` says what it becomes.

    Raises:
        UsageError: the name has another suffix.
        OutputError: it cannot be written.
    """
    path = Path(path)
    write_bytes(path, drawer_for(path)(chart(diagnosis)))


def drawer_for(path: Path) -> Callable[[Marks], bytes]:
    """Return what draws a file of this name. Raises UsageError that lists the suffixes."""
    try:
        return _DRAWERS[path.suffix.lower()]
    except KeyError:
        message = unknown_name("kind of plot", path.suffix or path.name, _DRAWERS)
        raise UsageError(message, hint="give the plot a name that ends so") from None


def _svg(marks: Marks) -> bytes:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *map(_element, marks),
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _element(mark: Mark) -> str:
    match mark:
        case Line((x1, y1), (x2, y2), colour, width, dashed):
            dash = f' stroke-dasharray="{_DASH:g}"' if dashed else ""
            return (
                f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                f'stroke-width="{width:g}"{dash}/>'
            )
        case Dot((x, y), radius, colour):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>'
        case Text((x, y), text, colour, size, anchor):
            return (
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
                f'dominant-baseline="central">{escape(text)}</text>'
            )


def _png(marks: Marks) -> bytes:
    # Loaded on use: only a plot in pixels needs it.
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH * _DENSITY, HEIGHT * _DENSITY), "#ffffff")
    draw = ImageDraw.Draw(image)
    for mark in marks:
        match mark:
            case Line(start, end, colour, width, dashed):
                for one, other in _dashes(start, end) if dashed else [(start, end)]:
                    draw.line([_scaled(one), _scaled(other)], fill=colour, width=round(width * _DENSITY))
            case Dot(centre, radius, colour):
                draw.circle(_scaled(centre), radius * _DENSITY, fill=colour)
            case Text(at, text, colour, size, anchor):
                font = ImageFont.load_default(size * _DENSITY)
                draw.text(_scaled(at), text, fill=colour, font=font, anchor=_ANCHORS[anchor])
    stream = BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()


_Point = tuple[float, float]


def _scaled(point: _Point) -> _Point:
    return point[0] * _DENSITY, point[1] * _DENSITY


def _dashes(start: _Point, end: _Point) -> list[tuple[_Point, _Point]]:
    """Return the pieces of a dashed line."""
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    count = max(1, int(length / _DASH))

    def at(piece: int) -> _Point:
        share = min(1.0, piece / count)
        return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])

    return [(at(piece), at(piece + 1)) for piece in range(0, count, 2)]


_DRAWERS: dict[str, Callable[[Marks], bytes]] = {".svg": _svg, ".png": _png}
