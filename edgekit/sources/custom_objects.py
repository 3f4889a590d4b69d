"""Classes and functions of the user's, by import path."""

from __future__ import annotations

from typing import Any

from edgekit.errors import SourceError
from edgekit.import_paths import object_at

_HINT = 'write it as package.module:Name, such as "my_layers:Swish"; it is looked up from the current folder too'


def import_custom_objects(import_paths: tuple[str, ...]) -> dict[str, Any]:
    """Return the objects at ``package.module:Name`` under the names that model files use for them.

    Raises:
        SourceError: an import path is malformed, or nothing can be imported from it.
    """
    return {
        import_path.partition(":")[2]: object_at(import_path, what="custom object", hint=_HINT, error=SourceError)
        for import_path in import_paths
    }
