"""How to reach a machine. ``connect("local")`` gives a :class:`Device`; the table is in ``devices/table.py``."""

from edgekit.devices.device import OUTPUT_LIMIT, Completed, Device
from edgekit.devices.local import LocalDevice
from edgekit.devices.table import SCHEMES, Scheme, connect, opened

__all__ = ["OUTPUT_LIMIT", "SCHEMES", "Completed", "Device", "LocalDevice", "Scheme", "connect", "opened"]
