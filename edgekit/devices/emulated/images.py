"""What an emulated board is made of: one table, a line for each word size.

The versions are the newest that were seen to run under qemu-user: ai-edge-litert 2.2 and later crash when the
interpreter is made.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.errors import UsageError
from edgekit.profiles import DeviceProfile

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
"""The main archive alone: unlike the security archive it changes a few times a year, and never halfway."""
_PYTHON = (
    "python3.11-minimal",
    "libpython3.11-stdlib",
    "python3",
    "libffi8",
    "libgcc-s1",
    "libstdc++6",
    "libc6",
    "zlib1g",
)


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel, to the byte."""

    requirement: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Image:
    """A system root with an interpreter, for all profiles of one architecture."""

    architecture: str
    """As ``uname -m`` says, and profiles."""
    debian: str
    """Debian's name of it."""
    qemu: str
    """The program that emulates it."""
    prctl: int
    """The number of that system call, by which the agent marks what is counted."""
    packages: tuple[str, ...]
    wheels: tuple[Wheel, ...]
    module: str
    """The interpreter's package, as Python imports it."""
    platforms: tuple[str, ...]
    """The wheels' platform tags, as pip calls them."""
    libraries: tuple[str, ...] = ()
    """Folders of the root in which its loader would not look."""
    typical_bytes: int = 0
    """About what it takes on the disk."""


IMAGES: dict[str, Image] = {
    "aarch64": Image(
        architecture="aarch64",
        debian="arm64",
        qemu="qemu-aarch64",
        prctl=167,
        packages=_PYTHON,
        wheels=(
            Wheel("ai-edge-litert==2.1.6", "8475d18c73698d9244380ad72f67caf540e5c72d9a80c66d17c4b81ca81a21c8"),
            Wheel("numpy==2.4.6", "0ab0a9c4ffb1a6d95ef519fe4247dba8eb6b18ad93999f76b7f657039acabd47"),
        ),
        module="ai_edge_litert",
        platforms=("manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64"),
        typical_bytes=170 << 20,
    ),
    "armv7l": Image(
        architecture="armv7l",
        debian="armhf",
        qemu="qemu-arm",
        prctl=172,
        # No wheel of numpy is made for it; Debian's is of the 1.x series, which tflite-runtime needs.
        packages=(*_PYTHON, "python3-numpy", "libblas3", "liblapack3", "libgfortran5", "libatomic1"),
        wheels=(Wheel("tflite-runtime==2.14.0", "c4e66a74165b18089c86788400af19fa551768ac782d231a9beae2f6434f7949"),),
        module="tflite_runtime",
        platforms=("manylinux_2_34_armv7l",),
        libraries=("usr/lib/arm-linux-gnueabihf/blas", "usr/lib/arm-linux-gnueabihf/lapack"),
        typical_bytes=85 << 20,
    ),
}


def image_for(profile: DeviceProfile) -> Image:
    """Return the image that emulates a profile's boards.

    Raises:
        UsageError: it is no Arm processor with an operating system.
    """
    image = IMAGES.get(profile.facts.architecture.value)
    if image is None:
        raise UsageError(
            f"{profile.name} has the architecture {profile.facts.architecture.value}, and only "
            f"{' and '.join(IMAGES)} are emulated",
            hint="'edgekit profiles' lists what there is; an x86_64 machine is measured as it is, with 'local'",
        )
    return image
