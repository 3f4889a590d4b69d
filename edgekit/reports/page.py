"""A report as values: what stands on the page, and in which order. Each format is one way to write them down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edgekit.charts import Chart
from edgekit.metrics import Verdict


class Tone(StrEnum):
    """How loud something is said."""

    GOOD = "good"
    BAD = "bad"
    DOUBTFUL = "doubtful"


TONES = {Verdict.PASS: Tone.GOOD, Verdict.FAIL: Tone.BAD, Verdict.UNKNOWN: Tone.DOUBTFUL}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, a line each."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What must not be overlooked."""

    tone: Tone
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageTable:
    """Rows under named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[str] = frozenset()
    """The columns that hold numbers."""


@dataclass(frozen=True, slots=True)
class FactList:
    """Names and what they stand for."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what it shows."""

    chart: Chart
    caption: str
    said: str = ""
    """What it shows that stands nowhere else, for formats without charts."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Charts, side by side where there is room."""

    figures: tuple[Figure, ...]


Block = Paragraph | Bullets | Notice | PageTable | FactList | Gallery


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report. All texts are plain: what a format has special letters for, it escapes."""

    title: str
    verdict: Notice | None
    """None where nothing was to be judged."""
    lead: tuple[Block, ...]
    """What stands before the first section."""
    sections: tuple[Section, ...]
