"""The training loop: each batch follows from the seed and its number alone, so it can be cut off at any of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compression.recipes.recipe import Distillation
from edgekit.compression.recipes.stages import ClusterWeights, Prune, Training
from edgekit.compression.training.batches import TrainingSamples, order_of, pipeline
from edgekit.compression.training.checkpoint import (
    EpochRecord,
    Position,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)
from edgekit.compression.training.constraints import constraints_of
from edgekit.compression.training.events import Events
from edgekit.compression.training.losses import feature_loss, label_loss, teacher_loss
from edgekit.compression.training.outputs import Meaning
from edgekit.compression.training.schedules import rate_at
from edgekit.compression.training.teaching import Teaching
from edgekit.errors import ConversionError
from edgekit.files.saved_training import SAVE_EVERY_S
from edgekit.progress import Progress, Step
from edgekit.sources.settling import as_structure, keras_specs

_TELL_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class TrainingTask:
    """All that one stretch of training needs to know."""

    name: str
    """Of the stage, for people."""
    training: Training
    meaning: Meaning
    samples: TrainingSamples
    validation: TrainingSamples
    distillation: Distillation | None
    teacher: Any
    """A Keras model; None without distillation."""
    checkpoint: Path
    piece: int
    """Its number in the run."""
    seed: int
    keep_zeros: bool
    """Whether weights that are 0 stay 0."""
    constraint: Prune | ClusterWeights | None = None
    """What else the weights are held to."""
    events: Path | None = None
    """The folder of TensorBoard's log; None: there is none."""


class Diverged(ConversionError):
    """The loss, or a weight, is no number any more; the model has the last good weights again."""


def called(model: Any, tensors: Sequence[Any], *, training: bool) -> list[Any]:
    """Return a model's outputs as a flat list."""
    import keras

    given = tensors[0] if len(tensors) == 1 else list(tensors)
    return list(keras.tree.flatten(model(as_structure(model, given, keras_specs(model.inputs)), training=training)))


class Loop:
    """Trains a model in place.

    Args:
        model: a Keras model.
        task: what to do.
        stopping: asked after each batch; where it says yes, a checkpoint is written and the process ends.
        progress: told each batch.
    """

    def __init__(self, model: Any, task: TrainingTask, *, stopping: Callable[[], bool], progress: Progress) -> None:
        self._model, self._task, self._stopping, self._progress = model, task, stopping, progress
        self._teaching: Teaching | None = None
        if task.distillation is not None:
            self._teaching = Teaching(model, task.teacher, task.distillation, seed=task.seed)
        self._seed_chance()
        self._optimizer = _optimizer(task.training)
        self._trained = [*model.trainable_variables, *(self._teaching.variables if self._teaching else [])]
        self._optimizer.build(self._trained)
        self._constraints = constraints_of(model, task.constraint, keep_zeros=task.keep_zeros)
        self._started = self._told = 0.0
        self._done_before, self._left = 0, ""
        self._step, self._judge = self._compiled()
        self._taught = self._cached_teacher()
        self._events = Events(task.events, progress=progress)

    def run(self) -> list[EpochRecord]:
        """Train to the end, from the checkpoint on where there is one; return what was logged.

        Raises:
            Diverged: a loss or a weight is not finite.
            OutputError: a checkpoint cannot be written.
            UsageError: what lies in its place is none.
        """
        training, batches, state = self._task.training, self._batches, self._restored()
        position = state.position
        self._done_before = position.epoch * batches + position.batch
        self._events.write(position.history)
        good = self._values()
        while position.epoch < training.epochs and not position.stopped:
            began = time.monotonic()
            try:
                rate = self._epoch(state)
                self._require_finite(position)
            except Diverged:
                self._assign(good)
                raise
            loss = position.loss_sum / batches
            validation_loss, accuracy = self._judged()
            position.history.append(
                EpochRecord(position.epoch + 1, loss, validation_loss, accuracy, rate, time.monotonic() - began)
            )
            position.epoch, position.batch, position.loss_sum = position.epoch + 1, 0, 0.0
            good = self._values()
            judged = loss if validation_loss is None else validation_loss
            if not position.at_goal and self._at_goal(position):
                position.at_goal, position.best_loss, position.since_best = True, None, 0
            early = training.early_stopping if position.at_goal else None
            if position.best_loss is None or judged < position.best_loss:
                position.best_loss, position.since_best = judged, 0
                state.best = None if early is None else good[: len(self._model.variables)]
            else:
                position.since_best += 1
                if training.schedule == "plateau" and position.since_best % training.patience == 0:
                    position.reductions += 1
            position.stopped = early is not None and position.since_best >= early
            self._save(state)
            # Behind the checkpoint: an epoch that is not in it is done again, and comes to other figures with threads.
            self._events.write(position.history)
        if state.best is not None:
            for variable, value in zip(self._model.variables, state.best, strict=True):
                variable.assign(value)
        for constraint in self._constraints:
            constraint.finish()
        return position.history

    @property
    def notes(self) -> list[str]:
        """Sentences about what went wrong beside the training."""
        return self._events.notes

    @property
    def _batches(self) -> int:
        size = self._task.training.batch_size
        return max(1, len(self._task.samples) // size)

    def _at_goal(self, position: Position) -> bool:
        """Return whether the epochs that are done came to what the weights are held to."""
        total = self._task.training.epochs * self._batches
        return all(each.at_goal(position.epoch * self._batches - 1, total) for each in self._constraints)

    def _epoch(self, state: TrainingState) -> float:
        task, training, position = self._task, self._task.training, state.position
        seed = [task.seed, position.epoch]
        order = order_of(task.samples, seed=seed)
        data = pipeline(
            task.samples,
            order,
            batch_size=training.batch_size,
            first=position.batch,
            whole=True,
            augment=training.augment,
            seed=seed,
        )
        rate, saved = 0.0, time.monotonic()
        for places, inputs, labels in data:
            number = position.epoch * self._batches + position.batch
            rate = rate_at(training, number, steps_per_epoch=self._batches, reductions=position.reductions)
            self._optimizer.learning_rate = rate
            for constraint in self._constraints:
                constraint.before(number, training.epochs * self._batches)
            taught = () if self._taught is None else tuple(each[places.numpy()] for each in self._taught)
            loss = float(self._step(inputs, labels, taught))
            if not np.isfinite(loss):
                raise self._diverged(position, f"the loss is {loss}")
            position.batch += 1
            position.loss_sum += loss
            self._tell(position)
            if self._stopping():
                self._save(state)
                raise SystemExit(0)
            if time.monotonic() - saved > SAVE_EVERY_S:
                self._save(state)
                saved = time.monotonic()
        return rate

    def _tell(self, position: Position) -> None:
        total = self._task.training.epochs * self._batches
        done = position.epoch * self._batches + position.batch
        now = time.monotonic()
        if done == self._done_before + 1:
            # The first batch takes as long as many: the graph is built there.
            self._started, self._told = now, now
        elif now - self._told > _TELL_EVERY_S or (position.batch == 1 and position.epoch):
            self._told = now
            per_step = (now - self._started) / (done - self._done_before - 1)
            self._left = f", about {_duration(per_step * (total - done))} left"
        last = position.history[-1] if position.history else None
        told = "" if last is None else f", loss {last.loss:.3g}"
        if last is not None and last.validation_accuracy is not None:
            told += f", validation accuracy {last.validation_accuracy:.1%}"
        self._progress(
            Step(
                f"{self._task.name}: epoch {position.epoch + 1} of {self._task.training.epochs}{told}{self._left}",
                done,
                total,
            )
        )

    def _restored(self) -> TrainingState:
        piece, seed = self._task.piece, self._task.seed
        found = load_checkpoint(self._task.checkpoint, piece=piece, seed=seed)
        if found is None:
            return TrainingState(piece, seed)
        self._assign(found.values)
        return found

    def _save(self, state: TrainingState) -> None:
        state.values = self._values()
        save_checkpoint(self._task.checkpoint, state)

    @property
    def _variables(self) -> list[Any]:
        maps = self._teaching.variables if self._teaching else []
        held = [each for constraint in self._constraints for each in constraint.variables]
        return [*self._model.variables, *maps, *self._optimizer.variables, *held]

    def _values(self) -> list[Any]:
        return [np.array(variable.numpy()) for variable in self._variables]

    def _assign(self, values: Sequence[Any]) -> None:
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)

    def _require_finite(self, position: Position) -> None:
        for variable in self._model.weights:
            if not np.isfinite(variable.numpy()).all():
                raise self._diverged(position, f"weight '{variable.path}' is not finite")

    def _diverged(self, position: Position, what: str) -> Diverged:
        return Diverged(f"{self._task.name}: {what} in epoch {position.epoch + 1}, batch {position.batch + 1}")

    def _seed_chance(self) -> None:
        generators = [
            each for layer in self._model._flatten_layers() for each in getattr(layer, "_seed_generators", ())
        ]
        for number, generator in enumerate(generators):
            generator.state.assign(np.array([self._task.seed * 1000 + number, 0], generator.state.dtype))

    def _cached_teacher(self) -> list[Any] | None:
        """Return the teacher's outputs on all samples, where they stay the same from epoch to epoch."""
        task = self._task
        if self._teaching is None or task.training.augment or self._teaching.maps:
            return None
        import tensorflow as tf

        ask = tf.function(lambda *inputs: called(task.teacher, inputs, training=False))
        found: list[Any] = []
        count = int(task.samples.places.max()) + 1
        data = pipeline(task.samples, task.samples.places, batch_size=task.training.batch_size, whole=False)
        for places, inputs, _ in data:
            outputs = [each.numpy() for each in ask(*inputs)]
            found = found or [np.zeros((count, *each.shape[1:]), each.dtype) for each in outputs]
            for column, values in zip(found, outputs, strict=True):
                column[places.numpy()] = values
        return found

    def _compiled(self) -> tuple[Any, Any]:
        import tensorflow as tf

        task, model, teaching = self._task, self._model, self._teaching
        labelled = label_loss(task.meaning) if task.meaning.scored and task.samples.labels is not None else None
        weight = 0.0 if task.distillation is None else task.distillation.weight if labelled else 1.0
        soft = None if task.distillation is None else teacher_loss(task.meaning, task.distillation)
        share = 0.0 if task.distillation is None else task.distillation.feature_weight

        def loss_of(inputs: Any, labels: Any, taught: Any) -> Any:
            outputs = called(model if teaching is None else teaching.student, inputs, training=True)
            count = len(model.outputs)
            loss = sum(model.losses) if model.losses else 0.0
            if labelled is not None and weight < 1:
                loss += (1 - weight) * labelled(labels, outputs[0])
            if teaching is not None and soft is not None:
                targets = taught or called(teaching.teacher, inputs, training=False)
                loss += weight * soft(targets[:count], outputs[:count])
                if teaching.maps:
                    loss += share * feature_loss(targets[count:], teaching.mapped(outputs[count:]))
            return loss

        @tf.function  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def step(inputs: Any, labels: Any, taught: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = loss_of(inputs, labels, taught)
            slopes = tape.gradient(loss, [variable.value for variable in self._trained])
            moved = [(g, v) for g, v in zip(slopes, self._trained, strict=True) if g is not None]
            self._optimizer.apply([g for g, _ in moved], [v for _, v in moved])
            for constraint in self._constraints:
                constraint.after()
            return loss

        @tf.function  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def judge(inputs: Any, labels: Any) -> Any:
            outputs = called(model, inputs, training=False)
            if labelled is not None:
                if task.meaning in {Meaning.BINARY, Meaning.BINARY_LOGIT}:
                    edge = 0.5 if task.meaning is Meaning.BINARY else 0.0
                    answers = tf.cast(outputs[0][:, 0] > edge, tf.int32)
                else:
                    answers = tf.argmax(outputs[0], axis=-1, output_type=tf.int32)
                return labelled(labels, outputs[0]), tf.reduce_sum(tf.cast(answers == labels, tf.int32))
            assert soft is not None  # noqa: S101  # without labels there is a teacher, which compress() sees to
            return soft(called(task.teacher, inputs, training=False), outputs), tf.constant(0)

        return step, judge

    def _judged(self) -> tuple[float | None, float | None]:
        """Return the loss and the accuracy on the samples for validation; None where there are none, or no labels."""
        samples = self._task.validation
        if not len(samples):
            return None, None
        total, right = 0.0, 0
        for places, inputs, labels in pipeline(
            samples, samples.places, batch_size=self._task.training.batch_size, whole=False
        ):
            loss, correct = self._judge(inputs, labels)
            total, right = total + float(loss) * len(places), right + int(correct)
        scored = samples.labels is not None and self._task.meaning.scored
        return total / len(samples), right / len(samples) if scored else None


def _optimizer(training: Training) -> Any:
    import keras

    kinds = {
        "adam": (keras.optimizers.Adam, {}),
        "adamw": (keras.optimizers.AdamW, {}),
        "sgd": (keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
        "rmsprop": (keras.optimizers.RMSprop, {}),
    }
    kind, options = kinds[training.optimizer]
    accumulated = training.accumulate if training.accumulate > 1 else None
    return kind(training.learning_rate, gradient_accumulation_steps=accumulated, **options)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
