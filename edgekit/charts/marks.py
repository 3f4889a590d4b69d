"""What a chart is made of: marks on a sheet, in the order in which they are drawn. (0, 0) is the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]


class Tint(StrEnum):
    """What is drawn in which colour on white paper; a page with a dark side gives them other values by their names."""

    INK = "#222222"
    FAINT = "#666666"
    GRID = "#dddddd"
    FIRST = "#1f5fa8"
    SECOND = "#c2571a"
    THIRD = "#6d4a9c"
    FOURTH = "#0f7d86"
    FIFTH = "#a23b72"
    SIXTH = "#7a6a17"
    GOOD = "#2e7d32"
    BAD = "#c62828"


SERIES = (Tint.FIRST, Tint.SECOND, Tint.THIRD, Tint.FOURTH, Tint.FIFTH, Tint.SIXTH)
"""For things that stand beside each other; told apart also by who cannot tell red from green."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    start: Point
    end: Point
    colour: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through several points."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.5


@dataclass(frozen=True, slots=True)
class Area:
    """A filled shape, through which what lies below shines."""

    points: tuple[Point, ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle; ``corner`` is its upper left one."""

    corner: Point
    size: tuple[float, float]
    colour: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    centre: Point
    radius: float
    colour: str


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text, its vertical middle at ``at``."""

    at: Point
    text: str
    colour: str
    size: int = 13
    anchor: str = "start"
    """``start``, ``middle`` or ``end``: which part of the text is at ``at``."""


Mark = Line | Curve | Area | Bar | Dot | Text


@dataclass(frozen=True, slots=True)
class Chart:
    """A sheet with marks on it."""

    width: int
    height: int
    marks: tuple[Mark, ...]
    told: str
    """What it shows, in a sentence, for who cannot see it."""
