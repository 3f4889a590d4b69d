"""Classes and functions of the user's, by import path."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError

_HINT = 'write it as package.module:Name, such as "my_layers:Swish"; it is looked up from the current folder too'


def import_custom_objects(import_paths: tuple[str, ...]) -> dict[str, Any]:
    """Return the objects at ``package.module:Name`` under the names that model files use for them.

    Raises:
        SourceError: an import path is malformed, or nothing can be imported from it.
    """
    here = str(Path.cwd())
    if import_paths and here not in sys.path:
        sys.path.insert(0, here)
    objects: dict[str, Any] = {}
    for import_path in import_paths:
        module_name, _, name = import_path.partition(":")
        if not module_name or not name:
            raise SourceError(f"custom object '{import_path}' is not an import path", hint=_HINT)
        try:
            module = importlib.import_module(module_name)
        except Exception as error:  # A user's module may raise anything while it is imported.
            raise SourceError(
                f"custom object '{import_path}': importing {module_name} failed: {error}", hint=_HINT
            ) from error
        try:
            objects[name] = getattr(module, name)
        except AttributeError:
            raise SourceError(f"custom object '{import_path}': {module_name} has no {name}", hint=_HINT) from None
    return objects
