"""How the agent times: warm-up, steady runs, looks in between, gaps, windows."""

from __future__ import annotations

import array
import time

import pytest

from edgekit.agent import timing


def test_warm_up_ends_when_three_windows_agree() -> None:
    assert not timing.agree([100] * 8)
    assert timing.agree([100] * 9)
    assert timing.agree([900] * 3 + [100, 100, 500, 102, 102, 999, 104, 104, 104])
    assert not timing.agree([100, 100, 100, 103, 103, 103, 106, 106, 106])


def test_warm_up_is_broken_off_when_times_never_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "agree", lambda times: False)
    calls: list[int] = []
    times, settled = timing.warm_up(lambda: calls.append(1))
    assert (len(times), len(calls), settled) == (timing.WARMUP_RUNS, timing.WARMUP_RUNS, False)


@pytest.mark.parametrize(
    ("capacity", "runs", "seconds", "most_seconds", "expected"),
    [
        (1000, 37, 0, 30, 37),
        (1000, 37, 30, 60, 1000),
        (1000, 37, 0, 0, 1),
    ],
)
def test_steady_runs_end_by_count_capacity_or_time(
    capacity: int, runs: int, seconds: float, most_seconds: float, expected: int
) -> None:
    samples = array.array("q", bytes(8 * capacity))
    calls: list[int] = []
    count = timing.time_steady(lambda: calls.append(1), samples, runs=runs, seconds=seconds, most_seconds=most_seconds)
    assert (count, len(calls)) == (expected, expected)
    assert all(value > 0 for value in samples[:count])
    assert not any(samples[count:])


def test_looks_are_taken_between_inferences_and_cost_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "LOOK_NS", 0)
    samples = array.array("q", bytes(8 * 100))
    told: list[str] = []
    count = timing.time_steady(
        lambda: told.append("run"), samples, runs=20, seconds=0, most_seconds=30, look=lambda: told.append("look")
    )
    assert count == 20
    # After each look one inference is not timed: at first, and after every eighth.
    assert [place for place, what in enumerate(told) if what == "look"] == [0, 10, 20]
    assert told.count("run") == 20 + 3


def test_idle_gaps_come_before_each_inference() -> None:
    begin = time.monotonic()
    assert len(timing.time_after_gaps(lambda: None, gap_s=0.01, runs=5)) == 5
    assert time.monotonic() - begin >= 0.05


def test_a_sustained_run_is_told_window_by_window() -> None:
    looks: list[int] = []
    windows = timing.sustain(
        lambda: time.sleep(0.001), seconds=0.1, window_s=0.02, look=lambda: {"look": looks.append(1)}
    )
    assert 2 <= len(windows) == len(looks) <= 5
    assert windows[-1]["at_s"] >= 0.1
    for window in windows:
        assert window["count"] >= 1
        assert 1e6 <= window["median_ns"] <= window["max_ns"]


def test_steady_runs_last_as_long_as_asked() -> None:
    samples = array.array("q", bytes(8 * 10_000_000))
    count = timing.time_steady(lambda: sum(range(1000)), samples, runs=1, seconds=0.05, most_seconds=30)
    assert sum(samples[:count]) > 0.02e9
    assert count > 1
