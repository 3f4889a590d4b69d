"""Parts of a run's memory, of its instructions and of its time, each saying how it was measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgekit.files import DocumentReader


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """One part of the process's memory. Parts overlap where they say so; they are not a sum."""

    name: str
    """``file mapped``, ``interpreter base``, ``arena and packed weights``, ``peak resident``."""
    bytes: int | None
    """None: the system does not tell."""
    how: str
    """How it was measured, or why it is not known."""

    @classmethod
    def read(cls, reader: DocumentReader) -> MemoryPart:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        part = cls(reader.text("name"), reader.whole_or_none("bytes"), reader.text("how"))
        reader.finish()
        return part


@dataclass(frozen=True, slots=True)
class InstructionClasses:
    """The instructions of one inference, by what they do."""

    vector: int
    """SIMD and floating point, loads and stores of such registers excepted."""
    load_store: int
    other: int

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> InstructionClasses | None:
        """Return the classes of the inference whose count is the median; None where a counter does not tell them apart.

        Args:
            rows: of each inference all instructions, those on vectors, and loads and stores.
        """
        if not rows or len(rows[0]) != 3:
            return None
        count, vector, load_store = sorted(map(tuple, rows))[len(rows) // 2]
        return cls(vector, load_store, count - vector - load_store)

    @classmethod
    def read(cls, reader: DocumentReader) -> InstructionClasses:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        classes = cls(reader.whole("vector"), reader.whole("load_store"), reader.whole("other"))
        reader.finish()
        return classes


@dataclass(frozen=True, slots=True)
class OpCost:
    """What one operator of the file costs in an inference."""

    index: int
    """Its place in the file, as ``edgekit inspect`` counts."""
    kind: str
    """Such as ``CONV_2D``."""
    output: str
    """Name of its first output, which tells operators of one kind apart."""
    macs: int | None
    """Multiply-accumulates, as ``edgekit inspect`` counts them."""
    time_ms: float | None
    """None where only instructions were counted."""
    instructions: int | None
    """None where only time was measured."""

    @classmethod
    def read(cls, reader: DocumentReader) -> OpCost:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        cost = cls(
            index=reader.whole("index"),
            kind=reader.text("kind"),
            output=reader.text("output"),
            macs=reader.whole_or_none("macs"),
            time_ms=reader.number_or_none("time_ms"),
            instructions=reader.whole_or_none("instructions"),
        )
        reader.finish()
        return cost


@dataclass(frozen=True, slots=True)
class OpProfile:
    """What each operator costs, or why that is not known."""

    how: str
    """How it was measured, or why this runtime does not tell."""
    costs: tuple[OpCost, ...] = ()
    """In the order of the file; empty where nothing is known."""

    def costliest(self, count: int = 10) -> tuple[OpCost, ...]:
        """Return the operators that cost most, by time where there is time, the most expensive first."""
        return tuple(sorted(self.costs, key=lambda cost: -(cost.time_ms or cost.instructions or 0))[:count])

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def read(cls, reader: DocumentReader) -> OpProfile:
        """Read what :meth:`to_document` wrote. Raises UsageError."""
        profile = cls(reader.text("how"), tuple(OpCost.read(section) for section in reader.sections("costs")))
        reader.finish()
        return profile
