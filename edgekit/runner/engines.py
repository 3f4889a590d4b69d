"""What runs an artifact on a device: one table. To add one, write a module beside this one and add a line here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from edgekit.devices import Device
from edgekit.errors import UsageError, unknown_name
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.measurement import measure_with_agent
from edgekit.runner.phone.app_run import measure_with_app
from edgekit.runner.phone.machine import has_python
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


def engine_on(device: Device, engine: Engine, *, progress: Progress = silent) -> Engine:
    """Return what measures on a device: the engine, and in the agent's place an app where a phone has no Python.

    The app is no row of the table: nobody asks for it by name, and where it measures it says so itself.

    Args:
        device: one that is open.
        engine: a row of the table.
        progress: told where an app takes the agent's place.

    Raises:
        DeviceError: the device does not answer.
    """
    if engine is not measure_with_agent or has_python(device):
        return engine
    progress(Step(f"{device.address} has no Python for the agent, so an app measures there"))
    return measure_with_app
