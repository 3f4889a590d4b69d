"""The framing of TFRecord files: length, checksum of the length, record, checksum of the record.

The format is told in tensorflow/core/lib/io/record_writer.h. Nothing of TensorFlow is needed to read or write it.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from edgekit.data.faults import array_faults
from edgekit.data.records.crc32c import crc32c
from edgekit.errors import CalibrationError

_NAME = re.compile(r"\.tfrec(ords?)?([.\-_].*)?$|-\d{5}-of-\d{5}(\.gz)?$", re.IGNORECASE)
_HEADER_BYTES, _FRAME_BYTES = 12, 16
_GZIP = b"\x1f\x8b"
_COPY_HINT = "copy or write the file again"


def is_shard_name(name: str) -> bool:
    """Return whether a file of this name may hold TFRecords: ``a.tfrecord``, ``a.tfrec.gz``, ``a-00000-of-00008``."""
    return _NAME.search(name) is not None


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of records, whose lengths are proven; the records themselves are when they are read."""

    file: Path
    """As it was given."""
    unpacked: Path
    """Where the records lie: the file itself, or what was unpacked of it."""
    starts: array[int]
    """Where each record's frame starts, in bytes."""

    def __len__(self) -> int:
        return len(self.starts)

    def name(self, index: int) -> str:
        """Return what a record is called in a sentence."""
        return f"record {index} (counting from 0) of {self.file.name}"

    def read(self, index: int) -> bytes:
        """Return one record. Raises CalibrationError where its checksum is wrong."""
        where = f"sample file {self.file}"
        with array_faults(where), self.unpacked.open("rb") as stream:
            stream.seek(self.starts[index])
            length = int.from_bytes(stream.read(_HEADER_BYTES)[:8], "little")
            record, checksum = stream.read(length), stream.read(4)
        if _masked(record) != checksum:
            raise CalibrationError(
                f"{where} is damaged: record {index} (counting from 0) does not have the checksum that belongs to it",
                hint=_COPY_HINT,
            )
        return record


def open_shard(path: Path, *, unpacked: Path) -> Shard:
    """Find the records of one file, with or without gzip.

    Args:
        path: the file.
        unpacked: where a compressed file is unpacked to, because it cannot be read from the middle.

    Raises:
        CalibrationError: it holds something else, is damaged, or is cut off.
    """
    name = f"sample file {path}"
    with array_faults(name), path.open("rb") as stream:
        start = stream.read(_HEADER_BYTES)
        # A length may start with the bytes that mark gzip; its checksum says which one it is.
        if start.startswith(_GZIP) and not _is_header(start):
            with gzip.open(path) as packed, unpacked.open("wb") as target:
                shutil.copyfileobj(packed, target)
        else:
            unpacked = path
    with array_faults(name), unpacked.open("rb") as stream:
        return Shard(path, unpacked, _starts(stream, name=name))


def framed(record: bytes) -> bytes:
    """Return a record as it stands in a file."""
    length = len(record).to_bytes(8, "little")
    return b"".join((length, _masked(length), record, _masked(record)))


def _starts(stream: IO[bytes], *, name: str) -> array[int]:
    starts = array("Q")
    size, position = os.fstat(stream.fileno()).st_size, 0
    while position < size:
        header = stream.read(_HEADER_BYTES)
        record = f"record {len(starts)} (counting from 0)"
        if len(header) == _HEADER_BYTES and not _is_header(header):
            if not starts:
                raise CalibrationError(
                    f"{name} is no TFRecord file: it does not start with a length and its checksum",
                    hint="files written by tf.io.TFRecordWriter are read, plain or with compression GZIP",
                )
            raise CalibrationError(
                f"{name} is damaged: the length of {record} does not have the checksum that belongs to it",
                hint=_COPY_HINT,
            )
        frame = _FRAME_BYTES + int.from_bytes(header[:8], "little")
        if len(header) < _HEADER_BYTES or position + frame > size:
            raise CalibrationError(f"{name} is cut off in {record}", hint=_COPY_HINT)
        starts.append(position)
        position += frame
        stream.seek(position)
    return starts


def _is_header(header: bytes) -> bool:
    return len(header) == _HEADER_BYTES and _masked(header[:8]) == header[8:]


def _masked(content: bytes) -> bytes:
    # A checksum over bytes that hold checksums would be weak, so it is turned round and added to.
    checksum = crc32c(content)
    return (((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")
