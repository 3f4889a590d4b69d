"""The verbs that take several devices: each is the verb for one device, asked of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact
from edgekit.checkup import Checkup, doctor
from edgekit.devices import Device, Host, require_address, require_different
from edgekit.errors import EdgekitError, UsageError
from edgekit.fleets.fleet import Fleet, Outcome, Result
from edgekit.fleets.side_by_side import Member, Work, ask_all
from edgekit.profiles import profile_named
from edgekit.progress import Progress, silent
from edgekit.runner import Verification, benchmark, inspect_runnable, verify
from edgekit.runs import Benchmark
from edgekit.verdicts import mismatch

Devices = Sequence[str | Host | Device]


def benchmark_fleet(
    file: str | Path | Artifact, devices: Devices, *, progress: Progress = silent, **options: Any
) -> Fleet[Benchmark]:
    """Measure a .tflite file on several devices.

    Boards are measured at the same time. Local and emulated devices share this machine's processor: each has it for
    itself, one after the other, when the boards are done.

    Args:
        file: the path, or the artifact.
        devices: addresses, hosts of :func:`edgekit.read_hosts`, or devices that are open and stay so.
        progress: told when each device is done.
        options: as for :func:`edgekit.benchmark`.

    Raises:
        UsageError: what was given is wrong. What goes wrong with one device is told in its outcome, and stops no other.
        SourceError: the file cannot be read.
        InferenceError: no CPU can run the file.
    """
    facts = inspect_runnable(file)
    return _asked(
        "benchmark",
        devices,
        lambda device: benchmark(facts, device=device, **options),
        stage="measuring on the fleet",
        progress=progress,
        remark=_benchmark_remark,
    )


def verify_fleet(
    file: str | Path | Artifact, devices: Devices, *, progress: Progress = silent, **options: Any
) -> Fleet[Verification]:
    """Check a file against its golden pack on several devices. As :func:`benchmark_fleet`, for ``edgekit.verify``."""
    return _asked(
        "verify",
        devices,
        lambda device: verify(file, device=device, **options),
        stage="verifying on the fleet",
        progress=progress,
    )


def doctor_fleet(devices: Devices, *, progress: Progress = silent) -> Fleet[Checkup]:
    """Look several devices over. As :func:`benchmark_fleet`, for ``edgekit.doctor``."""
    return _asked(
        "doctor",
        devices,
        doctor,
        stage="looking the fleet over",
        progress=progress,
        remark=_checkup_remark,
    )


def _asked(
    verb: str,
    devices: Devices,
    work: Work[Result],
    *,
    stage: str,
    progress: Progress,
    remark: Callable[[Result, str], str | None] = lambda _result, _profile: None,
) -> Fleet[Result]:
    members = _members(devices)
    answers = ask_all(members, work, stage=stage, progress=progress)
    outcomes: list[Outcome[Result]] = []
    for member, answer in zip(members, answers, strict=True):
        host = member.host
        if isinstance(answer, EdgekitError):
            outcomes.append(Outcome(host, None, answer))
        else:
            said = None if host.profile is None else remark(answer, host.profile)
            outcomes.append(Outcome(host, answer, None, said))
    here = tuple(str(member.host) for member in members if member.takes_turns)
    return Fleet(verb, tuple(outcomes), here)


def _members(devices: Devices) -> tuple[Member, ...]:
    if isinstance(devices, str) or not isinstance(devices, Sequence):
        raise UsageError(f"the devices are {devices!r}, but must be a list of addresses, hosts or open devices")
    if not devices:
        raise UsageError("no device is given", hint="name one, such as local, ssh://pi@garden or adb:")
    members = []
    for each in devices:
        if isinstance(each, str):
            require_address(each)
            members.append(Member(Host(each)))
        elif isinstance(each, Host):
            require_address(each.address)
            members.append(Member(each))
        elif hasattr(each, "execute"):
            members.append(Member(Host(each.address), each))
        else:
            raise UsageError(f"a device is {each!r}, but must be an address, a host or a device that is open")
    require_different([member.host for member in members])
    return tuple(members)


def _benchmark_remark(result: Benchmark, profile: str) -> str | None:
    reason = mismatch(result.runs[0], profile=profile_named(profile))
    return None if reason is None else f"said to be {profile}, but {reason}"


def _checkup_remark(result: Checkup, profile: str) -> str | None:
    if result.profile == profile:
        return None
    seen = "of no kind that is known" if result.profile is None else result.profile
    return f"said to be {profile}, but it is {'emulated' if result.emulated else seen}"
