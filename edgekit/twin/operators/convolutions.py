"""Convolutions. The file's weights are output channels first; a depthwise filter has them last."""

from __future__ import annotations

from typing import Any

from edgekit.inspection.schema import names_of
from edgekit.twin.operators.activations import activated
from edgekit.twin.operators.call import Call, CannotCompute, Function, Value, folded, unfolded


def padding(call: Call) -> str:
    """Return ``SAME`` or ``VALID``."""
    return names_of("Padding")[int(call.option("padding"))]


def _filter(call: Call) -> Any:
    weights = call.weights[1]
    if weights is None:
        raise CannotCompute("has a filter that is computed while running")
    return weights


def _with_bias(call: Call, value: Value, slot: int) -> Value:
    if call.given(slot):
        bias = call.weights[slot]
        value = value + (call.values[slot] if bias is None else bias)
    return activated(unfolded(value, call.shapes[0]), call)


def _convolution(call: Call) -> Value:
    import tensorflow as tf

    value = folded(call.values[0], keep=3)
    kernel = tf.transpose(_filter(call), (1, 2, 3, 0))
    groups = value.shape[-1] // kernel.shape[2]
    strides = (int(call.option("strideH")), int(call.option("strideW")))
    dilations = (int(call.option("dilationHFactor")), int(call.option("dilationWFactor")))
    parts = [
        _convolved(part, weights, strides=strides, padding=padding(call), dilations=dilations)
        # TensorFlow has no gradient of grouped convolutions on a CPU.
        for part, weights in zip(tf.split(value, groups, -1), tf.split(kernel, groups, -1), strict=True)
    ]
    return _with_bias(call, parts[0] if groups == 1 else tf.concat(parts, -1), 2)


def _convolved(value: Value, kernel: Any, *, strides: tuple[int, int], padding: str, dilations: tuple[int, int]) -> Any:
    import tensorflow as tf

    if dilations == (1, 1):
        return tf.nn.conv2d(value, kernel, strides, padding)
    # The gradient of a dilated convolution is missing on a CPU: a dilated filter is one with zeros between.
    return tf.nn.conv2d(value, _spread(kernel, dilations), strides, padding)


def _spread(kernel: Any, dilations: tuple[int, int]) -> Any:
    """Return a filter [height, width, ...] with zeros between its values."""
    import tensorflow as tf

    for axis, dilation in enumerate(dilations):
        size = kernel.shape[axis]
        if dilation > 1 and size > 1:
            wide = (size - 1) * dilation + 1
            kept = tf.constant([place // dilation if place % dilation == 0 else size for place in range(wide)])
            zeros = tf.zeros_like(tf.gather(kernel, [0], axis=axis))
            kernel = tf.gather(tf.concat([kernel, zeros], axis), kept, axis=axis)
    return kernel


def _depthwise(call: Call) -> Value:
    import tensorflow as tf

    value, weights = folded(call.values[0], keep=3), _filter(call)
    multiplier = weights.shape[3] // value.shape[-1]
    kernel = tf.reshape(weights, (*weights.shape[1:3], value.shape[-1], multiplier))
    dilations = (int(call.option("dilationHFactor")), int(call.option("dilationWFactor")))
    vertical, horizontal = int(call.option("strideH")), int(call.option("strideW"))
    if vertical == horizontal:
        strides = (1, vertical, horizontal, 1)
        return _with_bias(call, tf.nn.depthwise_conv2d(value, _spread(kernel, dilations), strides, padding(call)), 2)
    raise CannotCompute(f"has strides of {vertical} and {horizontal}")


def _transposed(call: Call) -> Value:
    import tensorflow as tf

    value = folded(call.values[2], keep=3)
    kernel = tf.transpose(_filter(call), (1, 2, 0, 3))
    strides = (int(call.option("strideH")), int(call.option("strideW")))
    shape = tf.stack([tf.shape(value)[0], *call.shapes[0][1:]])
    return _with_bias(call, tf.nn.conv2d_transpose(value, kernel, shape, strides, padding(call)), 3)


CONVOLUTIONS: dict[str, Function] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
}
