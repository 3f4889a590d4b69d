"""One model, one profile: everything that is known, as a document for machines and one for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgekit.conversion import Conversion
from edgekit.metrics import Verdict, combine
from edgekit.profiles import DeviceProfile
from edgekit.reports.wording import agreement_text, snr_text
from edgekit.runner import Benchmark, RunResult
from edgekit.units import format_bytes, format_milliseconds
from edgekit.verdicts import Assessment

REPORT_SCHEMA = "edgekit.report/1"


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one deployment; benchmarks and assessments are in the order of the artifacts."""

    conversion: Conversion
    profile: DeviceProfile
    benchmarks: tuple[Benchmark, ...]
    assessments: tuple[Assessment, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on all artifacts together."""
        return combine(assessment.verdict for assessment in self.assessments)

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


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    origin = report.conversion.artifact.provenance.origin
    lines = [
        f"# {origin.path} on {report.profile.title}",
        "",
        f"Verdict: **{report.verdict}**. {report.conversion.reason}.",
        "",
        *_table(
            ("file", "precision", "size", "SNR", "top-1 as float", "p50", "p90", "peak memory", "verdict"),
            [_row(report, index) for index in range(len(report.assessments))],
        ),
        "",
    ]
    for assessment in report.assessments:
        lines += [f"## {assessment.file.name}: {assessment.verdict}", ""]
        rows = [
            (
                check.limit,
                str(check.verdict),
                "-" if check.metric is None else str(check.metric.evidence),
                check.sentence,
            )
            for check in assessment.checks
        ]
        lines += _table(("limit", "verdict", "evidence", "why"), rows)
        lines += ["", *(f"- {sentence}" for sentence in assessment.advice), ""]
    lines += ["## What to know", ""]
    lines += [f"- {note}" for note in (*report.conversion.notes, *_environment(report))]
    return "\n".join(lines) + "\n"


def _row(report: Report, index: int) -> Sequence[str]:
    artifact, run = report.conversion.artifacts[index], report.benchmarks[index].best
    fidelity = artifact.provenance.fidelity
    return (
        artifact.path.name,
        artifact.precision,
        format_bytes(artifact.size_bytes),
        snr_text(fidelity),
        agreement_text(fidelity),
        _time(run, run.steady.p50_ms),
        _time(run, run.steady.p90_ms),
        format_bytes(run.peak_memory_bytes),
        str(report.assessments[index].verdict),
    )


def _time(run: RunResult, value: float) -> str:
    # Emulated seconds mean nothing.
    return "-" if run.environment.emulated else format_milliseconds(value)


def _environment(report: Report) -> list[str]:
    run = report.benchmarks[0].best
    environment = run.environment
    return [
        f"Times were seen on {run.device}: {environment.cpu_model}, {environment.cores} cores, {environment.system}, "
        f"{environment.runtime}. They speak for {report.profile.title} only where the checks above say so."
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
