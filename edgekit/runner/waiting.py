"""Tells how far something is that says nothing itself until it ends: a command on a device."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.progress import Progress, Step, silent

_EVERY_S = 1.0


@contextmanager
def telling_time(progress: Progress, stage: str, *, seconds: float | None = None) -> Iterator[None]:
    """Tell ``stage`` now, and how many seconds have gone by, each second that the body takes.

    Args:
        progress: told from another thread.
        stage: a sentence.
        seconds: how long it takes, about, where that is known; None: only that it begins is told.
    """
    if progress is silent or seconds is None:
        progress(Step(stage))
        yield
        return
    over = threading.Event()
    total = max(1, round(seconds))

    def tell() -> None:
        begin = time.monotonic()
        while not over.wait(_EVERY_S):
            # The end itself is told when it is there.
            progress(Step(stage, min(total - 1, int(time.monotonic() - begin)), total))

    progress(Step(stage, 0, total))
    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    progress(Step(stage, total, total))
