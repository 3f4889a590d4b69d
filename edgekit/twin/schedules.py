"""Learning rates over the steps of a training."""

from __future__ import annotations

import math


def warm_cosine(step: int, *, steps: int, warm_up: int, rate: float) -> float:
    """Return the rate at a step: up in a straight line, then down along half a cosine, to a hundredth.

    Args:
        step: from 0.
        steps: of the whole training.
        warm_up: steps until ``rate`` is reached.
        rate: the highest.
    """
    if step < warm_up:
        return rate * (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))
