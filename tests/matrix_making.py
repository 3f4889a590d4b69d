"""Makes models of the conversion matrix, with weights whose figures mean something, and samples for them.

    python tests/matrix_making.py [--untrained] FOLDER PHOTOS CASE...

Leaves CASE.keras and CASE.npz, the samples that it is calibrated on, for each; the weights of a model that has to stay
in memory are in CASE.weights.h5 instead. Needs TensorFlow.

Nothing is downloaded: weights are random, and random weights have ranges that no trained network has. So every model
sees the sign-language photos first. Those of keras.applications get the batch statistics of 96 photos in one pass in
training mode, and 4 epochs on 640 photos (none with ``--untrained``). The others, small enough, are trained for 6.
Where batch statistics alone were set, each random layer after the other makes small differences larger: rounding the
weights to float16 leaves 33 dB of MobileNet then, where a trained one has about 60.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matrix_models import CASES, CLASSES, LEVELS, Case

_SAMPLES = 32


def _rows(photos: Any) -> Any:
    """The grey values of each line of a photo, from top to bottom: 32 steps of 32 values."""
    return photos.mean(-1)


def _words(photos: Any) -> Any:
    """The grey levels of a photo of 8x8 pixels, one word each."""
    small = photos.reshape(len(photos), 8, 4, 8, 4, 3).mean((2, 4, 5))
    return (small * (LEVELS - 1)).astype(np.int32).reshape(len(photos), 64)


FEEDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "photo": lambda photos: {"photo": photos},
    "raw_photo": lambda photos: {"photo": photos * np.float32(255)},
    "signed_photo": lambda photos: {"photo": photos * np.float32(2) - np.float32(1)},
    "rows": lambda photos: {"rows": _rows(photos)},
    "photo+rows": lambda photos: {"photo": photos, "rows": _rows(photos)},
    "words": lambda photos: {"words": _words(photos)},
}
"""Of photos [count, size, size, 3] with values 0..1, the inputs of a model."""


def photos_of(folder: Path, size: int, *, count: int) -> tuple[Any, Any]:
    """Return photos and their classes, classes in turn, the same for each call."""
    from PIL import Image

    by_class = [sorted(each.glob("*.JPG"))[: count // CLASSES + 1] for each in sorted(folder.glob("[0-9]"))]
    files = [file for row in zip(*by_class, strict=False) for file in row][:count]
    images = (Image.open(file).convert("RGB").resize((size, size), Image.Resampling.BILINEAR) for file in files)
    values = np.stack([np.asarray(image, np.float32) / 255 for image in images])
    return values, np.array([int(file.parent.name) for file in files])


def made(case: Case, photos: Path, *, trained: bool = True) -> tuple[Any, dict[str, Any]]:
    """Return the model of a case, with weights that mean something, and the samples to calibrate it on.

    ``trained``: whether those of keras.applications are trained too; else they get their batch statistics only.
    """
    import keras

    keras.utils.set_random_seed(11)
    model = case.build()
    values, labels = photos_of(photos, case.size, count=640 + _SAMPLES)
    inputs = FEEDS[case.feed](values)
    learned = {name: value[_SAMPLES:] for name, value in inputs.items()}
    if case.goal == "application":
        (pictures,) = learned.values()
        _set_statistics(model, pictures[:96])
        if trained:
            _train(model, learned, *_goal("classes", values[_SAMPLES:], labels[_SAMPLES:]), rate=1e-3, epochs=4)
            # The moving averages lag far behind after so few steps.
            _set_statistics(model, pictures[:96])
    else:
        _train(model, learned, *_goal(case.goal, values[_SAMPLES:], labels[_SAMPLES:]), rate=3e-3, epochs=6)
    return model, {name: value[:_SAMPLES] for name, value in inputs.items()}


def _goal(goal: str, values: Any, labels: Any) -> tuple[Any, Any]:
    """Return what a model is trained to give, and the loss."""
    import keras

    scored = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if goal == "photo":
        return values, "mse"
    if goal == "mask":
        return (values.mean(-1, keepdims=True) > 0.5).astype(np.float32), "binary_crossentropy"
    if goal == "two":
        return [labels, values.mean((1, 2, 3))[:, None]], [scored, "mse"]
    return labels, scored


def _train(model: Any, inputs: dict[str, Any], target: Any, loss: Any, *, rate: float, epochs: int) -> None:
    import keras

    given = list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values()))
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(given, target, batch_size=32, epochs=epochs, verbose=0)


def _set_statistics(model: Any, photos: Any) -> None:
    """Give every batch normalization what it sees: one pass in training mode, of which everything is kept."""
    import keras

    usual = {
        layer: layer.momentum for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)
    }
    for norm in usual:
        norm.momentum = 0.0
    for layer in model._flatten_layers():
        # ConvNeXt starts with blocks that count for a millionth; a trained one does not.
        if type(layer).__name__ == "LayerScale":
            layer.gamma.assign(np.full(layer.gamma.shape, 0.2, np.float32))
    model(photos, training=True)
    for norm, momentum in usual.items():
        norm.momentum = momentum


def main() -> None:
    trained = sys.argv[1] != "--untrained"
    folder, photos, *names = sys.argv[1 if trained else 2 :]
    for name in names or CASES:
        case = CASES[name]
        model, samples = made(case, Path(photos), trained=trained)
        known = getattr(model, "inputs", None)
        names = [each.name for each in known] if known else list(samples)
        np.savez(Path(folder) / f"{name}.npz", **dict(zip(names, samples.values(), strict=True)))
        if case.in_memory:
            model.save_weights(Path(folder) / f"{name}.weights.h5")
        else:
            model.save(Path(folder) / f"{name}.keras")


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    main()
