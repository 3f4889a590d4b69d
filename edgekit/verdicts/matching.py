"""Whether a run was seen on the kind of device that a profile describes."""

from __future__ import annotations

from edgekit.profiles import DeviceProfile, Identity, impossible, profile_named, unlike
from edgekit.runs import RunResult

_EMULATED = "it was seen on an emulated machine, whose time and memory are not the device's"


def mismatch(run: RunResult, *, profile: DeviceProfile, claimed: bool = False) -> str | None:
    """Return why ``run`` says nothing about ``profile``, as a clause such as "it was seen on x86_64"; None if it does.

    An emulated machine never matches: what it computes holds, its seconds and its memory do not. For the others see
    :func:`edgekit.profiles.unlike`.

    Args:
        run: what was seen.
        profile: the kind of device.
        claimed: whether the user says that the device is of this kind. That counts where the device does not say so
            itself, and only for its architecture.
    """
    if run.environment.emulated:
        return _EMULATED
    return (impossible if claimed else unlike)(_identity(run), profile=profile)


def claims_profile(as_profile: str | None, profile: DeviceProfile) -> bool:
    """Return whether the user says of a device that it is of the profile's kind. Raises ProfileError."""
    return as_profile is not None and profile_named(as_profile).name == profile.name


def claim(run: RunResult, *, profile: DeviceProfile) -> str | None:
    """Return what rests on the user's word alone, as a clause; None where the device was recognized."""
    if unlike(_identity(run), profile=profile) is None:
        return None
    says = f"itself it says '{run.environment.board}'" if run.environment.board else "itself it says no name"
    return f"that {run.device} is a {profile.name} is what the user says; {says}"


def emulates(run: RunResult, *, profile: DeviceProfile) -> bool:
    """Return whether a run was seen on the emulated board of this very profile."""
    if not run.environment.emulated:
        return False
    # Loads what most verdicts need nothing of.
    from edgekit.devices.emulated import emulated_address

    return run.device == emulated_address(profile.name)


def _identity(run: RunResult) -> Identity:
    environment = run.environment
    return Identity(environment.machine, environment.board, environment.cpu_model)
