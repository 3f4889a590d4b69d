"""With which versions of packages a conversion is made."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version(package: str) -> str | None:
    """Return the version of a package.

    None where this runs from a checkout that was never installed, or a tensorflow-cpu is in place of tensorflow.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return None
