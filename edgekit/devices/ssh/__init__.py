"""``ssh://[user@]host[:port]``: a board, reached with the OpenSSH client as the user has set it up."""

from edgekit.devices.ssh.device import SshDevice, connect_ssh
from edgekit.devices.ssh.preparing import Prepared, clean_device, prepare_device

__all__ = ["Prepared", "SshDevice", "clean_device", "connect_ssh", "prepare_device"]
