"""``edgekit boards``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json
from edgekit.cli.options import Verb, json_option
from edgekit.cli.prediction_tables import show_boards
from edgekit.errors import ProfileError
from edgekit.files import write_bytes


@click.command(name="boards", cls=Verb)
@click.argument("file")
@click.option("--max-latency", help='Limit of the p90 latency, such as "33 ms".')
@click.option("--max-memory", help='Limit of the process, such as "128 MiB".')
@click.option("--max-power", help='Limit of the whole board under full load, such as "5 W".')
@click.option("--output", "-o", "place", help="Report to write: .html, .md, .txt or .json.")
@json_option
def command(
    *,
    file: str,
    max_latency: str | None,
    max_memory: str | None,
    max_power: str | None,
    place: str | None,
    as_json: bool,
) -> None:
    """Tell which boards would run FILE within limits, likeliest first, and what stops the others.

    Every figure is estimated; nothing is executed.
    """
    # Not above: help should not wait for it.
    from edgekit.prediction import BOARDS_SCHEMA
    from edgekit.reports import BoardsReport, require_report_place, writer_for
    from edgekit.units import parse_watts
    from edgekit.verdicts import budget_from_text

    target = None
    if place is not None:
        target = require_report_place(place, schema=BOARDS_SCHEMA, given={"the .tflite file": file})
    budget = budget_from_text(max_latency=max_latency, max_memory=max_memory)
    try:
        watts = None if max_power is None else parse_watts(max_power)
    except ValueError as error:
        raise ProfileError(f"--max-power: {error}") from None
    table = edgekit.boards(
        file,
        max_latency_ms=budget.latency_p90_ms,
        max_memory_bytes=budget.memory_bytes,
        max_power_watts=watts,
    )
    if target is not None:
        write_bytes(target, writer_for(target)(BoardsReport(table)))
    if as_json:
        emit_json(table.to_document())
    else:
        show_boards(table)
