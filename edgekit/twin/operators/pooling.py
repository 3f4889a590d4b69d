"""Pooling and resizing."""

from __future__ import annotations

from edgekit.twin.operators.activations import activated
from edgekit.twin.operators.call import Call, CannotCompute, Function, Value, folded, unfolded
from edgekit.twin.operators.convolutions import padding


def _average_pool(call: Call) -> Value:
    import tensorflow as tf

    return _pooled(tf.nn.avg_pool2d, call)


def _max_pool(call: Call) -> Value:
    import tensorflow as tf

    return _pooled(tf.nn.max_pool2d, call)


def _pooled(pool: Function, call: Call) -> Value:
    window = (int(call.option("filterHeight")), int(call.option("filterWidth")))
    strides = (int(call.option("strideH")), int(call.option("strideW")))
    pooled = pool(folded(call.values[0], keep=3), window, strides, padding(call))  # type: ignore[call-arg]
    return activated(unfolded(pooled, call.shapes[0]), call)


def _resize_bilinear(call: Call) -> Value:
    import tensorflow as tf

    return _resized(tf.raw_ops.ResizeBilinear, call)


def _resize_nearest(call: Call) -> Value:
    import tensorflow as tf

    return _resized(tf.raw_ops.ResizeNearestNeighbor, call)


def _resized(resize: Function, call: Call) -> Value:
    import tensorflow as tf

    corners, centres = bool(call.option("alignCorners")), bool(call.option("halfPixelCenters"))
    if corners and centres:
        raise CannotCompute("aligns corners and centres at once")
    value = folded(call.values[0], keep=3)
    resized = resize(  # type: ignore[call-arg]
        images=value,
        size=call.shapes[0][1:3],
        align_corners=corners,
        half_pixel_centers=centres,
    )
    # What is bilinear comes as float32, whatever it was.
    return unfolded(tf.cast(resized, value.dtype), call.shapes[0])


POOLING: dict[str, Function] = {
    "AVERAGE_POOL_2D": _average_pool,
    "MAX_POOL_2D": _max_pool,
    "RESIZE_BILINEAR": _resize_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _resize_nearest,
}
