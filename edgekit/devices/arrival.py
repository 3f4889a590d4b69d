"""A file that comes from a device appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.files import output_errors


@contextmanager
def arriving(target: Path) -> Iterator[Path]:
    """Give a path beside ``target`` to fill; it becomes ``target`` at the end, and is gone when anything fails.

    Raises:
        OutputError: ``target`` cannot be written there.
    """
    with output_errors(target):
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:60]}.", dir=target.parent)
        os.close(descriptor)
    beside = Path(name)
    try:
        yield beside
        with output_errors(target):
            beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
