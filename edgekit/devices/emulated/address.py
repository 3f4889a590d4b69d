"""``emulated:PROFILE``, written and taken apart."""

from __future__ import annotations

from edgekit.errors import UsageError

_FORM = "write emulated:PROFILE, such as emulated:rpi4; 'edgekit profiles' lists the profiles"


def emulated_address(profile: str) -> str:
    """Return the address of the emulated board of the profile called ``profile``."""
    return f"emulated:{profile}"


def parse_emulated_address(address: str) -> str:
    """Return the profile's name in ``emulated:PROFILE``, which may be unknown. Raises UsageError: it names none."""
    scheme, colon, name = address.partition(":")
    if scheme != "emulated" or not colon or not name:
        raise UsageError(f"device '{address}' names no profile", hint=_FORM)
    return name
