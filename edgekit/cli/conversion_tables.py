"""What was converted, and how often files are right, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edgekit.cli.console import output
from edgekit.cli.ladder_table import show_ladder
from edgekit.cli.screening_tables import show_findings
from edgekit.cli.tables import new_table, plain, show_notes
from edgekit.units import format_bytes

if TYPE_CHECKING:
    from edgekit.accuracy import Accuracy, AccuracyComparison
    from edgekit.conversion import Conversion


def show_conversion(conversion: Conversion) -> None:
    """Show the artifacts of a conversion, how they were proven, and what to know about them."""
    from edgekit.reports import agreement_text, compared_on_text, parity_text, snr_text

    console = output()
    console.print(conversion.reason, markup=False)
    table = new_table("file", "precision", "size", "SNR", "top-1 as float", right=("size", "SNR", "top-1 as float"))
    for artifact in conversion.artifacts:
        fidelity = artifact.provenance.fidelity
        table.add_row(
            plain(str(artifact.path)),
            artifact.precision,
            format_bytes(artifact.size_bytes),
            snr_text(fidelity),
            agreement_text(fidelity),
        )
    console.print(table)
    fidelities = {artifact.provenance.fidelity for artifact in conversion.artifacts}
    for told in sorted({compared_on_text(each) for each in fidelities if each is not None}):
        console.print(told, markup=False)
    for artifact in conversion.artifacts:
        if artifact.provenance.ladder is not None:
            show_ladder(console, artifact.provenance.ladder)
    show_comparisons([artifact.provenance.accuracy for artifact in conversion.artifacts])
    console.print(parity_text(conversion.artifact), markup=False)
    show_notes(conversion.notes)
    if conversion.screening is not None:
        show_findings(conversion.screening)


def show_comparisons(comparisons: Iterable[AccuracyComparison | None]) -> None:
    """Show what files lose against the float one on the same labelled samples; None where that is not known."""
    from edgekit.reports import accuracy_text, drop_text

    known = [each for each in comparisons if each is not None]
    if not known:
        return
    console = output()
    reference = known[0].reference
    console.print(
        f"accuracy on {known[0].samples} ({reference.total}): {reference.value:.1%} by {known[0].reference_file}",
        markup=False,
    )
    right = ("accuracy", "drop in points (95 % interval)", "lost", "gained", "p")
    table = new_table("file", *right, "worst class, its drop (interval)", right=right)
    for each in known:
        worst = each.worst
        low, high = worst.interval_points
        table.add_row(
            plain(each.file),
            accuracy_text(each),
            drop_text(each),
            str(each.lost),
            str(each.gained),
            f"{each.p_value:.2g}",
            plain(f"{worst.name}: {worst.drop_points:.1f} ({low:.1f} to {high:.1f})"),
        )
    console.print(table)


def show_accuracy(file: str, accuracy: Accuracy) -> None:
    """Show how often one file is right."""
    output().print(f"{file}: {accuracy}", markup=False)
    show_notes(accuracy.notes)
