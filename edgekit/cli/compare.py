"""``edgekit compare``."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import edgekit
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.conversion_tables import show_comparisons
from edgekit.cli.options import Verb, device_option, given, json_option, preprocessing_options, quiet_option
from edgekit.comparison import ArtifactComparison, Difference
from edgekit.errors import UsageError
from edgekit.reports import agreement_text, snr_text
from edgekit.units import format_bytes


@click.command(name="compare", cls=Verb)
@click.argument("a")
@click.argument("b")
@click.option("--samples", help="Samples to run both on, all of them; with labels, accuracy is compared too.")
@preprocessing_options
@click.option("--scores", help="Name of the output with the scores, where there are several.")
@device_option
@json_option
@quiet_option
def command(
    *,
    a: str,
    b: str,
    samples: str | None,
    scores: str | None,
    device: str,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Tell what changed from A to B, two .tflite files: size, operators, precision, how they were made.

    With --samples also how far their outputs agree and, with labels, how accurate both are. Samples are preprocessed
    as the sidecars say, unless --range and the like say otherwise. Ends with exit code 0, whatever differs.
    """
    picked = given(**choices)
    if samples is None and (picked or scores):
        raise UsageError("how samples are read was said, but --samples names none", hint="add --samples PATH")
    with progress_on_stderr(quiet=quiet) as progress:
        comparison = edgekit.compare(
            a,
            b,
            samples=samples,
            output=scores,
            device=device,
            progress=progress,
            **picked,
        )
    if as_json:
        emit_json(comparison.to_document())
    else:
        _show(comparison)


_LISTED = 4
"""How much of a long list, such as the samples that a recipe leaves out, is for reading; JSON has all."""


def _show(comparison: ArtifactComparison) -> None:
    console = output()
    console.print(f"A: {comparison.file_a}", markup=False)
    console.print(f"B: {comparison.file_b}", markup=False)
    if comparison.identical:
        console.print("SAME: the same bytes", style="green")
    elif comparison.same:
        console.print("SAME: they compute the same; names, metadata or the order of parts differ", style="green")
    else:
        console.print("DIFFERENT: they do not compute the same", style="yellow")
    _show_differences(console, comparison.changed)
    equal = [fact.name for fact in comparison.facts if not fact.changed]
    if equal and not comparison.identical:
        console.print(f"equal: {', '.join(equal)}", markup=False)
    if comparison.operators:
        console.print()
        table = _table("operator", "computes in", "A", "B", right=("A", "B"))
        for change in comparison.operators:
            table.add_row(escape(change.name), change.precision, str(change.a), str(change.b))
        console.print(table)
    if comparison.making:
        console.print()
        _show_differences(console, comparison.making)
    if comparison.fidelity is not None:
        console.print()
        console.print(f"samples: {comparison.samples}", markup=False)
        console.print(
            f"outputs of B against A: SNR {snr_text(comparison.fidelity)}, largest difference "
            f"{comparison.fidelity.max_error:.3g}, same top class {agreement_text(comparison.fidelity)}",
            markup=False,
        )
    show_comparisons([comparison.accuracy])
    for sentence in comparison.unknown:
        console.print(f"unknown: {sentence}", markup=False)


def _show_differences(console: Console, differences: tuple[Difference, ...]) -> None:
    if not differences:
        return
    table = _table("", "A", "B", "change", right=("change",))
    for difference in differences:
        table.add_row(
            escape(difference.name),
            *(escape(_text(difference.name, value)) for value in (difference.a, difference.b)),
            _change(difference),
        )
    console.print(table)


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _text(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "metadata":
        labels = sum(len(tensor["labels"]) for tensor in value["outputs"])
        return f"{value['name'] or 'without a name'}, {labels} labels"
    if isinstance(value, int) and name.endswith("_bytes"):
        return format_bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if not isinstance(value, list):
        return str(value)
    more = f"; ... ({len(value):,} in all)" if len(value) > _LISTED else ""
    return "; ".join(map(str, value[:_LISTED])) + more


def _change(difference: Difference) -> str:
    a, b = difference.a, difference.b
    numbers = isinstance(a, int) and isinstance(b, int) and not isinstance(a, bool) and not isinstance(b, bool)
    return f"{(b - a) / a:+.1%}" if numbers and a else ""
