"""Memory of the activations, planned as the runtime plans it.

The runtime's ``ArenaPlanner`` puts all tensors into one block: first those that live from the first operator to the
end, such as inputs, then the others, largest first, each into the smallest gap that is free for as long as it lives,
at multiples of 64 bytes. (tflite/arena_planner.cc and tflite/simple_memory_arena.cc of LiteRT 2.)

Not in the plan, since the file does not tell: scratch memory of kernels, and what XNNPACK keeps for itself where it
takes over operators. The runtime's reference kernels need no scratch memory for convolutional networks in float or in
integers, and there the plan is exact, tensor by tensor. Its optimized kernels without XNNPACK copy the input of a
convolution first (im2col): MLPerf Tiny's float ResNet-8 then takes 798,720 bytes instead of 208,896.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.inspection.facts import ArenaPlan
from edgekit.inspection.graph import Graph, Subgraph
from edgekit.inspection.lifetimes import lifetimes, persistent_tensors

ALIGNMENT = 64
MAX_PLANNED = 20_000
"""Tensors in one subgraph up to which offsets are worked out; the time grows with the square."""

_BORN_FREE = frozenset({"WHERE", "UNIQUE", "RANGE"})
"""Operators whose output is as long as the values of the input say."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a tensor lies in the arena, and from which to which operator."""

    tensor: int
    size_bytes: int
    first: int
    last: int
    offset: int


def plan_arena(graph: Graph) -> ArenaPlan:
    """Return the memory of all subgraphs together: the runtime keeps an arena for each, also for those it calls."""
    arena = peak = persistent = 0
    complete = True
    for subgraph in graph.subgraphs:
        placements = place(subgraph)
        live = _peak(placements)
        planned = len(placements) <= MAX_PLANNED
        arena += max((item.offset + item.size_bytes for item in placements), default=0) if planned else live
        peak += live
        persistent += sum(_aligned(size) for size in persistent_tensors(subgraph).values())
        complete = complete and planned and not _open_ended(subgraph)
    return ArenaPlan(arena_bytes=arena, peak_live_bytes=peak, persistent_bytes=persistent, complete=complete)


def place(subgraph: Subgraph) -> tuple[Placement, ...]:
    """Return the tensors of the arena in the order in which they are placed.

    Above ``MAX_PLANNED`` tensors all offsets are 0: lifetimes hold, places do not.
    """
    lives = lifetimes(subgraph)
    end = len(subgraph.operators)
    wanted = [
        Placement(index, size, first, end if last is None else last, 0)
        for index, (first, last) in lives.items()
        if (size := subgraph.tensors[index].size_bytes)
    ]
    whole = {index for index, life in lives.items() if life == (0, None)}

    def order(item: Placement) -> tuple[bool, int, int, int]:
        return (False, 0, 0, item.tensor) if item.tensor in whole else (True, -item.size_bytes, item.first, item.tensor)

    wanted.sort(key=order)
    return tuple(wanted) if len(wanted) > MAX_PLANNED else _greedy(wanted)


def _greedy(wanted: list[Placement]) -> tuple[Placement, ...]:
    # Kept in the order of their offsets, as numpy columns: the scan below is what takes the time.
    columns = np.zeros((4, len(wanted)), np.int64)
    placed: list[Placement] = []
    for count, item in enumerate(wanted):
        starts, ends, firsts, lasts = columns[:, :count]
        meets = (lasts >= item.first) & (firsts <= item.last)
        offset = _best_gap(starts[meets], ends[meets], item.size_bytes)
        position = int(np.searchsorted(starts, offset, side="right"))
        columns[:, position + 1 : count + 1] = columns[:, position:count].copy()
        columns[:, position] = (offset, offset + item.size_bytes, item.first, item.last)
        placed.append(Placement(item.tensor, item.size_bytes, item.first, item.last, offset))
    return tuple(placed)


def _best_gap(starts: NDArray[np.int64], ends: NDArray[np.int64], size: int) -> int:
    """Return the start of the smallest gap that holds ``size``, else the end of everything."""
    if not starts.size:
        return 0
    reached = np.concatenate(([0], np.maximum.accumulate(ends)))
    aligned = -(-reached // ALIGNMENT) * ALIGNMENT
    best, fit = int(aligned[-1]), None
    for gap in np.flatnonzero(aligned[:-1] + size <= starts):
        # The runtime compares with alignment and remembers without.
        if fit is None or starts[gap] - aligned[gap] < fit:
            best, fit = int(aligned[gap]), int(starts[gap] - reached[gap])
        if fit == 0:
            break
    return best


def _peak(placements: tuple[Placement, ...]) -> int:
    change: dict[int, int] = {}
    for item in placements:
        change[item.first] = change.get(item.first, 0) + item.size_bytes
        change[item.last + 1] = change.get(item.last + 1, 0) - item.size_bytes
    live = peak = 0
    for moment in sorted(change):
        live += change[moment]
        peak = max(peak, live)
    return peak


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _open_ended(subgraph: Subgraph) -> bool:
    """Whether a size is only known while running. A batch that a caller may choose counts as the one in the file."""
    tensors = subgraph.tensors
    if any(tensor.size_bytes is None for tensor in tensors if not tensor.constant):
        return True
    if any(-1 in tensors[index].signature[1:] for index in subgraph.inputs):
        return True
    for operator in subgraph.operators:
        given = [tensors[index] for index in operator.inputs if index >= 0]
        made = [tensors[index] for index in operator.outputs if index >= 0]
        if operator.name in _BORN_FREE and not all(tensor.constant for tensor in given):
            return True
        # A free dimension that comes from nowhere is one that the operator finds out. Not so the batch: converters
        # forget that it is free, and remember it later.
        if any(-1 in tensor.signature[1:] for tensor in made) and not any(-1 in tensor.signature for tensor in given):
            return True
    return False
