"""Whether a run was seen on the kind of device that a profile describes. The one place that decides it."""

from __future__ import annotations

from fnmatch import fnmatchcase

from edgekit.profiles import DeviceProfile
from edgekit.runner.result import RunResult


def mismatch(run: RunResult, *, profile: DeviceProfile) -> str | None:
    """Return why ``run`` says nothing about ``profile``, as a clause such as "it was seen on x86_64"; None if it does.

    An emulated machine never matches: what it computes holds, its seconds and its memory do not. All parts of the
    profile's ``match`` must fit, so a board that says no name is not any board.
    """
    environment, wanted = run.environment, profile.match
    if environment.emulated:
        return "it was seen on an emulated machine, whose time and memory are not the device's"
    if wanted is None:
        return "nothing that runs the interpreter is of this kind"
    if not _fits(environment.machine, wanted.machine.value):
        return f"it was seen on {environment.machine}, not on {' or '.join(wanted.machine.value)}"
    if wanted.board is not None and not _fits(environment.board, wanted.board.value):
        named = f"a machine that says it is '{environment.board}'" if environment.board else "a machine without a name"
        return f"it was seen on {named}, not on '{wanted.board.value[0]}'"
    if wanted.cpu is not None and not _fits(environment.cpu_model, wanted.cpu.value):
        return f"it was seen on a '{environment.cpu_model}', not on '{wanted.cpu.value[0]}'"
    return None


def _fits(name: str | None, patterns: tuple[str, ...]) -> bool:
    return name is not None and any(fnmatchcase(name, pattern) for pattern in patterns)
