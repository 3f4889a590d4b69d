"""What ``compare`` gives."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.accuracy import AccuracyComparison
from edgekit.fidelity import Fidelity

COMPARISON_SCHEMA = "edgekit.comparison/1"


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact of both files."""

    name: str
    """Such as ``size_bytes``, ``recipe.ranges``, ``versions.numpy``."""
    a: Any
    """A JSON value; None where the first file does not have it."""
    b: Any

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return bool(self.a != self.b)


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """How often an operator computes in one precision in each file; 0 where it does not."""

    name: str
    precision: str
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class ArtifactComparison:
    """Two .tflite files side by side."""

    file_a: Path
    file_b: Path
    same: bool
    """Whether they compute the same: their canonical hashes are equal. Names and metadata may differ."""
    identical: bool
    """Whether they are the same bytes."""
    facts: tuple[Difference, ...]
    """What their bytes say, equal or not: sizes, precision, MACs, memory, inputs, outputs."""
    operators: tuple[OperatorChange, ...]
    """Kinds of operators whose number differs."""
    making: tuple[Difference, ...]
    """What their sidecars say and is not equal: recipe, versions, origin. Empty where one has no sidecar."""
    samples: str | None
    """Which samples both ran on, and what was done to these; None where none were given."""
    fidelity: Fidelity | None
    """Of the second file's outputs against the first one's; None where they cannot be compared."""
    accuracy: AccuracyComparison | None
    """Of the second file against the first one; None where the samples have no labels or the files no class scores."""
    unknown: tuple[str, ...]
    """A sentence for each thing that is not known, and why."""

    @property
    def changed(self) -> tuple[Difference, ...]:
        """The facts that differ."""
        return tuple(fact for fact in self.facts if fact.changed)

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "schema": COMPARISON_SCHEMA,
            "file_a": str(self.file_a),
            "file_b": str(self.file_b),
            "same": self.same,
            "identical": self.identical,
            "facts": [{**dataclasses.asdict(fact), "changed": fact.changed} for fact in self.facts],
            "operators": [dataclasses.asdict(change) for change in self.operators],
            "making": [dataclasses.asdict(difference) for difference in self.making],
            "samples": self.samples,
            "fidelity": None if self.fidelity is None else self.fidelity.to_document(),
            "accuracy": None if self.accuracy is None else self.accuracy.to_document(),
            "unknown": list(self.unknown),
        }

    def __str__(self) -> str:
        verdict = "the same" if self.same else "not the same"
        changed = "; ".join(f"{fact.name}: {fact.a} -> {fact.b}" for fact in self.changed)
        return f"{self.file_a} and {self.file_b} compute {verdict}" + (f" ({changed})" if changed else "")
