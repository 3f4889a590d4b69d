"""From the times of the probe networks to costs of operators: never negative, with relative errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from edgekit.prediction.op_costs import TILED, GroupCosts, OpCosts, Tile, counted, far_amounts, far_share, parts
from edgekit.prediction.probes import ProbeFit
from edgekit.prediction.work import KernelKind, OpGroup, OpWork, WorkKind

_NOTHING = 0.01
"""What a prediction of 0 counts as, as a share of the time: the worst of misses, of which there is no logarithm."""
_LANES = (1, 4, 8, 16, 32, 64)
_ROWS = (1, 2, 3, 4, 5, 6, 7, 8)
_DEPTHS = (1, 4, 8)
_CACHES = (*(float(size << shift) for shift in range(17, 25) for size in (2, 3)), math.inf)
"""256 KiB to 48 MiB."""
_CALLED, _PARTS, _FAR_BYTES, _FAR_PRODUCTS = "called", "parts", "far bytes", "far products"

Tiles = Mapping[OpGroup, Tile]


@dataclass(frozen=True, slots=True)
class TimedNetwork:
    """One network that was timed."""

    ops: tuple[OpWork, ...]
    time_ms: float
    whole: bool
    """Whether it is of many kinds of operators: the error of its prediction tells how sure predictions are."""


def found_fits(networks: Mapping[tuple[KernelKind, int], Sequence[TimedNetwork]]) -> tuple[ProbeFit, ...]:
    """Return the costs, and the errors of fits that leave each whole network out in turn.

    Tiles and the caches are chosen on the chains alone: a whole network has no say in what predicts it.

    Args:
        networks: those that were timed, by their arithmetic and the number of threads. All share one cache.
    """
    chains = {which: [each for each in timed if not each.whole] or list(timed) for which, timed in networks.items()}
    tiles = {which: _tiles(timed) for which, timed in chains.items()}
    cache = min(_CACHES, key=lambda size: sum(_missed(timed, tiles[which], size) for which, timed in chains.items()))
    return tuple(_fit(*which, timed, tiles[which], cache) for which, timed in networks.items())


def _fit(
    arithmetic: KernelKind, threads: int, networks: Sequence[TimedNetwork], tiles: Tiles, cache: float
) -> ProbeFit:
    whole = [place for place, each in enumerate(networks) if each.whole] or range(len(networks))
    rests = ([*networks[:place], *networks[place + 1 :]] for place in whole)
    errors = tuple(
        error_of(fitted_costs(rest, tiles, cache), networks[place]) for place, rest in zip(whole, rests, strict=True)
    )
    return ProbeFit(arithmetic, threads, fitted_costs(networks, tiles, cache), errors, len(networks))


def fitted_costs(samples: Sequence[TimedNetwork], tiles: Tiles, cache_bytes: float = math.inf) -> OpCosts:
    """Return milliseconds for units of work, by non-negative least squares on relative errors."""
    from scipy.optimize import nnls

    rows = [_row(each.ops, tiles, cache_bytes) for each in samples]
    keys = sorted({key for row in rows for key in row}, key=str)
    amounts = np.array([[row.get(key, 0.0) for key in keys] for row in rows])
    times = np.array([each.time_ms for each in samples])
    # Amounts differ by seven decades.
    units = amounts.max(axis=0)
    found, _ = nnls(amounts / units / times[:, None], np.ones(len(times)), maxiter=50 * len(keys))
    costs = dict(zip(keys, (found / units).tolist(), strict=True))
    groups: dict[OpGroup, dict[WorkKind, float]] = {}
    for key, cost in costs.items():
        if isinstance(key, tuple):
            groups.setdefault(key[0], {})[key[1]] = cost
    return OpCosts(
        groups={group: GroupCosts(each, tiles.get(group, Tile())) for group, each in groups.items()},
        called_ms=costs[_CALLED],
        part_ms=costs[_PARTS],
        far_byte_ms=costs.get(_FAR_BYTES, 0.0),
        far_product_ms=costs.get(_FAR_PRODUCTS, 0.0),
        cache_bytes=cache_bytes,
    )


def milliseconds(costs: OpCosts, ops: Iterable[OpWork]) -> float:
    """Return what operators take together, in one inference."""
    ops = tuple(ops)
    share = far_share(ops, costs.cache_bytes)
    return costs.calling_milliseconds(ops) + sum(
        costs.milliseconds(op) + costs.far_milliseconds(op, share) for op in ops
    )


def _row(ops: Sequence[OpWork], tiles: Tiles, cache_bytes: float) -> dict[tuple[OpGroup, WorkKind] | str, float]:
    row: dict[tuple[OpGroup, WorkKind] | str, float] = {_CALLED: 1.0, _PARTS: float(parts(ops))}
    for op in ops:
        if op.group is not OpGroup.RENAMED:
            for kind, amount in counted(op, tiles.get(op.group, Tile())).items():
                row[op.group, kind] = row.get((op.group, kind), 0.0) + amount
    if share := far_share(ops, cache_bytes):
        far = [far_amounts(op, tiles.get(op.group, Tile())) for op in ops if op.weight_bytes]
        # In a chain only one of them grows.
        sums = zip((_FAR_BYTES, _FAR_PRODUCTS), map(sum, zip(*far, strict=True)), strict=True)
        row.update({key: share * amount for key, amount in sums if amount})
    return row


def _tiles(networks: Sequence[TimedNetwork]) -> Tiles:
    """Return for each group the tile whose fit misses its chains least."""
    tiles: dict[OpGroup, Tile] = {}
    cache = min(_CACHES, key=lambda size: _missed(networks, tiles, size))
    for group in TILED:
        # Of one group alone: the fit to all would take a minute.
        own = [each for each in networks if {op.group for op in each.ops} == {group}]
        if own:
            rows = _ROWS if group in (OpGroup.POINTWISE, OpGroup.SPATIAL) else (1,)
            depths = (1,) if group is OpGroup.DEPTHWISE else _DEPTHS
            sizes = [Tile(*each) for each in product(_LANES, rows, depths)]
            tiles[group] = min(sizes, key=lambda size: _missed(own, {group: size}, cache))
    return tiles


def _missed(networks: Sequence[TimedNetwork], tiles: Tiles, cache_bytes: float) -> float:
    costs = fitted_costs(networks, tiles, cache_bytes)
    return math.fsum(error_of(costs, each) ** 2 for each in networks)


def error_of(costs: OpCosts, sample: TimedNetwork) -> float:
    """Return the logarithm of predicted over measured."""
    return math.log(max(milliseconds(costs, sample.ops) / sample.time_ms, _NOTHING))
