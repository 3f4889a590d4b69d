"""The values that a device profile is made of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from edgekit.metrics import Budget
from edgekit.units import format_bytes, format_clock

PROFILE_SCHEMA = "edgekit.profile/1"

Value = TypeVar("Value", bool, int, float, str, tuple[str, ...])


class Kind(StrEnum):
    """What sort of device it is."""

    LINUX_BOARD = "linux-board"
    PHONE = "phone"
    MICROCONTROLLER = "microcontroller"
    PC = "pc"


@dataclass(frozen=True, slots=True)
class Fact(Generic[Value]):
    """A value, and where it was read."""

    value: Value
    source: str
    """A document or an address; ``derived: ...`` where it was computed."""
    date: str | None = None
    """The day on which it was read there, such as ``2026-11-25``; None where the profile does not say."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cores of one kind."""

    core: Fact[str]
    """A name from the table of cores, such as ``Cortex-A72``, or one of its own."""
    count: Fact[int]
    clock_hz: Fact[float] | None = None
    """Highest clock; a run mode may set another."""
    l2_bytes: Fact[int] | None = None
    """Of the whole cluster."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One of several ways in which the same board runs."""

    name: str
    bits: Fact[int]
    """Of the user's programs: 32 or 64."""
    clock_hz: Fact[float] | None = None
    """Of the first cluster; None: as the cluster says."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a kind of device. None: not known, which is not the same as no."""

    architecture: Fact[str]
    """``aarch64``, ``armv7l``, ``x86_64``, ``thumb``, ``xtensa``."""
    cpu: Fact[str]
    cores: Fact[int] | None = None
    fp16_arithmetic: Fact[bool] | None = None
    """Whether every core adds and multiplies 16-bit floats."""
    int8_dot_product: Fact[bool] | None = None
    """Whether every core has an instruction that sums int8 products (Arm SDOT, x86 VNNI)."""
    int8_matrix_multiply: Fact[bool] | None = None
    """Whether every core has Arm's i8mm."""
    memory_bytes: Fact[int] | None = None
    """RAM; of the smallest variant sold where there are several."""
    flash_bytes: Fact[int] | None = None
    """Of a microcontroller: where its program and its weights must fit."""
    memory_copy_bytes_per_second: Fact[int] | None = None
    """``memcpy`` on one core: what a layer that only moves data is bound by."""
    memory_bandwidth_bytes_per_second: Fact[int] | None = None
    """Of the memory chips, as published: no program reaches it."""
    application_memory_bytes: Fact[int] | None = None
    """What the system leaves to an application."""
    l3_bytes: Fact[int] | None = None
    simd: Fact[str] | None = None
    """Vector instructions that a program can use, such as ``NEON, 128 bit``."""
    power_watts: Fact[float] | None = None
    """Of the whole board with all cores busy."""
    edge_tpu: Fact[bool] | None = None
    accelerators: Fact[tuple[str, ...]] | None = None
    """What else computes there. edgekit's files run on the CPU."""


@dataclass(frozen=True, slots=True)
class Match:
    """How a reachable machine is recognized. Every part that is given must fit; shell patterns (``*``)."""

    machine: Fact[tuple[str, ...]]
    """As ``uname -m`` says."""
    board: Fact[tuple[str, ...]] | None = None
    """The device tree's model; on Android ``ro.product.model``."""
    cpu: Fact[tuple[str, ...]] | None = None
    """The processor's name, where no board name exists."""


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """A kind of device: facts with their sources, and a default budget, which is a wish."""

    name: str
    """The file's name without ``.toml``."""
    title: str
    kind: Kind
    facts: Facts
    match: Match | None
    """None where no machine of this kind can be reached: a microcontroller."""
    budget: Budget
    clusters: tuple[Cluster, ...] = ()
    """Fastest cores first; empty where not known."""
    modes: tuple[Mode, ...] = ()
    """The usual one first; empty where there is only one."""
    own: Path | None = None
    """Its file, where it is a user's own; None for those that edgekit brings."""

    @property
    def obstacle(self) -> str | None:
        """Why no file of edgekit's can run on it, as a sentence; None where one can."""
        if self.kind is not Kind.MICROCONTROLLER:
            return None
        memory = self.facts.memory_bytes
        ram = "" if memory is None else f"{format_bytes(memory.value)} of RAM and "
        return (
            f"edgekit makes files for the LiteRT interpreter on Linux or Android; {self.title} has {ram}no operating "
            "system"
        )

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.title} ({self.kind})"]
        for name, fact in _given(self.facts):
            lines.append(f"  {_plain(name)}: {_shown(name, fact.value)}  [{fact.source}]")
        for number, cluster in enumerate(self.clusters, start=1):
            lines += [
                f"  cluster {number} {_plain(name)}: {_shown(name, fact.value)}  [{fact.source}]"
                for name, fact in _given(cluster)
            ]
        for mode in self.modes:
            lines += [
                f"  mode {mode.name} {_plain(name)}: {_shown(name, fact.value)}  [{fact.source}]"
                for name, fact in _given(mode)
            ]
        return "\n".join(lines)

    def to_document(self) -> dict[str, Any]:
        """Return the profile as JSON values: each fact with its source, the budget with units in its names."""
        return {
            "schema": PROFILE_SCHEMA,
            "name": self.name,
            "title": self.title,
            "kind": str(self.kind),
            "own": None if self.own is None else str(self.own),
            "facts": _document(self.facts),
            "clusters": [_document(cluster) for cluster in self.clusters],
            "modes": {mode.name: _document(mode) for mode in self.modes},
            "match": None if self.match is None else _document(self.match),
            "budget": dataclasses.asdict(self.budget),
        }


def _given(facts: Facts | Match | Cluster | Mode) -> list[tuple[str, Fact[Any]]]:
    pairs = [(field.name, getattr(facts, field.name)) for field in dataclasses.fields(facts)]
    return [(name, fact) for name, fact in pairs if isinstance(fact, Fact)]


def _document(facts: Facts | Match | Cluster | Mode) -> dict[str, Any]:
    return {
        name: {
            "value": list(fact.value) if isinstance(fact.value, tuple) else fact.value,
            "source": fact.source,
            "date": fact.date,
        }
        for name, fact in _given(facts)
    }


def _plain(name: str) -> str:
    return name.replace("_bytes", "").replace("_watts", "").replace("_hz", "")


def _shown(name: str, value: bool | int | float | str | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, int) and "bytes" in name:
        return format_bytes(value) + ("/s" if name.endswith("per_second") else "")
    if isinstance(value, float):
        return format_clock(value) if name.endswith("_hz") else f"{value:g} W"
    return str(value)
