"""An Arm board that this machine emulates, as a device."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.device import Completed, Device
from edgekit.devices.emulated import counter
from edgekit.devices.emulated.address import emulated_address, parse_emulated_address
from edgekit.devices.emulated.cores import Core, core_for, processors
from edgekit.devices.emulated.images import image_for
from edgekit.devices.emulated.parts import root_of, wheels_of
from edgekit.devices.emulated.place import emulators_folder
from edgekit.devices.local import Launch, LocalDevice
from edgekit.errors import DeviceUnreachable
from edgekit.profiles import DeviceProfile, profile_named

_PROGRAMS = ("usr/bin", "bin")
EMULATES = "EDGEKIT_EMULATES"
"""In the environment of an emulated program: the processor, and by what it is emulated."""
COUNTS_FILE = "instructions.txt"


class EmulatedDevice(LocalDevice):
    """A fresh folder on this machine, whose programs are those of an Arm system, run by qemu-user.

    ``python3`` is the emulated one; there are no other programs but those of the system root, so no shell.

    Args:
        profile: the board that is emulated.

    Raises:
        UsageError: its processor is not emulated.
        DeviceUnreachable: what is needed is not installed; the hint says how to.
    """

    def __init__(self, profile: DeviceProfile) -> None:
        self.address = emulated_address(profile.name)
        self.board = _board(profile, self.address)
        super().__init__()

    def _launch(self, command: list[str]) -> Launch | Completed:
        program = self.board.program(command[0])
        if program is None:
            return Completed(127, "", f"{command[0]}: there is no such program on {self.address}\n")
        return Launch([*self.board.emulator, str(program), *command[1:]], self.board.environment)


@dataclass(frozen=True, slots=True)
class Board:
    """One emulated kind of board."""

    core: Core
    root: Path
    emulator: tuple[str, ...]
    """The command that runs the command behind it."""
    environment: dict[str, str]

    def program(self, name: str) -> Path | None:
        """Return where a program of the system root is; None where there is none."""
        places = [self.root / folder / name for folder in _PROGRAMS] if "/" not in name else [self.root / name[1:]]
        return next((place for place in places if place.is_file()), None)


def connect_emulated(address: str) -> Device:
    """Return the emulated board ``emulated:PROFILE``. Raises as :class:`EmulatedDevice` does."""
    return EmulatedDevice(emulated_profile(address))


def emulated_profile(address: str) -> DeviceProfile:
    """Return the profile that ``emulated:PROFILE`` names. Raises UsageError."""
    return profile_named(parse_emulated_address(address))


def _board(profile: DeviceProfile, address: str) -> Board:
    image = image_for(profile)
    qemu = shutil.which(image.qemu)
    if qemu is None:
        raise DeviceUnreachable(
            f"{address} needs {image.qemu}, which is not installed",
            address=address,
            hint="install it; on Debian: apt-get install qemu-user",
        )
    root, wheels = root_of(image), wheels_of(image)
    if not (root.is_dir() and wheels.is_dir()):
        raise DeviceUnreachable(
            f"the emulated board for {profile.name} is not installed",
            address=address,
            hint=f"edgekit emulator install --profile {profile.name}",
        )
    core = core_for(profile, available=processors(qemu))
    version = counter.qemu_version(image.qemu) or "of unknown version"
    inside = {
        "PYTHONPATH": str(wheels),
        EMULATES: f"{core} by qemu {version}",
    }
    if image.libraries:
        inside["LD_LIBRARY_PATH"] = os.pathsep.join(str(root / folder) for folder in image.libraries)
    plugin = counter.counter_of(emulators_folder() / image.architecture, version=version)
    arguments = [qemu, "-cpu", core.emulated, "-L", str(root)]
    if plugin is not None:
        inside[counter.MARK_VARIABLE] = COUNTS_FILE
        # The groups of A32 and T32 are not told apart.
        classes = ",classes=aarch64" if image.architecture == "aarch64" else ""
        arguments += ["-plugin", f"{str(plugin).replace(',', ',,')},out={COUNTS_FILE},prctl={image.prctl}{classes}"]
    # Given to the emulated program alone: qemu itself must not load its libraries.
    arguments += [word for name, value in inside.items() for word in ("-E", f"{name}={value}")]
    return Board(core, root, tuple(arguments), _outside())


def _outside() -> dict[str, str]:
    """Return the environment of qemu, which its program inherits: nothing that would lead a Python astray."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "QEMU_"))}
