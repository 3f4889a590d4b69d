"""``edgekit deploy``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, progress_on_stderr
from edgekit.cli.conversion_tables import show_conversion
from edgekit.cli.options import (
    Verb,
    budget_options,
    conversion_options,
    device_option,
    given,
    json_option,
    quiet_option,
    strict_option,
    threads_option,
)
from edgekit.cli.run_tables import show_benchmark
from edgekit.cli.tables import show_assessments
from edgekit.metrics import Budget
from edgekit.recipe import Recipe


@click.command(name="deploy", cls=Verb)
@click.argument("model")
@click.option("--output", "-o", required=True, help="Folder for all results.")
@click.option("--profile", required=True, help="Name or path of the device profile.")
@device_option
@click.option("--as", "as_profile", help="Profile that the device is of, where the board does not say it itself.")
@threads_option
@conversion_options
@budget_options
@strict_option
@json_option
@quiet_option
def command(
    *,
    model: str,
    output: str,
    profile: str,
    device: str,
    as_profile: str | None,
    threads: tuple[int, ...],
    precision: tuple[str, ...],
    calibration: str | None,
    evaluate: str | None,
    labels: str | None,
    recipe: Path | None,
    custom_objects: tuple[str, ...],
    trust: bool,
    no_samples_check: bool,
    budget: Budget,
    strict: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> int:
    """Convert MODEL, run it on a device, hold it against a profile, and write artifacts, runs and a report."""
    with progress_on_stderr(quiet=quiet) as progress:
        deployment = edgekit.deploy(
            model,
            output,
            profile=profile,
            device=device,
            threads=threads,
            precision=precision,
            calibration=calibration,
            evaluate=evaluate,
            labels=labels,
            recipe=Recipe.load(recipe) if recipe else None,
            custom_objects=custom_objects,
            trust=trust,
            samples_check=not no_samples_check,
            budget=budget,
            as_profile=as_profile,
            progress=progress,
            **given(**choices),
        )
    if as_json:
        emit_json(deployment.to_document())
    else:
        show_conversion(deployment.conversion)
        for measured in deployment.benchmarks:
            show_benchmark(measured)
        show_assessments(deployment.assessments)
        click.echo(f"\nreport: {deployment.report_path}, with charts: {deployment.web_report_path}")
    return exit_code_for(deployment.verdict, strict=strict)
