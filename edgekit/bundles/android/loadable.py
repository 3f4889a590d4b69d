"""Makes the library that a phone would load loadable on this machine: same code, another C library under it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundles.android.programs import run_program

_SOURCE = Path(__file__).with_name("bionic.c")
_PARTS = {"libc.so": ["-lc"], "libm.so": ["-lm"], "libdl.so": [], "liblog.so": []}
"""What it asks for by bionic's names, and what of glibc takes the place."""
_READELF = re.compile(r"\bUND (?P<name>\S+?)@LIBC\b")


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler for the library's machine, and the program that reads its object files."""

    gcc: str
    readelf: str


AARCH64 = Compiler("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-readelf")
X86_64 = Compiler("gcc", "readelf")


def make_loadable(library: bytes, folder: Path, *, compiler: Compiler) -> Path:
    """Write the library into a folder, with what stands in for bionic beside it.

    The library's code and data stay as they are: only the versions of the symbols that it asks for are taken off, which
    name a C library that is not here.

    Args:
        library: the bytes of ``libtensorflowlite_jni.so``.
        folder: an empty one; it must be in the loader's path.
        compiler: for the library's machine.

    Raises:
        EdgekitError: a program failed.
    """
    target = folder / "libtensorflowlite_jni.so"
    target.write_bytes(library)
    versions = folder / "versions.map"
    versions.write_text("LIBC { global: *; };\n")
    for name, needs in _PARTS.items():
        source = _SOURCE if name == "libc.so" else Path("/dev/null")
        command: list[str | Path] = [compiler.gcc, "-shared", "-fPIC", "-O1", "-x", "c", source, "-o", folder / name]
        command += [f"-Wl,-soname,{name}", f"-Wl,--version-script={versions}", "-Wl,--no-as-needed", *needs]
        run_program(command, what=f"compiling a stand-in for {name}")
    versions.unlink()
    told = run_program([compiler.readelf, "-W", "--dyn-syms", target], what="reading the library's symbols")
    names = sorted(set(_READELF.findall(told)))
    clear = [word for name in names for word in ("--clear-symbol-version", name)]
    run_program(["patchelf", *clear, target], what="taking versions off the library's symbols")
    return target


def compile_trial(target: Path, *, compiler: Compiler) -> None:
    """Compile the program that runs a model with such a library. Raises EdgekitError."""
    source = Path(__file__).with_name("trial.c")
    command: list[str | Path] = [compiler.gcc, "-O1", "-o", target, source, "-ldl"]
    run_program(command, what="compiling the trial of the library")
