"""Builds an artifact again from its sidecar, and tells whether it is the same and what changed where it is not."""

from edgekit.reproduction.rebuilding import reproduce
from edgekit.reproduction.reproduction import Reproduction

__all__ = ["Reproduction", "reproduce"]
