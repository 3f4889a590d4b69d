"""Makes models of the conversion matrix, with weights whose figures mean something, and samples for them.

    python tests/matrix_making.py FOLDER PHOTOS CASE...

Leaves CASE.keras and CASE.npz, the samples that it is calibrated on, for each; the weights of a model that has to stay
in memory are in CASE.weights.h5 instead. Needs TensorFlow.

Nothing is downloaded: weights are random, and random weights have ranges that no trained network has. So every model
sees the sign-language photos first. Those of keras.applications get the batch statistics of 96 photos in one pass in
training mode, and a last layer that ridge regression fits to the classes of 192 photos. The others, small enough, are
trained on 640 photos for a few seconds.
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


def made(case: Case, photos: Path) -> tuple[Any, dict[str, Any]]:
    """Return the model of a case, with weights that mean something, and the samples to calibrate it on."""
    import keras

    keras.utils.set_random_seed(11)
    model = case.build()
    if case.goal == "statistics":
        values, labels = photos_of(photos, case.size, count=192 + _SAMPLES)
        inputs = FEEDS[case.feed](values)
        learned = next(iter(inputs.values()))[_SAMPLES:]
        _set_statistics(model, learned[:96])
        _fit_last(model, learned, labels[_SAMPLES:])
    else:
        values, labels = photos_of(photos, case.size, count=640 + _SAMPLES)
        inputs = FEEDS[case.feed](values)
        _train(case, model, {name: value[_SAMPLES:] for name, value in inputs.items()}, values, labels)
    return model, {name: value[:_SAMPLES] for name, value in inputs.items()}


def _train(case: Case, model: Any, inputs: dict[str, Any], values: Any, labels: Any) -> None:
    import keras

    given = list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values()))
    classes = labels[_SAMPLES:]
    scored = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    brightness = values[_SAMPLES:].mean((1, 2, 3), keepdims=False)[:, None]
    mask = (values[_SAMPLES:].mean(-1, keepdims=True) > 0.5).astype(np.float32)
    target, loss = {
        "classes": (classes, scored),
        "photo": (values[_SAMPLES:], "mse"),
        "mask": (mask, "binary_crossentropy"),
        "two": ([classes, brightness], [scored, "mse"]),
    }[case.goal]
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(given, target, batch_size=32, epochs=6, verbose=0)


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


def _fit_last(model: Any, photos: Any, labels: Any) -> None:
    """Fit the last layer to the classes by ridge regression on what reaches it."""
    import keras

    last = next(layer for layer in reversed(model.layers) if layer.weights)
    features = keras.Model(model.inputs, last.input).predict(photos, batch_size=32, verbose=0)
    flat = features.reshape(len(photos), -1).astype(np.float64)
    mean = flat.mean(0)
    centred = flat - mean
    wanted = np.eye(CLASSES)[labels] - 1 / CLASSES
    kernel = centred @ centred.T
    duals = np.linalg.solve(kernel + np.eye(len(kernel)) * np.trace(kernel) / len(kernel) * 0.1, wanted)
    weights = centred.T @ duals
    kernel_shape, bias_shape = (weight.shape for weight in last.get_weights())
    bias = 1 / CLASSES - mean @ weights
    last.set_weights([weights.reshape(kernel_shape), bias.reshape(bias_shape)])


def main() -> None:
    folder, photos, *names = sys.argv[1:]
    for name in names or CASES:
        case = CASES[name]
        model, samples = made(case, Path(photos))
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
