"""Objects in the user's own Python code, by import path."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

from edgekit.errors import UsageError

_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_import_path(text: str) -> bool:
    """Return whether ``text`` is written as ``package.module:name``."""
    return _IMPORT_PATH.fullmatch(text) is not None


def object_at(import_path: str, *, what: str, hint: str, error: type[UsageError]) -> Any:
    """Return the object at ``package.module:name``, which is looked up from the current folder too.

    Args:
        import_path: where it is.
        what: the object in a sentence, such as ``custom object``.
        hint: the next step where it is not found.
        error: raised where the import path is malformed, or nothing can be imported from it.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        # Last: a file that happens to have the name of a library must not take its place.
        sys.path.append(here)
    module_name, _, name = import_path.partition(":")
    if not module_name or not name:
        raise error(f"{what} '{import_path}' is not an import path", hint=hint)
    try:
        module = importlib.import_module(module_name)
    except Exception as fault:  # A user's module may raise anything while it is imported.
        raise error(f"{what} '{import_path}': importing {module_name} failed: {fault}", hint=hint) from fault
    try:
        return getattr(module, name)
    except AttributeError:
        raise error(f"{what} '{import_path}': {module_name} has no {name}", hint=hint) from None
