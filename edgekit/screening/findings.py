"""What was found about samples: frozen values, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCREENING_SCHEMA = "edgekit.samples/1"
_NAMED = 3


class Severity(StrEnum):
    """What a finding means for a conversion."""

    ERROR = "error"
    """It stops: what comes out would be wrong."""
    WARNING = "warning"
    """It goes on; somebody should look."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class SampleFinding:
    """One thing about the samples."""

    name: str
    """The check that found it, such as ``near duplicates``."""
    severity: Severity
    sentence: str
    """With figures."""
    samples: tuple[int, ...]
    """Places in the set of the samples concerned; none where it is about the set."""
    next_step: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.name}: {self.sentence}; next: {self.next_step}"

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "name": self.name,
            "severity": str(self.severity),
            "sentence": self.sentence,
            "samples": list(self.samples),
            "next": self.next_step,
        }


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A check that could not be made."""

    name: str
    because: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"name": self.name, "because": self.because}


@dataclass(frozen=True, slots=True)
class Screening:
    """All that was found about a set of samples, errors first, and what could not be judged."""

    path: str
    """The samples as they were given."""
    count: int
    preprocessing: str
    """What was done to them before the model saw them, in words."""
    findings: tuple[SampleFinding, ...]
    unjudged: tuple[Unjudged, ...]
    names: tuple[str, ...] = ()
    """Of the samples, in the order used."""
    sample_ids: tuple[str, ...] = ()
    """SHA-256 of each sample's content, in the order used."""
    model: str | None = None
    """The model that they were judged for; None for none."""
    skipped: tuple[str, ...] = ()
    """One sentence for each sample that could not be read, and was left out: which, and why."""
    notes: tuple[str, ...] = ()
    """What a user should know of the set: how many samples were skipped, which choice was not used."""

    @property
    def errors(self) -> tuple[SampleFinding, ...]:
        """The findings that stop a conversion."""
        return self.of(Severity.ERROR)

    def of(self, severity: Severity) -> tuple[SampleFinding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": SCREENING_SCHEMA,
            "path": self.path,
            "model": self.model,
            "count": self.count,
            "preprocessing": self.preprocessing,
            "sample_ids": list(self.sample_ids),
            "names": list(self.names),
            "skipped": list(self.skipped),
            "notes": list(self.notes),
            **self.to_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """Return what an artifact's sidecar keeps."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "unjudged": [each.to_json() for each in self.unjudged],
        }

    def __str__(self) -> str:
        head = f"{self.count} samples of {self.path} ({self.preprocessing})"
        return "\n".join([head, *(f"note: {note}" for note in self.notes), *map(str, self.findings)])


_ORDER = list(Severity)


def ordered(findings: Iterable[SampleFinding]) -> tuple[SampleFinding, ...]:
    """Return the findings with the most severe first, else as they came."""
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


def listed(places: Iterable[int], names: tuple[str, ...]) -> str:
    """Return the names of the first samples among ``places``, for a sentence."""
    chosen = list(places)
    told = ", ".join(names[place] if place < len(names) else f"sample {place}" for place in chosen[:_NAMED])
    return f"{told} and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else told


def samples_text(count: int, total: int) -> str:
    """Return ``1 of 200 samples is`` or ``3 of 200 samples are``."""
    return f"{count} of {total} samples {'is' if count == 1 else 'are'}"
