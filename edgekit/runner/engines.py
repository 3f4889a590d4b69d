"""What runs an artifact on a device: one table. To add one, write a module beside this one and add a line here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from edgekit.devices import Device
from edgekit.errors import UsageError, unknown_name
from edgekit.inspection import Inspection
from edgekit.progress import Progress, silent
from edgekit.runner.measurement import measure_with_agent
from edgekit.runner.plan import Plan
from edgekit.runner.result import RunResult


class Engine(Protocol):
    """Gives one result for each number of threads of the plan, as each is done."""

    def __call__(
        self, device: Device, facts: Inspection, plan: Plan, *, progress: Progress = silent
    ) -> Iterator[RunResult]:
        """Measure ``facts``' file on ``device``; ``progress`` is told what takes longer than a run does."""
        ...


ENGINES: dict[str, Engine] = {
    "agent": measure_with_agent,
}


def engine_named(name: str) -> Engine:
    """Return the engine called ``name``. Raises UsageError that lists the valid ones."""
    try:
        return ENGINES[name]
    except KeyError:
        raise UsageError(unknown_name("engine", name, ENGINES)) from None
