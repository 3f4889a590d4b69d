"""Which of qemu's processors stands for a board's cores: itself, or the nearest with the same features, by name."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection
from dataclasses import dataclass

from edgekit.errors import UnsuitedDevice
from edgekit.profiles import DeviceProfile

_PLAIN, _DOT = ("cortex-a53", "cortex-a72"), ("cortex-a76", "neoverse-n1")
_STAND_INS: dict[str, tuple[str, ...]] = {
    # 32-bit, with NEON and VFPv4.
    "cortex-a7": ("cortex-a15",),
    "cortex-a15": ("cortex-a7",),
    # Armv8.0: neither dot products nor 16-bit arithmetic.
    "cortex-a35": _PLAIN,
    "cortex-a53": ("cortex-a35", "cortex-a72"),
    "cortex-a57": ("cortex-a72", "cortex-a53"),
    "cortex-a72": ("cortex-a57", "cortex-a53"),
    "cortex-a73": ("cortex-a72", "cortex-a53"),
    # Armv8.2: both.
    "cortex-a55": _DOT,
    "cortex-a75": _DOT,
    "cortex-a76": ("neoverse-n1",),
    "cortex-a77": _DOT,
    "cortex-a78": _DOT,
    "cortex-a78ae": _DOT,
    "cortex-x1": _DOT,
    # Armv9: these, 8-bit matrix products and scalable vectors.
    "cortex-a510": ("cortex-a710", "max"),
    "cortex-a710": ("max",),
    "cortex-a715": ("cortex-a710", "max"),
    "cortex-x2": ("cortex-a710", "max"),
    "cortex-x3": ("cortex-a710", "max"),
}
"""For each core what stands for it where a version of qemu lacks it, nearest first."""


@dataclass(frozen=True, slots=True)
class Core:
    """What is emulated, and what it stands for."""

    wanted: str
    """The board's core as it is written, such as ``Cortex-A55``; of several kinds the one named first."""
    emulated: str
    """qemu's name of the processor."""

    @property
    def is_itself(self) -> bool:
        """Whether qemu has the very core."""
        return self.wanted.lower() == self.emulated

    def __str__(self) -> str:
        return self.wanted if self.is_itself else f"{self.emulated} for {self.wanted}"


def core_for(profile: DeviceProfile, *, available: Collection[str]) -> Core:
    """Return the processor that stands for a profile's cores.

    Args:
        profile: names its core in the fact ``cpu``.
        available: qemu's processors, as :func:`processors` gives them.

    Raises:
        UnsuitedDevice: the profile names no core that is known, or qemu has none that is near.
    """
    named = re.search(r"Cortex-[AX]\d+(?:AE)?", profile.facts.cpu.value)
    if named is None or named[0].lower() not in _STAND_INS:
        raise UnsuitedDevice(
            f"profile {profile.name}: its cpu '{profile.facts.cpu.value}' names no core that can be emulated",
            hint=f"known are {', '.join(sorted(_STAND_INS))}",
        )
    wanted = named[0].lower()
    for candidate in (wanted, *_STAND_INS[wanted]):
        if candidate in available:
            return Core(named[0], candidate)
    raise UnsuitedDevice(
        f"this qemu has no processor like the {named[0]} of {profile.name}",
        hint="install a newer one; it is Debian's package qemu-user",
    )


def processors(qemu: str) -> tuple[str, ...]:
    """Return the processors that a qemu program emulates. Raises OSError where it is not there."""
    told = subprocess.run([qemu, "-cpu", "help"], capture_output=True, text=True, check=False)
    return tuple(line.split()[0] for line in told.stdout.splitlines()[1:] if line.strip())
