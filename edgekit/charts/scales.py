"""Where figures lie on a sheet, and which of them are written at an axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LETTER = 0.56
"""Mean width of a letter of a sans-serif font, as a share of the font's size."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps figures from ``low`` to ``high`` to places from ``start`` to ``end``; what is outside lies at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, figure: float) -> float:
        """Return the place of a figure."""
        width = self.high - self.low
        share = (min(max(figure, self.low), self.high) - self.low) / width if width > 0 else 0.5
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, *, most: int = 5) -> tuple[float, ...]:
    """Return round figures from ``low`` to ``high``, at most ``most`` and at least one, evenly spaced."""
    if not high > low:
        return (low,)
    raw = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((factor * power for factor in _STEPS if factor * power >= raw * (1 - 1e-9)), 10.0 * power)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    # A product of two numbers, and no sum of many: 0.3 is not to become 0.30000000000000004.
    figures = tuple(float(f"{index * step:.12g}") for index in range(first, last + 1))
    return figures or (low,)


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return 1, 2 and 5 times each power of ten from ``low``, above 0, to ``high``; of many powers they alone."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 3 else (1,)
    figures = (factor * 10.0**power for power in powers for factor in factors)
    return tuple(figure for figure in figures if low <= figure <= high)


def fitting(text: str, *, width: float, size: int) -> str:
    """Return ``text``, its middle left out where it is wider than ``width`` in a font of ``size``."""
    most = max(4, int(width / (size * _LETTER)))
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
