"""Reading a FlatBuffer that nobody vouches for: whatever its offsets and lengths say, reading it ends soon."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import SourceError
from edgekit.inspection.schema import schema

MAX_TABLES = 1_000_000
"""Where the runtime's own check of a file stops."""
# Whatever the flatbuffers and numpy packages raise over offsets and lengths that lie.
_FOREIGN = (ArithmeticError, LookupError, TypeError, ValueError, struct.error)


class Fault(ValueError):
    """What is wrong with the bytes, as the second half of a sentence."""


@contextmanager
def damage_errors(name: str) -> Iterator[None]:
    """Map what reading raises inside to SourceError about ``name``."""
    try:
        yield
    except _FOREIGN as error:
        reason = str(error) if isinstance(error, Fault) else "parts of it lie outside of it"
        raise SourceError(
            f"{name} is cut short or damaged: {reason}", hint="copy or download the file again, or export it again"
        ) from error


class Content(bytes):
    """Bytes that refuse to be cut beyond their end, where ``bytes`` gives less than was asked for."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice) and (key.stop or 0) > len(self):
            raise IndexError(key.stop)
        return super().__getitem__(key)


class Reader:
    """Reads through the schema's accessors, on :class:`Content`, and keeps count of what it has read.

    The count is what ends the reading of a small file whose parts all point at the same bytes. Methods raise
    Fault, or what the accessors raise; use them inside :func:`damage_errors`.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._bytes_left = 4 * size + 65536
        # No table takes less than this on average, its vectors and its place in a list included.
        self._tables_left = min(MAX_TABLES, 1000 + size // 24)

    def table(self, item: Any) -> Any:
        """Return ``item`` after a look at its header: zeros would read as endless empty tables."""
        position, content = item._tab.Pos, item._tab.Bytes
        start = position - struct.unpack_from("<i", content, position)[0]
        if not 0 <= start <= self._size - 4:
            raise Fault("parts of it lie outside of it")
        header, length = struct.unpack_from("<HH", content, start)
        if header < 4 or header % 2 or start + header > self._size or length < 4 or position + length > self._size:
            raise Fault(f"there is no table at byte {position}")
        self._tables_left -= 1
        if self._tables_left < 0:
            raise Fault("it claims more parts than it has room for")
        return item

    def tables(self, owner: Any, field: str) -> Iterator[Any]:
        """Give the tables of a vector, which may be absent."""
        count = getattr(owner, f"{field}Length")()
        if count * 4 > self._size:
            raise Fault(f"it claims {count} {field.lower()}")
        get: Callable[[int], Any] = getattr(owner, field)
        for position in range(count):
            yield self.table(get(position))

    def numbers(self, owner: Any, field: str) -> NDArray[Any]:
        """Return a vector of numbers, which may be absent, as a view of the content."""
        values = getattr(owner, f"{field}AsNumpy")()
        # The accessors give the number 0 for a vector that is not there.
        if not isinstance(values, np.ndarray):
            return np.zeros(0, np.int64)
        self._spend(values.nbytes)
        return values

    def text(self, value: bytes | None) -> str:
        """Return a string, which may be absent. Names are for people, so bytes that are not UTF-8 are marked."""
        if value is None:
            return ""
        self._spend(len(value))
        return value.decode("utf-8", errors="replace")

    def behind(self, item: Any, offset: int, size: int) -> NDArray[np.uint8]:
        """Return bytes that lie behind the FlatBuffer, where files above 2 GiB keep their constants."""
        self._spend(size)
        return np.frombuffer(item._tab.Bytes, np.uint8, count=size, offset=offset)

    def union(self, kind: str | None, part: Any) -> tuple[str, Mapping[str, Any]]:
        """Return the name and the fields of a table of a union, without those at their default."""
        unpacked = getattr(schema(), f"{kind}T", None)
        if kind is None or unpacked is None or part is None:
            raise Fault("it uses options that the schema does not have")
        found = getattr(schema(), kind)()
        found.Init(part.Bytes, part.Pos)
        return kind, self.fields(unpacked.InitFromObj(self.table(found)))

    def fields(self, unpacked: Any) -> Mapping[str, Any]:
        """Return the fields of an object of the schema, nested ones as mappings, in the order of their names.

        Those at their default are left out, so that a field that a newer schema adds changes nothing.
        """
        defaults = vars(type(unpacked)())
        return {
            name: self._value(value)
            for name, value in sorted(vars(unpacked).items())
            if isinstance(value, np.ndarray) or value != defaults[name]
        }

    def _value(self, value: Any) -> Any:
        if isinstance(value, np.ndarray | bytes):
            self._spend(value.nbytes if isinstance(value, np.ndarray) else len(value))
            return value
        if isinstance(value, list):
            return tuple(self._value(item) for item in value)
        return self.fields(value) if hasattr(value, "__dict__") else value

    def _spend(self, count: int) -> None:
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise Fault("its parts claim more bytes than it has")
