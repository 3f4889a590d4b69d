"""Predictions as a terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.cli.console import output
from edgekit.cli.tables import new_table, plain
from edgekit.prediction import BoardTable, Prediction
from edgekit.units import format_bytes, format_milliseconds

_OPS_SHOWN = 5


def show_prediction(prediction: Prediction) -> None:
    """Show one prediction with its shares and what it rests on."""
    console = output()
    console.print(str(prediction), style="bold", markup=False)
    shares = ", ".join(f"{kind} {share:.0%}" for kind, share in prediction.kinds() if share >= 0.005)
    console.print(f"  of the time: {shares}", markup=False)
    for op in sorted(prediction.ops, key=lambda each: -each.milliseconds)[:_OPS_SHOWN]:
        bound = ", memory bound" if op.memory_bound else ""
        console.print(
            f"  operator {op.index} {op.name}: {format_milliseconds(op.milliseconds)} "
            f"({op.milliseconds / (prediction.median_ms or 1):.0%}{bound})",
            markup=False,
        )
    for sentence in prediction.basis.fitted_on:
        console.print(f"  fitted on: {sentence}", markup=False)
    for sentence in prediction.basis.distance:
        console.print(f"  wider, because: {sentence}", markup=False)


def show_predictions(predictions: Sequence[Prediction]) -> None:
    """Show several, a line each, the fastest first."""
    right = ("threads", "median", "90 % interval")
    shown = new_table("board", "mode", *right, "rests on", right=right)
    for each in sorted(predictions, key=lambda one: one.median_ms):
        shown.add_row(
            plain(each.profile),
            plain(each.mode or "-"),
            str(each.threads),
            format_milliseconds(each.median_ms),
            each.interval_text,
            plain(each.basis.distance[0] if each.basis.distance else each.basis.fitted_on[0]),
        )
    output().print(shown)
    output().print("estimated: nothing ran", markup=False)


def show_boards(found: BoardTable) -> None:
    """Show each kind of board with its likelihood, and what stops it."""
    right = ("likely", "median", "90 % interval", "memory", "power")
    shown = new_table("board", *right, "what stands against it", right=right)
    for each in found.choices:
        prediction = each.prediction
        shown.add_row(
            plain(each.profile),
            "unknown" if each.likelihood is None else f"{each.likelihood * 100:.0f} %",
            "-" if prediction is None else format_milliseconds(prediction.median_ms),
            "-" if prediction is None else prediction.interval_text,
            format_bytes(each.memory_bytes),
            "-" if each.power_watts is None else f"{each.power_watts:g} W",
            plain("; ".join(each.stops) or "-"),
        )
    output().print(shown)
    output().print("estimated: nothing ran", markup=False)
