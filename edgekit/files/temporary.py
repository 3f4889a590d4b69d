"""Temporary folders that are gone afterwards, whenever a signal comes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Make a folder, give it, and remove it.

    Ctrl-C raises wherever Python is. ``tempfile.TemporaryDirectory`` leaves its folder behind where that is while the
    folder is made, or while it is removed.

    Raises:
        OSError: there is no place for temporary files, or no room there.
    """
    folder = Path(tempfile.gettempdir(), f"{prefix}{os.urandom(8).hex()}")
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        try:
            shutil.rmtree(folder, ignore_errors=True)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
