"""What is inside a file, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.cli.console import output
from edgekit.cli.tables import new_table, plain, show_notes
from edgekit.units import format_bytes

if TYPE_CHECKING:
    from rich.table import Table

    from edgekit.inspection import Inspection
    from edgekit.metadata import Metadata

_LABELS_SHOWN = 12


def show_inspection(facts: Inspection, *, ops: bool) -> None:
    """Show what a file is; ``ops`` adds every operator in execution order."""
    console = output()
    console.print(f"{facts.path}: {facts.precision}", style="bold", markup=False)
    rows = [
        (
            "size",
            f"{format_bytes(facts.size_bytes)} ({facts.size_bytes} bytes), zipped {format_bytes(facts.zipped_bytes)}",
        ),
        *(("input", str(spec)) for spec in facts.inputs),
        *(("output", str(spec)) for spec in facts.outputs),
        ("MACs", f"{facts.macs:,}"),
        ("weights", f"{facts.parameters:,} values in {format_bytes(facts.weight_bytes)}"),
        ("arena", _arena(facts)),
        ("sha256", facts.sha256),
        ("canonical", facts.canonical_sha256),
        *_metadata(facts.metadata),
    ]
    table = new_table("", "")
    for name, value in rows:
        table.add_row(name, plain(value))
    console.print(table)
    console.print()
    console.print(_census(facts))
    for island in facts.islands:
        console.print(f"float island: {island}", markup=False)
    if ops:
        console.print()
        console.print(_operators(facts))
    show_notes(facts.notes)


def _metadata(metadata: Metadata | None) -> Iterator[tuple[str, str]]:
    if metadata is None:
        yield "metadata", "none"
        return
    yield "metadata", " - ".join(text for text in (metadata.name, metadata.description) if text) or "no name"
    for kind, tensors in (("takes", metadata.inputs), ("gives", metadata.outputs)):
        for tensor in tensors:
            told = [str(tensor.content)]
            if tensor.normalization is not None:
                mean, std = (
                    ", ".join(f"{value:.6g}" for value in values)
                    for values in (tensor.normalization.mean, tensor.normalization.std)
                )
                told.append(f"(value - mean) / std with mean {mean}, std {std}")
            if tensor.labels:
                shown = ", ".join(tensor.labels[:_LABELS_SHOWN])
                more = ", ..." if len(tensor.labels) > _LABELS_SHOWN else ""
                told.append(f"{len(tensor.labels)} labels: {shown}{more}")
            elif tensor.label_file is not None:
                told.append(f"labels in {tensor.label_file}, which is not in the file")
            yield f"  {kind}", f"{tensor.name or 'no name'}: {'; '.join(told)}"


def _arena(facts: Inspection) -> str:
    arena = facts.arena
    bound = "" if arena.complete else " at least (dynamic shapes)"
    return f"{format_bytes(arena.arena_bytes)}{bound}, {format_bytes(arena.peak_live_bytes)} alive at once"


def _census(facts: Inspection) -> Table:
    table = new_table("operator", "computes in", "count", "weights", "MACs", right=("count", "weights", "MACs"))
    for row in facts.census:
        table.add_row(plain(row.name), row.precision, str(row.count), format_bytes(row.weight_bytes), f"{row.macs:,}")
    return table


def _operators(facts: Inspection) -> Table:
    table = new_table("#", "operator", "computes in", "MACs", "weights", "output", right=("#", "MACs", "weights"))
    for op in facts.ops:
        table.add_row(
            str(op.index),
            plain(op.name),
            op.precision,
            f"{op.macs:,}",
            format_bytes(op.weight_bytes),
            plain(op.output),
        )
    return table
