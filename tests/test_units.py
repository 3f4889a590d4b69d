from __future__ import annotations

import pytest

from edgekit.units import format_bytes, format_count, format_milliseconds, parse_bytes, parse_milliseconds, parse_points


@pytest.mark.parametrize(
    ("text", "count"),
    [("512 MiB", 512 * 2**20), ("4GB", 4 * 10**9), ("1.5 KiB", 1536), (" 7 B ", 7), ("320 kB", 320_000)],
)
def test_sizes(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize(("text", "value"), [("33 ms", 33.0), ("1.5 s", 1500.0), ("250us", 0.25), ("2 min", 120_000.0)])
def test_durations(text: str, value: float) -> None:
    assert parse_milliseconds(text) == pytest.approx(value)


def test_percentage_points() -> None:
    assert parse_points("1.5 %") == parse_points("1.5%") == parse_points(" 1.5 ") == 1.5
    assert parse_points("2") == 2
    for text in ("one", "1 points", "1 % %", ""):
        with pytest.raises(
            ValueError, match=f"'{text}' is not a percentage: write a number and one of %, or the number"
        ):
            parse_points(text)


@pytest.mark.parametrize("text", ["512", "512 mib", "- 1 - MiB", "MiB", "1e3 B", "512 MiB extra", ""])
def test_a_wrong_size_is_a_sentence_with_the_valid_units(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size: write a number and one of B, kB, MB") as raised:
        parse_bytes(text)
    assert f"'{text}'" in str(raised.value)


def test_what_is_below_zero_is_told_so() -> None:
    for text, what, parse in (
        ("-1ms", "duration", parse_milliseconds),
        ("-1 MiB", "size", parse_bytes),
        ("-1", "percentage", parse_points),
    ):
        with pytest.raises(ValueError, match=f"'{text}' is below zero, and a {what} is not: write one such as"):
            parse(text)


def test_a_duration_is_no_size() -> None:
    with pytest.raises(ValueError, match="'33 ms' is not a size"):
        parse_bytes("33 ms")


def test_quantities_for_people() -> None:
    assert [format_bytes(count) for count in (0, 1023, 1024, 98_344, 3 * 2**30)] == [
        "0 B", "1023 B", "1.0 KiB", "96.0 KiB", "3.0 GiB",
    ]  # fmt: skip
    assert [format_milliseconds(value) for value in (0.1234, 1.0, 33.333, 1500.0)] == [
        "123 us", "1 ms", "33.3 ms", "1.5 s",
    ]  # fmt: skip
    assert [format_count(count, "thread") for count in (0, 1, 4)] == ["0 threads", "1 thread", "4 threads"]
