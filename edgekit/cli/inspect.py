"""``edgekit inspect``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json
from edgekit.cli.options import Verb, json_option
from edgekit.cli.tables import show_inspection


@click.command(name="inspect", cls=Verb)
@click.argument("file")
@click.option("--ops", is_flag=True, help="List every operator in execution order.")
@json_option
def command(file: str, ops: bool, as_json: bool) -> None:
    """Tell what FILE is, from its bytes alone: operators with their real precision, memory, MACs, hashes."""
    facts = edgekit.inspect(file)
    if as_json:
        emit_json(facts.to_document(ops=ops))
    else:
        show_inspection(facts, ops=ops)
