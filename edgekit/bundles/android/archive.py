"""An APK's bytes: a zip archive whose stored files start where a phone can map them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can tell: the same inputs give the same bytes."""
_HEADER_BYTES = 30
_ALIGNMENT_FIELD = 0xD935
"""The extra field in which Android's tools keep the alignment when they copy an archive.
https://android.googlesource.com/platform/tools/apksig, ``ApkSigner.ALIGNMENT_ZIP_EXTRA_DATA_FIELD_HEADER_ID``"""
LIBRARY_ALIGNMENT = 16384
"""Libraries are mapped from the APK: pages have 4 KiB on most phones, and 16 KiB on some."""
MODEL_ALIGNMENT = 64
_ALIGNMENT = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an APK."""

    path: str
    content: bytes
    stored: bool = False
    """Not compressed."""

    @property
    def alignment(self) -> int:
        """Where its bytes start is a multiple of this."""
        if self.path.endswith(".so"):
            return LIBRARY_ALIGNMENT
        return MODEL_ALIGNMENT if self.path.endswith(".tflite") else _ALIGNMENT


def pack(entries: Iterable[Entry]) -> bytes:
    """Return the archive: the same for the same entries in the same order."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.path, _DATE)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_STORED if entry.stored else zipfile.ZIP_DEFLATED
            if entry.stored:
                start = stream.tell() + _HEADER_BYTES + len(entry.path.encode())
                info.extra = _padding(start, entry.alignment)
            archive.writestr(info, entry.content, compresslevel=9)
    return stream.getvalue()


def _padding(start: int, alignment: int) -> bytes:
    """Return an extra field after which the bytes of the file are aligned."""
    fixed = struct.calcsize("<HHH")
    filling = -(start + fixed) % alignment
    return struct.pack("<HHH", _ALIGNMENT_FIELD, 2 + filling, alignment) + bytes(filling)
