"""Samples that are read one by one, some of which may turn out damaged: photos, sounds, records."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from edgekit.data.choice import notes_on_choice, seeded_order
from edgekit.data.faults import Unreadable
from edgekit.data.reading_ahead import read_in_order
from edgekit.data.supply import Medium, Sample, Skipped
from edgekit.errors import CalibrationError


@dataclass(frozen=True, slots=True)
class Item:
    """What one item holds."""

    sample_id: str
    """SHA-256 of what was read."""
    values: Mapping[str, NDArray[Any]]
    """Input name to array, without a batch dimension."""


class Items(Protocol):
    """Samples that are there to be read, in any order."""

    @property
    def media(self) -> Mapping[str, Medium]:
        """See :class:`edgekit.data.supply.Supply`."""
        ...

    def __len__(self) -> int: ...

    def name(self, index: int) -> str:
        """Return what the sample is called; the choice depends on it."""
        ...

    def read(self, index: int) -> Item:
        """Read one sample.

        Raises:
            Unreadable: it is damaged, and another one should take its place.
            CalibrationError: the samples cannot be used as given.
        """
        ...


@dataclass(frozen=True, slots=True)
class ItemSupply:
    """A seeded choice of items."""

    items: Items
    where: str
    """In a sentence, such as ``sample folder photos``."""
    noun: str
    """What one item is, such as ``image``."""
    labels: Sequence[int] | None
    seed: int
    classes: tuple[str, ...] = ()
    mixed: bool = True
    threads: int = 1
    """How many may call ``items.read`` at once."""

    @property
    def available(self) -> int:
        """How many items look readable."""
        return len(self.items)

    @property
    def media(self) -> Mapping[str, Medium]:
        """See :class:`edgekit.data.supply.Supply`."""
        return self.items.media

    def notes(self, count: int | None) -> tuple[str, ...]:
        """See :class:`edgekit.data.supply.Supply`."""
        return notes_on_choice(self.labels, classes=self.classes, count=count)

    def draw(self, count: int | None) -> Iterator[Sample | Skipped]:
        """Read items in seeded order until ``count`` are good; see :class:`edgekit.data.supply.Supply`."""
        position, reasons = 0, list[str]()
        names = (self.items.name(index) for index in range(len(self.items)))
        order = seeded_order(names, seed=self.seed, labels=self.labels)
        readings = read_in_order(
            self.items.read, order, threads=self.threads, wanted=lambda: None if count is None else count - position
        )
        for index, reading in readings:
            if position == count:
                return
            name = printable(self.items.name(index))
            try:
                content = reading()
            except Unreadable as fault:
                reasons.append(f"{name} {fault}")
                yield Skipped(reasons[-1])
                continue
            label = None if self.labels is None else self.labels[index]
            yield Sample(name, position, content.sample_id, content.values, label)
            position += 1
        if position == 0:
            more = f", and {len(reasons) - 3} more like these" if len(reasons) > 3 else ""
            raise CalibrationError(
                f"{self.where} holds no readable {self.noun}: {'; '.join(reasons[:3])}{more}",
                hint=f"open one of them with another program, or give other {self.noun}s",
            )


def printable(name: str) -> str:
    """Return a file's name for a sentence or JSON: one that is not UTF-8 holds surrogates, which neither can take."""
    return os.fsencode(name).decode(errors="replace")
