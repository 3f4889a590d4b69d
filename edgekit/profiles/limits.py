"""The limits that a budget can hold: their keys, their fields and how they are written. One table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgekit.units import parse_bytes, parse_milliseconds, parse_points


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table."""

    key: str
    """As in a profile's ``[budget]`` and in ``Check.limit``."""
    field: str
    """As in ``Budget``."""
    parse: Callable[[str], float]
    may_be_zero: bool


LIMITS: dict[str, Limit] = {
    limit.key: limit
    for limit in (
        Limit("file_size", "file_size_bytes", parse_bytes, may_be_zero=False),
        Limit("memory", "memory_bytes", parse_bytes, may_be_zero=False),
        Limit("latency_p90", "latency_p90_ms", parse_milliseconds, may_be_zero=False),
        Limit("accuracy_drop", "accuracy_drop_points", parse_points, may_be_zero=True),
    )
}


def parse_limit(limit: Limit, text: str) -> float:
    """Return the number that ``text`` means for ``limit``, in the unit of its field.

    Raises:
        ValueError: a sentence: a wrong unit, no number, or zero where nothing could keep it.
    """
    value = limit.parse(text)
    if value == 0 and not limit.may_be_zero:
        raise ValueError(f"'{text}' is a limit that nothing can keep: it must be more than zero")
    return value
