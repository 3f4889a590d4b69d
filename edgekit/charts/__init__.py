"""Charts as marks on a sheet, and the sheet as SVG or PNG. Knows nothing of what is drawn."""

from edgekit.charts.drawing import draw, drawer_for
from edgekit.charts.marks import Area, Bar, Chart, Curve, Dot, Line, Mark, Text, Tint
from edgekit.charts.scales import Scale, fitting, log_ticks, ticks
from edgekit.charts.svg import svg_element

__all__ = [
    "Area",
    "Bar",
    "Chart",
    "Curve",
    "Dot",
    "Line",
    "Mark",
    "Scale",
    "Text",
    "Tint",
    "draw",
    "drawer_for",
    "fitting",
    "log_ticks",
    "svg_element",
    "ticks",
]
