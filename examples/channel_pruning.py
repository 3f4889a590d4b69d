"""Channel pruning with the library: handwritten digits at half of the cost.

    python examples/channel_pruning.py [FOLDER] [--epochs N]

Trains a small Keras model on scikit-learn's digits, takes channels out until half of its multiply-accumulates are left,
lets it learn from the original what it has lost, and tells what that bought: size, cost and accuracy as float32 and
int8, on digits that neither training has seen.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

# Read when TensorFlow is imported: its messages are not what this example is about.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import edgekit
from edgekit.units import format_bytes


def train(images: np.ndarray, labels: np.ndarray, epochs: int) -> keras.Model:
    """Train on images of 8x8 pixels, 0 to 1."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Conv2D(16, 3, padding="same")(image)))
    y = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Conv2D(16, 3, padding="same")(x)))
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(layers.Add()([x, y]))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, outputs, name="digits")
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    return model


def digits() -> list[np.ndarray]:
    """Return images to train on and images to test on, as 8x8 pixels of 0 to 1, then the labels of both."""
    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    return train_test_split(images, labels, test_size=0.3, random_state=0, stratify=labels)


def main(folder: Path, epochs: int) -> None:
    """Run it and print what each version of the model is worth."""
    seen, unseen, seen_labels, unseen_labels = digits()
    recipe = edgekit.CompressionRecipe.from_mapping(
        {
            "training": {"epochs": epochs, "learning_rate": 3e-3},
            "distillation": {"temperature": 4.0, "weight": 0.7},
            "stage": [{"kind": "channel-prune", "macs": 0.5}, {"kind": "finetune"}],
        }
    )
    result = edgekit.compress(
        train(seen, seen_labels, epochs),
        recipe,
        data={"image": seen, "labels": seen_labels},
        test={"image": unseen, "labels": unseen_labels},
        output=folder / "half.keras",
    )
    print(f"{result.path.name}: {result.split}")
    for version in result.versions:
        for file in version.files:
            accuracy = file.accuracy.accuracy.value if file.accuracy is not None else float("nan")
            size = format_bytes(file.size_bytes)
            print(f"  {version.name:16} {file.precision:8} {size:>9} {file.macs:9,} MACs {accuracy:6.1%}")
    for version in result.versions[1:]:
        print(version.bought)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--epochs", type=int, default=15)
    given = parser.parse_args()
    if given.folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary), given.epochs)
    else:
        given.folder.mkdir(exist_ok=True)
        main(given.folder, given.epochs)
