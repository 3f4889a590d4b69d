"""The temporary folder that a conversion works in, and what is said when there is no room for it."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.errors import OutputError
from edgekit.files import temporary_folder

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Numbers of an OSError that say: there is no room left."""


@contextmanager
def work_folder() -> Iterator[Path]:
    """Make a folder, give it, and remove it whatever happens.

    Raises:
        OutputError: no temporary folder can be made, or the disk that it is on is full: also where a child process
            or another room met that inside it.
    """
    try:
        with temporary_folder("edgekit-") as folder:
            try:
                yield folder
            except OutputError as error:
                if str(folder) in error.message and full_disk_behind(error) is not None:
                    raise _full() from error
                raise
    except OSError as error:
        if error.errno in FULL:
            raise _full() from error
        # tempfile tries every place there is before it says this.
        if error.errno == errno.ENOENT and "temporary directory" in str(error):
            raise OutputError(
                "there is no folder for temporary files that can be written to", hint="name one in TMPDIR"
            ) from error
        raise


def full_disk_behind(error: BaseException | None) -> OSError | None:
    """Return the OSError about a full disk that ``error`` is or was raised from; None where there is none."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, OSError) and error.errno in FULL:
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def _full() -> OutputError:
    return OutputError(
        f"the folder for temporary files, {tempfile.gettempdir()}, is full",
        hint="free some space there, or name another folder in TMPDIR",
    )
