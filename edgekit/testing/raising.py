"""Expects an error, in suites that must run without pytest too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeVar

from edgekit.errors import EdgekitError

_E = TypeVar("_E", bound=EdgekitError)


@contextlib.contextmanager
def raises(kind: type[_E]) -> Iterator[list[_E]]:
    """Raise AssertionError unless ``kind`` is raised inside; give a list that it is in afterwards."""
    caught: list[_E] = []
    try:
        yield caught
    except kind as error:
        caught.append(error)
    else:
        raise AssertionError(f"{kind.__name__} was not raised")
