"""From the times of the probe networks to costs of kinds of work: never negative, with relative errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from edgekit.prediction.probes import ProbeFit
from edgekit.prediction.work import KernelKind, WorkKind

Amounts = Mapping[WorkKind, float]


def fitted_costs(works: Sequence[Amounts], times_ms: Sequence[float]) -> dict[WorkKind, float]:
    """Return milliseconds for a unit of each kind of work, by non-negative least squares on relative errors."""
    from scipy.optimize import nnls

    kinds = [kind for kind in WorkKind if any(work.get(kind) for work in works)]
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
    fits = [_fit(arithmetic, threads, lanes, [work[lanes] for work in works], times_ms) for lanes in works[0]]
    return min(fits, key=lambda fit: math.fsum(error * error for error in fit.errors))


def _fit(
    arithmetic: KernelKind, threads: int, lanes: int, works: Sequence[Amounts], times_ms: Sequence[float]
) -> ProbeFit:
    errors = []
    for index, (work, time_ms) in enumerate(zip(works, times_ms, strict=True)):
        rest = [*works[:index], *works[index + 1 :]]
        costs = fitted_costs(rest, [*times_ms[:index], *times_ms[index + 1 :]])
        predicted = milliseconds(costs, work)
        if predicted > 0:
            errors.append(math.log(predicted / time_ms))
    return ProbeFit(arithmetic, threads, fitted_costs(works, times_ms), tuple(errors), lanes)
