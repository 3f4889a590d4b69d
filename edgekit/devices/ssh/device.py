"""A board behind ``ssh``, as a device."""

from __future__ import annotations

from edgekit.devices.device import Device
from edgekit.devices.shell import ShellDevice
from edgekit.devices.ssh.address import parse_ssh_address
from edgekit.devices.ssh.client import SshClient


class SshDevice(ShellDevice):
    """A board in a fresh folder below ``~/.cache/edgekit`` there. Follows the contract of ``edgekit.devices.Device``.

    One connection serves everything; host keys, users, keys and jump hosts are those of the user's own configuration.
    Files are kept on the board by their hash: the same bytes are sent once.

    Args:
        address: ``ssh://[user@]host[:port]``.

    Raises:
        UsageError: the address is malformed.
        DeviceUnreachable: it does not answer, or it is not clear that it is the right machine.
        CommandFailed: it has no place for a working folder.
    """

    def __init__(self, address: str) -> None:
        super().__init__(SshClient(address, parse_ssh_address(address)))


def connect_ssh(address: str) -> Device:
    """Return the board at ``ssh://[user@]host[:port]``. Raises as :class:`SshDevice` does."""
    return SshDevice(address)
