"""What a conversion gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact
from edgekit.screening import Screening


@dataclass(frozen=True, slots=True)
class Conversion:
    """The artifacts of one call, in the order they were asked for."""

    artifacts: tuple[Artifact, ...]
    reason: str
    """Which precisions, and why these."""
    notes: tuple[str, ...]
    """What a user should know: samples skipped, noise in place of samples, operators left in float."""
    screening: Screening | None = None
    """What was found about the calibration samples; None where there are none, or they were not checked."""

    @property
    def artifact(self) -> Artifact:
        """The first artifact; the only one, where one precision was asked for."""
        return self.artifacts[0]

    def moved(self, folder: Path) -> Conversion:
        """Return the same with the artifacts in ``folder``, to which their files are brought."""
        return replace(self, artifacts=tuple(replace(each, path=folder / each.path.name) for each in self.artifacts))

    def to_document(self) -> dict[str, Any]:
        """Return the artifacts with their provenance as JSON values."""
        return {
            "schema": "edgekit.conversion/1",
            "reason": self.reason,
            "notes": list(self.notes),
            "screening": None if self.screening is None else self.screening.to_json(),
            "artifacts": [{"path": str(artifact.path), **artifact.to_document()} for artifact in self.artifacts],
        }

    def __str__(self) -> str:
        findings = () if self.screening is None else self.screening.findings
        return "\n".join(
            [self.reason, *(_line(artifact) for artifact in self.artifacts), *self.notes, *map(str, findings)]
        )


def _line(artifact: Artifact) -> str:
    accuracy = artifact.provenance.accuracy
    return str(artifact) if accuracy is None else f"{artifact}: {accuracy}"
