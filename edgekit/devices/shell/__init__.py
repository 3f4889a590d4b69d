"""Machines behind a client program that runs a POSIX ``sh`` there: what a board over ssh and a phone over adb share."""

from edgekit.devices.shell.client import Client
from edgekit.devices.shell.device import ShellDevice

__all__ = ["Client", "ShellDevice"]
