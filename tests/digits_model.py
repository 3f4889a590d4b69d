"""Trains a small network on scikit-learn's digits, once per session of tests, in a process of its own.

    python tests/digits_model.py FOLDER DATA

Leaves digits.keras, frozen.keras, which is the same with nothing to train, open.keras, which takes any size of picture,
and three .npz files of photos (values 0..1) with labels: train.npz, test.npz, and few.npz, a tenth.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
from sklearn.datasets import load_digits


def build() -> Any:
    def normed(x: Any, filters: int, strides: int = 1) -> Any:
        x = keras.layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))

    image = keras.Input((8, 8, 1), name="digit")
    x = normed(image, 16)
    y = keras.layers.ReLU()(
        keras.layers.BatchNormalization(momentum=0.9)(
            keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
        )
    )
    x = normed(keras.layers.Add()([x, normed(y, 16)]), 32, 2)
    x = keras.layers.Dropout(0.1)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, keras.layers.Dense(10, activation="softmax", name="class")(x), name="digits")


def main() -> None:
    folder = Path(sys.argv[1])
    values, labels = load_digits(return_X_y=True)
    values = (values.reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    for name, part in (("train", slice(0, 1400)), ("test", slice(1400, None)), ("few", slice(0, 140))):
        np.savez(folder / f"{name}.npz", digit=values[part], labels=labels[part])
    keras.utils.set_random_seed(1)
    model = build()
    model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
    model.fit(values[:1400], labels[:1400], batch_size=32, epochs=6, verbose=0)
    model.save(folder / "digits.keras")
    model.trainable = False
    model.save(folder / "frozen.keras")
    pixels = keras.Input((None, None, 1))
    keras.Model(pixels, keras.layers.Conv2D(2, 3)(pixels)).save(folder / "open.keras")


if __name__ == "__main__":
    main()
