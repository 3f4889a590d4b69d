"""``edgekit explain``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json, output
from edgekit.cli.options import Verb, json_option, mode_option, plain_threads_option


@click.command(name="explain", cls=Verb)
@click.argument("file")
@click.option("--profile", required=True, help="Name or path of the device profile.")
@plain_threads_option
@mode_option
@json_option
def command(*, file: str, profile: str, threads: int | None, mode: str | None, as_json: bool) -> None:
    """Tell where the time of FILE goes on a board, why, and what would change it, each with its estimate."""
    found = edgekit.explain(file, profile, threads=threads, mode=mode)
    if as_json:
        emit_json(found.to_document())
        return
    console = output()
    console.print(str(found.prediction), style="bold", markup=False)
    for sentence in found.reasons:
        console.print(f"  {sentence}", markup=False)
    if not found.changes:
        return
    console.print("What would change it (estimated):", style="bold", markup=False)
    for change in found.changes:
        console.print(f"  {change.sentence}", markup=False)
