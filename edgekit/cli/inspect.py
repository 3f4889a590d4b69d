"""``edgekit inspect``."""

from __future__ import annotations

from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json
from edgekit.cli.inspection_tables import show_inspection
from edgekit.cli.options import Verb, given, json_option, picture_options, snippet_option
from edgekit.errors import UsageError
from edgekit.recipe import Recipe


@click.command(name="inspect", cls=Verb)
@click.argument("file")
@click.option("--ops", is_flag=True, help="List every operator in execution order.")
@snippet_option
@picture_options
@json_option
def command(file: str, ops: bool, snippet: str | None, as_json: bool, **choices: Any) -> None:
    """Tell what FILE is, from its bytes alone: operators with their real precision, memory, MACs, hashes, metadata.

    With --snippet, show nothing but code for an application. How pictures become numbers is taken from FILE's
    sidecar or metadata; --range comes before both.
    """
    picture = given(**choices)
    if picture and (snippet is None or "value_range" not in picture):
        raise UsageError(
            "--range, --resize, --filter and --colour are for --snippet, and all begin with --range",
            hint="edgekit inspect FILE --snippet python --range unit",
        )
    facts = edgekit.inspect(file)
    code = None if snippet is None else edgekit.snippet(file, snippet, recipe=Recipe(**picture))
    if as_json:
        told = {} if code is None else {"snippet": {"language": snippet, "code": code}}
        emit_json({**facts.to_document(ops=ops), **told})
    elif code is not None:
        click.echo(code, nl=False)
    else:
        show_inspection(facts, ops=ops)
