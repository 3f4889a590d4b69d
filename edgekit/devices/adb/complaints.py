"""Why a phone cannot be used: the states that adb knows, and what its client says. The first that fits counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgekit.errors import DeviceUnreachable

READY = "device"
"""The state of a phone that can be used."""


@dataclass(frozen=True, slots=True)
class _State:
    fits: str
    """A regular expression, for all of a state in the list of ``adb devices``."""
    complaint: str | None
    """The same for the beginning of a line of the client's; None where it has none."""
    reason: str
    hint: str


_CLIENT = r"^(?:adb: (?:error: )?|error: )(?:failed to get feature set: )?"
"""How the client begins a line of its own; a program on the phone can say the same words anywhere else."""
_TABLE = (
    _State(
        r"unauthorized",
        r"device unauthorized",
        "it has not allowed this computer to debug it (unauthorized)",
        "unlock it and answer 'Allow USB debugging?'; where it does not ask: 'adb reconnect', or pull the cable",
    ),
    _State(
        r"authorizing|connecting",
        r"device still (authorizing|connecting)",
        "the connection is still being made",
        "unlock the phone, wait a few seconds and try again",
    ),
    _State(
        r"offline",
        r"device offline",
        "adb sees it, but it does not answer (offline)",
        "try 'adb reconnect offline'; else pull the cable and plug it in again, or restart the phone",
    ),
    _State(
        r"no permissions.*",
        r"(device has )?(no|insufficient) permissions",
        "you have no permission to open it on this machine's USB",
        "on Debian: sudo apt-get install android-sdk-platform-tools-common && sudo usermod -aG plugdev $USER, "
        "then log in anew and plug it in again",
    ),
    _State(
        r"bootloader|recovery|sideload|rescue",
        None,
        "Android does not run there: it is in a mode for repairs",
        "restart it: 'adb reboot', or 'fastboot reboot' in the bootloader",
    ),
    _State(
        r"host",
        None,
        "it is no phone, but another computer's side of adb",
        "name the serial of a phone; 'adb devices -l' lists them",
    ),
    _State(
        r"no device",
        r"(device '.*' not found|no devices)",
        "it is not there any more",
        "look at the cable and at 'adb devices', then try again",
    ),
)


def state_known(state: str) -> str:
    """Return what a state means, as a clause."""
    return next((each.reason for each in _TABLE if re.fullmatch(each.fits, state)), f"adb calls its state '{state}'")


def not_ready(address: str, state: str) -> DeviceUnreachable:
    """Return the error for a phone whose state is not ``device``.

    Args:
        address: the device's.
        state: as ``adb devices`` tells it.
    """
    hint = next((each.hint for each in _TABLE if re.fullmatch(each.fits, state)), "look at 'adb devices -l'")
    return DeviceUnreachable(f"cannot use {address}: {state_known(state)}", address=address, hint=hint)


def unreachable(address: str, said: str) -> DeviceUnreachable:
    """Return the error for a client that could not do what it was asked; ``said``: everything that it printed."""
    for each in _TABLE:
        if each.complaint is not None and re.search(f"{_CLIENT}(?:{each.complaint})", said, re.MULTILINE):
            message = f"cannot use {address}: {each.reason}"
            return DeviceUnreachable(message, address=address, hint=each.hint, log=said)
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "adb gave no reason")
    return DeviceUnreachable(
        f"cannot use {address}: {last.removeprefix('adb: ').removeprefix('error: ')}",
        address=address,
        hint="look at 'adb devices -l'; 'adb kill-server' ends a server that hangs",
        log=said,
    )
