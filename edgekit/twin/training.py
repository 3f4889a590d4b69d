"""Trains a simulated file to give what the float file gives."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ConversionError
from edgekit.progress import Progress, Step
from edgekit.twin.objective import Objective
from edgekit.twin.schedules import warm_cosine
from edgekit.twin.simulation import Simulation

WEIGHT_RATE = 0.03
"""Learning rate of weights, in steps of their rounding."""
RANGE_RATE = 1e-2
"""Learning rate of the ends of ranges, in shares of themselves."""
_WARM_UP = 0.1
_LONGEST_GRADIENT = 1.0

Batch = Callable[[NDArray[np.intp]], list[NDArray[Any]]]
"""Returns the samples of these numbers: one array for each input."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How it is trained."""

    epochs: int
    batch: int
    seed: int


class Adam:
    """TensorFlow's own kernel of Adam, for variables of two kinds of rates; gradients are cut to a common length."""

    def __init__(self, groups: Sequence[Sequence[Any]]) -> None:
        import tensorflow as tf

        self._groups = groups
        self._moments = [[(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in g] for g in groups]

    def apply(self, gradients: Sequence[Sequence[Any]], *, rates: Sequence[Any], step: Any) -> None:
        """Take one step; ``step`` counts from 1, and is a float tensor as ``rates`` are."""
        import tensorflow as tf

        for group, moments, found, rate in zip(self._groups, self._moments, gradients, rates, strict=True):
            cut, _ = tf.clip_by_global_norm(found, _LONGEST_GRADIENT)
            for variable, (first, second), gradient in zip(group, moments, cut, strict=True):
                tf.raw_ops.ResourceApplyAdam(
                    var=variable.handle, m=first.handle, v=second.handle,
                    beta1_power=tf.pow(0.9, step), beta2_power=tf.pow(0.999, step),
                    lr=rate, beta1=0.9, beta2=0.999, epsilon=1e-8, grad=gradient,
                )  # fmt: skip


def train(
    simulation: Simulation,
    objective: Objective,
    *,
    inputs: Batch,
    samples: Sequence[int],
    plan: TrainingPlan,
    progress: Progress,
) -> list[float]:
    """Train the simulation in place; return the mean loss of each epoch.

    Args:
        simulation: what is trained.
        objective: what it is to give.
        inputs: gives samples.
        samples: the numbers of those to train on.
        plan: how.
        progress: told each step.

    Raises:
        ConversionError: the loss is no number any more.
    """
    import tensorflow as tf

    weights, ranges = simulation.variables
    variables = [*weights, *ranges]
    adam = Adam([weights, ranges])
    numbers = simulation.network.inputs

    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def step(given: list[Any], wanted: Mapping[str, Any], rates: Any, count: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            loss = objective.loss(simulation, dict(zip(numbers, given, strict=True)), wanted)
        found = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        adam.apply([found[: len(weights)], found[len(weights) :]], rates=(rates[0], rates[1]), step=count)
        return loss

    generator = np.random.default_rng(plan.seed)
    batches = math.ceil(len(samples) / plan.batch)
    steps, done = batches * plan.epochs, 0
    told: list[float] = []
    started = time.monotonic()
    for epoch in range(plan.epochs):
        losses: list[float] = []
        tail = f", {_left(time.monotonic() - started, done=done, steps=steps)}, loss {told[-1]:.3g}" if told else ""
        for places in np.array_split(generator.permutation(np.asarray(samples, np.intp)), batches):
            progress(Step(f"fine-tuning, epoch {epoch + 1} of {plan.epochs}{tail}", done, steps))
            # Files are read in order, and what a batch holds is a set anyway.
            places.sort()
            rate = warm_cosine(done, steps=steps, warm_up=max(1, int(steps * _WARM_UP)), rate=1.0)
            loss = float(
                step(
                    [tf.constant(values) for values in inputs(places)],
                    objective.wanted(places),
                    tf.constant([rate * WEIGHT_RATE, rate * RANGE_RATE]),
                    tf.constant(float(done + 1)),
                )
            )
            if not math.isfinite(loss):
                raise ConversionError(
                    f"fine-tuning came to a loss that is no number, in epoch {epoch + 1} of {plan.epochs}",
                    hint="values of the float model that are huge or not finite do this: look at the samples "
                    "(edgekit samples), or convert without --finetune",
                )
            losses.append(loss)
            done += 1
        told.append(float(np.mean(losses)))
    progress(Step("fine-tuning", steps, steps))
    return told


def _left(seconds: float, *, done: int, steps: int) -> str:
    """Return how long the rest takes, in words."""
    left = seconds / done * (steps - done)
    return f"about {left:.0f} s left" if left < 100 else f"about {left / 60:.0f} min left"
