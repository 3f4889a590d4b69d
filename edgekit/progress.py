"""How long work tells how far it is. The library calls a function; only the command line draws a bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of news: ``stage`` is a sentence, ``done`` of ``total`` are counts (None: not known)."""

    stage: str
    done: int = 0
    total: int | None = None


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """Tell nobody."""
