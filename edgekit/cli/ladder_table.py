"""The ladder of ``--precision auto`` as a terminal shows it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edgekit.artifact.ladder import Ladder, Rung
from edgekit.units import format_bytes, format_count


def show_ladder(console: Console, ladder: Ladder) -> None:
    """Show what was tried, rung by rung."""
    console.print(
        f"ladder: {ladder.goal}, on {ladder.judged_on}; prefer {ladder.prefer}; "
        f"{format_count(ladder.files_made, 'file')} made",
        markup=False,
    )
    right = ("#", "size", "not int8", "SNR", "drop in points")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("#", "tried", *right[1:], ""):
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for number, rung in enumerate(ladder.rungs, start=1):
        table.add_row(str(number), escape(rung.what), *_figures(rung))
    console.print(table)


def _figures(rung: Rung) -> tuple[str, ...]:
    if rung.size_bytes is None:
        return "-", "-", "-", "-", escape(rung.fault or "")
    return (
        format_bytes(rung.size_bytes),
        f"{rung.outside_int8} of {rung.operators}",
        rung.snr_text,
        "-" if rung.drop_points is None else f"{rung.drop_points:.2f}",
        rung.outcome,
    )
