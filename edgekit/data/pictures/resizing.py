"""An image to the pixels of the model's size: three ways to treat its shape and three filters. It loads Pillow.

Filters differ where an image shrinks: a network trained on pixels of one sees others' as other pictures. ``bilinear``
and ``nearest`` are those of ``tf.image.resize``, which ``keras.utils.image_dataset_from_directory`` calls, rounded to
whole levels; with them an image is cropped before it is scaled, and padded after, to whole pixels, as in its
``crop_to_aspect_ratio`` and ``pad_to_aspect_ratio``. ``antialias`` is Pillow's bilinear filter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from edgekit.recipe import Filter, Resize

_Pixels = NDArray[np.uint8]


def resized(image: Image.Image, *, height: int, width: int, resize: Resize, by: Filter) -> _Pixels:
    """Return the image as uint8 [height, width, channels]."""
    if by is Filter.ANTIALIAS:
        pixels: NDArray[Any] = np.asarray(_antialiased(image, size=(width, height), resize=resize), dtype=np.uint8)
        return pixels.reshape(height, width, -1)
    pixels = np.asarray(image, dtype=np.uint8).reshape(image.height, image.width, -1)
    if resize is Resize.CROP:
        pixels = _cropped(pixels, height=height, width=width)
    scaled = _nearest if by is Filter.NEAREST else _bilinear
    if resize is Resize.PAD:
        return _padded(pixels, scaled, height=height, width=width)
    return scaled(pixels, height, width)


def _antialiased(image: Image.Image, *, size: tuple[int, int], resize: Resize) -> Image.Image:
    if resize is Resize.CROP:
        return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    if resize is Resize.PAD:
        return ImageOps.pad(image, size, Image.Resampling.BILINEAR, color="black")
    return image.resize(size, Image.Resampling.BILINEAR)


def _cropped(pixels: _Pixels, *, height: int, width: int) -> _Pixels:
    """Return the largest part in the middle that has the target's aspect ratio."""
    rows, columns = pixels.shape[:2]
    kept_rows = max(min(rows, columns * height // width), 1)
    kept_columns = max(min(columns, rows * width // height), 1)
    top, left = (rows - kept_rows) // 2, (columns - kept_columns) // 2
    return pixels[top : top + kept_rows, left : left + kept_columns]


def _padded(pixels: _Pixels, scaled: Callable[[_Pixels, int, int], _Pixels], *, height: int, width: int) -> _Pixels:
    """Return the image as large as fits, with black around it."""
    rows, columns = pixels.shape[:2]
    ratio = max(columns / width, rows / height)
    fits = scaled(pixels, max(int(rows / ratio), 1), max(int(columns / ratio), 1))
    top, left = int((height - rows / ratio) / 2), int((width - columns / ratio) / 2)
    padded = np.zeros((height, width, pixels.shape[2]), np.uint8)
    padded[top : top + fits.shape[0], left : left + fits.shape[1]] = fits
    return padded


def _nearest(pixels: _Pixels, height: int, width: int) -> _Pixels:
    rows, columns = (_centres(old, new) for old, new in zip(pixels.shape, (height, width), strict=False))
    chosen: _Pixels = pixels[rows.astype(int)][:, columns.astype(int)]
    return chosen


def _bilinear(pixels: _Pixels, height: int, width: int) -> _Pixels:
    above, below, down = _neighbours(pixels.shape[0], height)
    left, right, across = _neighbours(pixels.shape[1], width)
    first, second = (
        row[:, left] + (row[:, right] - row[:, left]) * across[:, None]
        for row in (pixels[above].astype(np.float32), pixels[below].astype(np.float32))
    )
    between: _Pixels = np.rint(first + (second - first) * down[:, None, None]).astype(np.uint8)
    return between


def _neighbours(old: int, new: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return, for each new place, the old ones before and after it, and how near it is to the latter (0..1)."""
    centres = _centres(old, new) - np.float32(0.5)
    before = np.floor(centres)
    after = np.minimum(before + 1, old - 1)
    return np.maximum(before, 0).astype(int), after.astype(int), centres - before


def _centres(old: int, new: int) -> NDArray[np.float32]:
    """Return where the middle of each new pixel lies on the old ones, in float32 as TensorFlow computes it."""
    middles: NDArray[np.float32] = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new)
    return middles
