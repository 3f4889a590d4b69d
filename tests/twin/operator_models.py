"""Small functions that the converter turns into operators which the models of the matrix lack, or have in one form."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

_GENERATOR = np.random.default_rng(1)


def _weights(*shape: int) -> Any:
    return tf.constant(_GENERATOR.normal(size=shape).astype(np.float32) / 3)


def activations(x: Any) -> Any:
    y = tf.nn.leaky_relu(x, 0.1) + tf.nn.elu(x) + tf.nn.relu6(x) + tf.tanh(x) + tf.sigmoid(x)
    y += tf.where(x > 0, x, _weights(8) * x) + x * tf.nn.relu6(x + 3.0) / 6.0 + tf.clip_by_value(x, -1.0, 1.0)
    return tf.nn.log_softmax(y) + tf.nn.softmax(y) + tf.math.l2_normalize(y, -1) + tf.nn.gelu(x)


def numbers(x: Any) -> Any:
    y = tf.abs(x) + 0.5
    y = tf.sqrt(y) + tf.math.log(y) + tf.exp(-y) + tf.square(x) + tf.pow(y, 1.5) + tf.sin(x) + tf.cos(x)
    y += tf.floor(x) + tf.math.ceil(x) + tf.round(x) + tf.sign(x) + tf.math.rsqrt(tf.abs(x) + 1.0)
    y += tf.maximum(x, 0.2) + tf.minimum(x, y) - tf.math.squared_difference(x, y) / 7.0
    chosen = tf.where(tf.logical_and(x > 0, tf.logical_not(x >= 1.0)), y, x)
    return chosen + tf.cast(tf.logical_or(x < -1.0, x <= -2.0), tf.float32) + tf.cast(tf.equal(x, y), tf.float32)


def moved(x: Any) -> Any:
    first, second, third = tf.split(x, [2, 3, 3], axis=-1)
    y = tf.concat([tf.reverse(third, [1]), tf.pad(second, [[0, 0], [0, 0], [0, 0], [1, 0]], mode="REFLECT"), first], -1)
    y = tf.nn.space_to_depth(y[:, 1:5, ::2][:, :, :2], 2)
    y = tf.tile(tf.nn.depth_to_space(y, 2), [1, 1, 2, 1])
    rows = tf.unstack(tf.transpose(y, (0, 3, 1, 2)), axis=1)
    y = tf.stack([rows[0], rows[3], rows[5]], axis=-1)
    picked = tf.gather(y, [2, 0, 2], axis=2)
    wide = tf.pad(tf.slice(picked, [0, 1, 0, 0], [1, 2, 3, 3]), [[0, 0], [1, 2], [0, 1], [0, 0]], constant_values=0.3)
    return tf.broadcast_to(tf.expand_dims(wide, 1), (1, 2, *wide.shape[1:]))


def reduced(x: Any) -> Any:
    parts = [tf.reduce_max(x, 1), tf.reduce_min(x, 1), tf.reduce_sum(x, 1), tf.reduce_prod(x, 1), tf.reduce_mean(x, 2)]
    place = tf.cast(tf.argmax(x, -1), tf.float32) + tf.cast(tf.argmin(x, -1), tf.float32)
    return [*parts, place]


def convolved(x: Any) -> Any:
    y = tf.nn.conv2d(x, _weights(3, 3, 8, 6), 1, "VALID") + _weights(6)
    y = tf.nn.relu(tf.nn.conv2d(y, _weights(3, 3, 6, 6), 1, "SAME", dilations=2))
    y = tf.nn.conv2d(y, _weights(3, 3, 3, 8), 2, "SAME")
    y = tf.nn.depthwise_conv2d(y, _weights(3, 3, 8, 2), (1, 1, 1, 1), "SAME", dilations=(2, 2))
    y = tf.nn.conv2d_transpose(y, _weights(3, 3, 5, 16), (1, 8, 8, 5), 2, "SAME") + _weights(5)
    return tf.nn.avg_pool2d(y, 3, 2, "SAME") + tf.nn.max_pool2d(y, 3, 2, "SAME")


def resized(x: Any) -> Any:
    near = tf.compat.v1.image.resize_nearest_neighbor(x, (9, 13), half_pixel_centers=True)
    corners = tf.compat.v1.image.resize_bilinear(x, (9, 13), align_corners=True)
    return near + corners + tf.compat.v1.image.resize_bilinear(x, (9, 13))


def multiplied(x: Any, y: Any) -> Any:
    products = tf.matmul(x, y, transpose_b=True)
    return tf.matmul(products, tf.constant(_GENERATOR.normal(size=(6, 4)).astype(np.float32))) + _weights(4)


MODELS: dict[str, tuple[Any, list[tuple[int, ...]]]] = {
    "activations": (activations, [(5, 8)]),
    "numbers": (numbers, [(5, 8)]),
    "moved": (moved, [(6, 6, 8)]),
    "reduced": (reduced, [(6, 8)]),
    "convolved": (convolved, [(10, 10, 8)]),
    "resized": (resized, [(5, 7, 3)]),
    "multiplied": (multiplied, [(5, 7), (6, 7)]),
}
