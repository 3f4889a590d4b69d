"""Choices are checked before anything is touched."""

from __future__ import annotations

from typing import Any

import pytest

from edgekit.errors import UsageError
from edgekit.runner import ENGINES, Plan
from edgekit.runner.engines import engine_named


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"threads": ()}, "threads is empty"),
        ({"threads": (0,)}, "threads is 0, but must be a whole number from 1 to 256"),
        ({"threads": (257,)}, "threads is 257"),
        ({"threads": (1.5,)}, "threads is 1.5"),
        ({"threads": (True,)}, "threads is True"),
        ({"threads": (1, 2, 1)}, r"threads is \[1, 2, 1\]: a number is there twice"),
        ({"runs": 0}, "runs is 0, but must be a whole number from 1 to 1000000"),
        ({"runs": "50"}, "runs is '50'"),
        ({"seed": -1}, "seed is -1"),
        ({"min_seconds": -0.5}, "min_seconds is -0.5 seconds, but must be 0 or more"),
        ({"min_seconds": float("nan")}, "min_seconds is nan, but must be a number of seconds, 0 or more"),
        ({"timeout": 0}, "timeout is 0 seconds, but must be more than 0"),
        ({"timeout": float("inf")}, "timeout is inf"),
        ({"first_timeout": "8"}, "first_timeout is '8'"),
        ({"idle_ms": -1}, "idle is -0.001 seconds, but must be 0 or more"),
        ({"idle_ms": "500ms"}, "idle is '500ms', but must be a number of seconds"),
        ({"idle_ms": 61_000}, "idle is 61 seconds, but must be at most 60"),
        ({"sustained_seconds": 1e6}, "sustained is 1e.06 seconds, but must be at most 86400"),
        ({"sustained_seconds": float("nan")}, "sustained is nan"),
        ({"retries": -1}, "retries is -1, but must be a whole number from 0 to 20"),
        ({"count": True, "threads": (1, 2)}, "instructions are counted with one thread only"),
        ({"count": True, "idle_ms": 5}, "count times nothing, so it goes with neither idle nor sustained"),
    ],
)
def test_what_is_out_of_range_is_refused(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        Plan(**choices)
    assert caught.value.exit_code == 2


def test_steady_runs_are_capped_unless_more_seconds_are_asked_for() -> None:
    assert Plan(min_seconds=0).max_seconds == 30
    assert Plan(min_seconds=90).max_seconds == 90


def test_an_unknown_engine_lists_the_valid_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown engine 'agnt'. Did you mean 'agent'\? Valid: agent"):
        engine_named("agnt")
    assert engine_named("agent") == (ENGINES["agent"], None)


def test_a_long_run_has_at_most_600_windows() -> None:
    assert Plan(sustained_seconds=60).window_seconds == 1
    assert Plan(sustained_seconds=3600).window_seconds == 6
    assert Plan(sustained_seconds=60, idle_ms=500).regimes_seconds == 70
