"""The counter of instructions: a plugin of qemu, compiled once for each version of it from ``counter.c``."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

from edgekit.resources.cache import make_part, part

MARK_VARIABLE = "EDGEKIT_COUNTS"
"""In the environment of an emulated program: the file into which the counter writes."""
_NEWEST = 8
"""From version 9 on qemu has other functions for counting, against which ``counter.c`` was never run."""
_FILE = "counter.so"


def qemu_version(qemu: str) -> str | None:
    """Return the version of an installed qemu program; None where there is none."""
    if shutil.which(qemu) is None:
        return None
    told = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d+\.\d+\.\d+)", told.stdout)
    return found[1] if found else None


def counter_of(folder: Path, *, version: str) -> Path | None:
    """Return the compiled plugin in an image's folder; None where there is none for this version of qemu."""
    plugin = _place(folder, version) / _FILE
    return plugin if plugin.is_file() else None


def make_counter(folder: Path, *, qemu: str) -> str | None:
    """Compile the plugin unless it is there. Returns why there is none, as a clause; None where there is one."""
    version = qemu_version(qemu)
    if version is None:
        return f"{qemu} is not installed"
    if int(version.split(".")[0]) > _NEWEST:
        return f"qemu {version} counts in another way than this edgekit knows"
    compiler = shutil.which("cc") or shutil.which("gcc")
    if counter_of(folder, version=version) is None and compiler is None:
        return "there is no C compiler; on Debian: apt-get install gcc"
    failures: list[str] = []

    def compile_into(place: Path) -> None:
        with resources.as_file(resources.files("edgekit.devices.emulated") / "counter.c") as source:
            flags = ["-std=gnu11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"]
            command = [str(compiler), *flags, "-o", str(place / _FILE), str(source)]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            failures.append(ended.stderr)
            raise _NotCompiled

    try:
        make_part(_place(folder, version), compile_into)
    except _NotCompiled:
        return f"the C compiler failed: {' '.join(failures[-1].split())[:300]}"
    return None


class _NotCompiled(Exception):
    pass


def _place(folder: Path, version: str) -> Path:
    source = (resources.files("edgekit.devices.emulated") / "counter.c").read_text(encoding="utf-8")
    return part(folder, "counter", of=f"{version}\n{source}")
