"""Where the errors of the file system, numpy, zipfile and Pillow become sentences of this room."""

from __future__ import annotations

import lzma
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.errors import CalibrationError


class UnreadableImage(Exception):
    """One image cannot be used; the message says why. It never leaves this room: the image is skipped."""


@contextmanager
def folder_faults(folder: object) -> Iterator[None]:
    """Map what can go wrong while a folder is listed to CalibrationError."""
    try:
        yield
    except OSError as error:
        raise CalibrationError(
            f"calibration folder {folder} cannot be listed: {error.strerror}", hint="check its permissions"
        ) from error


@contextmanager
def array_faults(where: str) -> Iterator[None]:
    """Map what can go wrong while an .npy or .npz file is read to CalibrationError."""
    try:
        yield
    # RuntimeError: an encrypted member, or a compression that this Python was built without.
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CalibrationError(
            f"{where} cannot be read: {reason}", hint="it may be cut off or damaged: copy or save it again"
        ) from error


@contextmanager
def image_faults() -> Iterator[None]:
    """Map what Pillow raises and warns about one image to UnreadableImage."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        # Pillow warns about oddities of metadata, which do not touch the pixels.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except UnreadableImage:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            limit = Image.MAX_IMAGE_PIXELS or 0
            raise UnreadableImage(
                f"has more than {limit / 1e6:.0f} million pixels and may be a decompression bomb"
            ) from error
        except UnidentifiedImageError as error:
            raise UnreadableImage("is not a JPEG, PNG, BMP, GIF, WebP or TIFF image, or starts damaged") from error
        except OSError as error:
            raise UnreadableImage(f"cannot be read: {error.strerror or error}") from error
        # Damaged bytes make Pillow's decoders raise almost anything: SyntaxError, KeyError, struct.error.
        except Exception as error:
            raise UnreadableImage(f"cannot be decoded: {error}") from error
