"""What is made small: the distance from the labels, and from a teacher's outputs and features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from edgekit.compression.recipes.recipe import Distillation
from edgekit.compression.training.outputs import Meaning

_SMALLEST = 1e-7


def label_loss(meaning: Meaning) -> Callable[[Any, Any], Any]:
    """Return the mean cross-entropy of outputs and labels."""
    import keras

    match meaning:
        case Meaning.PROBABILITIES | Meaning.LOGITS:
            loss: Callable[[Any, Any], Any] = keras.losses.SparseCategoricalCrossentropy(
                from_logits=meaning is Meaning.LOGITS
            )
            return loss
        case Meaning.BINARY | Meaning.BINARY_LOGIT:
            binary = keras.losses.BinaryCrossentropy(from_logits=meaning is Meaning.BINARY_LOGIT)
            return lambda labels, outputs: binary(keras.ops.expand_dims(labels, -1), outputs)
        case Meaning.VALUES:
            raise ValueError("labels say nothing of such outputs")


def teacher_loss(meaning: Meaning, distillation: Distillation) -> Callable[[Sequence[Any], Sequence[Any]], Any]:
    """Return the distance of a student's outputs from a teacher's.

    Scores: the Kullback-Leibler divergence of softened probabilities, times the square of the temperature so that its
    gradients are as large as those of the labels' (Hinton et al. 2015). Other outputs: the mean squared error, each
    output's by the variance of the teacher's.
    """
    from keras import ops

    temperature = distillation.temperature

    def logits(outputs: Any) -> Any:
        if meaning is Meaning.PROBABILITIES:
            return ops.log(ops.maximum(outputs, _SMALLEST))
        if meaning in {Meaning.BINARY, Meaning.BINARY_LOGIT}:
            if meaning is Meaning.BINARY:
                clipped = ops.clip(outputs, _SMALLEST, 1 - _SMALLEST)
                outputs = ops.log(clipped) - ops.log(1 - clipped)
            return ops.concatenate([ops.zeros_like(outputs), outputs], axis=-1)
        return outputs

    def soft(taught: Sequence[Any], given: Sequence[Any]) -> Any:
        target = ops.log_softmax(logits(taught[0]) / temperature, axis=-1)
        found = ops.log_softmax(logits(given[0]) / temperature, axis=-1)
        divergence = ops.sum(ops.exp(target) * (target - found), axis=-1)
        return ops.mean(divergence) * temperature**2

    return soft if meaning.scored else _squares


def feature_loss(taught: Sequence[Any], given: Sequence[Any]) -> Any:
    """Return the mean squared error of features, each by the variance of the teacher's."""
    return _squares(taught, given)


def _squares(taught: Sequence[Any], given: Sequence[Any]) -> Any:
    from keras import ops

    parts = [
        ops.mean(ops.square(target - found)) / (ops.var(target) + _SMALLEST)
        for target, found in zip(taught, given, strict=True)
    ]
    return sum(parts) / len(parts)
