"""Ctrl-C and its kin: the stack is unwound, so that child processes end and work folders go."""

from __future__ import annotations

import signal
import time
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_cleaning_s = 5.0


class Interrupted(BaseException):
    """A signal asks edgekit to end. No handler of errors stops it.

    Args:
        number: the signal.
    """

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(self.signal.name)

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as shells say it."""
        return 128 + self.signal


def end_on_signals() -> None:
    """Let the signals that ask for an end raise :class:`Interrupted`."""
    first: list[float] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        # A second Ctrl-C must not stop the cleaning up halfway, but one that is stuck can be ended.
        if not first or time.monotonic() - first[-1] > _cleaning_s:
            first.append(time.monotonic())
            raise Interrupted(number)

    for number in _SIGNALS:
        # A shell lets its background jobs ignore Ctrl-C, and nohup lets a command ignore the end of the session.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def end_at_second() -> None:
    """Let a second signal end what the first one has a verb save, without waiting; a double one counts as one."""
    global _cleaning_s  # noqa: PLW0603  # handlers of signals have no other place to look
    _cleaning_s = 0.3


def ignore_signals() -> None:
    """Let the same signals do nothing: the outcome stands, and Python only has to end."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
