"""``ssh://[user@]host[:port]``: a board, reached with the OpenSSH client as the user has set it up."""

from edgekit.devices.ssh.device import SshDevice, connect_ssh

__all__ = ["SshDevice", "connect_ssh"]
