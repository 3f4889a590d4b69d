"""How to reach a machine. ``connect("local")`` gives a :class:`Device`; the table is in ``devices/table.py``."""

from typing import TYPE_CHECKING, Any

from edgekit.devices.adb import AdbDevice
from edgekit.devices.cleaning import clean_device
from edgekit.devices.device import OUTPUT_LIMIT, Completed, Device
from edgekit.devices.hosts import Host, read_hosts, require_different
from edgekit.devices.listing import Reachable, list_devices
from edgekit.devices.local import LocalDevice
from edgekit.devices.ssh import SshDevice
from edgekit.devices.ssh.preparing import Prepared, prepare_device
from edgekit.devices.table import (
    SCHEMES,
    Scheme,
    connect,
    is_emulated_board,
    is_phone,
    opened,
    require_address,
    runtime_hint,
    shares_processor,
)

if TYPE_CHECKING:
    from edgekit.devices.emulated import Installed, install_emulator, list_emulators, remove_emulator

_EMULATED = ("Installed", "install_emulator", "list_emulators", "remove_emulator")

__all__ = [
    "OUTPUT_LIMIT",
    "SCHEMES",
    "AdbDevice",
    "Completed",
    "Device",
    "Host",
    "Installed",
    "LocalDevice",
    "Prepared",
    "Reachable",
    "Scheme",
    "SshDevice",
    "clean_device",
    "connect",
    "install_emulator",
    "is_emulated_board",
    "is_phone",
    "list_devices",
    "list_emulators",
    "opened",
    "prepare_device",
    "read_hosts",
    "remove_emulator",
    "require_address",
    "require_different",
    "runtime_hint",
    "shares_processor",
]


def __getattr__(name: str) -> Any:
    # These read the catalog of profiles, and most who come here need none of it.
    if name in _EMULATED:
        from edgekit.devices import emulated

        return getattr(emulated, name)
    raise AttributeError(f"module 'edgekit.devices' has no attribute '{name}'")
