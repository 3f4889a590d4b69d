"""One operator whose result a kernel of integers rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgekit.inspection.graph import Operator
from edgekit.twin.grids import Grid, Value
from edgekit.twin.operators.call import aligned


@dataclass(frozen=True, eq=False)
class KernelWork:
    """What an operator has computed in real numbers, and what a kernel makes of it."""

    operator: Operator
    result: Value
    grid: Grid
    """Of the result."""
    values: Sequence[Value]
    """What it has read, ``[samples, *shape]``; None where an input is left out."""
    grids: Sequence[Grid | None]
    """Of what it has read; None where that is no integer."""
    twice: bool = False
    """Whether its kernel rounds twice; see ``placement.Roundings``."""

    def read(self, slot: int) -> Grid:
        """Return the grid of an input. Raises LookupError where it has none."""
        grid = self.grids[slot]
        if grid is None:
            raise LookupError(f"input {slot} of {self.operator.name} is no integer")
        return grid

    def whole(self, *slots: int) -> list[Value]:
        """Return inputs in whole steps from 0.0, so that they broadcast."""
        import tensorflow as tf

        return aligned(*(tf.round(self.values[slot] / self.read(slot).step) for slot in slots))


Kernel = Callable[[KernelWork], Value]
"""Returns the result in whole steps from 0.0, before it is cut to what the integers can hold."""
