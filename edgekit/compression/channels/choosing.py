"""Which channels stay, so that a target is reached."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.compression.channels.bundles import Ids
from edgekit.compression.channels.importance import Scores
from edgekit.compression.channels.tracing import Trace
from edgekit.errors import ConversionError

Keep = NDArray[np.bool_]
"""For each channel whether it stays."""
_SMALL = 32


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Bundles that the same layers make: the output channels of one layer, or of several that are added up."""

    layers: tuple[str, ...]
    roots: Ids
    """The channel that stands for each bundle."""

    @property
    def multiple(self) -> int:
        """What the number of channels is rounded to: kernels take eight at a time."""
        return 8 if len(self.roots) >= _SMALL else 4


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a choice."""

    cost: Callable[[Keep], int]
    """What is to become less: multiply-accumulates or weights."""
    share: float | None
    """Of the cost that may stay, 0 to 1; None where only ``layers`` counts."""
    layers: Mapping[str, float]
    """By pattern of a layer's name, the share of its channels that stays."""
    spared: tuple[str, ...]
    """Patterns of layers that keep all."""
    least: float
    """Share of each group's channels that stays at least."""
    channels: Mapping[str, int]
    """By layer, how many it had before the first of several cuts: what shares are of. Else what it has now."""


def groups_of(trace: Trace) -> list[ChannelGroup]:
    """Return the groups whose channels may go, in the order of their first layers."""
    roots, fixed = trace.bundles.roots(), trace.bundles.fixed()
    makers: dict[int, list[str]] = {}
    for layer, ids in trace.made.values():
        for root in np.unique(roots[ids]).tolist():
            if root not in fixed:
                makers.setdefault(root, []).append(layer.name)
    members: dict[tuple[str, ...], list[int]] = {}
    for root, names in makers.items():
        members.setdefault(tuple(names), []).append(root)
    return [ChannelGroup(names, np.array(sorted(found), np.intp)) for names, found in members.items()]


def everything(trace: Trace) -> Keep:
    """Return the choice that keeps all channels."""
    return np.ones(len(trace.bundles.roots()), bool)


def chosen(trace: Trace, importance: Scores, limits: Limits) -> Keep:
    """Return which channels stay: the least important go first, over all layers, until the target is reached.

    Raises:
        ConversionError: it cannot be reached; the sentence says how far it goes, and which layers stand in the way.
    """
    groups = [group for group in groups_of(trace) if not _matching(group, limits.spared)]
    # Where nothing tells of a channel's importance, it stays.
    groups = [group for group in groups if np.isfinite(importance[group.roots]).all()]
    asked = {group.layers: _matching(group, limits.layers) for group in groups}
    free = [group for group in groups if not asked[group.layers]]
    numbers = {
        group.layers: _round_up(group, max(1, min(limits.layers[each] for each in found) * _first(group, limits)))
        for group in groups
        if (found := asked[group.layers])
    }

    def counts(threshold: float) -> dict[tuple[str, ...], int]:
        return {**numbers, **{group.layers: _above(group, importance, threshold, limits) for group in free}}

    def at(threshold: float) -> Keep:
        return _kept(trace, importance, groups, counts(threshold))

    if limits.share is None:
        return _kept(trace, importance, groups, numbers)
    allowed = limits.share * limits.cost(everything(trace))
    levels = np.unique(np.concatenate([importance[group.roots] for group in free] or [np.zeros(1)]))
    levels = np.append(levels, np.inf)
    low, high = 0, len(levels) - 1
    if limits.cost(at(levels[high])) > allowed:
        raise _unreachable(trace, limits, at(levels[high]), free)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if limits.cost(at(levels[middle])) <= allowed else (middle + 1, high)
    # Rounded numbers come in steps, which may overshoot: what fits goes back, the most important first.
    taken = counts(levels[high])
    returned = True
    while returned:
        returned = False
        for group in sorted(free, key=lambda each: -_next(each, importance, taken[each.layers])):
            more = {**taken, group.layers: min(len(group.roots), taken[group.layers] + group.multiple)}
            if more != taken and limits.cost(_kept(trace, importance, groups, more)) <= allowed:
                taken, returned = more, True
                break
    return _kept(trace, importance, groups, taken)


def _matching(group: ChannelGroup, patterns: Sequence[str] | Mapping[str, float]) -> list[str]:
    return [pattern for pattern in patterns if any(fnmatch.fnmatchcase(name, pattern) for name in group.layers)]


def _next(group: ChannelGroup, importance: Scores, kept: int) -> float:
    """Return the importance of the best channel that does not stay."""
    ordered = np.sort(importance[group.roots])[::-1]
    return float(ordered[kept]) if kept < len(ordered) else -np.inf


def _first(group: ChannelGroup, limits: Limits) -> int:
    return limits.channels.get(group.layers[0], len(group.roots))


def _above(group: ChannelGroup, importance: Scores, threshold: float, limits: Limits) -> int:
    kept = int(np.count_nonzero(importance[group.roots] >= threshold))
    return _round_up(group, max(kept, limits.least * _first(group, limits), 1))


def _round_up(group: ChannelGroup, number: float) -> int:
    return min(len(group.roots), int(np.ceil(number / group.multiple - 1e-9)) * group.multiple)


def _kept(
    trace: Trace, importance: Scores, groups: Sequence[ChannelGroup], numbers: Mapping[tuple[str, ...], int]
) -> Keep:
    roots = trace.bundles.roots()
    stays = np.ones(len(roots), bool)
    for group in groups:
        number = numbers.get(group.layers, len(group.roots))
        # Stable, so that the choice does not depend on the sort where two are alike.
        ordered = group.roots[np.argsort(-importance[group.roots], kind="stable")]
        stays[ordered[number:]] = False
    kept: Keep = stays[roots]
    return kept


def _unreachable(trace: Trace, limits: Limits, best: Keep, free: Sequence[ChannelGroup]) -> ConversionError:
    reached = limits.cost(best) / max(1, limits.cost(everything(trace)))
    closed = ", ".join(f"{name} ({kind})" for name, kind in list(trace.closed.items())[:6])
    why = f"; channels are not followed through {closed}" if closed else ""
    return ConversionError(
        f"a share of {limits.share:g} cannot be reached: with the fewest channels in each of {len(free)} groups of "
        f"layers that may lose some, {reached:.2f} is left{why}",
        hint="ask for a larger share, lower 'least', or spare fewer layers",
    )
