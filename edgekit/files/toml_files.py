"""Reads the TOML files that users write: every fault is a sentence about the file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from edgekit.errors import UsageError


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
