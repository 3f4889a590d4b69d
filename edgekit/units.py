"""Quantities with units, read from and written for people: ``"512 MiB"``, ``"33 ms"``, ``"1.5 %"``."""

from __future__ import annotations

import math
import re

_BYTES = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "min": 60e3, "m": 60e3, "h": 3600e3}
_CLOCKS = {"MHz": 1e6, "GHz": 1e9}
_WATTS = {"mW": 1e-3, "W": 1.0}
_POINTS = {"%": 1.0, "": 1.0}
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%]*)\s*")


def _parse(text: str, units: dict[str, float] | dict[str, int], what: str) -> float:
    match = _QUANTITY.fullmatch(text)
    if match is None or match[2] not in units:
        example = {
            "size": "512 MiB",
            "duration": "33 ms",
            "percentage": "1.5 %",
            "clock": "1.5 GHz",
            "power": "5 W",
        }[what]
        if text.lstrip().startswith("-") and _QUANTITY.fullmatch(text.lstrip()[1:]):
            raise ValueError(f"'{text}' is below zero, and a {what} is not: write one such as \"{example}\"")
        alone = ", or the number alone" if "" in units else ""
        raise ValueError(
            f"'{text}' is not a {what}: write a number and one of {', '.join(filter(None, units))}{alone}, such as "
            f'"{example}"'
        )
    value = float(match[1]) * units[match[2]]
    if not math.isfinite(value):
        raise ValueError(f"'{text[:20]}...' is too large to be a {what}")
    return value


def parse_clock(text: str) -> float:
    """Return the Hz that ``text`` names, such as ``1.5 GHz``. Raises ValueError with a sentence."""
    return _parse(text, _CLOCKS, "clock")


def parse_watts(text: str) -> float:
    """Return the W that ``text`` names. Raises ValueError with a sentence."""
    return _parse(text, _WATTS, "power")


def parse_bytes(text: str) -> int:
    """Return the number of bytes that ``text`` names. Raises ValueError with a sentence."""
    return math.floor(_parse(text, _BYTES, "size"))


def parse_milliseconds(text: str) -> float:
    """Return the milliseconds that ``text`` names. Raises ValueError with a sentence."""
    return _parse(text, _MILLISECONDS, "duration")


def parse_points(text: str) -> float:
    """Return the percentage points that ``text`` names: ``"1.5 %"`` or ``"1.5"``. Raises ValueError with a sentence."""
    return _parse(text, _POINTS, "percentage")


def format_bytes(count: float) -> str:
    """Return ``count`` bytes in the largest binary unit that keeps it at 1 or more."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if abs(count) >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} B"


def format_clock(hertz: float) -> str:
    """Return ``hertz`` in GHz, or in MHz below 1 GHz."""
    return f"{hertz / 1e9:.4g} GHz" if hertz >= 1e9 else f"{hertz / 1e6:.4g} MHz"


def format_milliseconds(value: float) -> str:
    """Return ``value`` milliseconds in the unit that reads best, to three significant digits."""
    if value >= 1000:
        return f"{value / 1000:.3g} s"
    if value >= 1:
        return f"{value:.3g} ms"
    return f"{value * 1000:.3g} us"


def format_count(count: int, noun: str) -> str:
    """Return a count as people read it, such as ``1 thread`` or ``4 threads``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
