from __future__ import annotations

import dataclasses

import pytest

from edgekit.metrics import Budget
from edgekit.profiles import LIMITS, parse_limit


def test_every_field_of_a_budget_has_one_row() -> None:
    assert [limit.field for limit in LIMITS.values()] == [field.name for field in dataclasses.fields(Budget)]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("file_size", "4 MiB", 4 * 2**20),
        ("memory", "1 GB", 10**9),
        ("latency_p90", "1.5 s", 1500.0),
        ("accuracy_drop", "0 %", 0.0),
        ("accuracy_drop", "1.5 %", 1.5),
        ("accuracy_drop", "1", 1.0),
    ],
)
def test_limits(key: str, text: str, value: float) -> None:
    assert parse_limit(LIMITS[key], text) == value


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("latency_p90", "0 ms", "'0 ms' is a limit that nothing can keep"),
        ("file_size", "0.2 B", "'0.2 B' is a limit that nothing can keep"),
        ("memory", "12", "'12' is not a size: write a number and one of B, kB"),
        ("accuracy_drop", "1 ms", "'1 ms' is not a percentage"),
        ("latency_p90", "9" * 500 + " s", "too large to be a duration"),
    ],
)
def test_what_is_no_limit(key: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_limit(LIMITS[key], text)
