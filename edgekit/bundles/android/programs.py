"""The programs of this machine that build and sign an app."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import EdgekitError, MissingProgram, OutputError

_JDK = "openjdk-17-jdk-headless"
_LEAST_JAVA = 11
"""``javac --release 8``, which the dexer needs, and what apksigner runs on."""
SIGNING = {"java": _JDK, "apksigner": "apksigner"}
BUILDING = {"java": _JDK, "javac": _JDK, "keytool": _JDK, "aapt2": "aapt", "apksigner": "apksigner"}
"""Programs by name, and Debian's package of each."""
_SHORT_LIVED = ("XX:TieredStopAtLevel=1", "XX:+UseSerialGC")
"""A Java program that ends within seconds spends most of its time on compiling itself: with these it takes half."""
_TIMEOUT_S = 300.0
_NOTHING_BYTES = 1 << 16
"""A disk with less is full."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where they are."""

    java: str
    javac: str
    keytool: str
    aapt2: str
    apksigner: str


def find_programs() -> Programs:
    """Return where the programs that build an app are.

    Raises:
        MissingProgram: some are not there, or Java is too old; carries the apt line.
    """
    purpose = "building an Android app"
    programs = Programs(**require_programs(BUILDING, purpose=purpose))
    version = _java_version(programs.javac)
    if version < _LEAST_JAVA:
        raise MissingProgram(
            [f"a JDK of version {_LEAST_JAVA} or newer ({programs.javac} is {version})"],
            packages=[_JDK],
            purpose=purpose,
        )
    return programs


def require_programs(
    packages: Mapping[str, str], *, purpose: str, files: Mapping[Path, str] | None = None
) -> dict[str, str]:
    """Return where programs are, by their names.

    Args:
        packages: names of programs, and Debian's package of each.
        purpose: what they are needed for, such as ``building an Android app``.
        files: what must be there beside them, and Debian's package of each.

    Raises:
        MissingProgram: some are not there; carries the apt line.
    """
    found = {name: _find(name, java=package == _JDK) for name, package in packages.items()}
    missing = {name: packages[name] for name, path in found.items() if path is None}
    missing |= {str(path): package for path, package in (files or {}).items() if not path.exists()}
    if missing:
        raise MissingProgram(missing, packages=missing.values(), purpose=purpose)
    return {name: path for name, path in found.items() if path is not None}


def java_options(before: str = "") -> list[str]:
    """Return the options of Java for a program that ends soon; ``before`` is what hands them on, such as ``J``."""
    return [f"-{before}{option}" for option in _SHORT_LIVED]


def run_program(
    argv: Sequence[str | Path], *, what: str, environment: Mapping[str, str] | None = None, hint: str | None = None
) -> str:
    """Run one of them and return what it printed on standard output.

    Args:
        argv: the program and its arguments.
        what: what it does, such as ``compiling the app``.
        environment: added to this process's own.
        hint: the next step where it fails.

    Raises:
        OutputError: it found no room on a disk.
        EdgekitError: it failed; carries what it printed.
    """
    words = [str(word) for word in argv]
    try:
        ended = subprocess.run(
            words,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise EdgekitError(f"{what} took longer than {_TIMEOUT_S:.0f} s and was ended", hint=hint) from error
    except OSError as error:
        raise EdgekitError(f"{what}: {words[0]} cannot be started: {error.strerror}", hint=hint) from error
    if ended.returncode != 0:
        log = ended.stdout + ended.stderr
        # aapt2 does not say why it cannot write.
        if os.strerror(errno.ENOSPC) in log or shutil.disk_usage(tempfile.gettempdir()).free < _NOTHING_BYTES:
            raise OutputError(f"{what}: the disk is full", hint="free some space, or name another folder in TMPDIR")
        raise EdgekitError(f"{what} failed: {_telling(log)}", hint=hint, log=log)
    return ended.stdout


def _find(name: str, *, java: bool) -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home and java and (own := shutil.which(name, path=str(Path(home, "bin")))):
        return own
    return shutil.which(name)


def _java_version(javac: str) -> int:
    try:
        # Beside every JDK since version 7, and sooner read than javac starts.
        told = Path(javac).resolve().parent.parent.joinpath("release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = run_program([javac, "-version"], what="asking javac for its version")
    numbers = re.search(r'(?:javac |JAVA_VERSION=")(\d+)(?:\.(\d+))?', told)
    if numbers is None:
        raise EdgekitError(f"{javac} does not tell its version: {told.strip()[:200]!r}")
    major = int(numbers[1])
    # Up to version 8 it called itself 1.8.
    return int(numbers[2]) if major == 1 and numbers[2] else major


def _telling(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "exception" in line.lower()]
    return (errors or lines or ["no reason was given"])[0]
