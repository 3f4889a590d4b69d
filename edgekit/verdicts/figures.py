"""Figures beside the limit that they are held against: never rounded until they read alike."""

from __future__ import annotations

from edgekit.units import format_bytes, format_milliseconds


def exact_bytes(value: float, limit: float) -> str:
    """Return ``value``, to the byte where it would read like the limit."""
    short = format_bytes(value)
    return f"{value:,.0f} B" if short == format_bytes(limit) and value != limit else short


def exact_milliseconds(value: float, limit: float) -> str:
    """Return ``value`` in a unit that suits it, with more digits where it would read like the limit."""
    short = format_milliseconds(value)
    return f"{value:.6g} ms" if short == format_milliseconds(limit) and value != limit else short
