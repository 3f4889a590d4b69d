"""``edgekit check``."""

from __future__ import annotations

from pathlib import Path

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for
from edgekit.cli.options import budget_options, json_option, strict_option
from edgekit.cli.tables import show_assessments
from edgekit.verdicts import budget_from_text


@click.command(name="check")
@click.argument("file")
@click.option("--profile", required=True, help="Name or path of the device profile.")
@click.option(
    "--run", "runs", multiple=True, type=click.Path(path_type=Path), help="Run file of a benchmark; repeatable."
)
@budget_options
@strict_option
@json_option
def command(
    *,
    file: str,
    profile: str,
    runs: tuple[Path, ...],
    max_size: str | None,
    max_memory: str | None,
    max_latency: str | None,
    strict: bool,
    as_json: bool,
) -> int:
    """Hold FILE against a device profile. Nothing is executed: latency passes only by a run of `edgekit benchmark`.

    Ends with exit code 1 where a limit is not kept, and with --strict also where one is unknown.
    """
    assessment = edgekit.check(
        file,
        profile=profile,
        runs=[run for path in runs for run in edgekit.load_runs(path)],
        budget=budget_from_text(max_size=max_size, max_memory=max_memory, max_latency=max_latency),
    )
    if as_json:
        emit_json(assessment.to_document())
    else:
        show_assessments([assessment])
    return exit_code_for(assessment.verdict, strict=strict)
