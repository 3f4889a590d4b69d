"""Operators that move values about and compute none."""

from __future__ import annotations

from edgekit.inspection.schema import names_of
from edgekit.twin.operators.activations import activated
from edgekit.twin.operators.call import (
    Call,
    CannotCompute,
    Function,
    Value,
    axis_of,
    folded,
    rank_of,
    same_samples,
    unfolded,
)


def _as_shaped(call: Call) -> Value:
    """RESHAPE, SQUEEZE and EXPAND_DIMS: the file says what comes of it."""
    return unfolded(call.values[0], call.shapes[0])


def _transpose(call: Call) -> Value:
    import tensorflow as tf

    return tf.transpose(call.values[0], [0, *call.axes(1, rank=rank_of(call.values[0]))])


def _concatenation(call: Call) -> Value:
    import tensorflow as tf

    values = same_samples(call.values)
    return activated(tf.concat(values, axis_of(int(call.option("axis")), rank_of(values[0]))), call)


def _pack(call: Call) -> Value:
    import tensorflow as tf

    values = same_samples(call.values)
    return tf.stack(values, axis_of(int(call.option("axis")), rank_of(values[0]) + 1))


def _unpack(call: Call) -> list[Value]:
    import tensorflow as tf

    value = call.values[0]
    return list(tf.unstack(value, len(call.shapes), axis=axis_of(int(call.option("axis")), rank_of(value))))


def _split(call: Call) -> list[Value]:
    import tensorflow as tf

    value = call.values[1]
    (axis,) = call.axes(0, rank=rank_of(value))
    return list(tf.split(value, len(call.shapes), axis))


def _split_v(call: Call) -> list[Value]:
    import tensorflow as tf

    value = call.values[0]
    (axis,) = call.axes(2, rank=rank_of(value))
    return list(tf.split(value, [shape[axis - 1] for shape in call.shapes], axis))


def _slice(call: Call) -> Value:
    import tensorflow as tf

    begin = [int(start) for start in call.numbers(1)]
    return tf.slice(call.values[0], [0, *begin], [-1, *call.shapes[0]])


def _strided_slice(call: Call) -> Value:
    import tensorflow as tf

    if call.option("offset"):
        raise CannotCompute("counts its ends from its begins")
    begin, end, strides = ([int(number) for number in call.numbers(slot)] for slot in (1, 2, 3))
    masks = {
        name: int(call.option(f"{name}Mask")) << 1 for name in ("begin", "end", "ellipsis", "newAxis", "shrinkAxis")
    }
    return tf.strided_slice(
        call.values[0],
        [0, *begin],
        [0, *end],
        [1, *strides],
        begin_mask=masks["begin"] | 1,
        end_mask=masks["end"] | 1,
        ellipsis_mask=masks["ellipsis"],
        new_axis_mask=masks["newAxis"],
        shrink_axis_mask=masks["shrinkAxis"],
    )


def _pad(call: Call) -> Value:
    import tensorflow as tf

    return tf.pad(call.values[0], _margins(call))


def _padv2(call: Call) -> Value:
    import tensorflow as tf

    (value,) = call.numbers(2).ravel()
    return tf.pad(call.values[0], _margins(call), constant_values=value)


def _mirror_pad(call: Call) -> Value:
    import tensorflow as tf

    return tf.pad(call.values[0], _margins(call), mode=names_of("MirrorPadMode")[int(call.option("mode"))])


def _margins(call: Call) -> list[list[int]]:
    return [[0, 0], *([int(before), int(after)] for before, after in call.numbers(1))]


def _tile(call: Call) -> Value:
    import tensorflow as tf

    return tf.tile(call.values[0], [1, *map(int, call.numbers(1))])


def _broadcast_to(call: Call) -> Value:
    import tensorflow as tf

    value = call.values[0]
    missing = len(call.shapes[0]) - rank_of(value)
    value = tf.reshape(value, (-1, *(1,) * missing, *value.shape[1:]))
    return tf.broadcast_to(value, tf.concat([[tf.shape(value)[0]], call.shapes[0]], 0))


def _reverse(call: Call) -> Value:
    import tensorflow as tf

    return tf.reverse(call.values[0], call.axes(1, rank=rank_of(call.values[0])))


def _space_to_depth(call: Call) -> Value:
    import tensorflow as tf

    return unfolded(tf.nn.space_to_depth(folded(call.values[0], keep=3), int(call.option("blockSize"))), call.shapes[0])


def _depth_to_space(call: Call) -> Value:
    import tensorflow as tf

    return unfolded(tf.nn.depth_to_space(folded(call.values[0], keep=3), int(call.option("blockSize"))), call.shapes[0])


def _shape(call: Call) -> Value:
    import tensorflow as tf

    return tf.constant([call.values[0].shape[1:]], call.dtypes[0])


def _fill(call: Call) -> Value:
    import tensorflow as tf

    value = tf.reshape(call.values[1], (-1, *(1,) * len(call.shapes[0])))
    return tf.broadcast_to(value, tf.concat([[tf.shape(value)[0]], call.shapes[0]], 0))


def _zeros_like(call: Call) -> Value:
    import tensorflow as tf

    return tf.zeros_like(call.values[0])


def _range(call: Call) -> Value:
    import tensorflow as tf

    return tf.range(*(call.numbers(slot).item() for slot in range(3)))[tf.newaxis]


SHAPES: dict[str, Function] = {
    "RESHAPE": _as_shaped,
    "SQUEEZE": _as_shaped,
    "EXPAND_DIMS": _as_shaped,
    "TRANSPOSE": _transpose,
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _unpack,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "PAD": _pad,
    "PADV2": _padv2,
    "MIRROR_PAD": _mirror_pad,
    "TILE": _tile,
    "BROADCAST_TO": _broadcast_to,
    "REVERSE_V2": _reverse,
    "SPACE_TO_DEPTH": _space_to_depth,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SHAPE": _shape,
    "FILL": _fill,
    "ZEROS_LIKE": _zeros_like,
    "RANGE": _range,
}
