"""``adb:SERIAL``: a phone, reached with the ``adb`` client as it is on this machine."""

from edgekit.devices.adb.device import AdbDevice, connect_adb
from edgekit.devices.adb.facts import PHONE_COMMANDS, PhoneFacts, read_phone_facts
from edgekit.devices.adb.phones import Phone, list_phones

__all__ = ["PHONE_COMMANDS", "AdbDevice", "Phone", "PhoneFacts", "connect_adb", "list_phones", "read_phone_facts"]
