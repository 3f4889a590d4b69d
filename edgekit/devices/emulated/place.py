"""Where emulated boards are kept."""

from __future__ import annotations

from pathlib import Path

from edgekit.resources import cache_folder


def emulators_folder() -> Path:
    """Return the folder of all emulated boards in the user's cache folder."""
    return cache_folder() / "emulators"
