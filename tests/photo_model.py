"""Trains a small network on the sign-language photos, once per session of tests, in a process of its own.

    python tests/photo_model.py FOLDER PHOTOS

Leaves photos.keras, train/ and test/ (a folder per class, links to the photos), and accuracy.json: what Keras itself
reaches on test/ with inputs 0..1.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
from PIL import Image

SIZE = 48


def split(folder: Path, photos: Path) -> None:
    """Every fifth photo of a class is for testing."""
    for label in sorted(photos.glob("*/")):
        for position, photo in enumerate(sorted(label.glob("*.JPG"))):
            target = folder / ("test" if position % 5 == 0 else "train") / label.name
            target.mkdir(parents=True, exist_ok=True)
            (target / photo.name).symlink_to(photo)


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    files = sorted(folder.glob("*/*.JPG"))
    pixels = [Image.open(file).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR) for file in files]
    values = np.stack([np.asarray(image, np.float32) / 255 for image in pixels])
    return values, np.array([int(file.parent.name) for file in files])


def build() -> keras.Model:
    def block(x: keras.KerasTensor, filters: int, strides: int) -> keras.KerasTensor:
        x = keras.layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
        x = keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=0.9)(x))
        x = keras.layers.Conv2D(filters, 1, use_bias=False)(x)
        return keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=0.9)(x))

    image = keras.Input((SIZE, SIZE, 3), name="photo")
    x = keras.layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(image)
    x = keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=0.9)(x))
    for filters, strides in ((32, 1), (64, 2), (64, 1), (96, 2)):
        x = block(x, filters, strides)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(10, activation="softmax", name="digit")(x), name="photos")


def main() -> None:
    folder, photos = Path(sys.argv[1]), Path(sys.argv[2])
    split(folder, photos)
    keras.utils.set_random_seed(3)
    model = build()
    images, labels = load(folder / "train")
    epochs, batch = 12, 64
    rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(images) // batch)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=batch, epochs=epochs, verbose=0)
    images, labels = load(folder / "test")
    correct = int((model.predict(images, verbose=0).argmax(1) == labels).sum())
    model.save(folder / "photos.keras")
    (folder / "accuracy.json").write_text(json.dumps({"correct": correct, "total": len(labels)}))


if __name__ == "__main__":
    main()
