"""Instructions, where an emulator counts them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable

from .system import text_of

COUNT_MARK = 0x65646765
"""A prctl with this, which no kernel knows, opens (1) and closes (2) a window of an emulator's counter."""


def count_instructions(invoke: Callable[[], object]) -> list[list[int]]:
    """Return the instructions of each of five inferences, where an emulator counts them, else an empty list.

    Each is a list: all of them, and where the emulator tells, those on vectors, and loads and stores.
    """
    name = os.environ.get("EDGEKIT_COUNTS", "")
    if not name:
        return []
    mark = importlib.import_module("ctypes").CDLL(None).prctl
    for act in (bool,) * 5 + (invoke,) * 5:
        mark(COUNT_MARK, 1)
        act()
        mark(COUNT_MARK, 2)
    return windows(text_of(name))


def windows(told: str) -> list[list[int]]:
    """Return what a counter wrote of five windows with nothing in them and five inferences, less the former."""
    rows = [[int(count) for count in line.split()] for line in told.splitlines()[-10:]]
    empty = min(rows[:5], default=[])
    return [[count - empty[place] for place, count in enumerate(row)] for row in rows[5:]]
