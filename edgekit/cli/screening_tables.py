"""What was found about samples, as a terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.cli.console import output
from edgekit.cli.tables import show_notes

if TYPE_CHECKING:
    from edgekit.screening import Screening

_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def show_screening(screening: Screening) -> None:
    """Show what was found about samples, and what could not be judged."""
    console = output()
    of = f" for {screening.model}" if screening.model else ""
    console.print(f"{screening.count} samples of {screening.path}{of} ({screening.preprocessing})", markup=False)
    show_notes(screening.notes)
    show_findings(screening)
    if not screening.findings:
        console.print("nothing was found against them", style="green")
    reasons: dict[str, list[str]] = {}
    for each in screening.unjudged:
        reasons.setdefault(each.because, []).append(each.name)
    for because, names in reasons.items():
        console.print(f"not judged: {', '.join(names)}: {because}", style="dim", markup=False)


def show_findings(screening: Screening) -> None:
    """Show each finding about samples, with its next step."""
    console = output()
    for finding in screening.findings:
        console.print(f"{finding.severity}: ", style=_SEVERITY_STYLES[finding.severity], end="", markup=False)
        console.print(f"{finding.name}: {finding.sentence}", markup=False)
        console.print(f"  next: {finding.next_step}", markup=False)
