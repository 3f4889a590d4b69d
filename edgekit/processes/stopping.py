"""A child process that trains is asked to end, and saves first."""

from __future__ import annotations

import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager


class Stopping:
    """Tells whether this process was asked to end, by SIGTERM, while it listened for that."""

    def __init__(self) -> None:
        self._asked = False

    def __call__(self) -> bool:
        """Return whether it was."""
        return self._asked

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen while something is trained that asks after each step, and saves and ends then."""
        before = signal.signal(signal.SIGTERM, self._hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
            if self._asked:
                sys.exit(0)

    def _hear(self, _number: int, _frame: types.FrameType | None) -> None:
        self._asked = True
