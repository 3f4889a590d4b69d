"""``prepare_device``: an interpreter of its own for a board."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.process import run_process
from edgekit.devices.ssh.device import SshDevice
from edgekit.devices.table import is_phone
from edgekit.errors import CommandFailed, DeviceError, UnsuitedDevice, UsageError
from edgekit.progress import Progress, Step, silent

_SECONDS = 1800.0
_OLDEST = (3, 9)
_PACKAGES = {
    "x86_64": ("ai-edge-litert", "numpy"),
    "aarch64": ("ai-edge-litert", "numpy"),
    # numpy 1 is what tflite-runtime was built for.
    "armv7l": ("tflite-runtime", "numpy<2"),
}
"""What is installed, by the machine that Python says it was built for."""
_ASK = """
import json, platform, struct, sys
machine = platform.machine()
if struct.calcsize("P") == 4 and machine in ("aarch64", "armv8l"):
    machine = "armv7l"
print(json.dumps({"version": list(sys.version_info[:2]), "machine": machine, "libc": platform.libc_ver()}))
"""
_INSTALL = """
import glob, os, shutil, subprocess, sys, zipfile
place, wheels = sys.argv[1], sys.argv[2]
shutil.rmtree(place + ".new", ignore_errors=True)
# Without pip, so that Debian's python3-venv is not needed.
subprocess.run([sys.executable, "-m", "venv", "--without-pip", place + ".new"], check=True)
site = glob.glob(place + ".new/lib/python*/site-packages")[0]
for wheel in glob.glob(wheels + "/*.whl"):
    zipfile.ZipFile(wheel).extractall(site)
shutil.rmtree(place, ignore_errors=True)
os.rename(place + ".new", place)
"""
_TRY = "import numpy\ntry: import ai_edge_litert.interpreter\nexcept ImportError: import tflite_runtime.interpreter"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was installed on a board."""

    address: str
    python: str
    """Its version there."""
    packages: tuple[str, ...]
    """File names of the wheels."""


def prepare_device(address: str, *, progress: Progress = silent) -> Prepared:
    """Install an interpreter on a board, in a virtual environment in its cache folder, which then comes first there.

    The wheels are fetched by this machine and sent over the link: the board needs no network.

    Args:
        address: ``ssh://[user@]host[:port]``.
        progress: told each step.

    Raises:
        UsageError: it is no board behind ssh; a phone has no Python.
        DeviceError: it cannot be reached, has no Python from 3.9 on, or no wheels are made for it.
    """
    with closing(_board(address)) as device, tempfile.TemporaryDirectory(prefix="edgekit-wheels-") as folder:
        progress(Step(f"asking {address} for its Python", 0, 4))
        version, machine, libc = _python_of(device)
        if version < _OLDEST or machine not in _PACKAGES:
            raise DeviceError(
                f"no interpreter is made for Python {version[0]}.{version[1]} on {machine}, which {address} has",
                address=address,
                hint=f"it takes Python 3.9 or newer on {', '.join(_PACKAGES)}",
            )
        progress(Step("fetching the wheels", 1, 4))
        _fetch(Path(folder), address=address, machine=machine, version=version, libc=libc)
        wheels = sorted(Path(folder).glob("*.whl"))
        progress(Step(f"sending {len(wheels)} wheels", 2, 4))
        for wheel in wheels:
            device.push(wheel, f"wheels/{wheel.name}")
        progress(Step("installing them", 3, 4))
        place = f"{device.cache}/python"
        _told(device, ["python3", "-c", _INSTALL, place, "wheels"], doing="make a virtual environment")
        _told(device, [f"{place}/bin/python3", "-c", _TRY], doing="load the interpreter")
        progress(Step("installing them", 4, 4))
    return Prepared(address, f"{version[0]}.{version[1]}", tuple(wheel.name for wheel in wheels))


def _board(address: str) -> SshDevice:
    if is_phone(address):
        raise UnsuitedDevice(
            f"{address} is a phone: phones have no Python, and none is installed there",
            hint="measure with --engine benchmark_model=PATH, or with the app that 'edgekit bundle android' makes",
        )
    if not address.startswith("ssh://"):
        raise UsageError(f"'{address}' is no board behind ssh", hint="write ssh://[user@]host[:port]")
    return SshDevice(address)


def _python_of(device: SshDevice) -> tuple[tuple[int, int], str, list[str]]:
    """Return the version of the board's Python, its machine, and the C library with its version."""
    text = _told(device, ["python3", "-c", _ASK], doing="ask for its Python")
    try:
        said = json.loads(text)
        (major, minor), machine = said["version"], str(said["machine"])
        return (int(major), int(minor)), machine, list(map(str, said["libc"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CommandFailed(
            f"what python3 on {device.address} says of itself is not understood: {type(error).__name__} {error}",
            address=device.address,
            hint="look at what 'python3' is there, and at what it prints when it starts",
            log=text,
        ) from error


def _told(device: SshDevice, command: Sequence[str], *, doing: str) -> str:
    ended = device.execute(command, timeout=_SECONDS)
    if ended.returncode == 127:
        raise CommandFailed(
            f"there is no python3 on {device.address}",
            address=device.address,
            hint="install Python 3.9 or newer there; on Debian: apt-get install python3",
            log=ended.stderr,
        )
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"code {ended.returncode}"]
        raise CommandFailed(
            f"cannot {doing} on {device.address}: {lines[-1]}",
            address=device.address,
            hint=f"edgekit doctor {device.address}",
            log=ended.stderr,
        )
    return ended.stdout


def _fetch(folder: Path, *, address: str, machine: str, version: tuple[int, ...], libc: Sequence[str]) -> None:
    newest = int(libc[1].split(".")[1]) if libc[0] == "glibc" and libc[1].count(".") else 17
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 4, -1)]
    platforms += [f"manylinux2014_{machine}", f"linux_{machine}", "any"]
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "download"]
    command += ["--dest", str(folder), "--only-binary=:all:", "--implementation", "cp"]
    command += ["--python-version", f"{version[0]}.{version[1]}"]
    command += [word for platform in platforms for word in ("--platform", platform)]
    command += _PACKAGES[machine]
    environment = {**os.environ, "LC_ALL": "C"}
    ended = run_process(command, folder=folder, environment=environment, timeout=_SECONDS, address=address)
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.strip()] or ["pip gave no reason"]
        raise DeviceError(
            f"there are no wheels for {address} (Python {version[0]}.{version[1]}, {machine}): {lines[-1]}",
            address=address,
            hint="look at the network; on a board without wheels: apt-get install python3-numpy, and tflite-runtime",
            log=ended.stderr,
        )
