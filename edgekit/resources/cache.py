"""What is kept in a cache folder: parts that are there whole or not at all, named by what they were made from."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.files import output_errors


def part(folder: Path, name: str, *, of: str) -> Path:
    """Return the place of a part that is made from ``of``: other ingredients, other place."""
    return folder / f"{name}-{hashlib.sha256(of.encode()).hexdigest()[:12]}"


def make_part(place: Path, make: Callable[[Path], None]) -> bool:
    """Make a part unless it is there; older ones of its name go. Returns whether anything was made.

    Args:
        place: as :func:`part` gave it.
        make: fills the new, empty folder that it is given.
    """
    if place.is_dir():
        return False
    with output_errors(place):
        beside = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        make(beside)
        with output_errors(place):
            beside.chmod(0o755)
            beside.replace(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    name = place.name.rpartition("-")[0]
    for old in place.parent.glob(f"{name}-*"):
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it is missing, for one installation at a time; what a killed one left is removed."""
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(".making-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder; links count nothing."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
