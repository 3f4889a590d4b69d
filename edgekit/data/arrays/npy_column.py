"""One array of an .npy or .npz file, read one sample at a time."""

from __future__ import annotations

import math
import shutil
import tempfile
import tokenize
import warnings
from typing import IO, Any, Protocol

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_CHUNK_BYTES = 2**20


class Column(Protocol):
    """An array whose first axis counts samples; a numpy array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples first."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """As it is stored."""
        ...

    def __getitem__(self, index: int, /) -> Any: ...


class NpyColumn:
    """The array in a stream in .npy format. Ask for samples in ascending order.

    Args:
        stream: at the start of the array. It stays the caller's to close.
        size_bytes: how long the stream is.
        jumps: whether to jump over samples. A zip archive's members are read through instead, so that their
            checksum is proven at the end.

    Raises:
        ValueError: it is not in .npy format, or shorter than it says.
    """

    def __init__(self, stream: IO[bytes], *, size_bytes: int, jumps: bool) -> None:
        self.shape, self.by_columns, self.dtype = _read_header(stream)
        self._stream, self._jumps = stream, jumps
        self._start = stream.tell()
        self._sample_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
        self._next = 0
        promised = self._start + math.prod(self.shape) * self.dtype.itemsize
        if promised > size_bytes and not self.dtype.hasobject:
            raise ValueError(f"it has {size_bytes} bytes where its header promises {promised}")

    def __getitem__(self, index: int, /) -> NDArray[Any]:
        if self._jumps:
            self._stream.seek(self._start + index * self._sample_bytes)
        else:
            self._pass(max(index - self._next, 0) * self._sample_bytes)
        self._next = index + 1
        content = self._stream.read(self._sample_bytes)
        return np.frombuffer(content, dtype=self.dtype).reshape(self.shape[1:])

    def finish(self) -> None:
        """Read the rest of a zip archive's member, which raises where the checksum is wrong."""
        if not self._jumps:
            while self._stream.read(_CHUNK_BYTES):
                pass

    def mapped(self) -> NDArray[Any]:
        """Return an array that is stored column by column (Fortran order), mapped from the disk."""
        if self._jumps:
            return self._map(self._stream, offset=self._start)
        # A sample lies scattered over the whole member, and a compressed one cannot be mapped.
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(self._stream, copy, _CHUNK_BYTES)
            copy.flush()
            return self._map(copy, offset=0)

    def _map(self, stream: IO[bytes], *, offset: int) -> NDArray[Any]:
        return np.memmap(stream, dtype=self.dtype, mode="r", offset=offset, shape=self.shape, order="F")

    def _pass(self, count: int) -> None:
        while count > 0:
            count -= len(self._stream.read(min(count, _CHUNK_BYTES))) or count


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"it is in version {version[0]}.{version[1]} of the .npy format, which is for records")
    with warnings.catch_warnings():
        # Files that Python 2 wrote are read as well, if a little slower.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return read(stream)
        # numpy's own parser lets these out where a header is damaged.
        except (SyntaxError, TypeError, tokenize.TokenError) as error:
            raise ValueError("its header is damaged") from error
