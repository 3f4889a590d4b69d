"""Which kind of device a machine is, by what it says of itself. The one place that decides it."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from edgekit.profiles.catalog import list_profiles
from edgekit.profiles.profile import DeviceProfile, Fact, Match


@dataclass(frozen=True, slots=True)
class Identity:
    """What a machine says of itself."""

    machine: str
    """As ``uname -m`` says."""
    board: str | None
    """The device tree's model."""
    cpu_model: str
    cores: int | None = None
    memory_bytes: int | None = None


def impossible(identity: Identity, *, profile: DeviceProfile) -> str | None:
    """Return why a machine cannot be of the profile's kind, whatever anybody says of it; None where it can be.

    That is so where its architecture or its processor is another one, or its name that of another profile.
    """
    if unlike(identity, profile=profile) is None:
        return None
    other = recognize(identity)
    if other is not None and other.name != profile.name and other.match is not None and other.match.board is not None:
        return f"it was seen on a machine that says it is '{identity.board}', which is a {other.name}"
    # What it does not say is taken from the profile, and then everything must fit.
    named = identity if profile.match is None else dataclasses.replace(identity, board=_example(profile.match.board))
    return unlike(named, profile=profile)


def _example(patterns: Fact[tuple[str, ...]] | None) -> str | None:
    return None if patterns is None else _named(patterns.value[0])


def _named(pattern: str) -> str:
    """Return a pattern as the name that it was made of, where it was: a name may hold signs that patterns have."""
    return re.sub(r"\[([*?[])\]", r"\1", pattern)


def unlike(identity: Identity, *, profile: DeviceProfile) -> str | None:
    """Return why what was seen on a machine was not seen on the profile's kind, as a clause; None where it was.

    All parts of the profile's ``match`` must fit, so a board that says no name is not any board.
    """
    if profile.match is None:
        return "nothing that runs the interpreter is of this kind"
    parted = _parted(identity, profile.match)
    return None if parted is None else f"it was seen on {parted[0]}, not on {parted[1]}"


def not_of_kind(identity: Identity, *, profile: DeviceProfile) -> str | None:
    """Return why a machine itself is not of the profile's kind, as a clause; None where it is. See :func:`unlike`."""
    if profile.match is None:
        return "nothing that runs the interpreter is of this kind"
    parted = _parted(identity, profile.match)
    return None if parted is None else f"it is {parted[0]}, and not {parted[1]}"


def _parted(identity: Identity, wanted: Match) -> tuple[str, str] | None:
    """Return the first thing that a machine is, and what it should be instead; None where all is as it should be."""
    if not _fits(identity.machine, wanted.machine.value):
        return identity.machine, " or ".join(wanted.machine.value)
    if wanted.board is not None and not _fits(identity.board, wanted.board.value):
        named = f"a machine that says it is '{identity.board}'" if identity.board else "a machine without a name"
        return named, f"'{_named(wanted.board.value[0])}'"
    if wanted.cpu is not None and not _fits(identity.cpu_model, wanted.cpu.value):
        return f"a '{identity.cpu_model}'", f"'{_named(wanted.cpu.value[0])}'"
    return None


def recognize(identity: Identity) -> DeviceProfile | None:
    """Return the profile of a machine; None where it is of no kind we know.

    Of several it is the one that asks for most, and of equals not a user's own: what that is of is said by its name.

    Raises:
        ProfileError: a profile is malformed.
    """
    fitting = [profile for profile in list_profiles() if unlike(identity, profile=profile) is None]
    return max(fitting, key=_demands, default=None)


def nearest_profile(identity: Identity) -> DeviceProfile | None:
    """Return the profile that is most like a machine that is of no kind we know: same architecture, core, memory.

    Raises:
        ProfileError: a profile is malformed.
    """
    alike = [profile for profile in list_profiles() if profile.match and _machine_fits(identity, profile)]
    return max(alike, key=lambda profile: _likeness(identity, profile), default=None)


def _demands(profile: DeviceProfile) -> tuple[int, bool]:
    match = profile.match
    asked = 0 if match is None else sum(part is not None for part in (match.board, match.cpu))
    return asked, profile.own is None


def _machine_fits(identity: Identity, profile: DeviceProfile) -> bool:
    return profile.match is not None and _fits(identity.machine, profile.match.machine.value)


def _likeness(identity: Identity, profile: DeviceProfile) -> tuple[bool, bool, bool, float]:
    facts = profile.facts
    cores = set(re.findall(r"Cortex-[AX]\d+\w*|Neoverse-\w+", identity.cpu_model))
    memory = facts.memory_bytes.value if facts.memory_bytes else 0
    distance = abs(memory - (identity.memory_bytes or 0))
    return (
        facts.architecture.value == identity.machine,
        any(f"{core} " in facts.cpu.value for core in cores),
        facts.cores is not None and facts.cores.value == identity.cores,
        -float(distance),
    )


def _fits(name: str | None, patterns: tuple[str, ...]) -> bool:
    return name is not None and any(fnmatchcase(name, pattern) for pattern in patterns)
