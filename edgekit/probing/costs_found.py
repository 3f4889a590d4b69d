"""From the times of the probe networks to costs of operators: never negative, with relative errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from edgekit.prediction.op_costs import (
    TILED,
    GroupCosts,
    OpCosts,
    Tile,
    counted,
    extent,
    far_amounts,
    far_share,
    handed_bytes,
    is_shared,
    parts,
)
from edgekit.prediction.probes import ProbeFit
from edgekit.prediction.work import KernelKind, OpGroup, OpWork, WorkKind

_NOTHING = 0.01
"""What a prediction of 0 counts as, as a share of the time: the worst of misses, of which there is no logarithm."""
_LANES = (1, 4, 8, 16, 32, 64)
_ROWS = (1, 2, 3, 4, 5, 6, 7, 8)
_DEPTHS = (1, 4, 8)
_CACHES = (*(size * 2**shift for shift in range(17, 25) for size in (2, 2.5, 3, 3.5)), math.inf)
"""256 KiB to 48 MiB."""
_CALLED, _PARTS, _FAR_BYTES, _FAR_DENSE = "called", "parts", "far bytes", "far dense bytes"
_WHOLE_WEIGHT = 2.0
"""Of an error in a whole network, against one in a chain: most files are like the former."""
_LEAST_UNIT = 1e-9
"""Where none of the networks has any of it."""
_MET, _HANDED = "met", "handed"
_AS_LONG = (0.94, 1.07)
"""A chain that takes so many times as long with several threads as with one is computed by one alone."""

Tiles = Mapping[OpGroup, Tile]


@dataclass(frozen=True, slots=True)
class TimedNetwork:
    """One network that was timed."""

    ops: tuple[OpWork, ...]
    time_ms: float
    whole: bool
    """Whether it is of many kinds of operators: the error of its prediction tells how sure predictions are."""
    name: str = ""
    """The same with every number of threads."""


def found_fits(networks: Mapping[tuple[KernelKind, int], Sequence[TimedNetwork]]) -> tuple[ProbeFit, ...]:
    """Return the costs, and the errors of fits that leave each whole network out in turn.

    Tiles and the caches are chosen on the chains alone: a whole network has no say in what predicts it.

    Args:
        networks: those that were timed, by their arithmetic and the number of threads. All share one cache.
    """
    chains = {which: [each for each in timed if not each.whole] or list(timed) for which, timed in networks.items()}
    tiles = {
        (arithmetic, threads): _tiles(timed, threads, _alone(timed, chains.get((arithmetic, 1), ())))
        for (arithmetic, threads), timed in chains.items()
    }

    def missed(size: float) -> float:
        return sum(_missed(timed, tiles[which], size, which[1]) for which, timed in chains.items())

    cache = min(_CACHES, key=missed)
    return tuple(_fit(*which, timed, tiles[which], cache) for which, timed in networks.items())


def _fit(
    arithmetic: KernelKind, threads: int, networks: Sequence[TimedNetwork], tiles: Tiles, cache: float
) -> ProbeFit:
    def fitted(timed: Sequence[TimedNetwork]) -> OpCosts:
        return fitted_costs(timed, tiles, cache, threads=threads)

    whole = [place for place, each in enumerate(networks) if each.whole] or range(len(networks))
    rests = ([*networks[:place], *networks[place + 1 :]] for place in whole)
    errors = tuple(error_of(fitted(rest), networks[place]) for place, rest in zip(whole, rests, strict=True))
    return ProbeFit(arithmetic, fitted(networks), errors, len(networks))


def fitted_costs(
    samples: Sequence[TimedNetwork], tiles: Tiles, cache_bytes: float = math.inf, *, threads: int = 1
) -> OpCosts:
    """Return milliseconds for units of work, by non-negative least squares on relative errors."""
    from scipy.optimize import nnls

    rows = [_row(each.ops, tiles, cache_bytes, threads) for each in samples]
    keys = sorted({key for row in rows for key in row}, key=str)
    amounts = np.array([[row.get(key, 0.0) for key in keys] for row in rows])
    times = np.array([each.time_ms for each in samples])
    # Amounts differ by seven decades.
    units = np.maximum(amounts.max(axis=0), _LEAST_UNIT)
    weights = np.array([_WHOLE_WEIGHT if each.whole else 1.0 for each in samples])
    found, _ = nnls(amounts / units / times[:, None] * weights[:, None], weights, maxiter=50 * len(keys))
    costs = dict(zip(keys, (found / units).tolist(), strict=True))
    groups: dict[OpGroup, dict[WorkKind, float]] = {}
    for key, cost in costs.items():
        if isinstance(key, tuple):
            groups.setdefault(key[0], {})[key[1]] = cost
    return OpCosts(
        groups={group: GroupCosts(each, tiles.get(group, Tile())) for group, each in groups.items()},
        threads=threads,
        called_ms=costs[_CALLED],
        met_ms=costs.get(_MET, 0.0),
        handed_byte_ms=costs.get(_HANDED, 0.0),
        part_ms=costs[_PARTS],
        far_byte_ms=costs.get(_FAR_BYTES, 0.0),
        far_dense_byte_ms=costs.get(_FAR_DENSE, 0.0),
        cache_bytes=cache_bytes,
    )


def milliseconds(costs: OpCosts, ops: Iterable[OpWork]) -> float:
    """Return what operators take together, in one inference."""
    ops = tuple(ops)
    share = far_share(ops, costs.cache_bytes)
    return costs.calling_milliseconds(ops) + sum(
        costs.milliseconds(op) + costs.far_milliseconds(op, share) for op in ops
    )


def _row(
    ops: Sequence[OpWork], tiles: Tiles, cache_bytes: float, threads: int
) -> dict[tuple[OpGroup, WorkKind] | str, float]:
    row: dict[tuple[OpGroup, WorkKind] | str, float] = {_CALLED: 1.0, _PARTS: float(parts(ops))}
    shared = 0
    for op in (each for each in ops if not each.free):
        tile = tiles.get(op.group, Tile())
        several = is_shared(op, tile, threads)
        shared += several
        for kind, amount in counted(op, tile).items():
            # What one thread does alone takes as many times longer as there are.
            row[op.group, kind] = row.get((op.group, kind), 0.0) + amount * (1 if several else threads)
    if threads > 1:
        handed = handed_bytes(ops, threads, lambda group: tiles.get(group, Tile()))
        row |= {_MET: float(shared), _HANDED: handed}
    if share := far_share(ops, cache_bytes):
        sums = zip((_FAR_BYTES, _FAR_DENSE), map(sum, zip(*map(far_amounts, ops), strict=True)), strict=True)
        row.update({key: share * amount for key, amount in sums if amount})
    return row


def _alone(several: Sequence[TimedNetwork], one: Sequence[TimedNetwork]) -> Mapping[OpGroup, float]:
    """Return for each group up to which extent one thread computes an operator alone.

    Args:
        several: chains with several threads.
        one: the same with one thread; empty where that was not timed, and all operators are taken to be shared.
    """
    times = {each.name: each.time_ms for each in one}
    told: dict[OpGroup, list[tuple[float, bool]]] = {}
    for chain in several:
        groups = {op.group for op in chain.ops}
        if len(groups) == 1 and chain.name in times and not any(op.plain for op in chain.ops):
            as_long = _AS_LONG[0] < chain.time_ms / times[chain.name] < _AS_LONG[1]
            told.setdefault(groups.pop(), []).append((max(map(extent, chain.ops)), as_long))
    return {group: _bound(chains) for group, chains in told.items() if any(as_long for _, as_long in chains)}


def _bound(chains: Sequence[tuple[float, bool]]) -> float:
    """Return the bound between extents below which the most take as long, and above which the fewest do."""
    extents = sorted({each for each, _ in chains})
    bounds = (0.0, *(math.sqrt(below * above) for below, above in pairwise(extents)), math.inf)
    return min(bounds, key=lambda bound: sum((each <= bound) is not as_long for each, as_long in chains))


def _tiles(networks: Sequence[TimedNetwork], threads: int, alone: Mapping[OpGroup, float]) -> Tiles:
    """Return for each group the tile whose fit misses its chains least."""
    tiles = {group: Tile(alone=bound) for group, bound in alone.items()}
    cache = min(_CACHES, key=lambda size: _missed(networks, tiles, size, threads))
    for group in TILED:
        # Of one group alone: the fit to all would take a minute.
        own = [each for each in networks if {op.group for op in each.ops} == {group}]
        if own:
            bound = alone.get(group, 0.0)
            rows = _ROWS if group in (OpGroup.POINTWISE, OpGroup.SPATIAL) else (1,)
            depths = (1,) if group is OpGroup.DEPTHWISE else _DEPTHS
            sizes = [Tile(*each, bound) for each in product(_LANES, rows, depths)]
            tiles[group] = min(sizes, key=lambda size: _missed(own, {group: size}, cache, threads))
    return tiles


def _missed(networks: Sequence[TimedNetwork], tiles: Tiles, cache_bytes: float, threads: int) -> float:
    costs = fitted_costs(networks, tiles, cache_bytes, threads=threads)
    return math.fsum(error_of(costs, each) ** 2 for each in networks)


def error_of(costs: OpCosts, sample: TimedNetwork) -> float:
    """Return the logarithm of predicted over measured."""
    return math.log(max(milliseconds(costs, sample.ops) / sample.time_ms, _NOTHING))
