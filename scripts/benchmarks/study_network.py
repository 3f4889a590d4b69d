"""Trains the study's network, MobileNet-like, on the sign-language photos at 64x64.

    python scripts/benchmarks/study_network.py FOLDER PHOTOS SEED

Leaves study.keras, study.tflite, which is the same for a batch of one, and train.npz and test.npz with ``photo`` (0..1)
and ``labels``: every fifth photo is for testing. Most of what the network costs lies in its 1x1 convolutions, as in
MobileNets at their usual sizes: the first layer takes every fourth place, and from there on channels are many.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import photo_model

# photo_model keeps TensorFlow quiet, and must come first.
import keras  # isort: skip
import numpy as np  # isort: skip
import tensorflow as tf  # isort: skip

SIZE, EPOCHS, BATCH = 64, 25, 32
BLOCKS = ((64, 1), (128, 1), (256, 2), (256, 1), (256, 1), (384, 2), (384, 1))
layers = keras.layers


def network():
    def normed(x):
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9)(x))

    photo = keras.Input((SIZE, SIZE, 3), name="photo")
    x = normed(layers.Conv2D(16, 3, strides=4, padding="same", use_bias=False)(photo))
    for filters, strides in BLOCKS:
        x = normed(layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x))
        x = normed(layers.Conv2D(filters, 1, use_bias=False)(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(photo, layers.Dense(10, activation="softmax", name="digit")(x), name="study")


def varied(values, labels, seed):
    """Batches without end, shifted and lit otherwise each time."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(len(values))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            moved = np.stack([np.roll(each, generator.integers(-5, 6, 2), (0, 1)) for each in values[chosen]])
            moved *= generator.uniform(0.8, 1.2, (BATCH, 1, 1, 1)).astype(np.float32)
            yield moved, labels[chosen]


def main():
    folder, photos, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    photo_model.SIZE = SIZE
    with tempfile.TemporaryDirectory() as links:
        photo_model.split(Path(links), photos)
        train, test = photo_model.load(Path(links, "train")), photo_model.load(Path(links, "test"))
    for name, (values, labels) in (("train", train), ("test", test)):
        np.savez(folder / f"{name}.npz", photo=values, labels=labels)
    keras.utils.set_random_seed(seed)
    model = network()
    steps = len(train[0]) // BATCH
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, EPOCHS * steps, warmup_target=4e-3, warmup_steps=EPOCHS * steps // 20
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(varied(*train, seed), steps_per_epoch=steps, epochs=EPOCHS, verbose=0)
    model.save(folder / "study.keras")
    exported(model, folder / "study.tflite")


def exported(model, path):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    photo = tf.TensorSpec((1, SIZE, SIZE, 3), tf.float32, name="photo")
    call = tf.function(lambda photo: model(photo, training=False), input_signature=[photo], autograph=False)
    frozen = convert_variables_to_constants_v2(call.get_concrete_function())
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


if __name__ == "__main__":
    main()
