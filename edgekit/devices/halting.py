"""Threads that stand beside each other, one for each board, and how they are ended before their work is done.

Only the main thread hears Ctrl-C. What waits for a board in another thread asks here, between two looks at it, whether
anybody still wants the answer.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar

_HALT: ContextVar[threading.Event | None] = ContextVar("halt", default=None)


class Halted(BaseException):
    """Nobody wants the answer any more. No handler of errors stops it; the stack is unwound, and the board is left."""


def stand_beside_others(halt: threading.Event) -> None:
    """Let this thread, and what it calls, end when ``halt`` is set."""
    _HALT.set(halt)


def stands_beside_others() -> bool:
    """Return whether this thread is one of several, none of which may ask the user anything."""
    return _HALT.get() is not None


def require_wanted() -> None:
    """Raise Halted where the answer is not wanted any more; once, so that cleaning up is not ended as well."""
    halt = _HALT.get()
    if halt is not None and halt.is_set():
        _HALT.set(None)
        raise Halted
