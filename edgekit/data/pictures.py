"""Which inputs of a model take pictures, and of what size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.data.matching import shape_text
from edgekit.data.supply import Medium
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe, Resize
from edgekit.tensors import TensorSpec

_CHANNELS = (1, 3)
_LAYOUT = "height x width x 1 or 3 channels"


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


def picture(content: bytes, spec: TensorSpec, *, recipe: Recipe) -> NDArray[np.uint8]:
    """Return an image file's content as the pixels that ``spec`` takes, in 0..255. Raises Unreadable."""
    # Loaded on use: it brings Pillow, which array files do not need.
    from edgekit.data.image_decoding import decode

    size = picture_size(spec)
    pixels = decode(content, height=size.height, width=size.width, channels=size.channels, resize=Resize(recipe.resize))
    return pixels if len(spec.shape) == 4 else pixels[..., 0]


def picture_medium(spec: TensorSpec, *, recipe: Recipe) -> Medium:
    """Return the record of what :func:`picture` does."""
    size = shape_text(spec.shape[1:3])
    return Medium(f"images brought to {size} ({recipe.resize}, bilinear)", resize=str(recipe.resize))
