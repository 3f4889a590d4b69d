"""What runs an artifact on a device: one table. To add one, write a module beside this one and add a line here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from edgekit.devices import Device
from edgekit.errors import UsageError, unknown_name
from edgekit.inspection import Inspection
from edgekit.progress import Progress, silent
from edgekit.runner.measurement import measure_with_agent
from edgekit.runner.plan import Plan
from edgekit.runner.tool import measure_with_tool
from edgekit.runs import RunResult


class Engine(Protocol):
    """Gives one result for each number of threads of the plan, as each is done."""

    def __call__(
        self, device: Device, facts: Inspection, plan: Plan, *, progress: Progress = silent
    ) -> Iterator[RunResult]:
        """Measure ``facts``' file on ``device``; ``progress`` is told what takes longer than a run does."""
        ...


ENGINES: dict[str, Engine] = {
    "agent": measure_with_agent,
    "benchmark_model": measure_with_tool,
}


def engine_named(name: str) -> tuple[Engine, str | None]:
    """Return the engine called ``name``, and the program of ``benchmark_model=PATH``.

    Raises:
        UsageError: there is none of that name, told with the valid ones, or it does not go with a program.
    """
    known, equals, tool = name.partition("=")
    if known not in ENGINES:
        raise UsageError(unknown_name("engine", known, ENGINES))
    engine = ENGINES[known]
    if engine is measure_with_agent and equals:
        raise UsageError(f"engine '{name}': the agent is edgekit's own, so no program goes with it")
    if engine is measure_with_tool and not tool:
        raise UsageError(f"engine '{name}' names no program", hint="write benchmark_model=PATH")
    if tool and not Path(tool).is_file():
        raise UsageError(f"the program {tool} of engine '{known}' is no file")
    return engine, tool or None
