"""Makes sense of what the agent says of the system that it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgekit.devices.system import cpu_model, is_emulated, system_name
from edgekit.runs import Environment


def read_environment(said: Mapping[str, Any], *, runtime: str) -> Environment:
    """Return the environment that the agent described.

    Args:
        said: the agent's ``environment``: texts of system files and a few numbers.
        runtime: package and version of the interpreter.
    """
    machine, emulates = said["machine"], said["emulates"]
    return Environment(
        machine=machine,
        system=system_name(said["os_release"], kernel=said["kernel"]),
        # What an emulator passes through of the system's files speaks of the machine that it runs on.
        cpu_model=emulates or cpu_model(said["cpuinfo"]) or machine,
        board=said["board"].strip("\0\n ") or None,
        cores=said["cores"],
        memory_bytes=said["memory_bytes"],
        python=said["python"],
        runtime=runtime,
        load_average=said["load_average"],
        emulated=bool(emulates)
        or is_emulated(machine, cpuinfo=said["cpuinfo"], kernel_arch=said["kernel_arch"].strip()),
    )
