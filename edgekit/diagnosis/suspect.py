"""An operator that costs too much, as the rules look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgekit.diagnosis.neighbours import Neighbours
from edgekit.inspection.graph import Operator, Subgraph
from edgekit.sensitivity.measures import Measured

ROUNDING = "rounding"
"""The part of an operator's error that the steps of its output make."""
REST = "rest"
"""What its weights and its kernel add to that."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One operator that costs too much, with what a rule may look at."""

    tensor: int
    """The tensor that it writes, by its number in the quantized file."""
    operator: Operator | None
    """None where the tensor is an input of the file."""
    twin: Operator | None
    """The same operator in the float file."""
    part: str
    """Which part of its error costs most: ``ROUNDING`` or ``REST``."""
    measured: Measured
    everything: Mapping[int, Measured]
    """What was seen of each tensor of the quantized file."""
    neighbours: Neighbours
    original: Subgraph
    output_snr_db: float | None = None
    """What its error alone makes of the outputs of the float file."""
