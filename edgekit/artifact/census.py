"""What the operators of a file compute in, counted: the label that an artifact carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CensusRow:
    """How many operators of one kind compute in one precision."""

    name: str
    precision: str
    count: int
    weight_bytes: int
    macs: int


@dataclass(frozen=True, slots=True)
class Island:
    """Operators with floating point activations that hang together, inside a graph that computes in integers."""

    subgraph: int
    operators: tuple[int, ...]
    """Their numbers in the subgraph, in execution order."""
    names: tuple[str, ...]
    """The kind of each, such as ``LOGISTIC``."""
    outputs: tuple[str, ...]
    """The name of each one's first output: the exporter names tensors after layers."""

    def __str__(self) -> str:
        where = f" of subgraph {self.subgraph}" if self.subgraph else ""
        first, last = (f"{self.operators[end]}{where} ({self.outputs[end]})" for end in (0, -1))
        if len(self.operators) == 1:
            return f"{self.names[0]}, operator {first}"
        kinds = ", ".join(dict.fromkeys(self.names))
        return f"{len(self.operators)} operators from {first} to {last}: {kinds}"
