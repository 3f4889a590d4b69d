"""The samples of one epoch as a ``tf.data`` pipeline, from any batch on, the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TrainingSamples:
    """What is trained on: files that are mapped and never read as a whole."""

    files: tuple[Path, ...]
    """One .npy file for each input, in the model's order."""
    labels: NDArray[np.int32] | None
    places: NDArray[np.intp]
    """Of the samples in the files that belong to this part."""

    def __len__(self) -> int:
        return len(self.places)


def order_of(samples: TrainingSamples, *, seed: Sequence[int]) -> NDArray[np.intp]:
    """Return the places in a seeded order."""
    order: NDArray[np.intp] = samples.places[np.random.default_rng(list(seed)).permutation(len(samples))]
    return order


def pipeline(
    samples: TrainingSamples,
    order: NDArray[np.intp],
    *,
    batch_size: int,
    first: int = 0,
    whole: bool,
    augment: Sequence[str] = (),
    seed: Sequence[int] = (),
) -> Any:
    """Return a dataset of ``(places, inputs, labels)``.

    Args:
        samples: where they are.
        order: places, in the order in which they come.
        batch_size: samples in a batch.
        first: batches that are passed over.
        whole: whether a last batch of fewer is left out, where there is another.
        augment: names of ``recipes.stages.AUGMENTATIONS``.
        seed: of the augmentation; each sample's follows from it and its place.
    """
    import tensorflow as tf

    columns = [np.load(file, mmap_mode="r") for file in samples.files]

    def read(places: NDArray[np.intp]) -> list[Any]:
        inputs = [np.ascontiguousarray(column[places]) for column in columns]
        for name in augment:
            inputs = [_augmented(values, places, name=name, seed=seed) for values in inputs]
        labels = np.zeros(len(places), np.int32) if samples.labels is None else samples.labels[places]
        return [*inputs, labels]

    kinds = [*(tf.as_dtype(column.dtype) for column in columns), tf.int32]

    def arrays(places: Any) -> Any:
        *inputs, labels = tf.numpy_function(read, [places], kinds)
        for tensor, column in zip(inputs, columns, strict=True):
            tensor.set_shape((None, *column.shape[1:]))
        labels.set_shape((None,))
        return places, tuple(inputs), labels

    dataset = tf.data.Dataset.from_tensor_slices(order[first * batch_size :].astype(np.int64))
    dataset = dataset.batch(batch_size, drop_remainder=whole and len(order) >= batch_size)
    return dataset.map(arrays, num_parallel_calls=2, deterministic=True).prefetch(2)


def _augmented(values: NDArray[Any], places: NDArray[np.intp], *, name: str, seed: Sequence[int]) -> NDArray[Any]:
    if values.ndim != 4 or values.dtype.kind != "f":
        return values
    return np.stack(
        [
            _AUGMENTED[name](picture, np.random.default_rng([*seed, int(place), ord(name[0])]))
            for picture, place in zip(values, places, strict=True)
        ]
    )


def _flip(picture: NDArray[Any], chance: np.random.Generator) -> NDArray[Any]:
    return picture[:, ::-1] if chance.random() < 0.5 else picture


def _shift(picture: NDArray[Any], chance: np.random.Generator) -> NDArray[Any]:
    height, width = picture.shape[:2]
    down, right = (int(chance.integers(-(size // 8), size // 8 + 1)) for size in (height, width))
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    moved: NDArray[Any] = picture[rows][:, columns]
    return moved


def _contrast(picture: NDArray[Any], chance: np.random.Generator) -> NDArray[Any]:
    mean = picture.mean(dtype=np.float32)
    changed = mean + (picture - mean) * np.float32(chance.uniform(0.75, 1.25))
    spread: NDArray[Any] = np.clip(changed, picture.min(), picture.max()).astype(picture.dtype)
    return spread


_AUGMENTED = {"flip": _flip, "shift": _shift, "contrast": _contrast}
