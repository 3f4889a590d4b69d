"""Strict reading of JSON objects: a missing, unknown or ill-typed value is an error that says where it is."""

from __future__ import annotations

import math
import sys
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from edgekit.errors import UsageError, unknown_name

Choice = TypeVar("Choice", bound=StrEnum)


class DocumentReader:
    """Takes the values out of one JSON object, one by one; :meth:`finish` refuses what nobody asked for.

    Args:
        document: what should be an object.
        where: its place in the file, such as ``runs[0]``.

    Every method raises UsageError.
    """

    def __init__(self, document: object, *, where: str) -> None:
        if not isinstance(document, dict):
            raise UsageError(f"{where} is not an object")
        self._document: dict[str, Any] = document
        self._where = where
        self._taken: set[str] = set()

    def holds(self, key: str) -> bool:
        """Return whether the key is there at all: some came to a document while its schema kept its number."""
        return key in self._document

    def value(self, key: str) -> Any:
        """Take a value of any kind."""
        return self._take(key)

    def demand(self, holds: bool, key: str, wanted: str) -> None:
        """Refuse what was taken as ``key`` unless it ``holds``."""
        if not holds:
            self._refuse(key, self._document[key], wanted)

    def text(self, key: str) -> str:
        """Take a string."""
        value = self._take(key)
        return value if isinstance(value, str) else self._refuse(key, value, "a string")

    def text_or_none(self, key: str) -> str | None:
        """Take a string or null."""
        return None if self._take(key) is None else self.text(key)

    def one_of(self, key: str, choices: type[Choice]) -> Choice:
        """Take one of the words of ``choices``."""
        value = self._take(key)
        if value not in list(choices):
            self._refuse(key, value, f"one of {', '.join(choices)}")
        return choices(value)

    def digest(self, key: str) -> str:
        """Take a SHA-256 in hex digits."""
        value = self.text(key)
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            self._refuse(key, value, "a SHA-256")
        return value

    def digest_or_none(self, key: str) -> str | None:
        """Take a SHA-256 in hex digits, or null."""
        return None if self._take(key) is None else self.digest(key)

    def whole(self, key: str, *, least: int = 0) -> int:
        """Take an integer of ``least`` or more."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self._refuse(key, value, f"a whole number of {least} or more")
        return value

    def wholes(self, key: str) -> tuple[int, ...]:
        """Take a list of integers of 0 or more."""
        values = self.entries(key)
        if not all(type(value) is int and value >= 0 for value in values):
            self._refuse(key, values, "a list of whole numbers of 0 or more")
        return tuple(values)

    def whole_or_none(self, key: str, *, least: int = 0) -> int | None:
        """Take an integer of ``least`` or more, or null."""
        return None if self._take(key) is None else self.whole(key, least=least)

    def flag(self, key: str) -> bool:
        """Take true or false."""
        value = self._take(key)
        return value if isinstance(value, bool) else self._refuse(key, value, "true or false")

    def number(self, key: str) -> float:
        """Take a finite number of 0 or more."""
        return self._finite(key, self._take(key))

    def number_or_none(self, key: str) -> float | None:
        """Take a finite number of 0 or more, or null."""
        return None if self._take(key) is None else self.number(key)

    def signed_or_none(self, key: str) -> float | None:
        """Take a finite number of any sign, or null."""
        value = self._take(key)
        if isinstance(value, int | float) and value < 0:
            return -self._finite(key, -value)
        return None if value is None else self.number(key)

    def numbers(self, key: str, *, least: int = 0) -> tuple[float, ...]:
        """Take a list of at least ``least`` finite numbers of 0 or more."""
        values = self.entries(key)
        if len(values) < least:
            self._refuse(key, values, f"a list of at least {least} numbers")
        return tuple(self._finite(f"{key}[{index}]", value) for index, value in enumerate(values))

    def entries(self, key: str) -> list[Any]:
        """Take a list."""
        value = self._take(key)
        return value if isinstance(value, list) else self._refuse(key, value, "a list")

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of strings."""
        values = self.entries(key)
        if not all(isinstance(value, str) for value in values):
            self._refuse(key, values, "a list of strings")
        return tuple(values)

    def section(self, key: str) -> DocumentReader:
        """Take an object."""
        return DocumentReader(self._take(key), where=f"{self._where}.{key}")

    def section_or_none(self, key: str) -> DocumentReader | None:
        """Take an object or null."""
        return None if self._take(key) is None else self.section(key)

    def sections(self, key: str) -> list[DocumentReader]:
        """Take a list of objects."""
        return [DocumentReader(each, where=f"{self._where}.{key}[{n}]") for n, each in enumerate(self.entries(key))]

    def sections_or_none(self, key: str) -> list[DocumentReader] | None:
        """Take a list of objects, or null."""
        return None if self._take(key) is None else self.sections(key)

    def mapping(self, key: str) -> dict[str, Any]:
        """Take an object as it stands."""
        value = self._take(key)
        return value if isinstance(value, dict) else self._refuse(key, value, "an object")

    def agree(self, key: str, computed: float) -> None:
        """Take a number that follows from others, and refuse the document where it does not."""
        value = self.number(key)
        if not math.isclose(value, computed, rel_tol=1e-9, abs_tol=1e-12):
            self._refuse(key, value, f"{computed!r}, which the other values give")

    def bound(self, key: str, value: float, *, below: bool) -> None:
        """Take a number, or null, and refuse one that is not a bound of ``value``: at most it where it is ``below``."""
        bound = self.number_or_none(key)
        if bound is not None and (bound > value if below else bound < value):
            self._refuse(key, bound, f"{'at most' if below else 'at least'} {value!r}")

    def finish(self) -> None:
        """Refuse keys that were not taken."""
        for key in self._document:
            if key not in self._taken:
                raise UsageError(f"{self._where}: {unknown_name('key', key, sorted(self._taken))}")

    def _take(self, key: str) -> Any:
        self._taken.add(key)
        if key not in self._document:
            raise UsageError(f"{self._where} has no '{key}'")
        return self._document[key]

    def _finite(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
            self._refuse(key, value, "a number of 0 or more")
        return float(value)

    def _refuse(self, key: str, value: object, wanted: str) -> NoReturn:
        shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."
        raise UsageError(f"{self._where}.{key} is {shown}, but must be {wanted}")
