"""Budgets as a user gives them, and how they override a profile's wishes."""

from __future__ import annotations

import dataclasses
from typing import Any

from edgekit.errors import ProfileError, UsageError
from edgekit.metrics import Budget
from edgekit.profiles import LIMITS, parse_limit


def budget_from_text(
    *,
    max_size: str | None = None,
    max_memory: str | None = None,
    max_latency: str | None = None,
    max_drop: str | None = None,
) -> Budget:
    """Return the budget that the options of the command line mean; None is no limit.

    Args:
        max_size: of the file, such as ``"4 MiB"``.
        max_memory: of the process, such as ``"128 MiB"``.
        max_latency: p90 of an inference, such as ``"33 ms"``.
        max_drop: of the accuracy, in percentage points, such as ``"1 %"`` or ``"1"``.

    Raises:
        ProfileError: no number, a wrong unit, or a limit that nothing can keep.
    """
    given = {
        "file_size": ("--max-size", max_size),
        "memory": ("--max-memory", max_memory),
        "latency_p90": ("--max-latency", max_latency),
        "accuracy_drop": ("--max-drop", max_drop),
    }
    values: dict[str, Any] = {}
    for key, (option, text) in given.items():
        if text is None:
            continue
        try:
            values[LIMITS[key].field] = parse_limit(LIMITS[key], text)
        except ValueError as error:
            raise ProfileError(f"{option}: {error}") from None
    return Budget(**values)


def require_budget(budget: Budget | None) -> None:
    """Raise UsageError unless it is a budget, or None."""
    if not isinstance(budget, Budget | None):
        raise UsageError(
            f"the budget is {budget!r}, but must be a Budget",
            hint="write it as Budget(file_size_bytes=..., memory_bytes=..., latency_p90_ms=..., "
            "accuracy_drop_points=...)",
        )


def overridden(wishes: Budget, budget: Budget | None) -> Budget:
    """Return ``wishes`` with each limit replaced that ``budget`` has. Raises UsageError where that is none."""
    require_budget(budget)
    if budget is None:
        return wishes
    given = {name: value for name, value in dataclasses.asdict(budget).items() if value is not None}
    return dataclasses.replace(wishes, **given)
