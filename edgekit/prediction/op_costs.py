"""What operators cost on a board that was probed: for each group of them, milliseconds for a unit of their work."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgekit.prediction.work import OpGroup, OpWork, WorkKind

TILED = (OpGroup.POINTWISE, OpGroup.SPATIAL, OpGroup.DEPTHWISE, OpGroup.DENSE)
"""Their kernels compute several channels at once, and of some also several places."""
_NEAREST = {
    OpGroup.RECURRENT: OpGroup.DENSE,
    OpGroup.OTHER: OpGroup.TANH,
    OpGroup.TRANSPOSED: OpGroup.SPATIAL,
    OpGroup.NEAREST: OpGroup.BILINEAR,
    OpGroup.MEAN_POOLED: OpGroup.MAX_POOLED,
    OpGroup.PADDED: OpGroup.COPIED,
    OpGroup.COPIED: OpGroup.PADDED,
    OpGroup.BOUNDED: OpGroup.CLAMPED,
}
"""Whose costs stand in where a group has none of its own; predictions say so."""


@dataclass(frozen=True, slots=True)
class Tile:
    """What kernels compute at once: products count as if all tiles were full."""

    lanes: int = 1
    """Channels of the output."""
    rows: int = 1
    """Places of the output."""
    depth: int = 1
    """Channels of the input, summed by one instruction."""


@dataclass(frozen=True, slots=True)
class GroupCosts:
    """What one group of operators costs."""

    costs: Mapping[WorkKind, float]
    """Milliseconds for a unit of each kind of work."""
    tile: Tile = Tile()

    def milliseconds(self, op: OpWork) -> float:
        """Return what an operator takes."""
        return sum(amount * self.costs.get(kind, 0.0) for kind, amount in counted(op, self.tile).items())


@dataclass(frozen=True, slots=True)
class OpCosts:
    """All groups in one arithmetic with one number of threads."""

    groups: Mapping[OpGroup, GroupCosts]
    called_ms: float = 0.0
    """Of one inference, whatever it computes."""
    part_ms: float = 0.0
    """Of each part of a network that XNNPACK computes in one go: its threads wake up anew for every one."""
    far_byte_ms: float = 0.0
    """Beside that, for a byte of weights that is no longer in the caches when its operator comes."""
    far_product_ms: float = 0.0
    """The same for a product of a convolution with such weights: kernels read them anew for every few places."""
    cache_bytes: float = math.inf
    """Weights of so many bytes stay in the caches from one inference to the next."""

    def far_milliseconds(self, op: OpWork, share: float) -> float:
        """Return what an operator takes longer because ``share`` of the weights is no longer in the caches."""
        if not op.weight_bytes or not share:
            return 0.0
        far = far_amounts(op, self.tile_of(op.group))
        return share * (far[0] * self.far_byte_ms + far[1] * self.far_product_ms)

    def calling_milliseconds(self, ops: Iterable[OpWork]) -> float:
        """Return what calling takes, whatever is computed."""
        return self.called_ms + self.part_ms * parts(ops)

    def tile_of(self, group: OpGroup) -> Tile:
        """Return the tile of a group of operators."""
        priced = self.priced_as(group)
        return Tile() if priced is None else self.groups[priced].tile

    def milliseconds(self, op: OpWork) -> float:
        """Return what an operator takes whose weights are in the caches.

        The nearest group stands in for one that was not probed.
        """
        group = self.priced_as(op.group)
        if group is None:
            return 0.0
        read = 0.0 if op.kind is WorkKind.ELEMENTWISE else op.amounts.get(WorkKind.ELEMENTWISE, 0.0)
        # A kernel with weights in 8 bits alone makes integers of what it reads.
        first = self.groups.get(OpGroup.QUANTIZED) if read else None
        return self.groups[group].milliseconds(op) + (first.costs.get(WorkKind.ELEMENTWISE, 0.0) * read if first else 0)

    def priced_as(self, group: OpGroup) -> OpGroup | None:
        """Return whose costs a group has: its own where they are known; None where it costs nothing."""
        if group is OpGroup.RENAMED:
            return None
        if group in self.groups:
            return group
        nearest = _NEAREST.get(group, OpGroup.TANH)
        return nearest if nearest in self.groups else next(iter(self.groups), None)


def counted(op: OpWork, tile: Tile) -> dict[WorkKind, float]:
    """Return the amounts of an operator that have costs, products as full tiles make them."""
    amounts = {kind: amount for kind, amount in op.amounts.items() if amount}
    if op.kind is WorkKind.ELEMENTWISE:
        # They compute what they move: of two amounts that grow alike one is enough.
        amounts.pop(WorkKind.MOVED, None)
    if op.group in TILED and op.kind in amounts:
        amounts[op.kind] *= _filled(op.channels, tile.lanes)
        if op.group in (OpGroup.POINTWISE, OpGroup.SPATIAL):
            amounts[op.kind] *= _filled(amounts.get(WorkKind.PLACES, 0.0), tile.rows)
        if op.group is not OpGroup.DEPTHWISE:
            amounts[op.kind] *= _filled(op.depth, tile.depth)
    if op.group is OpGroup.DENSE and op.kind in amounts:
        # A convolution of one place is a dense layer.
        amounts[WorkKind.DENSE] = amounts.pop(op.kind)
    return amounts


def _filled(amount: float, tile: int) -> float:
    """Return how many times more there is when the last tile is filled."""
    return math.ceil(amount / tile) * tile / amount if amount else 1.0


def parts(ops: Iterable[OpWork]) -> int:
    """Return into how many parts operators that XNNPACK leaves to the runtime cut a network."""
    count, inside = 0, False
    # What is unpacked once, when the file is loaded, is not there in an inference.
    for op in (each for each in ops if each.amounts):
        count += not op.plain and not inside
        inside = not op.plain
    return count


def far_share(ops: Iterable[OpWork], cache_bytes: float) -> float:
    """Return what share of all weights each inference reads from beyond the caches: what does not fit."""
    total = sum(op.weight_bytes for op in ops)
    return max(0.0, 1 - cache_bytes / total) if total else 0.0


def far_amounts(op: OpWork, tile: Tile) -> tuple[float, float]:
    """Return bytes of weights, and products with them, that cost more where the weights of an operator are far."""
    # A recurrent layer reads them at each step.
    read = max(float(op.weight_bytes), op.amounts.get(WorkKind.WEIGHTS, 0.0))
    dense = op.group is OpGroup.DENSE or op.kind in (WorkKind.DENSE, WorkKind.RECURRENT)
    return read, 0.0 if dense else counted(op, tile).get(op.kind, 0.0)
