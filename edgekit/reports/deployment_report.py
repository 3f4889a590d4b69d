"""One model, one profile: everything that is known about both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgekit.conversion import Conversion
from edgekit.metrics import Verdict, combine
from edgekit.profiles import DeviceProfile
from edgekit.reports.deployment_page import deployment_page
from edgekit.reports.page import Page
from edgekit.runs import Benchmark
from edgekit.verdicts import Assessment

REPORT_SCHEMA = "edgekit.report/1"


@dataclass(frozen=True, slots=True)
class DeploymentReport:
    """The results of one deployment; benchmarks and assessments are in the order of the artifacts."""

    conversion: Conversion
    profile: DeviceProfile
    benchmarks: tuple[Benchmark, ...]
    assessments: tuple[Assessment, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on all artifacts together."""
        return combine(assessment.verdict for assessment in self.assessments)

    @property
    def page(self) -> Page:
        """What stands on it, as every format shows it."""
        return deployment_page(self)

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": REPORT_SCHEMA,
            "verdict": str(self.verdict),
            "profile": self.profile.to_document(),
            "conversion": self.conversion.to_document(),
            "benchmarks": [benchmark.to_document() for benchmark in self.benchmarks],
            "assessments": [assessment.to_document() for assessment in self.assessments],
        }
