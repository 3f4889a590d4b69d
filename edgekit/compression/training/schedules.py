"""The learning rate of each step. Pure functions."""

from __future__ import annotations

import math

from edgekit.compression.recipes.stages import Training


def rate_at(training: Training, step: int, *, steps_per_epoch: int, reductions: int = 0) -> float:
    """Return the learning rate of a step.

    Args:
        training: its choices.
        step: counted from 0 over the whole stage.
        steps_per_epoch: how many there are in an epoch.
        reductions: how often ``plateau`` has lowered it.
    """
    total = max(1, training.epochs * steps_per_epoch)
    rising = round(training.warm_up * total)
    if step < rising:
        return training.learning_rate * (step + 1) / rising
    progress = (step - rising) / max(1, total - rising)
    match training.schedule:
        case "cosine":
            factor = 0.5 * (1 + math.cos(math.pi * progress))
        case "step":
            factor = training.decay ** (step // (training.step_epochs * steps_per_epoch))
        case "exponential":
            factor = training.decay**progress
        case "plateau":
            factor = training.decay**reductions
        case _:
            factor = 1.0
    return training.learning_rate * factor
