"""A recurrent layer that the file holds as one operator."""

from __future__ import annotations

from typing import Any

from edgekit.inspection.schema import names_of
from edgekit.twin.operators.call import Call, CannotCompute, Function, Value, folded

_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES = range(1, 5), range(5, 9), range(12, 16)
"""Places of the four gates' weights: input, forget, cell, output."""
_EXTRAS = (*range(9, 12), 16, 17, *range(20, 24))
"""Places of peepholes, projections and normalizations, which no Keras layer has."""


def _lstm(call: Call) -> Value:
    """A layer whose states begin at zero, as they do for each sample."""
    import tensorflow as tf

    if any(call.given(slot) for slot in _EXTRAS):
        raise CannotCompute("has peepholes, a projection or a normalization")
    if (
        call.option("cellClip")
        or names_of("ActivationFunctionType")[int(call.option("fusedActivationFunction"))] != "TANH"
    ):
        raise CannotCompute("has another activation than tanh, or cuts its cells")
    if any(call.weights[slot] is None for slot in (*_INPUT_WEIGHTS, *_RECURRENT_WEIGHTS, *_BIASES)):
        raise CannotCompute("has weights that are computed while running")
    # Samples and the file's own batch become one dimension, in front of the steps.
    steps_first = bool(call.option("timeMajor"))
    given = call.values[0]
    value = folded(tf.transpose(given, (0, 2, 1, 3)) if steps_first else given, keep=2)
    inputs, recurrent, biases = (
        tf.concat([call.weights[slot] for slot in slots], 0) for slots in (_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES)
    )
    steps, units = value.shape[1], recurrent.shape[1]
    read = tf.tensordot(value, inputs, [[2], [1]]) + biases
    hidden: Any = tf.zeros((tf.shape(value)[0], units))
    cell, told = hidden, []
    for step in range(steps):
        gates = read[:, step] + tf.matmul(hidden, recurrent, transpose_b=True)
        taken, kept, candidate, shown = tf.split(gates, 4, 1)
        cell = tf.sigmoid(kept) * cell + tf.sigmoid(taken) * tf.tanh(candidate)
        hidden = tf.sigmoid(shown) * tf.tanh(cell)
        told.append(hidden)
    batch = given.shape[2 if steps_first else 1]
    outputs = tf.reshape(tf.stack(told, 1), (-1, batch, steps, units))
    return tf.transpose(outputs, (0, 2, 1, 3)) if steps_first else outputs


RECURRENT: dict[str, Function] = {"UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm}
