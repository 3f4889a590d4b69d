"""What a compression bought, as a terminal shows it."""

from __future__ import annotations

from edgekit.cli.console import output
from edgekit.cli.tables import new_table, plain, show_notes
from edgekit.compression import Compression
from edgekit.metrics import Metric
from edgekit.reports import accuracy_text, agreement_text, drop_text, snr_text
from edgekit.units import format_bytes, format_milliseconds


def show_compression(result: Compression) -> None:
    """Show a line for each file of each version, and a sentence for each stage."""
    console = output()
    console.print(f"{result.path}: {result.split}", markup=False)
    if result.artifact is not None:
        console.print(f"{result.artifact}: the last row", markup=False)
    addresses = list(result.original.files[0].measured)
    labelled = result.original.files[0].accuracy is not None
    judged = ("accuracy", "drop in points (95 % interval)", "worst class") if labelled else ("SNR", "same answer")
    right = ("size", "zipped", "MACs", *judged[:2], *addresses)
    table = new_table("version", "file", "size", "zipped", "MACs", *judged, *addresses, right=right)
    for version in result.versions:
        for each in version.files:
            if each.accuracy is not None:
                worst = each.accuracy.accuracy.worst
                told = [
                    accuracy_text(each.accuracy),
                    drop_text(each.accuracy),
                    plain(f"{worst.name}: {worst.value:.1%}"),
                ]
            elif labelled:
                told = ["-", "-", "-"]
            else:
                told = ["-", "-"] if each.fidelity is None else [snr_text(each.fidelity), agreement_text(each.fidelity)]
            table.add_row(
                plain(version.name),
                each.precision,
                format_bytes(each.size_bytes),
                format_bytes(each.zipped_bytes),
                f"{each.macs:,}",
                *told,
                *(_figure(each.measured[address]) for address in addresses),
            )
    console.print(table)
    for version in result.versions:
        if version.bought is not None:
            console.print(version.bought, markup=False)
    show_notes(result.notes)


def _figure(metric: Metric) -> str:
    return format_milliseconds(metric.value) if metric.unit == "ms" else f"{metric.value:,.0f} instructions"
