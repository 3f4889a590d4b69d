"""Trains a simulated file to give what the float file gives."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ConversionError
from edgekit.progress import Progress, Step
from edgekit.twin.objective import Objective
from edgekit.twin.record import TrainingRecord
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
    checkpoint: Path | None = None
    """Where it is written how far it has come, and where it goes on from; None: nowhere."""
    whose: str = ""
    """What is trained, and on what: a checkpoint of something else is refused."""


class Adam:
    """TensorFlow's own kernel of Adam, for variables of two kinds of rates; gradients are cut to a common length."""

    def __init__(self, groups: Sequence[Sequence[Any]]) -> None:
        import tensorflow as tf

        self._groups = groups
        self._moments = [[(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in g] for g in groups]

    @property
    def variables(self) -> list[Any]:
        """What it remembers of the steps before."""
        return [each for moments in self._moments for pair in moments for each in pair]

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
    stopping: Callable[[], bool] = lambda: False,
    progress: Progress,
) -> list[float]:
    """Train the simulation in place, from the checkpoint on where there is one; return the mean loss of each epoch.

    Args:
        simulation: what is trained.
        objective: what it is to give.
        inputs: gives samples.
        samples: the numbers of those to train on.
        plan: how.
        stopping: asked after each step; where it says yes, a checkpoint is written and the process ends.
        progress: told each step.

    Raises:
        ConversionError: the loss is no number any more.
        UsageError: the checkpoint is that of another training.
        OutputError: a checkpoint cannot be written.
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
    steps = batches * plan.epochs
    record = TrainingRecord(plan.checkpoint, whose=plan.whose, variables=[*variables, *adam.variables])
    losses = record.restored()
    before, started = len(losses), time.monotonic()
    for epoch in range(plan.epochs):
        # Drawn for epochs that are done as well: each order follows from those before.
        order = np.array_split(generator.permutation(np.asarray(samples, np.intp)), batches)
        rest = order[max(0, len(losses) - epoch * batches) :]
        tail = _left(time.monotonic() - started, done=len(losses) - before, left=steps - len(losses))
        if epoch and rest:
            tail += f", loss {np.mean(losses[(epoch - 1) * batches : epoch * batches]):.3g}"
        for places in rest:
            done = len(losses)
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
            ending = stopping()
            record.keep(losses, now=ending or len(losses) % batches == 0)
            if ending:
                raise SystemExit(0)
    progress(Step("fine-tuning", steps, steps))
    return [float(np.mean(losses[start : start + batches])) for start in range(0, steps, batches)]


def _left(seconds: float, *, done: int, left: int) -> str:
    """Return how long the rest takes, in words; nothing where no step tells."""
    if not done:
        return ""
    rest = seconds / done * left
    return f", about {rest:.0f} s left" if rest < 100 else f", about {rest / 60:.0f} min left"
