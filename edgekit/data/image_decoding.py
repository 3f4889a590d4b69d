"""The bytes of one image file to pixels of the model's size. Import it on use: it loads Pillow.

Alpha is dropped, and of an animation the first picture is taken, as TensorFlow's and Keras' decoders do. The
EXIF orientation is not applied, because those do not apply it either: the model was trained on pixels as stored.
JPEG pixels are those of ``tf.io.decode_jpeg`` with ``dct_method="INTEGER_ACCURATE"``; what it does by default is
faster, and 1.4 levels off on average over photos.
"""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from edgekit.data.faults import Unreadable, image_faults
from edgekit.recipe import Resize

# Named, because Pillow would else look for formats that start other programs, whatever the file is called.
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")

# Without a handler, Python prints what Pillow logs about damaged files. A handler of the user's still gets it.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def decode(content: bytes, *, height: int, width: int, channels: int, resize: Resize) -> NDArray[np.uint8]:
    """Return the image as uint8 [height, width, channels]: RGB for 3 channels, luma for 1.

    Scaling is Pillow's bilinear filter, which averages over all pixels that it leaves out. ``tf.image.resize``
    does not by default: where an image shrinks, its result is rougher; where it grows, they agree to one level.

    Raises:
        Unreadable: it is damaged, empty, too large, or has more than 8 bits per value.
    """
    if not content:
        raise Unreadable("is empty (0 bytes)")
    with image_faults(), Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        if opened.mode in {"I", "F"} or opened.mode.startswith("I;"):
            # Pillow would clip 16-bit values at 255 instead of scaling them.
            raise Unreadable(f"has pixels of more than 8 bits (Pillow mode {opened.mode}); save it with 8 bits")
        image = opened.convert("RGB" if channels == 3 else "L")
        pixels: NDArray[Any] = np.asarray(_resized(image, size=(width, height), resize=resize), dtype=np.uint8)
        return pixels.reshape(height, width, channels)


def _resized(image: Image.Image, *, size: tuple[int, int], resize: Resize) -> Image.Image:
    if resize is Resize.CROP:
        return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    if resize is Resize.PAD:
        return ImageOps.pad(image, size, Image.Resampling.BILINEAR, color="black")
    return image.resize(size, Image.Resampling.BILINEAR)
