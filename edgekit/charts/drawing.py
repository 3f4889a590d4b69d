"""A chart as a file: one table of formats, by the suffix of the file's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgekit.charts.marks import Chart
from edgekit.charts.png import png_file
from edgekit.charts.svg import svg_file
from edgekit.errors import UsageError, unknown_name
from edgekit.files import write_bytes

Drawer = Callable[[Chart], bytes]

_DRAWERS: dict[str, Drawer] = {".svg": svg_file, ".png": png_file}


def draw(chart: Chart, path: Path) -> None:
    """Write the chart to ``path``, whose suffix says what it becomes. Raises UsageError, OutputError."""
    write_bytes(path, drawer_for(path)(chart))


def drawer_for(path: Path) -> Drawer:
    """Return what draws a file of this name. Raises UsageError that lists the suffixes."""
    try:
        return _DRAWERS[path.suffix.lower()]
    except KeyError:
        message = unknown_name("kind of plot", path.suffix or path.name, _DRAWERS)
        raise UsageError(message, hint="give the plot a name that ends so") from None
