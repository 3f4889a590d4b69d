"""``probe``: small networks, one for each kind of work and size, run on a user's own board; its costs follow."""

from edgekit.probing.probe_board import probe

__all__ = ["probe"]
