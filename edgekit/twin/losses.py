"""How far a network in training is from what it should give. Values are ``[samples, ...]``, losses are scalars."""

from __future__ import annotations

from typing import Any

Value = Any
"""A tf.Tensor."""
_LEAST = 1e-12
_MOST = 10.0


def distance(values: Value, wanted: Value, *, centre: float, spread: float) -> Value:
    """Return the mean squared error in units of what the teacher's values vary by.

    A sample that makes the teacher go far out, as one glitch among many does, is measured by how far that is: it counts
    no more than others.

    Args:
        values: of the student.
        wanted: of the teacher.
        centre: of all that the teacher gives.
        spread: mean squared distance from there, of a usual sample.
    """
    import tensorflow as tf

    axes = list(range(1, len(wanted.shape)))
    error = tf.reduce_mean(tf.math.squared_difference(values, wanted), axes)
    reach = tf.reduce_mean(tf.math.squared_difference(wanted, centre), axes)
    return tf.reduce_mean(error / (reach + max(spread, _LEAST)))


def soft_targets(logits: Value, wanted: Value) -> Value:
    """Return the Kullback-Leibler divergence of the student's classes from the teacher's.

    One sample counts for ``_MOST`` at most, and moves nothing there: a glitch among the samples would drown all others.

    Args:
        logits: of the student, before its softmax, ``[samples, classes]``.
        wanted: the teacher's probabilities.
    """
    import tensorflow as tf

    told = tf.nn.softmax_cross_entropy_with_logits(labels=wanted, logits=logits)
    own = -tf.reduce_sum(tf.math.xlogy(wanted, wanted), -1)
    return tf.reduce_mean(tf.minimum(told - own, _MOST))


def hard_labels(logits: Value, labels: Value) -> Value:
    """Return the cross entropy of the student's classes.

    Args:
        logits: of the student, ``[samples, classes]``.
        labels: whole numbers, ``[samples]``.
    """
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
