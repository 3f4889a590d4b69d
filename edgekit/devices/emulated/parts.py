"""The parts of an emulated board: the system root and the interpreter's packages, fetched from where they are made."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from edgekit.devices.emulated.images import MIRROR, SUITE, Image
from edgekit.devices.emulated.place import emulators_folder
from edgekit.devices.emulated.unpacking import unpack
from edgekit.devices.process import run_process
from edgekit.errors import DeviceError
from edgekit.files import output_errors
from edgekit.resources.cache import part

_ATTEMPTS = 3
_SECONDS = 1800.0


def root_of(image: Image) -> Path:
    """Return where the system root of an image is, or will be."""
    made_from = f"2 {SUITE} {MIRROR} {image.packages}"
    return part(emulators_folder() / image.architecture, "root", of=made_from)


def wheels_of(image: Image) -> Path:
    """Return where the packages of the interpreter are, or will be."""
    return part(emulators_folder() / image.architecture, "wheels", of=repr(image.wheels))


def make_root(image: Image, place: Path, *, address: str) -> None:
    """Fill ``place`` with Debian's packages, unpacked and not configured. Raises DeviceError, OutputError."""
    tar = place / "root.tar"
    options = ["--quiet", f"--architectures={image.debian}", "--variant=extract"]
    command = ["mmdebstrap", *options, f"--include={','.join(image.packages)}", SUITE, str(tar), MIRROR]
    # What mmdebstrap has unpacked so far would stay where it is interrupted. Unless we are root, it is of users of
    # a namespace, and cannot be removed from here.
    with tempfile.TemporaryDirectory(prefix="edgekit-root-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        _fetched(command, address=address, what="Debian's packages", temporary=folder)
    with output_errors(place):
        unpack(tar, place)
        tar.unlink()


def make_wheels(image: Image, place: Path, *, address: str) -> None:
    """Fill ``place`` with the wheels' content. Raises DeviceError, OutputError."""
    with tempfile.TemporaryDirectory(prefix="edgekit-wheels-") as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text("".join(f"{each.requirement} --hash=sha256:{each.sha256}\n" for each in image.wheels))
        target = ["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp"]
        target += [word for platform in image.platforms for word in ("--platform", platform)]
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "download"]
        command = [*pip, "--no-deps", "--require-hashes", "--dest", folder, *target, "--requirement", str(wanted)]
        _fetched(command, address=address, what="the interpreter's packages", temporary=folder)
        with output_errors(place):
            # Their hashes are ours, so that their content is known.
            for wheel in sorted(Path(folder).glob("*.whl")):
                shutil.unpack_archive(wheel, place, format="zip")


def _fetched(command: list[str], *, address: str, what: str, temporary: str) -> None:
    """Run a program that downloads; mirrors are busy at times, so that it is tried again."""
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": temporary}
    log = ""
    for _ in range(_ATTEMPTS):
        ended = run_process(command, folder=Path("/"), environment=environment, timeout=_SECONDS, address=address)
        if ended.returncode == 0:
            return
        log = ended.stdout + ended.stderr
    raise DeviceError(
        f"{what} for {address} could not be fetched: {_last_line(log)}",
        address=address,
        hint="look at the network and the free space, then run the same command again",
        log=log,
    )


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"
