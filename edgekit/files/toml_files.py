"""The TOML files that users write: every fault is a sentence about the file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from edgekit.errors import UsageError
from edgekit.files.writing import write_bytes

Value = TypeVar("Value")


def read_toml(path: str | Path, *, what: str, error: type[UsageError], hint: str | None = None) -> dict[str, Any]:
    """Return what ``path`` holds.

    Args:
        path: the file.
        what: it is, for people, such as ``recipe``.
        error: what is raised where it cannot be read.
        hint: the next step where there is no such file.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{what} {path} does not exist", hint=hint) from None
    except IsADirectoryError:
        raise error(f"{what} {path} is a folder", hint="give the path of a .toml file") from None
    except OSError as fault:
        raise error(f"{what} {path} cannot be read: {fault.strerror}", hint="check its permissions") from fault
    except UnicodeDecodeError as fault:
        raise error(f"{what} {path} is not a text in UTF-8", hint="give the path of a .toml file") from fault
    # Nesting that is deep beyond reason ends in a RecursionError.
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise error(f"{what} {path} is not TOML: {fault}", hint="mend it there") from fault


def load_toml(
    path: str | Path,
    read: Callable[[dict[str, Any]], Value],
    *,
    what: str,
    error: type[UsageError],
    hint: str | None = None,
    example: str | None = None,
) -> Value:
    """Return what ``read`` makes of what ``path`` holds. What it finds wrong is told with the file's name.

    Args:
        path: the file.
        read: raises UsageError.
        what: it is, for people, such as ``recipe``.
        error: what is raised where it cannot be read.
        hint: the next step where there is no such file.
        example: the next step where ``read`` knows none.
    """
    document = read_toml(path, what=what, error=error, hint=hint)
    try:
        return read(document)
    except UsageError as fault:
        raise type(fault)(f"{what} {path}: {fault.message}", hint=fault.hint or example) from None


def write_toml(path: Path, values: Mapping[str, Any]) -> None:
    """Write a TOML file, whole or not at all. Raises OutputError."""
    write_bytes(path, tomli_w.dumps(values).encode())
