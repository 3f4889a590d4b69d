"""What building an artifact again gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.metrics import Verdict

REPRODUCTION_SCHEMA = "edgekit.reproduction/1"
_TOLD = 10


@dataclass(frozen=True, slots=True)
class Reproduction:
    """An artifact that was built again, against what its sidecar says."""

    sidecar: Path
    precision: str
    canonical_sha256: str
    """As the sidecar has it."""
    rebuilt_canonical_sha256: str
    sha256: str
    """As the sidecar has it."""
    rebuilt_sha256: str
    changes: tuple[str, ...]
    """A sentence for each thing that the build started from and that is not what it was: model, samples, versions."""
    unknown: tuple[str, ...]
    """What of that cannot be told: whether it is the same model, where one of the two was in memory."""
    differences: tuple[str, ...]
    """A sentence for each operator, option or weight that differs."""
    samples_gone: tuple[str, ...]
    """SHA-256 of every sample that it was calibrated on and that is not there now; the sentences name a few."""
    samples_new: tuple[str, ...]
    """The same of every sample that is there now, and was not."""
    output: Path | None
    """Where the new artifact lies; None where it was not kept."""

    @property
    def identical(self) -> bool:
        """Whether the new file computes the same, by the canonical hash."""
        return self.canonical_sha256 == self.rebuilt_canonical_sha256

    @property
    def same_bytes(self) -> bool:
        """Whether the new file is the same to the byte; names and order may differ in an identical one."""
        return self.sha256 == self.rebuilt_sha256

    @property
    def verdict(self) -> Verdict:
        """``pass`` where it is identical."""
        return Verdict.PASS if self.identical else Verdict.FAIL

    @property
    def lines(self) -> list[str]:
        """What was found, a sentence each."""
        unknown = [f"not known: {each}" for each in self.unknown]
        if self.identical:
            how = "to the byte" if self.same_bytes else "in all that it computes; names or their order differ"
            told = [f"identical {how}: canonical hash {self.canonical_sha256[:12]}..."]
            return [*told, *(f"although {change}" for change in self.changes), *unknown]
        told = [
            f"not the same: canonical hash {self.rebuilt_canonical_sha256[:12]}..., not {self.canonical_sha256[:12]}..."
        ]
        told += [f"changed: {change}" for change in self.changes] + unknown
        if not self.changes and not unknown:
            told.append("model, samples and versions are what they were: the build depends on something else")
        told += [f"differs: {difference}" for difference in self.differences[:_TOLD]]
        if self.differences[_TOLD:]:
            told.append(f"and {len(self.differences) - _TOLD} more differences")
        return told

    def __str__(self) -> str:
        return "\n".join([f"{self.sidecar} ({self.precision}): {self.verdict}", *self.lines])

    def to_document(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "schema": REPRODUCTION_SCHEMA,
            "sidecar": str(self.sidecar),
            "precision": self.precision,
            "verdict": str(self.verdict),
            "identical": self.identical,
            "same_bytes": self.same_bytes,
            "canonical_sha256": self.canonical_sha256,
            "rebuilt_canonical_sha256": self.rebuilt_canonical_sha256,
            "sha256": self.sha256,
            "rebuilt_sha256": self.rebuilt_sha256,
            "changes": list(self.changes),
            "unknown": list(self.unknown),
            "differences": list(self.differences),
            "samples_gone": list(self.samples_gone),
            "samples_new": list(self.samples_new),
            "output": None if self.output is None else str(self.output),
        }
