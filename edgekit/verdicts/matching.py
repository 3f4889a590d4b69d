"""Whether a run was seen on the kind of device that a profile describes."""

from __future__ import annotations

from edgekit.profiles import DeviceProfile, Identity, unlike
from edgekit.runner.result import RunResult


def mismatch(run: RunResult, *, profile: DeviceProfile) -> str | None:
    """Return why ``run`` says nothing about ``profile``, as a clause such as "it was seen on x86_64"; None if it does.

    An emulated machine never matches: what it computes holds, its seconds and its memory do not. For the others see
    :func:`edgekit.profiles.unlike`.
    """
    environment = run.environment
    if environment.emulated:
        return "it was seen on an emulated machine, whose time and memory are not the device's"
    return unlike(Identity(environment.machine, environment.board, environment.cpu_model), profile=profile)
