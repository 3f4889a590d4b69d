"""The bytes of one image file to pixels of the model's size. Import it on use: it loads Pillow.

Alpha is dropped, and of an animation the first picture is taken, as TensorFlow's and Keras' decoders do. The
EXIF orientation is not applied, because those do not apply it either: the model was trained on pixels as stored.
JPEG pixels are those of ``tf.io.decode_jpeg`` with ``dct_method="INTEGER_ACCURATE"``; what it does by default is
faster, and 1.4 levels off on average over photos.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edgekit.data.faults import Unreadable, image_faults
from edgekit.data.pictures.resizing import resized
from edgekit.recipe import Filter, Resize

# Named, because Pillow would else look for formats that start other programs, whatever the file is called.
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")

# Without a handler, Python prints what Pillow logs about damaged files. A handler of the user's still gets it.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image as a model takes it."""

    pixels: NDArray[np.uint8]
    """[height, width, channels]: RGB for 3 channels, luma for 1."""
    stored: tuple[int, int]
    """Height and width of the image as it is stored."""


def decode(content: bytes, *, height: int, width: int, channels: int, resize: Resize, by: Filter) -> Decoded:
    """Return the image at the size that is asked for; :mod:`edgekit.data.pictures.resizing` tells how it gets there.

    Raises:
        Unreadable: it is damaged, empty, too large, or has more than 8 bits per value.
    """
    if not content:
        raise Unreadable("is empty (0 bytes)")
    with image_faults(), Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        limit = Image.MAX_IMAGE_PIXELS
        if limit is not None and opened.width * opened.height > limit:
            # Pillow itself only warns, up to twice as many.
            raise Image.DecompressionBombError
        if opened.mode in {"I", "F"} or opened.mode.startswith("I;"):
            # Pillow would clip 16-bit values at 255 instead of scaling them.
            raise Unreadable(f"has pixels of more than 8 bits (Pillow mode {opened.mode}); save it with 8 bits")
        opened.load()
        # Alpha is dropped anyway, and Pillow would warn of it for a palette's.
        opened.info.pop("transparency", None)
        image = opened.convert("RGB" if channels == 3 else "L")
        pixels = resized(image, height=height, width=width, resize=resize, by=by)
        return Decoded(pixels, (image.height, image.width))
