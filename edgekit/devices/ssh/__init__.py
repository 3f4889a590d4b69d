"""``ssh://[user@]host[:port]``: a board, reached with the OpenSSH client as the user has set it up."""

from edgekit.devices.ssh.device import SshDevice, connect_ssh
from edgekit.devices.ssh.preparing import Prepared, prepare_device

__all__ = ["Prepared", "SshDevice", "connect_ssh", "prepare_device"]
