"""The published latencies that the costs are fitted to, and the work of the networks that they are of."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from edgekit.prediction.work import KernelKind, WorkKind
from edgekit.units import parse_clock

Amounts = Mapping[WorkKind, float]
_FLOAT_BYTES = 4


class Family(StrEnum):
    """Boards whose kernels are alike enough to share costs."""

    APPLICATION = "application"
    """XNNPACK's kernels for NEON; what has other vectors is told from afar."""
    MICROCONTROLLER = "microcontroller"


@dataclass(frozen=True, slots=True)
class MeasuredBoard:
    """A board, or one run mode of it, of which latencies were published."""

    name: str
    family: Family
    core: str
    clock_hz: float | None
    profile: str | None
    """Of the catalog."""
    mode: str | None
    dot_product: bool
    kernels: str = ""
    """The library that its runtime computes with, where that is not the one of all others of its family."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One published latency."""

    board: str
    network: str
    arithmetic: KernelKind
    threads: int
    milliseconds: float
    source: str


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """Where cells were read."""

    name: str
    title: str
    address: str
    date: str


@dataclass(frozen=True, slots=True)
class Measurements:
    """All that was published."""

    boards: Mapping[str, MeasuredBoard]
    sources: Mapping[str, PublishedTable]
    cells: tuple[Cell, ...]
    networks: Mapping[str, Amounts]
    """Work in float32, or as it is where a network is published in int8 alone."""

    def of(self, family: Family) -> tuple[Cell, ...]:
        """Return the cells of a family."""
        return tuple(cell for cell in self.cells if self.boards[cell.board].family is family)

    def work(self, cell: Cell) -> Amounts:
        """Return the work of the network of a cell, in the precision of the cell."""
        amounts = self.networks[cell.network]
        if self.boards[cell.board].family is Family.MICROCONTROLLER or cell.arithmetic is KernelKind.FLOAT32:
            return amounts
        return {**amounts, WorkKind.WEIGHTS: amounts[WorkKind.WEIGHTS] / _FLOAT_BYTES}


@cache
def measurements() -> Measurements:
    """Return the shipped measurements."""
    folder = resources.files("edgekit.prediction") / "data"
    tables = tomllib.loads((folder / "measurements.toml").read_text(encoding="utf-8"))
    told = json.loads((folder / "networks.json").read_text(encoding="utf-8"))
    boards = {
        name: MeasuredBoard(
            name,
            Family(row["family"]),
            row["core"],
            parse_clock(row["clock"]) if "clock" in row else None,
            row.get("profile"),
            row.get("mode"),
            row.get("dot_product", False),
            row.get("kernels", ""),
        )
        for name, row in tables["boards"].items()
    }
    sources = {
        name: PublishedTable(name, row["title"], row["address"], row["date"].isoformat())
        for name, row in tables["sources"].items()
    }
    cells = tuple(
        Cell(board, network, KernelKind(precision), threads, float(milliseconds), name)
        for name, row in tables["sources"].items()
        for board, network, precision, threads, milliseconds in row["cells"]
    )
    networks = {
        name: {WorkKind(kind): float(amount) for kind, amount in row["work"].items()}
        for name, row in told["networks"].items()
    }
    return Measurements(boards, sources, cells, networks)
