"""From the times of the probe networks to costs of kinds of work: never negative, with relative errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from edgekit.prediction.probes import ProbeFit
from edgekit.prediction.work import KernelKind, WorkKind

Amounts = Mapping[WorkKind, float]
Each = TypeVar("Each")
_NOTHING = 0.01
"""What a prediction of 0 counts as, as a share of the time: the worst of misses, of which there is no logarithm."""


def fitted_costs(works: Sequence[Amounts], times_ms: Sequence[float]) -> dict[WorkKind, float]:
    """Return milliseconds for a unit of each kind of work, by non-negative least squares on relative errors."""
    from scipy.optimize import nnls

    kinds = [kind for kind in WorkKind if any(work.get(kind) for work in works)]
    if not kinds:
        return {}
    times = np.asarray(times_ms)
    amounts = np.array([[work.get(kind, 0.0) for kind in kinds] for work in works])
    # Amounts differ by seven decades.
    units = amounts.max(axis=0)
    found, _ = nnls(amounts / units / times[:, None], np.ones(len(times)))
    return dict(zip(kinds, (found / units).tolist(), strict=True))


def milliseconds(costs: Mapping[WorkKind, float], work: Amounts) -> float:
    """Return what ``work`` takes at ``costs``."""
    return sum(amount * costs.get(kind, 0.0) for kind, amount in work.items())


def found_fit(
    arithmetic: KernelKind, threads: int, works: Sequence[Mapping[int, Amounts]], times_ms: Sequence[float]
) -> ProbeFit:
    """Return the costs, and the errors of fits that leave each network out in turn.

    Args:
        arithmetic: of all networks.
        threads: of all runs.
        works: of each network, by the number of lanes that its products are counted in. The number whose fits miss the
            networks that they have not seen least is taken.
        times_ms: of each network.
    """
    lanes = _lanes(works, times_ms)
    errors = []
    for index, (work, time_ms) in enumerate(zip(works, times_ms, strict=True)):
        others, their_times = _without(index, works), _without(index, times_ms)
        # The lanes are chosen anew: errors that had a say in the choice would be too small.
        unseen = _lanes(others, their_times)
        errors.append(_error([other[unseen] for other in others], their_times, work[unseen], time_ms))
    costs = fitted_costs([work[lanes] for work in works], times_ms)
    return ProbeFit(arithmetic, threads, costs, tuple(errors), lanes)


def _lanes(works: Sequence[Mapping[int, Amounts]], times_ms: Sequence[float]) -> int:
    def missed(lanes: int) -> float:
        amounts = [work[lanes] for work in works]
        errors = (
            _error(_without(index, amounts), _without(index, times_ms), amounts[index], time_ms)
            for index, time_ms in enumerate(times_ms)
        )
        return math.fsum(error * error for error in errors)

    return min(works[0], key=missed)


def _error(works: Sequence[Amounts], times_ms: Sequence[float], work: Amounts, time_ms: float) -> float:
    """Return the logarithm of predicted over measured, of a network that the fit to the others has not seen."""
    return math.log(max(milliseconds(fitted_costs(works, times_ms), work) / time_ms, _NOTHING))


def _without(index: int, all_of_them: Sequence[Each]) -> list[Each]:
    return [*all_of_them[:index], *all_of_them[index + 1 :]]
