"""Where profiles are found: the shipped folder, the user's own folders, or a path."""

from __future__ import annotations

import os
from pathlib import Path

from edgekit.errors import ProfileError, unknown_name
from edgekit.profiles.profile import DeviceProfile, Kind
from edgekit.profiles.reading import load_profile
from edgekit.resources import resource_folder, settings_folder

OWN_FOLDERS = "EDGEKIT_PROFILES"
"""The environment variable that names further folders of the user's, separated as in ``PATH``."""


def list_profiles() -> tuple[DeviceProfile, ...]:
    """Return all profiles that can be named, the shipped ones and the user's, by kind and name.

    Raises:
        ProfileError: one of them is malformed, a folder is missing, or a name is there twice.
    """
    order = list(Kind)
    profiles = [load_profile(_only(name, paths)) for name, paths in _catalog().items()]
    return tuple(sorted(profiles, key=lambda profile: (order.index(profile.kind), profile.name)))


def profile_named(name_or_path: str | Path) -> DeviceProfile:
    """Return one profile. A Path, or text with a separator or ``.toml``, is a path; all else is a name.

    Raises:
        ProfileError: no such name or file, a name that is there twice, or a malformed file.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text or os.sep in text:
        return load_profile(Path(name_or_path))
    catalog = _catalog()
    if text not in catalog:
        raise ProfileError(
            unknown_name("profile", text, sorted(catalog)),
            hint=f"for a profile of your own give the path of its .toml, put it into {own_profiles()}, or name its "
            f"folder in {OWN_FOLDERS}",
        )
    return load_profile(_only(text, catalog[text]))


def own_profiles() -> Path:
    """Return the folder of this user's own profiles, which need not be there: ``profiles`` among the settings."""
    return settings_folder() / "profiles"


def _catalog() -> dict[str, list[Path]]:
    """Return the paths under each name. More than one is an error, but only for who asks for that name."""
    catalog: dict[str, list[Path]] = {}
    for folder in (resource_folder("device_profiles"), *_own_folders()):
        for path in sorted(folder.glob("*.toml")):
            catalog.setdefault(path.stem, []).append(path)
    return catalog


def _own_folders() -> tuple[Path, ...]:
    named = [Path(text).expanduser() for text in os.environ.get(OWN_FOLDERS, "").split(os.pathsep) if text]
    for folder in named:
        if not folder.is_dir():
            raise ProfileError(f"{OWN_FOLDERS} names the folder {folder}, which does not exist")
    usual = own_profiles()
    # Not Path.is_dir: another user's settings, which may not be looked into, hold no profile of this one's.
    usual_one = [usual] if os.path.isdir(usual) else []  # noqa: PTH112
    # A folder that is named twice is no conflict with itself.
    return tuple(dict.fromkeys(folder.resolve() for folder in (*usual_one, *named)))


def _only(name: str, paths: list[Path]) -> Path:
    if len(paths) > 1:
        places = " and ".join(str(path) for path in paths)
        raise ProfileError(
            f"the profile name '{name}' is there twice: {places}",
            hint="rename your own, or give its path instead of its name",
        )
    return paths[0]
