"""What a table must not show."""

from __future__ import annotations


class Missed(str):
    """A row of a table that breaks a promise; ``scripts/bench`` goes on, and ends with 1."""

    __slots__ = ()
