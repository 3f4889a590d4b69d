"""A network of keras.applications to make smaller: MobileNetV2 on scikit-learn's digits.

    python examples/applications.py FOLDER [--epochs N] [--size PIXELS]

Trains it from scratch and leaves ``mobilenet.keras``, ``train.npz`` and ``test.npz`` in FOLDER: what the commands of
README's "Smaller models" take, with the recipe ``examples/chain.toml``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

# It keeps TensorFlow quiet, and so comes first.
from channel_pruning import digits

import keras  # isort: skip
import numpy as np  # isort: skip


def main(folder: Path, epochs: int, size: int) -> None:
    """Train it, keep it with its samples, and print how often it is right."""
    train, test, train_labels, test_labels = digits()
    # What MobileNetV2 takes: three channels, values from -1 to 1.
    train, test = (np.kron(each, np.ones((size // 8, size // 8, 3), np.float32)) * 2 - 1 for each in (train, test))
    np.savez(folder / "train.npz", image=train, labels=train_labels)
    np.savez(folder / "test.npz", image=test, labels=test_labels)
    keras.utils.set_random_seed(1)
    model = keras.applications.MobileNetV2(input_shape=(size, size, 3), alpha=0.35, weights=None, classes=10)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # Of few steps, the usual 0.99 would remember the first.
            layer.momentum = 0.9
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train, train_labels, batch_size=32, epochs=epochs, verbose=0)
    model.save(folder / "mobilenet.keras")
    _, accuracy = model.evaluate(test, test_labels, verbose=0)
    print(f"mobilenet.keras: {accuracy:.1%} right of {len(test)} unseen digits")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--size", type=int, default=64)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    main(given.folder, given.epochs, given.size)
