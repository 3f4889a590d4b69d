"""Products of matrices, and what is looked up."""

from __future__ import annotations

from edgekit.twin.operators.activations import activated
from edgekit.twin.operators.call import (
    Call,
    CannotCompute,
    Function,
    Value,
    aligned,
    axis_of,
    folded,
    rank_of,
    same_samples,
    unfolded,
)


def _fully_connected(call: Call) -> Value:
    import tensorflow as tf

    weights = call.weights[1]
    if weights is None:
        weights = call.values[1]
        rows = tf.reshape(call.values[0], (tf.shape(call.values[0])[0], -1, weights.shape[-1]))
        product = tf.matmul(rows, weights, transpose_b=True)
    else:
        rows = tf.reshape(call.values[0], (-1, weights.shape[-1]))
        product = tf.matmul(rows, weights, transpose_b=True)
    if call.given(2):
        bias = call.weights[2]
        product = product + (tf.expand_dims(call.values[2], 1) if bias is None else bias)
    return activated(unfolded(product, call.shapes[0]), call)


def _batch_matmul(call: Call) -> Value:
    import tensorflow as tf

    first, second = aligned(*call.values)
    return tf.matmul(first, second, transpose_a=bool(call.option("adjX")), transpose_b=bool(call.option("adjY")))


def _gather(call: Call) -> Value:
    import tensorflow as tf

    axis, batched = int(call.option("axis")), int(call.option("batchDims"))
    rows = call.weights[0]
    if rows is not None and not batched:
        taken = tf.gather(rows, call.values[1], axis=axis)
        # TensorFlow puts the samples where the axis was.
        place = axis % len(rows.shape)
        return taken if place == 0 else tf.transpose(taken, _moved_first(place, len(taken.shape)))
    if call.weights[1] is not None and not batched:
        return tf.gather(call.values[0], call.weights[1], axis=axis_of(axis, rank_of(call.values[0])))
    value, places = same_samples(call.values)
    return tf.gather(value, places, axis=axis_of(axis, rank_of(value)), batch_dims=batched + 1)


def _moved_first(place: int, rank: int) -> list[int]:
    return [place, *(axis for axis in range(rank) if axis != place)]


def _gather_nd(call: Call) -> Value:
    import tensorflow as tf

    value, places = same_samples(call.values)
    return tf.gather_nd(value, places, batch_dims=1)


def _embedding_lookup(call: Call) -> Value:
    import tensorflow as tf

    rows = call.weights[1]
    if rows is None:
        raise CannotCompute("looks rows up in a table that is computed while running")
    return unfolded(tf.gather(rows, folded(call.values[0], keep=0)), call.shapes[0])


DENSE: dict[str, Function] = {
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "EMBEDDING_LOOKUP": _embedding_lookup,
}
