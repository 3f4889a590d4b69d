"""``edgekit diagnose``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

import edgekit
from edgekit.charts import drawer_for
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.options import Verb, given, json_option, preprocessing_options, quiet_option
from edgekit.diagnosis import Diagnosis, TensorError, decibels, save_plot, short_name
from edgekit.files import named_output, require_other, require_writable
from edgekit.recipe import Recipe

_SHOWN = 10
_COLUMNS = ("#", "operator", "in", "tensor", "outputs by it alone", "adds", "so far", "range used", "range seen")
_RIGHT = {"#", "outputs by it alone", "adds", "so far"}
_TENSOR, _RANGES = _COLUMNS.index("tensor"), 2
_LEAST_NAME, _GAP = 12, 2


@click.command(name="diagnose", cls=Verb)
@click.argument("float_file", metavar="FLOAT.tflite")
@click.argument("quantized_file", metavar="QUANTIZED.tflite")
@click.option("--samples", required=True, help="Samples as the model will see them; as for convert's --calibration.")
@click.option("--limit", type=int, default=64, show_default=True, help="How many samples to run, at most; 0: all.")
@preprocessing_options
@click.option("--seed", type=int, help="Seed of the choice of samples (default 0).")
@click.option("--recipe", type=click.Path(path_type=Path), help="TOML file of choices; options come on top.")
@click.option("--plot", help="File to draw the signal to noise ratio along the graph into: .svg or .png.")
@click.option("--ops", is_flag=True, help="List every operator in execution order instead of the worst ones.")
@json_option
@quiet_option
def command(
    *,
    float_file: str,
    quantized_file: str,
    samples: str,
    limit: int,
    recipe: Path | None,
    plot: str | None,
    ops: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Tell where QUANTIZED.tflite goes wrong against FLOAT.tflite, why, and what to try.

    Both run on the samples, tensor by tensor and operator by operator. Where the outputs are healthy, no cause is
    named. Ends with exit code 0 either way: a diagnosis is no verdict.
    """
    target = None if plot is None else _plot_file(plot, given_files=(float_file, quantized_file))
    chosen = Recipe() if recipe is None else Recipe.load(recipe)
    with progress_on_stderr(quiet=quiet) as progress:
        diagnosis = edgekit.diagnose(
            float_file,
            quantized_file,
            samples=samples,
            recipe=Recipe.from_mapping({**chosen.to_mapping(), **given(**choices)}),
            limit=limit,
            progress=progress,
        )
    if target is not None:
        save_plot(diagnosis, target)
    if as_json:
        emit_json(diagnosis.to_document())
    else:
        _show(diagnosis, ops=ops)


def _plot_file(plot: str, *, given_files: tuple[str, ...]) -> Path:
    """Return where the plot goes. Raises UsageError or OutputError now, and not after the work."""
    target = named_output(plot)
    drawer_for(target)
    for file in given_files:
        require_other(target, Path(file), what="one of the models")
    require_writable(target)
    return target


def _show(diagnosis: Diagnosis, *, ops: bool) -> None:
    console = output()
    console.print(
        f"{diagnosis.quantized_file} ({diagnosis.precision}) against {diagnosis.float_file}, on {diagnosis.samples} "
        f"samples ({diagnosis.preprocessing})",
        markup=False,
    )
    console.print(f"float parity: {diagnosis.float_parity_text}", markup=False)
    console.print(
        f"one model: {diagnosis.operators_matched} of {diagnosis.operators} operators found in the float file, least "
        f"cosine of weights {diagnosis.weights_cosine:.4f}",
        markup=False,
    )
    agreement = diagnosis.fidelity.top1_agreement
    told = "" if agreement is None else f", same top class in {agreement:.1%}"
    console.print(f"outputs: {decibels(diagnosis.output_snr_db)}{told}: ", end="", markup=False)
    state, style = ("HEALTHY", "green") if diagnosis.healthy else ("NOT HEALTHY", "bold red")
    console.print(f"{state} (from {diagnosis.limit_db:.0f} dB)", style=style)
    console.print()
    rows = diagnosis.tensors if ops else diagnosis.worst[:_SHOWN]
    _show_table(console, rows)
    if len(rows) < len(diagnosis.tensors):
        left_out = len(diagnosis.tensors) - len(rows)
        console.print(f"the worst first; {left_out} more with --ops, in execution order", style="dim")
    console.print()
    _show_findings(console, diagnosis)
    for note in diagnosis.notes:
        console.print(f"note: {note}", markup=False)


def _show_findings(console: Console, diagnosis: Diagnosis) -> None:
    if diagnosis.start is not None:
        start = diagnosis.tensors[diagnosis.start]
        console.print(f"starts at: {_number(start)} {start.name}, {short_name(start.tensor)}", markup=False)
    elif not diagnosis.healthy:
        console.print("starts at: no single operator; the errors of many add up", markup=False)
    for finding in diagnosis.findings:
        console.print(f"cause: {finding.cause}", style="bold", markup=False)
        console.print(f"  {finding.sentence}", markup=False)
        many = len(finding.operators)
        console.print(
            f"  {many} operator{'' if many == 1 else 's'}: outputs {decibels(finding.alone_snr_db)} by this alone, "
            f"{decibels(finding.repaired_snr_db)} without it",
            markup=False,
        )
        console.print(f"  try: {finding.repair}", markup=False)


def _show_table(console: Console, rows: tuple[TensorError, ...]) -> None:
    """Print the rows; where they are too wide, the names of tensors give way, then the ranges: never a number."""
    cells = [_COLUMNS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if _width(widths) > console.width:
        # A heading may be of several lines, but each of its words is whole.
        least = [max(map(len, _COLUMNS[n].split())) for n in range(len(_COLUMNS))]
        widths = [max(each, *(len(row[n]) for row in cells[1:])) for n, each in enumerate(least)]
        ranges = _width(widths) - widths[_TENSOR] + _LEAST_NAME > console.width
        if ranges:
            widths = widths[:-_RANGES]
        over = _width(widths) - console.width
        widths[_TENSOR] = max(_LEAST_NAME, min(widths[_TENSOR], widths[_TENSOR] - over))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, (column, width) in enumerate(zip(_COLUMNS, widths, strict=False)):
        justify: JustifyMethod = "right" if column in _RIGHT else "left"
        # With min_width a number stays whole even where the terminal has less room than that.
        kept = None if number == _TENSOR else width
        table.add_column(column, justify=justify, overflow="fold", min_width=kept, max_width=width)
    for row in cells[1:]:
        table.add_row(*map(escape, row[: len(widths)]))
    # A terminal that is narrower still wraps the lines itself: nothing is cut off.
    console.print(table, width=max(console.width, _width(widths)), crop=False)
    if len(widths) < len(_COLUMNS):
        console.print("the ranges used and seen need a wider terminal, or a pipe: | less -S", style="dim")


def _width(widths: list[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _cells(row: TensorError) -> tuple[str, ...]:
    return (
        _number(row),
        row.name,
        row.precision,
        short_name(row.tensor),
        decibels(row.output_snr_db),
        decibels(row.own_snr_db),
        decibels(row.snr_db),
        _range(row.range_used),
        _range(row.range_seen),
    )


def _number(row: TensorError) -> str:
    return "in" if row.operator < 0 else str(row.operator)


def _range(limits: tuple[float, float] | None) -> str:
    return "-" if limits is None else f"{limits[0]:.3g}..{limits[1]:.3g}"
