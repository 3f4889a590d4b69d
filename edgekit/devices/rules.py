"""What every device asks of its caller, whatever the transport: paths that stay inside, commands that can be said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from edgekit.errors import UsageError


def checked_path(path: str) -> PurePosixPath:
    """Return ``path`` as a path below the working folder.

    Raises:
        UsageError: it is absolute, empty, climbs out with ``..`` or cannot be written in UTF-8.
    """
    pure = PurePosixPath(path)
    if "\0" in path or not _is_utf8(path):
        raise UsageError(f"device path {path!r} holds a character that no file name can hold")
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or path.endswith("/"):
        raise UsageError(
            f"device path {path!r} does not name a file below the working folder",
            hint="use a relative path such as 'model.tflite' or 'results/run.json'",
        )
    return pure


def checked_command(argv: Sequence[str], *, timeout: float) -> list[str]:
    """Return ``argv`` as a list.

    Raises:
        UsageError: it is empty, one string instead of a list, holds a NUL character, or ``timeout`` is not positive.
    """
    if isinstance(argv, str) or not argv:
        raise UsageError(f"a command is a list of the program and its arguments, not {argv!r}")
    for argument in argv:
        if "\0" in argument or not _is_utf8(argument):
            raise UsageError(f"argument {argument!r} holds a character that no command line can hold")
    if not timeout > 0:
        raise UsageError(f"timeout is {timeout}, but must be more than 0 seconds")
    return list(argv)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
