"""Runs as a page: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edgekit.artifact import Sidecar
from edgekit.metrics import Budget, Check, Verdict, combine
from edgekit.prediction import BoardTable
from edgekit.profiles import DeviceProfile
from edgekit.reports.boards_report import boards_section
from edgekit.reports.judged import judged_sections, verdict_notice
from edgekit.reports.page import Notice, Page
from edgekit.reports.run_notices import failure_notices, run_notices
from edgekit.reports.run_sections import (
    environment_section,
    figures_section,
    memory_section,
    op_sections,
    origin_section,
    threads_section,
    time_section,
)
from edgekit.reports.seen import seen_runs
from edgekit.reports.speed_section import speed_sections
from edgekit.runs import Benchmark, SpeedComparison
from edgekit.verdicts import Assessment


def run_page(
    benchmarks: Sequence[Benchmark],
    profile: DeviceProfile | None,
    assessments: Sequence[Assessment],
    sidecars: Sequence[Sidecar],
    *,
    budget: Budget | None,
    failures: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    boards: Sequence[BoardTable] = (),
    speeds: Sequence[SpeedComparison] = (),
) -> Page:
    """Return the page. What a run does not hold is left out, or said to be unknown."""
    seen = seen_runs(benchmarks, names)
    limit = latency_limit(profile, budget)
    sections = (
        *judged_sections(assessments),
        figures_section(seen, limit_ms=limit) if seen else None,
        *speed_sections(speeds),
        threads_section(seen),
        time_section(seen),
        memory_section(seen),
        *op_sections(seen),
        environment_section(benchmarks) if seen else None,
        *(boards_section(table, title=f"Other boards for {Path(table.file).name}, estimated") for table in boards),
        origin_section(benchmarks, sidecars, speeds),
    )
    return Page(
        title=_title(benchmarks, speeds, profile),
        verdict=None if profile is None else _verdict(assessments, profile),
        lead=(*failure_notices(failures), *run_notices(seen)),
        sections=tuple(section for section in sections if section is not None),
    )


def _title(benchmarks: Sequence[Benchmark], speeds: Sequence[SpeedComparison], profile: DeviceProfile | None) -> str:
    compared = (times.file for each in speeds for times in each.files)
    files = list(dict.fromkeys((*(each.file for each in benchmarks), *compared)))
    devices = list(dict.fromkeys([*(each.device for each in benchmarks), *(each.device for each in speeds)]))
    shown = files[0] if len(files) == 1 else f"{len(files)} files"
    place = devices[0] if len(devices) == 1 else f"{len(devices)} devices"
    return f"{shown} on {place}" + ("" if profile is None else f", for {profile.title}")


def _verdict(assessments: Sequence[Assessment], profile: DeviceProfile) -> Notice:
    verdict = combine(each.verdict for each in assessments)
    if verdict is Verdict.PASS and all(check.limit_value is None for each in assessments for check in each.checks):
        return verdict_notice(verdict, f"It runs there, and no limit is set for {profile.title}.")
    if verdict is Verdict.PASS:
        return verdict_notice(verdict, f"Every limit of {profile.title} is kept, with evidence.")
    if len(assessments) > 1:
        # Why is told in the section of each.
        due = [(each.file.name, [check.limit for check in _decisive(each, verdict)]) for each in assessments]
        return verdict_notice(verdict, *(f"{name}: {', '.join(limits)}." for name, limits in due if limits))
    lines = [f"{check.limit}: {check.sentence}." for each in assessments for check in _decisive(each, verdict)]
    return verdict_notice(verdict, *lines)


def _decisive(assessment: Assessment, verdict: Verdict) -> Iterator[Check]:
    return (check for check in assessment.checks if check.verdict is verdict)


def latency_limit(profile: DeviceProfile | None, budget: Budget | None) -> float | None:
    """Return the limit of the p90 in milliseconds; None where there is none."""
    if budget is not None and budget.latency_p90_ms is not None:
        return budget.latency_p90_ms
    return None if profile is None else profile.budget.latency_p90_ms
