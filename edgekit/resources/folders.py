"""Where files are found: those that travel with edgekit, and those that it keeps for a user."""

from __future__ import annotations

import os
from pathlib import Path

from edgekit.errors import EdgekitError

_PACKAGE = Path(__file__).resolve().parents[1]


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


def cache_folder() -> Path:
    """Return where this user keeps what can be made again: ``edgekit`` in the folder that XDG_CACHE_HOME names."""
    return _folder_of("XDG_CACHE_HOME", ".cache")


def settings_folder() -> Path:
    """Return where this user's own lists are: ``edgekit`` in the folder that XDG_CONFIG_HOME names."""
    return _folder_of("XDG_CONFIG_HOME", ".config")


def data_folder() -> Path:
    """Return where this user keeps what took work to find out: ``edgekit`` in the folder that XDG_DATA_HOME names."""
    return _folder_of("XDG_DATA_HOME", ".local/share")


def _folder_of(variable: str, usual: str) -> Path:
    named = os.environ.get(variable, "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / usual) / "edgekit"
