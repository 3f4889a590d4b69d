"""Where the errors of the file system, numpy, zipfile, Pillow, scipy and protobuf become sentences of this room."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.errors import CalibrationError
from edgekit.files.array_faults import ARRAY_FAULTS


class Unreadable(Exception):
    """One image or sound cannot be used; the message says why. It never leaves this room: the sample is skipped."""


@contextmanager
def path_faults(path: object) -> Iterator[None]:
    """Map what can go wrong while a path is looked up to CalibrationError."""
    try:
        yield
    except OSError as error:
        raise CalibrationError(
            f"sample data {path} cannot be looked up: {error.strerror}", hint="check the name"
        ) from error


@contextmanager
def folder_faults(folder: object) -> Iterator[None]:
    """Map what can go wrong while a folder is listed to CalibrationError."""
    try:
        yield
    except OSError as error:
        raise CalibrationError(
            f"sample folder {folder} cannot be listed: {error.strerror}", hint="check its permissions"
        ) from error


@contextmanager
def array_faults(where: str) -> Iterator[None]:
    """Map what can go wrong while a file of arrays, a table or records is read to CalibrationError."""
    try:
        yield
    except ARRAY_FAULTS as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CalibrationError(
            f"{where} cannot be read: {reason}", hint="it may be cut off or damaged: copy or save it again"
        ) from error


@contextmanager
def image_faults() -> Iterator[None]:
    """Map what Pillow raises about one image to Unreadable.

    Images are decoded in several threads, and filters of warnings are the whole process's: none are set here.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except Unreadable:
        raise
    # A warning is raised where a program has made errors of them.
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = Image.MAX_IMAGE_PIXELS or 0
        raise Unreadable(f"has more than {limit / 1e6:.0f} million pixels and may be a decompression bomb") from error
    except UnidentifiedImageError as error:
        raise Unreadable("is not a JPEG, PNG, BMP, GIF, WebP or TIFF image, or starts damaged") from error
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error
    # Damaged bytes make Pillow's decoders raise almost anything: SyntaxError, KeyError, struct.error.
    except Exception as error:
        raise Unreadable(f"cannot be decoded: {error}") from error


@contextmanager
def sound_faults() -> Iterator[None]:
    """Map what scipy raises and warns about one WAV file to Unreadable."""
    from scipy.io.wavfile import WavFileWarning

    with warnings.catch_warnings():
        # A cut-off file is only warned of, and so are chunks of metadata, which do not touch the sound.
        warnings.simplefilter("error", WavFileWarning)
        warnings.filterwarnings("ignore", "Chunk|Incomplete chunk", WavFileWarning)
        try:
            yield
        except Unreadable:
            raise
        except WavFileWarning as error:
            raise Unreadable("is cut off: it has fewer bytes than its header promises") from error
        except ValueError as error:
            raise Unreadable(f"is no WAV file that can be read: {error}") from error
        # Damaged headers make scipy raise almost anything: struct.error, UnboundLocalError, ZeroDivisionError.
        except Exception as error:
            raise Unreadable("is damaged: its header makes no sense") from error
