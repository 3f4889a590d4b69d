"""The answer to "does it fit?": every limit with its number, its evidence and its sentence."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.metrics import Check, Metric, Verdict, overall

ASSESSMENT_SCHEMA = "edgekit.assessment/1"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One file against one device profile."""

    file: Path
    sha256: str
    profile: str
    """The profile's name."""
    checks: tuple[Check, ...]
    """``runnable`` first, then one for each limit that was asked for."""
    advice: tuple[str, ...]
    """What follows from the device's facts for this file's precision."""

    @property
    def verdict(self) -> Verdict:
        """The verdict on all checks: fail beats unknown beats pass."""
        return overall(self.checks)

    def moved(self, folder: Path) -> Assessment:
        """Return the same with the file in ``folder``, to which it is brought."""
        return dataclasses.replace(self, file=folder / self.file.name)

    def __str__(self) -> str:
        lines = [f"{self.file} on {self.profile}: {self.verdict}"]
        lines += [f"  {check.answer:<8} {check.limit:<14} {check.sentence}" for check in self.checks]
        lines += [f"  {'advice':<8} {sentence}" for sentence in self.advice]
        return "\n".join(lines)

    def to_document(self) -> dict[str, Any]:
        """Return the assessment as JSON values."""
        return {
            "schema": ASSESSMENT_SCHEMA,
            "file": str(self.file),
            "sha256": self.sha256,
            "profile": self.profile,
            "verdict": str(self.verdict),
            "checks": [_check_document(check) for check in self.checks],
            "advice": list(self.advice),
        }


def _check_document(check: Check) -> dict[str, Any]:
    return {
        "limit": check.limit,
        "limit_value": check.limit_value,
        "metric": None if check.metric is None else _metric_document(check.metric),
        "verdict": str(check.verdict),
        "sentence": check.sentence,
        "likelihood": check.likelihood,
    }


def _metric_document(metric: Metric) -> dict[str, Any]:
    return {**dataclasses.asdict(metric), "evidence": str(metric.evidence)}
