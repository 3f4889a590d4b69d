"""The service ``sync:``: files in and out, as packages/modules/adb/SYNC.TXT of AOSP describes it."""

from __future__ import annotations

import errno
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgekit.testing.phone.streams import ServiceStream

_PIECE = 1 << 16
_NUMBER = struct.Struct("<I")
_STAT_1 = struct.Struct("<4s3I")
_STAT_2 = struct.Struct("<4sI2Q4IQ3q")


@dataclass
class Storage:
    """The phone's storage, and what is wrong with it."""

    root: Path
    """Nothing outside of it is reached."""
    free_bytes: int | None = None
    """What may still be written; None: no limit."""
    drop_after: int | None = None
    """The connection is dropped when so many bytes of a file have come; None: never."""
    bytes_per_s: float | None = None
    """None: as fast as it goes."""

    def place(self, path: str) -> Path:
        """Return where a path of the phone is. Raises PermissionError outside of the storage."""
        place = Path(os.path.normpath(path))
        if not place.is_relative_to(self.root):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return place

    def spend(self, size: int) -> None:
        """Account for bytes that are written. Raises OSError where the storage is full."""
        if self.bytes_per_s is not None:
            time.sleep(size / self.bytes_per_s)
        if self.free_bytes is not None:
            if size > self.free_bytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.free_bytes -= size


def serve_sync(stream: ServiceStream, storage: Storage, *, drop: Callable[[], None]) -> None:
    """Answer requests until the other side quits.

    Args:
        stream: of the service.
        storage: where the files are.
        drop: ends the connection to the host.
    """
    while True:
        word, size = stream.read(4), _NUMBER.unpack(stream.read(4))[0]
        text = stream.read(size).decode()
        match word:
            case b"STAT" | b"STA2" | b"LST2":
                stream.write(_stat(word, text, storage))
            case b"SEND":
                _take(stream, text, storage, drop)
            case b"RECV":
                _give(stream, text, storage)
            case b"QUIT":
                return
            case _:
                _fail(stream, f"unknown request {word.decode(errors='replace')}")


def _stat(word: bytes, path: str, storage: Storage) -> bytes:
    try:
        place = storage.place(path)
        found, error = place.lstat() if word == b"LST2" else place.stat(), 0
    except OSError as problem:
        found, error = os.stat_result((0,) * 10), problem.errno or errno.EIO
    if word == b"STAT":
        return _STAT_1.pack(word, found.st_mode, found.st_size & 0xFFFFFFFF, int(found.st_mtime))
    owner = (found.st_mode, found.st_nlink, found.st_uid, found.st_gid)
    times = (int(found.st_atime), int(found.st_mtime), int(found.st_ctime))
    return _STAT_2.pack(word, error, found.st_dev, found.st_ino, *owner, found.st_size, *times)


def _take(stream: ServiceStream, text: str, storage: Storage, drop: Callable[[], None]) -> None:
    path, _, mode = text.rpartition(",")
    problem: OSError | None = None
    place, taken = Path(), 0
    try:
        place = storage.place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"")
    except OSError as error:
        problem = error
    while (word := stream.read(4)) == b"DATA":
        piece = stream.read(_NUMBER.unpack(stream.read(4))[0])
        taken += len(piece)
        if storage.drop_after is not None and taken >= storage.drop_after:
            drop()
            raise EOFError
        if problem is None:
            try:
                storage.spend(len(piece))
                with place.open("ab") as file:
                    file.write(piece)
            except OSError as error:
                # As adbd does: the rest is read and thrown away, and only then it is told.
                problem = error
                place.unlink(missing_ok=True)
    when = _NUMBER.unpack(stream.read(4))[0]
    if word != b"DONE" or problem is not None:
        _fail(stream, problem.strerror or str(problem) if problem else f"unknown request {word!r}")
        return
    place.chmod(int(mode) & 0o777)
    os.utime(place, (when, when))
    stream.write(b"OKAY" + _NUMBER.pack(0))


def _give(stream: ServiceStream, path: str, storage: Storage) -> None:
    try:
        content = storage.place(path).read_bytes()
    except OSError as error:
        _fail(stream, error.strerror or str(error))
        return
    for at in range(0, len(content), _PIECE):
        piece = content[at : at + _PIECE]
        stream.write(b"DATA" + _NUMBER.pack(len(piece)) + piece)
    stream.write(b"DONE" + _NUMBER.pack(0))


def _fail(stream: ServiceStream, reason: str) -> None:
    stream.write(b"FAIL" + _NUMBER.pack(len(reason.encode())) + reason.encode())
