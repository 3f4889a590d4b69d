"""Instructions, where an emulator counts them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable

from .system import text_of

COUNT_MARK = 0x65646765
"""A prctl with this, which no kernel knows, opens (1) and closes (2) a window of an emulator's counter."""


def count_instructions(invoke: Callable[[], object]) -> list[int]:
    """Return the instructions of each of five inferences, where an emulator counts them, else an empty list."""
    name = os.environ.get("EDGEKIT_COUNTS", "")
    if name:
        mark = importlib.import_module("ctypes").CDLL(None).prctl
        for act in (bool,) * 5 + (invoke,) * 5:
            mark(COUNT_MARK, 1)
            act()
            mark(COUNT_MARK, 2)
    counts = [int(line) for line in text_of(name).split()[-10:]] if name else []
    return [count - min(counts[:5]) for count in counts[5:]]
