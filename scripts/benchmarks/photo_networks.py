"""Trains two more networks on the sign-language photos, of kinds that the reference models lack.

    python scripts/benchmarks/photo_networks.py FOLDER PHOTOS

Leaves what tests/photo_model.py leaves, and residual.keras (ReLU without a bound, sums) and swish.keras (SiLU, squeeze
and excite) beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import photo_model

# photo_model keeps TensorFlow quiet, and must come first.
import keras  # isort: skip

layers = keras.layers
EPOCHS, BATCH = 12, 64


def convolution(x, filters, *, size=3, strides=1, activation="relu", depthwise=False):
    if depthwise:
        x = layers.DepthwiseConv2D(size, strides=strides, padding="same", use_bias=False)(x)
    else:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return x if activation is None else layers.Activation(activation)(x)


def residual(x):
    x = convolution(x, 16, strides=2)
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        inner = convolution(convolution(x, filters, strides=strides), filters, activation=None)
        outer = x if strides == 1 else convolution(x, filters, size=1, strides=strides, activation=None)
        x = layers.Activation("relu")(layers.Add()([inner, outer]))
    return x


def swish(x):
    x = convolution(x, 16, strides=2, activation="silu")
    for filters, strides in ((16, 1), (24, 2), (24, 1), (40, 2)):
        inner = convolution(x, x.shape[-1] * 4, size=1, activation="silu")
        inner = convolution(inner, 0, strides=strides, activation="silu", depthwise=True)
        gate = layers.Conv2D(8, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(inner))
        gate = layers.Conv2D(inner.shape[-1], 1, activation="sigmoid")(gate)
        inner = convolution(layers.Multiply()([inner, gate]), filters, size=1, activation=None)
        x = layers.Add()([x, inner]) if inner.shape == x.shape else inner
    return x


def main():
    folder = Path(sys.argv[1])
    photo_model.main()
    images, labels = photo_model.load(folder / "train")
    for body in (residual, swish):
        keras.utils.set_random_seed(3)
        photo = keras.Input((photo_model.SIZE, photo_model.SIZE, 3), name="photo")
        features = layers.GlobalAveragePooling2D()(body(photo))
        model = keras.Model(photo, layers.Dense(10, activation="softmax")(features), name=body.__name__)
        rate = keras.optimizers.schedules.CosineDecay(3e-3, EPOCHS * len(images) // BATCH)
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        model.fit(images, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
        model.save(folder / f"{body.__name__}.keras")


if __name__ == "__main__":
    main()
