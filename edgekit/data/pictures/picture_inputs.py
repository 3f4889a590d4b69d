"""Which inputs of a model take pictures, and of what size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from edgekit.data.matching import shape_text
from edgekit.data.supply import Medium
from edgekit.errors import CalibrationError
from edgekit.recipe import DEFAULT_FILTER, Filter, Recipe, Resize
from edgekit.tensors import TensorSpec

_CHANNELS = (1, 3)
_LAYOUT = "height x width x 1 or 3 channels"
_SHRUNK = 1.2
"""Where an image is no larger than so many times the input, filters hardly differ."""


@dataclass(frozen=True, slots=True)
class PictureSize:
    """What an input wants of a picture, in pixels."""

    height: int
    width: int
    channels: int
    """3 for colour, 1 for grey."""


def picture_inputs(inputs: Sequence[TensorSpec]) -> frozenset[str]:
    """Return the names of the inputs that take pictures.

    These are [batch, height, width, channels] with 1 or 3 channels. A model's only input may also be
    [batch, height, width], as in many a model for MNIST.
    """
    names = [spec.name for spec in inputs if len(spec.shape) == 4 and spec.shape[3] in _CHANNELS]
    if not names and len(inputs) == 1 and len(inputs[0].shape) == 3:
        names = [inputs[0].name]
    return frozenset(names)


def channels_of(spec: TensorSpec) -> int:
    """Return the number of channels of an input that takes pictures."""
    return 3 if len(spec.shape) == 4 and spec.shape[3] == 3 else 1


def picture_size(spec: TensorSpec) -> PictureSize:
    """Return the size of picture that an input takes.

    Raises:
        CalibrationError: it takes no pictures, has its channels first, or leaves its size open.
    """
    sizes = spec.shape[1:]
    text = f"input '{spec.name}' takes {shape_text(sizes)} for each sample"
    if len(sizes) == 3 and sizes[0] in _CHANNELS and sizes[2] not in _CHANNELS:
        raise CalibrationError(
            f"{text}, which looks like channels first; images are {_LAYOUT}",
            hint="convert the model to channels last, or give arrays of that shape in an .npz or .npy file",
        )
    if not picture_inputs([spec]):
        raise CalibrationError(
            f"{text}, which is no image; an image is {_LAYOUT}",
            hint="give arrays of that shape in an .npz or .npy file instead of a folder of images",
        )
    height, width = sizes[:2]
    if height is None or width is None:
        raise CalibrationError(
            f"{text}: without a fixed height and width there is no size to bring images to",
            hint="build the model with a fixed input size, or give arrays in an .npz or .npy file",
        )
    return PictureSize(height, width, channels_of(spec))


@dataclass(slots=True)
class PictureReader:
    """Reads image files for a model, in any thread, and remembers what that did to them."""

    recipe: Recipe
    """Its ``resize`` and ``filter`` are used."""
    _shrunk: dict[str, float] = field(default_factory=dict)
    """Input to how many times smaller, along an axis, an image became; the most of all that were read."""
    _lock: Lock = field(default_factory=Lock)

    def read(self, content: bytes, spec: TensorSpec) -> NDArray[np.uint8]:
        """Return an image file's content as the pixels that ``spec`` takes, in 0..255. Raises Unreadable."""
        # Loaded on use: it brings Pillow, which array files do not need.
        from edgekit.data.pictures.image_decoding import decode

        size, recipe = picture_size(spec), self.recipe
        decoded = decode(
            content,
            height=size.height,
            width=size.width,
            channels=size.channels,
            resize=Resize(recipe.resize),
            by=recipe.used_filter,
        )
        times = [old / new for old, new in zip(decoded.stored, (size.height, size.width), strict=True)]
        shrunk = min(times) if recipe.resize == Resize.CROP else max(times)
        with self._lock:
            self._shrunk[spec.name] = max(self._shrunk.get(spec.name, 0.0), shrunk)
        return decoded.pixels if len(spec.shape) == 4 else decoded.pixels[..., 0]

    def medium(self, spec: TensorSpec) -> Medium:
        """Return the record of what :meth:`read` does."""
        size, recipe = shape_text(spec.shape[1:3]), self.recipe
        return Medium(
            f"images brought to {size} ({recipe.resize}, {recipe.used_filter})",
            resize=str(recipe.resize),
            note=self._note(self._shrunk.get(spec.name, 0.0)) if recipe.filter is None else None,
        )

    def _note(self, times: float) -> str | None:
        if times < _SHRUNK:
            return None
        return (
            f"images up to {times:.1f} times as large as the input were shrunk with '{DEFAULT_FILTER}', for no filter "
            f"was named: name the one that the model was trained with (--filter {Filter.BILINEAR} for Keras' "
            f"image_dataset_from_directory, {Filter.NEAREST} for its load_img)"
        )
