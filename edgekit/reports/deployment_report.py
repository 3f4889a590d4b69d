"""One model, one profile: everything that is known about both, as values and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edgekit.conversion import Conversion
from edgekit.metrics import Verdict, combine
from edgekit.profiles import DeviceProfile
from edgekit.reports.judged import judged_sections, verdict_notice
from edgekit.reports.latency_charts import distribution
from edgekit.reports.page import Bullets, Gallery, Page, PageTable, Section
from edgekit.reports.run_notices import run_notices
from edgekit.reports.seen import seen_runs
from edgekit.reports.wording import accuracy_text, agreement_text, drop_text, parity_text, snr_text
from edgekit.runs import Benchmark, RunResult, counted_text
from edgekit.units import format_bytes, format_count, format_milliseconds
from edgekit.verdicts import Assessment

REPORT_SCHEMA = "edgekit.report/1"
_COLUMNS = ("file", "precision", "size", "SNR", "top-1 as float")


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
        return _page(self)

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


def _page(report: DeploymentReport) -> Page:
    """Return the page: the answer, all files side by side, then what it rests on."""
    origin = report.conversion.artifact.provenance.origin
    columns = (*_COLUMNS, *_accuracy_columns(report), *_measured_columns(report), "verdict")
    rows = tuple(tuple(_row(report, index)) for index in range(len(report.assessments)))
    return Page(
        title=f"{origin.path} for {report.profile.title}",
        verdict=verdict_notice(report.verdict, f"{report.conversion.reason}."),
        lead=tuple(run_notices(seen_runs(report.benchmarks))),
        sections=(
            Section("Files", (PageTable(columns, rows, frozenset(columns[2:-1])),)),
            *judged_sections(report.assessments),
            *_latency(report),
            Section("What to know", (Bullets((*report.conversion.notes, *_environment(report))),)),
            Section("Where it comes from", (Bullets(tuple(_provenance(report))),)),
        ),
    )


def _latency(report: DeploymentReport) -> Iterator[Section]:
    timed = [each for each in seen_runs(report.benchmarks) if each.timed]
    if timed:
        # The assessments know it: a budget of the user's own stands in for the profile's.
        limits = {check.limit: check.limit_value for each in report.assessments for check in each.checks}
        figure = distribution(timed, limit_ms=limits.get("latency_p90"))
        yield Section("Latency", (Gallery((figure,)),))


def _row(report: DeploymentReport, index: int) -> Sequence[str]:
    artifact = report.conversion.artifacts[index]
    fidelity = artifact.provenance.fidelity
    return (
        artifact.path.name,
        artifact.precision,
        format_bytes(artifact.size_bytes),
        snr_text(fidelity),
        agreement_text(fidelity),
        *_accuracy_cells(report, index),
        *_measured_cells(report, index),
        str(report.assessments[index].verdict),
    )


def _accuracy_columns(report: DeploymentReport) -> tuple[str, ...]:
    evaluated = report.conversion.artifact.provenance.accuracy is not None
    return ("accuracy", "drop (95 % interval)") if evaluated else ()


def _accuracy_cells(report: DeploymentReport, index: int) -> tuple[str, ...]:
    comparison = report.conversion.artifacts[index].provenance.accuracy
    return () if comparison is None else (accuracy_text(comparison), drop_text(comparison))


def _measured_columns(report: DeploymentReport) -> tuple[str, ...]:
    """Name the device and the threads: whose times these are is not told by the profile in the title."""
    device = report.benchmarks[0].device
    columns = (
        f"{figure} on {device}, {format_count(threads, 'thread')}"
        for threads in _threads(report)
        for figure in ("p50", "p90", "peak memory")
    )
    return tuple(columns)


def _measured_cells(report: DeploymentReport, index: int) -> Iterator[str]:
    runs = {run.threads: run for run in report.benchmarks[index].runs}
    for threads in _threads(report):
        run = runs[threads]
        yield _time(run, run.steady.p50_ms)
        yield _time(run, run.steady.p90_ms)
        peak = None if run.environment.emulated else run.peak_memory_bytes
        yield "-" if peak is None else format_bytes(peak)


def _threads(report: DeploymentReport) -> list[int]:
    # All artifacts were measured alike; a number that is given twice was measured twice, and the last run is shown.
    return list(dict.fromkeys(run.threads for run in report.benchmarks[0].runs))


def _time(run: RunResult, value: float) -> str:
    # Emulated seconds mean nothing, and an emulator's memory is not the board's.
    return "-" if run.environment.emulated else format_milliseconds(value)


def _environment(report: DeploymentReport) -> list[str]:
    run = report.benchmarks[0].runs[0]
    environment = run.environment
    if environment.emulated:
        runs = [(each.file, run) for each in report.benchmarks for run in each.runs]
        counts = [f"{file}, {format_count(run.threads, 'thread')}: {counted_text(run)}" for file, run in runs]
        place = f"{run.device} is emulated ({environment.cpu_model}, {environment.runtime})"
        return [f"No time was seen: {place}.", *counts]
    return [
        f"Times were seen on {run.device}: {environment.cpu_model}, {environment.cores} cores, {environment.system}, "
        f"{environment.runtime}. They speak for {report.profile.title} only where the checks above say so."
    ]


def _provenance(report: DeploymentReport) -> Iterator[str]:
    artifact = report.conversion.artifact
    origin, provenance = artifact.provenance.origin, artifact.provenance
    yield f"source: {origin.path} ({origin.format}){'' if origin.sha256 is None else f', SHA-256 {origin.sha256}'}"
    yield parity_text(artifact)
    yield "versions: " + ", ".join(f"{package} {version}" for package, version in provenance.versions.items())
    for each in report.conversion.artifacts:
        yield f"{each.path.name}: SHA-256 {each.sha256}"
