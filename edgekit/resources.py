"""Where the files that travel with edgekit are found: in the wheel first, beside the checkout second."""

from __future__ import annotations

from pathlib import Path

from edgekit.errors import EdgekitError

_PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """Return the folder of shipped files called ``name``, such as ``device_profiles``.

    The wheel carries it inside the package; an editable install cannot, so the checkout's top level is next.
    """
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise EdgekitError(
        f"the folder '{name}' that belongs to edgekit is missing from {_PACKAGE}",
        hint="install edgekit again",
    )
