"""``emulated:PROFILE``: an Arm board on this machine, by qemu-user. Its results and counts hold, its seconds do not."""

from edgekit.devices.emulated.address import emulated_address
from edgekit.devices.emulated.device import EmulatedDevice, connect_emulated, emulated_profile
from edgekit.devices.emulated.images import IMAGES, Image, image_for
from edgekit.devices.emulated.installation import Installed, install_emulator, list_emulators, remove_emulator

__all__ = [
    "IMAGES",
    "EmulatedDevice",
    "Image",
    "Installed",
    "connect_emulated",
    "emulated_address",
    "emulated_profile",
    "image_for",
    "install_emulator",
    "list_emulators",
    "remove_emulator",
]
