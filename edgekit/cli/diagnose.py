"""``edgekit diagnose``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import edgekit
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.options import Verb, given, json_option, preprocessing_options, quiet_option
from edgekit.diagnosis import Diagnosis, TensorError, decibels, save_plot, short_name
from edgekit.diagnosis.plots import drawer_for
from edgekit.files import named_output, require_other, require_writable
from edgekit.recipe import Recipe

_SHOWN = 10


@click.command(name="diagnose", cls=Verb)
@click.argument("float_file", metavar="FLOAT.tflite")
@click.argument("quantized_file", metavar="QUANTIZED.tflite")
@click.option("--samples", required=True, help="Samples as the model will see them; as for convert's --calibration.")
@click.option("--limit", type=int, default=64, show_default=True, help="How many samples to run, at most.")
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
    console.print(_table(rows))
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


def _table(rows: tuple[TensorError, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "#",
        "operator",
        "in",
        "tensor",
        "outputs by it alone",
        "adds",
        "so far",
        "range used",
        "range seen",
    ):
        right = column in {"#", "outputs by it alone", "adds", "so far"}
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(
            _number(row),
            escape(row.name),
            row.precision,
            escape(short_name(row.tensor)),
            decibels(row.output_snr_db),
            decibels(row.own_snr_db),
            decibels(row.snr_db),
            _range(row.range_used),
            _range(row.range_seen),
        )
    return table


def _number(row: TensorError) -> str:
    return "in" if row.operator < 0 else str(row.operator)


def _range(limits: tuple[float, float] | None) -> str:
    return "-" if limits is None else f"{limits[0]:.3g}..{limits[1]:.3g}"
