"""``edgekit check``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, progress_on_stderr
from edgekit.cli.conversion_tables import show_comparisons
from edgekit.cli.options import (
    Verb,
    accept_estimates_option,
    budget_options,
    given,
    json_option,
    option_of,
    preprocessing_options,
    quiet_option,
    require_option,
    strict_option,
)
from edgekit.cli.tables import show_assessments, show_notes
from edgekit.errors import UsageError
from edgekit.fleets import load_all_benchmarks
from edgekit.inspection import require_known
from edgekit.metrics import Budget
from edgekit.recipe import Recipe


@click.command(name="check", cls=Verb)
@click.argument("file")
@click.option("--profile", required=True, help="Name or path of the device profile.")
@click.option(
    "--run", "runs", multiple=True, type=click.Path(path_type=Path), help="Run file of a benchmark; repeatable."
)
@click.option("--as", "as_profile", help="Profile that the runs were seen on, where the board does not say it itself.")
@click.option("--evaluate", help="Labelled samples that tell the accuracy lost against the float model (--float).")
@click.option("--float", "float_file", help="The float .tflite that FILE was made from.")
@preprocessing_options
@budget_options
@require_option
@accept_estimates_option
@strict_option
@json_option
@quiet_option
def command(
    *,
    file: str,
    profile: str,
    runs: tuple[Path, ...],
    as_profile: str | None,
    evaluate: str | None,
    float_file: str | None,
    budget: Budget,
    require: tuple[str, ...],
    accept_estimates: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> int:
    """Hold FILE against a device profile. Latency passes only by a run of `edgekit benchmark`.

    Nothing is executed, unless --evaluate and --float ask what accuracy is lost. Ends with exit code 1 where a limit
    is not kept, and with --strict also where one is unknown.
    """
    preprocessing = given(**choices)
    _require_both(evaluate, float_file, preprocessing=preprocessing)
    require_known(require)
    # An unknown profile or a run that cannot be read should not cost an evaluation first.
    target = edgekit.profile_named(profile)
    if as_profile is not None:
        edgekit.profile_named(as_profile)
        if not runs:
            raise UsageError("--as is for the runs of --run, which is missing", hint="add --run RUN.json")
    found = [run for path in runs for each in load_all_benchmarks(path).benchmarks for run in each.runs]
    comparison = None
    if evaluate is not None and float_file is not None:
        with progress_on_stderr(quiet=quiet) as progress:
            comparison = edgekit.compare_accuracy(
                float_file, file, samples=evaluate, recipe=Recipe(**preprocessing), progress=progress
            )
    assessment = edgekit.check(
        file,
        profile=target,
        runs=found,
        budget=budget,
        accuracy_drop=comparison,
        require=require,
        as_profile=as_profile,
        accept_estimates=accept_estimates,
    )
    if as_json:
        emit_json(
            {
                **assessment.to_document(),
                "accuracy": None if comparison is None else comparison.to_document(),
            }
        )
    else:
        show_comparisons([comparison])
        show_notes(() if comparison is None else comparison.notes)
        show_assessments([assessment])
    return exit_code_for(assessment.verdict, strict=strict)


def _require_both(evaluate: str | None, float_file: str | None, *, preprocessing: Mapping[str, Any]) -> None:
    if evaluate is not None and float_file is None:
        raise UsageError(
            "--evaluate tells what is lost against the float model, and there is none to compare with",
            hint="add --float FLOAT.tflite, the file that this one was made from",
        )
    if float_file is not None and evaluate is None:
        raise UsageError(
            "--float is for --evaluate, which is missing", hint="add --evaluate PATH with labelled samples"
        )
    if preprocessing and evaluate is None:
        raise UsageError(
            f"the options on samples ({', '.join(map(option_of, preprocessing))}) are for the samples of --evaluate, "
            "which is missing",
            hint="add --evaluate PATH with labelled samples, or leave them out",
        )
