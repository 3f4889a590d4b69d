"""``install_emulator``: a Debian system root, the interpreter's wheels and the counter, in the user's cache folder."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.devices.emulated import counter
from edgekit.devices.emulated.address import emulated_address
from edgekit.devices.emulated.device import EmulatedDevice
from edgekit.devices.emulated.images import IMAGES, Image, image_for
from edgekit.devices.emulated.parts import make_root, make_wheels, root_of, wheels_of
from edgekit.devices.emulated.place import emulators_folder
from edgekit.errors import DeviceError, DeviceUnreachable
from edgekit.files import output_errors
from edgekit.profiles import DeviceProfile, list_profiles, profile_named
from edgekit.progress import Progress, Step, silent
from edgekit.resources.cache import alone, make_part, size_of
from edgekit.units import format_bytes

_TRYING_S = 300.0
_IMPORT = "import ctypes, numpy, {module}.interpreter"


@dataclass(frozen=True, slots=True)
class Installed:
    """One image that is there."""

    architecture: str
    folder: Path
    size_bytes: int
    qemu: str | None
    """The version of qemu; None where it is not installed (any more)."""
    counts: bool
    """Whether instructions are counted."""
    profiles: tuple[str, ...]
    """The names of the profiles that it emulates."""

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**dataclasses.asdict(self), "folder": str(self.folder), "profiles": list(self.profiles)}


def install_emulator(profile: str | DeviceProfile = "rpi4", *, progress: Progress = silent) -> Installed:
    """Make what ``emulated:PROFILE`` needs, or what is missing of it. May be interrupted, and repeated.

    Args:
        profile: one of the boards that are to be emulated; all of the same architecture share everything.
        progress: told each step.

    Raises:
        UsageError: the profile is unknown, or its processor is not emulated.
        DeviceError: a program is missing here, with the apt line; or a download failed.
        OutputError: the cache folder cannot be written.
    """
    board = profile if isinstance(profile, DeviceProfile) else profile_named(profile)
    image, address = image_for(board), emulated_address(board.name)
    _require_programs(image, address)
    folder = emulators_folder() / image.architecture
    with alone(folder):
        about = format_bytes(image.typical_bytes)
        progress(Step(f"making an emulated {image.architecture} board of about {about} in {folder}", 0, 4))
        make_part(root_of(image), lambda place: make_root(image, place, address=address))
        progress(Step("fetching the interpreter", 1, 4))
        make_part(wheels_of(image), lambda place: make_wheels(image, place, address=address))
        progress(Step("compiling the counter of instructions", 2, 4))
        uncounted = counter.make_counter(folder, qemu=image.qemu)
        progress(Step(f"trying {address}", 3, 4))
        _try(board, image)
    installed = described(image)
    if installed is None:
        raise DeviceError(f"{address} was removed while it was installed", address=address, hint="install it again")
    told = "" if uncounted is None else f"; instructions are not counted: {uncounted}"
    progress(Step(f"{folder} takes {format_bytes(installed.size_bytes)}{told}", 4, 4))
    return installed


def list_emulators() -> tuple[Installed, ...]:
    """Return the images that are there and whole."""
    return tuple(found for image in IMAGES.values() if (found := described(image)) is not None)


def remove_emulator(profile: str | DeviceProfile | None = None) -> int:
    """Remove the image of a profile's architecture, or all of them; returns how many bytes that freed.

    Raises:
        UsageError: the profile is unknown, or its processor is not emulated.
    """
    if profile is None:
        images: Iterable[Image] = IMAGES.values()
    else:
        images = [image_for(profile if isinstance(profile, DeviceProfile) else profile_named(profile))]
    freed = 0
    for image in images:
        folder = emulators_folder() / image.architecture
        if folder.is_dir():
            with alone(folder):
                freed += size_of(folder)
                with output_errors(folder):
                    shutil.rmtree(folder)
    return freed


def described(image: Image) -> Installed | None:
    """Return what is there of an image; None where it is not whole."""
    if not (root_of(image).is_dir() and wheels_of(image).is_dir()):
        return None
    folder = emulators_folder() / image.architecture
    version = counter.qemu_version(image.qemu)
    return Installed(
        architecture=image.architecture,
        folder=folder,
        size_bytes=size_of(folder),
        qemu=version,
        counts=version is not None and counter.counter_of(folder, version=version) is not None,
        profiles=tuple(
            each.name for each in list_profiles() if each.facts.architecture.value == image.architecture and each.match
        ),
    )


def _try(board: DeviceProfile, image: Image) -> None:
    """Import the interpreter on the board: what was fetched works there, and is compiled to bytecode from now on."""
    with closing(EmulatedDevice(board)) as device:
        program = _IMPORT.format(module=image.module)
        ended = device.execute(["python3", "-c", program], timeout=_TRYING_S)
    if ended.returncode:
        raise DeviceError(
            f"the interpreter does not start on {device.address}: code {ended.returncode}",
            address=device.address,
            hint="report this with the log above and the version of qemu",
            log=ended.stdout + ended.stderr,
        )


def _require_programs(image: Image, address: str) -> None:
    missing = [name for name in ("mmdebstrap", image.qemu) if shutil.which(name) is None]
    if missing:
        packages = ["qemu-user" if name == image.qemu else name for name in missing]
        raise DeviceUnreachable(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed, which {address} needs",
            address=address,
            hint=f"apt-get install {' '.join(packages)} gcc (gcc: for counting instructions)",
        )
