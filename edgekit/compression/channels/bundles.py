"""Which channels can only be removed together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.intp]
"""One number for each channel along a tensor's or a weight's axis. The same number is the same channel; one that occurs
several times, as after flattening, is removed in each place."""


class Bundles:
    """Channels of all tensors of a model, in bundles that stay or go as one (a union-find structure)."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._fixed: dict[int, str] = {}
        self._roots: Ids | None = None

    def fresh(self, count: int) -> Ids:
        """Return ``count`` channels that nothing is known of."""
        start = len(self._parent)
        self._roots = None
        self._parent.extend(range(start, start + count))
        return np.arange(start, start + count)

    def unify(self, some: Ids, others: Ids) -> None:
        """Let each channel of ``some`` hang together with the one at its place in ``others``."""
        self._roots = None
        for one, other in zip(some.tolist(), others.tolist(), strict=True):
            self._parent[self._root(other)] = self._root(one)

    def fix(self, ids: Ids, reason: str) -> None:
        """Let these channels stay whatever happens; the first reason that is given counts."""
        for each in np.unique(ids).tolist():
            self._fixed.setdefault(each, reason)

    def roots(self) -> Ids:
        """Return for each channel the one that stands for its bundle."""
        if self._roots is None:
            self._roots = np.array([self._root(each) for each in range(len(self._parent))], np.intp)
        return self._roots

    def fixed(self) -> dict[int, str]:
        """Return the bundles that stay, by the channel that stands for each, and why."""
        reasons: dict[int, str] = {}
        for each, reason in self._fixed.items():
            reasons.setdefault(self._root(each), reason)
        return reasons

    def _root(self, each: int) -> int:
        parent = self._parent
        while parent[each] != each:
            parent[each] = parent[parent[each]]
            each = parent[each]
        return each


def tiled(ids: Ids, positions: Sequence[int]) -> Ids:
    """Return the channels of a tensor whose places in front of the channels were flattened into them."""
    return np.tile(ids, int(np.prod(positions, dtype=np.int64)))
