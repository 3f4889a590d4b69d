"""The parts of a run's memory, each with how it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgekit.runs import MemoryPart


def memory_parts(said: Mapping[str, Any]) -> tuple[MemoryPart, ...]:
    """Return the parts from the agent's answer to ``measure``."""
    return tuple(_part(name, said[key], how) for name, key, how in _PARTS)


def _part(name: str, count: int | None, how: str) -> MemoryPart:
    return MemoryPart(name, count, how if count is not None else "this kernel does not tell")


_PARTS = (
    (
        "file mapped",
        "mapped_bytes",
        "of the model file's mapping, what was resident after the first inference (Rss in smaps)",
    ),
    (
        "interpreter base",
        "baseline_memory_bytes",
        "largest resident memory before the model was loaded: Python, numpy and the runtime (VmHWM)",
    ),
    (
        "arena and packed weights",
        "private_bytes",
        "growth of memory that belongs to no file, from before loading to after the first inference (RssAnon)",
    ),
    (
        "peak resident",
        "peak_memory_bytes",
        "largest resident memory of the whole process, the parts above included (VmHWM)",
    ),
)
"""Name, key in the answer, how it was measured."""
