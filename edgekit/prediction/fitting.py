"""Costs of work from published latencies: few parameters, fitted in the logarithm, so that errors are relative.

    time = scale of the board x sum(cost x amount) x thread factor [x int8 ratio of the board]

Costs are shared by all boards of a family. A pointwise multiply-accumulate costs 1; every other cost is drawn weakly
towards ``PRIORS``, because four networks cannot tell seven kinds of work apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.prediction.measurements import Cell, Family, Measurements
from edgekit.prediction.work import KernelKind, WorkKind

PRIORS = {
    WorkKind.SPATIAL: 1.0,
    WorkKind.DEPTHWISE: 2.0,
    WorkKind.DENSE: 1.0,
    WorkKind.ELEMENTWISE: 1.0,
    WorkKind.MOVED: 4.0,
    WorkKind.WEIGHTS: 0.5,
}
"""Relative to a pointwise multiply-accumulate. Guesses, on purpose not taken from any of the measurements."""
_PRIOR_WEIGHT = 0.1
_PARALLEL_GUESS, _PARALLEL_WEIGHT = 2.0, 0.05
_MILLION = 1e6
_CONFIDENCE = 0.9
ENOUGH_ERRORS = 9
"""From so many on, one of the errors has the rank that holds nine of ten new ones."""
_STUDENT_95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860)
"""95th percentiles of Student's t with 1 to 8 degrees of freedom: 90 % lie between them and their negatives."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit has found for one family."""

    costs: Mapping[KernelKind, Mapping[WorkKind, float]]
    scales: Mapping[str, float]
    """Milliseconds for a million pointwise multiply-accumulates of one thread, by board; for microcontrollers in
    int8, else in float32."""
    ratios: Mapping[str, float]
    """Time of int8 against float32, by board, where it was measured."""
    parallel: float
    """Share of the time that more threads divide."""

    @property
    def ratio(self) -> float:
        """The int8 ratio of a board of which it was not measured: the geometric mean of the others."""
        return math.exp(float(np.mean([math.log(each) for each in self.ratios.values()]))) if self.ratios else 1.0

    def milliseconds(self, cell: Cell, amounts: Mapping[WorkKind, float]) -> float:
        """Return what a cell should be."""
        total = sum(amount * self.costs[cell.arithmetic].get(kind, 0.0) for kind, amount in amounts.items())
        ratio = self.ratios.get(cell.board, self.ratio) if cell.arithmetic is KernelKind.INT8 else 1.0
        return total / _MILLION * self.scales[cell.board] * ratio * thread_factor(self.parallel, cell.threads)


def thread_factor(parallel: float, threads: int) -> float:
    """Return the time with ``threads`` as a share of the time with one (Amdahl)."""
    return 1 - parallel + parallel / threads


def fit_family(cells: Sequence[Cell], known: Measurements, family: Family) -> Fit:
    """Fit all parameters of a family to its cells."""
    return _Problem(cells, known, family).solved()


class _Problem:
    def __init__(self, cells: Sequence[Cell], known: Measurements, family: Family) -> None:
        self.cells, self.known, self.family = cells, known, family
        self.kinds = list(PRIORS)
        self.boards = sorted({cell.board for cell in cells})
        self.float_too = family is Family.APPLICATION
        self.in_int8 = sorted(
            {cell.board for cell in cells if cell.arithmetic is KernelKind.INT8} if self.float_too else ()
        )
        self.priors = np.log([PRIORS[kind] for kind in self.kinds])

    def solved(self) -> Fit:
        from scipy.optimize import least_squares

        sets = 2 if self.float_too else 1
        start = np.concatenate(
            [
                np.tile(self.priors, sets),
                np.zeros(len(self.boards)),
                np.full(len(self.in_int8), math.log(0.4)),
                [_PARALLEL_GUESS],
            ]
        )
        return self._fit(least_squares(self._residuals, start).x)

    def _fit(self, x: NDArray[Any]) -> Fit:
        count, boards = len(self.kinds), len(self.boards)
        first = self._costs(x[:count])
        at = 2 * count if self.float_too else count
        costs = (
            {KernelKind.FLOAT32: first, KernelKind.INT8: self._costs(x[count:at])}
            if self.float_too
            else {KernelKind.INT8: first}
        )
        return Fit(
            costs=costs,
            scales={board: math.exp(value) for board, value in zip(self.boards, x[at : at + boards], strict=True)},
            ratios={board: math.exp(value) for board, value in zip(self.in_int8, x[at + boards : -1], strict=True)},
            parallel=float(1 / (1 + math.exp(-x[-1]))),
        )

    def _costs(self, logarithms: NDArray[Any]) -> dict[WorkKind, float]:
        return {WorkKind.POINTWISE: 1.0} | dict(zip(self.kinds, np.exp(logarithms).tolist(), strict=True))

    def _residuals(self, x: NDArray[Any]) -> NDArray[Any]:
        fit, count = self._fit(x), len(self.kinds)
        seen = [math.log(fit.milliseconds(cell, self.known.work(cell)) / cell.milliseconds) for cell in self.cells]
        drawn = [*(x[:count] - self.priors)]
        if self.float_too:
            drawn += [*(x[count : 2 * count] - x[:count])]
            ratios = x[2 * count + len(self.boards) : -1]
            drawn += [*(ratios - (ratios.mean() if len(ratios) else 0.0))]
        return np.array([*seen, *(_PRIOR_WEIGHT * np.array(drawn)), _PARALLEL_WEIGHT * (x[-1] - _PARALLEL_GUESS)])


def leave_one_out(known: Measurements, family: Family) -> Iterator[tuple[Cell, float]]:
    """Give each cell with the logarithm of predicted over published, from a fit that has not seen it.

    A cell whose board has no other one is left out: nothing would be known of that board.
    """
    cells = known.of(family)
    for cell in cells:
        rest = [each for each in cells if each is not cell]
        if any(each.board == cell.board for each in rest):
            yield cell, _error(fit_family(rest, known, family), cell, known)


def known_by_one(known: Measurements, family: Family) -> Iterator[tuple[Cell, float]]:
    """The same for boards of which the fit has seen a single cell, in float32; of microcontrollers in int8."""
    cells = known.of(family)
    first = KernelKind.FLOAT32 if family is Family.APPLICATION else KernelKind.INT8
    for board in sorted({cell.board for cell in cells}):
        mine = [cell for cell in cells if cell.board == board and cell.arithmetic is first]
        for one in mine:
            others = [cell for cell in mine if cell is not one and cell.threads == one.threads]
            if others:
                fit = fit_family([*(cell for cell in cells if cell.board != board), one], known, family)
                yield from ((cell, _error(fit, cell, known)) for cell in others)


def _error(fit: Fit, cell: Cell, known: Measurements) -> float:
    return math.log(fit.milliseconds(cell, known.work(cell)) / cell.milliseconds)


def half_width(errors: Sequence[float]) -> float:
    """Return the half width, in the logarithm, that holds a new error with 90 % confidence, from errors of that kind.

    The rank that split conformal prediction takes: of n errors the ceil(0.9 x (n + 1))-th smallest. Fewer than
    :data:`ENOUGH_ERRORS` have none: the largest of three holds a new one in three of four cases. Of those it is what
    Student's t says of errors around 0 with a normal spread, and never less than the largest.
    """
    ordered = sorted(abs(error) for error in errors)
    count = len(ordered)
    if count < ENOUGH_ERRORS:
        deviation = math.sqrt(math.fsum(error * error for error in ordered) / count)
        return max(ordered[-1], _STUDENT_95[count - 1] * deviation)
    return ordered[math.ceil(_CONFIDENCE * (count + 1)) - 1]


def coverage(errors: Sequence[float]) -> float:
    """Return the share of errors within the half width that all others give."""
    held = [abs(error) <= half_width([*errors[:number], *errors[number + 1 :]]) for number, error in enumerate(errors)]
    return sum(held) / len(held)
