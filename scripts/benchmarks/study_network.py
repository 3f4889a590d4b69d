"""Trains the study's network: seven convolutional layers on the sign-language photos at 64x64.

    python scripts/benchmarks/study_network.py FOLDER PHOTOS

Leaves study.tflite, the float model for a batch of one, and train.npz and test.npz with ``photo`` (0..1) and
``labels``.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import photo_model

# photo_model keeps TensorFlow quiet, and must come first.
import keras  # isort: skip
import numpy as np  # isort: skip
import tensorflow as tf  # isort: skip

SIZE, EPOCHS, BATCH = 64, 25, 64
layers = keras.layers


def network():
    def normed(x):
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x))

    photo = keras.Input((SIZE, SIZE, 3), name="photo")
    x = normed(layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(photo))
    for filters, strides in ((32, 1), (64, 2), (64, 1), (96, 2), (128, 1), (192, 2)):
        x = normed(layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x))
        x = normed(layers.Conv2D(filters, 1, use_bias=False)(x))
    return keras.Model(photo, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)), name="study")


def varied(values, labels):
    """Batches without end, shifted and lit otherwise each time."""
    generator = np.random.default_rng(1)
    while True:
        order = generator.permutation(len(values))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            moved = np.roll(values[chosen], generator.integers(-5, 6, 2), (1, 2))
            yield (moved * generator.uniform(0.85, 1.15)).astype(np.float32), labels[chosen]


def main():
    folder, photos = Path(sys.argv[1]), Path(sys.argv[2])
    photo_model.SIZE = SIZE
    photo_model.split(folder, photos)
    train, test = photo_model.load(folder / "train"), photo_model.load(folder / "test")
    for name, (values, labels) in (("train", train), ("test", test)):
        np.savez(folder / f"{name}.npz", photo=values, labels=labels)
    keras.utils.set_random_seed(3)
    model = network()
    steps = len(train[0]) // BATCH
    rate = keras.optimizers.schedules.CosineDecay(4e-3, EPOCHS * steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(varied(*train), steps_per_epoch=steps, epochs=EPOCHS, verbose=0)
    exported(model, folder / "study.tflite")


def exported(model, path):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    photo = tf.TensorSpec((1, SIZE, SIZE, 3), tf.float32, name="photo")
    call = tf.function(lambda photo: model(photo, training=False), input_signature=[photo], autograph=False)
    frozen = convert_variables_to_constants_v2(call.get_concrete_function())
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


if __name__ == "__main__":
    main()
