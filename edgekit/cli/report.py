"""``edgekit report``."""

from __future__ import annotations

from pathlib import Path

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, output
from edgekit.cli.options import Verb, budget_options, json_option, profile_option, quiet_option, strict_option
from edgekit.metrics import Budget
from edgekit.reports import RUN_REPORT_SCHEMA, require_report_place


@click.command(name="report", cls=Verb)
@click.argument("runs", nargs=-1, required=True, metavar="RUN.json...")
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    help="Report to write: .html, .md, .txt or .json; repeatable. Default: text on standard output.",
)
@profile_option
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The .tflite file that ran, where it does not lie beside its run file; repeatable.",
)
@click.option("--as", "as_profile", help="Profile that the runs were seen on, where the board does not say it itself.")
@budget_options
@strict_option
@json_option
@quiet_option
def command(
    *,
    runs: tuple[str, ...],
    outputs: tuple[str, ...],
    profile: str | None,
    models: tuple[Path, ...],
    as_profile: str | None,
    budget: Budget,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make one report of files of `edgekit benchmark -o`: several runs, files and devices side by side.

    With --profile the verdict comes first, and a limit that is not kept ends with exit code 1. The HTML file holds
    everything that it shows.
    """
    given = {f"the run file {run}": run for run in runs} | {f"the model {model}": model for model in models}
    targets = [require_report_place(each, schema=RUN_REPORT_SCHEMA, given=given) for each in outputs]
    made = edgekit.report(runs, profile=profile, models=models, budget=budget, as_profile=as_profile)
    for target in targets:
        made.save(target)
    if as_json:
        emit_json(made.to_document())
    elif not targets:
        output().print(str(made), markup=False, end="")
    elif not quiet:
        verdict = "" if made.verdict is None else f" (verdict: {made.verdict})"
        for target in targets:
            output().print(f"report: {target}{verdict}", markup=False)
    return 0 if made.verdict is None else exit_code_for(made.verdict, strict=strict)
