"""What operators cost on a board that was probed: for each group of them, milliseconds for a unit of their work."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
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
    """How kernels divide their work: products count as if all tiles were full."""

    lanes: int = 1
    """Channels of the output."""
    rows: int = 1
    """Places of the output."""
    depth: int = 1
    """Channels of the input, summed by one instruction."""
    alone: float = 0.0
    """Up to this extent of an operator one thread computes all of it, however many there are."""


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
    threads: int = 1
    called_ms: float = 0.0
    """Of one inference, whatever it computes."""
    met_ms: float = 0.0
    """Of each operator that threads share: they meet when it is done."""
    handed_byte_ms: float = 0.0
    """Of each byte that one thread wrote alone, and threads share: it lies in the caches of one core."""
    part_ms: float = 0.0
    """Of each part of a network that XNNPACK computes in one go: its threads wake up anew for every one."""
    far_byte_ms: float = 0.0
    """Beside that, for a byte of weights that is no longer in the caches when its operator comes."""
    far_dense_byte_ms: float = 0.0
    """The same of dense layers, which compute too little with a byte to hide the way of the next one."""
    cache_bytes: float = math.inf
    """Weights of so many bytes stay in the caches from one inference to the next."""

    def far_milliseconds(self, op: OpWork, share: float) -> float:
        """Return what an operator takes longer because ``share`` of the weights is no longer in the caches."""
        if not op.weight_bytes or not share:
            return 0.0
        far = far_amounts(op)
        return share * (far[0] * self.far_byte_ms + far[1] * self.far_dense_byte_ms)

    def calling_milliseconds(self, ops: Iterable[OpWork]) -> float:
        """Return what calling takes, and handing over between threads, whatever is computed."""
        ops = tuple(ops)
        handed = handed_bytes(ops, self.threads, self.tile_of) if self.handed_byte_ms else 0.0
        return self.called_ms + self.part_ms * parts(ops) + self.handed_byte_ms * handed

    def tile_of(self, group: OpGroup) -> Tile:
        """Return the tile of a group of operators."""
        priced = self.priced_as(group)
        return Tile() if priced is None else self.groups[priced].tile

    def milliseconds(self, op: OpWork) -> float:
        """Return what an operator takes whose weights are in the caches.

        The nearest group stands in for one that was not probed.
        """
        group = self.priced_as(op.group)
        if group is None or op.free:
            return 0.0
        read = 0.0 if op.kind is WorkKind.ELEMENTWISE else op.amounts.get(WorkKind.ELEMENTWISE, 0.0)
        # A kernel with weights in 8 bits alone makes integers of what it reads.
        first = self.groups.get(OpGroup.QUANTIZED) if read else None
        quantized = first.costs.get(WorkKind.ELEMENTWISE, 0.0) * read if first else 0.0
        found = self.groups[group].milliseconds(op) + quantized
        # Costs are of work that all threads do: what one does alone takes as many times longer.
        return found + self.met_ms if is_shared(op, self.groups[group].tile, self.threads) else found * self.threads

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


def extent(op: OpWork) -> float:
    """Return what decides whether threads share an operator: values that it moves.

    Of dense layers and sums those that it writes, for no two threads make one of these together.
    """
    if op.group is OpGroup.DENSE:
        return op.channels
    return op.amounts.get(WorkKind.PLACES if op.group is OpGroup.REDUCED else WorkKind.MOVED, 0.0)


def is_shared(op: OpWork, tile: Tile, threads: int) -> bool:
    """Return whether several threads compute an operator."""
    return threads > 1 and not op.plain and extent(op) > tile.alone


def handed_bytes(ops: Iterable[OpWork], threads: int, tile_of: Callable[[OpGroup], Tile]) -> float:
    """Return how many bytes one thread writes alone before an operator that threads share."""
    handed, alone = 0.0, 0.0
    for op in (each for each in ops if not each.free):
        if is_shared(op, tile_of(op.group), threads):
            handed, alone = handed + alone, 0.0
        else:
            alone = float(op.written_bytes)
    return handed


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


def far_amounts(op: OpWork) -> tuple[float, float]:
    """Return the bytes of weights that an operator reads, those of convolutions and those of dense layers."""
    # A recurrent layer reads them at each step.
    read = max(float(op.weight_bytes), op.amounts.get(WorkKind.WEIGHTS, 0.0))
    dense = op.group is OpGroup.DENSE or op.kind in (WorkKind.DENSE, WorkKind.RECURRENT)
    return (0.0, read) if dense else (read, 0.0)
