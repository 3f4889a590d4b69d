"""How far a network in training is from what it should give. Values are ``[samples, ...]``, losses are scalars."""

from __future__ import annotations

from typing import Any

Value = Any
"""A tf.Tensor."""
_LEAST = 1e-12


def distance(values: Value, wanted: Value, *, spread: float) -> Value:
    """Return the mean squared error in units of the teacher's variance.

    Args:
        values: of the student.
        wanted: of the teacher.
        spread: variance of all that the teacher gives.
    """
    import tensorflow as tf

    return tf.reduce_mean(tf.math.squared_difference(values, wanted)) / max(spread, _LEAST)


def soft_targets(logits: Value, wanted: Value) -> Value:
    """Return the Kullback-Leibler divergence of the student's classes from the teacher's.

    Args:
        logits: of the student, before its softmax, ``[samples, classes]``.
        wanted: the teacher's probabilities.
    """
    import tensorflow as tf

    told = tf.nn.softmax_cross_entropy_with_logits(labels=wanted, logits=logits)
    own = -tf.reduce_sum(tf.math.xlogy(wanted, wanted), -1)
    return tf.reduce_mean(told - own)


def hard_labels(logits: Value, labels: Value) -> Value:
    """Return the cross entropy of the student's classes.

    Args:
        logits: of the student, ``[samples, classes]``.
        labels: whole numbers, ``[samples]``.
    """
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
