"""Items that are read by several threads at once, and given in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from edgekit.resources import usable_cores

T = TypeVar("T")

_MOST_THREADS = 4
"""Each may hold a decoded photo; and what Python itself does for each, only one does at a time."""
_AHEAD = 2
"""Items for each thread that are read, or waited for, at once."""


def reading_threads() -> int:
    """Return how many threads are worth it on the processors that this process may use."""
    return min(_MOST_THREADS, usable_cores())


def read_in_order(
    read: Callable[[int], T], order: Iterable[int], *, threads: int, wanted: Callable[[], int | None]
) -> Iterator[tuple[int, Callable[[], T]]]:
    """Give each number with a function that returns what was read of it, or raises what reading it has raised.

    Args:
        read: reads the item of a number; with several threads it is called in any of them.
        order: of the numbers.
        threads: how many read; with one, each item is read when it is asked for.
        wanted: tells how many more are wanted now, so that none is read in vain; None: all.
    """
    if threads < 2:
        yield from ((index, partial(read, index)) for index in order)
        return
    rest = iter(order)
    begun: deque[tuple[int, Future[T]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="edgekit-reading") as pool:
        try:
            while True:
                more = wanted()
                room = _AHEAD * threads if more is None else min(_AHEAD * threads, more)
                while len(begun) < room and (index := next(rest, None)) is not None:
                    begun.append((index, pool.submit(read, index)))
                if not begun:
                    return
                index, reading = begun.popleft()
                yield index, reading.result
        finally:
            # Of those that nobody waits for any more, only what has begun goes on to its end.
            pool.shutdown(wait=False, cancel_futures=True)
