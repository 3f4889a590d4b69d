"""Verdicts as blocks of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.metrics import Verdict
from edgekit.reports.page import TONES, Block, Bullets, Notice, PageTable, Section
from edgekit.verdicts import Assessment


def verdict_notice(verdict: Verdict, *lines: str) -> Notice:
    """Return the answer that stands on top."""
    return Notice(TONES[verdict], f"Verdict: {verdict}", lines)


def judged_sections(assessments: Sequence[Assessment]) -> Iterator[Section]:
    """Give a section for each file: every limit with its number and why."""
    for assessment in assessments:
        rows = tuple(
            (
                check.limit,
                check.answer,
                "-" if check.metric is None else str(check.metric.evidence),
                check.sentence,
            )
            for check in assessment.checks
        )
        blocks: list[Block] = [PageTable(("limit", "verdict", "evidence", "why"), rows)]
        if assessment.advice:
            blocks.append(Bullets(assessment.advice))
        yield Section(f"{assessment.file.name}: {assessment.verdict}", tuple(blocks))
