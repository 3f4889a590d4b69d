"""``edgekit convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, progress_on_stderr
from edgekit.cli.conversion_tables import show_conversion
from edgekit.cli.options import (
    Verb,
    accept_estimates_option,
    conversion_options,
    given,
    json_option,
    profile_option,
    quiet_option,
    require_option,
    snippet_option,
    strict_option,
)
from edgekit.cli.tables import show_assessments
from edgekit.errors import UsageError
from edgekit.metrics import combine
from edgekit.recipe import Recipe
from edgekit.snippets import language_named


@click.command(name="convert", cls=Verb)
@click.argument("model")
@click.option("--output", "-o", help="File, or existing folder, for the result.")
@conversion_options
@click.option(
    "--max-drop",
    metavar="POINTS",
    help="For auto: most points lost, of accuracy with --evaluate, else of top-1 agreement (default 1). A point "
    "estimate is held against it, not its interval.",
)
@click.option(
    "--checkpoint",
    metavar="FILE",
    help="For --finetune: where it writes how far it has come; the same command goes on from there. Gone at the end.",
)
@snippet_option
@profile_option
@require_option
@accept_estimates_option
@strict_option
@json_option
@quiet_option
def command(
    *,
    model: str,
    output: str | None,
    precision: tuple[str, ...],
    calibration: str | None,
    evaluate: str | None,
    labels: str | None,
    recipe: Path | None,
    custom_objects: tuple[str, ...],
    trust: bool,
    no_samples_check: bool,
    max_drop: str | None,
    checkpoint: str | None,
    snippet: str | None,
    profile: str | None,
    require: tuple[str, ...],
    accept_estimates: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> int:
    """Turn MODEL into .tflite files, each proven against the model and run before it is written.

    MODEL is a .keras, .h5, SavedModel folder or float .tflite. A sidecar FILE.tflite.json beside each result says
    how it was made. With --precision auto nothing is written where no file is good enough (exit code 1).
    """
    if strict and not profile:
        raise UsageError("--strict speaks of a verdict, and without --profile there is none", hint="add --profile NAME")
    # Not above: help should not wait for it.
    from edgekit.verdicts import budget_from_text

    most_lost = budget_from_text(max_drop=max_drop).accuracy_drop_points
    # An unknown profile, or language, should not cost a conversion first.
    if snippet is not None:
        language_named(snippet)
    if accept_estimates and not profile:
        raise UsageError(
            "--accept-estimates is for a verdict, and without --profile there is none", hint="add --profile NAME"
        )
    target = edgekit.profile_named(profile) if profile else None
    with progress_on_stderr(quiet=quiet) as progress:
        conversion = edgekit.convert(
            model,
            output,
            precision=precision,
            calibration=calibration,
            evaluate=evaluate,
            labels=labels,
            recipe=Recipe.load(recipe) if recipe else None,
            custom_objects=custom_objects,
            trust=trust,
            samples_check=not no_samples_check,
            require=require,
            max_drop=most_lost,
            checkpoint=checkpoint,
            progress=progress,
            **given(**choices),
        )
    assessments = (
        [
            edgekit.check(artifact, profile=target, accept_estimates=accept_estimates)
            for artifact in conversion.artifacts
        ]
        if target
        else []
    )
    codes = [] if snippet is None else [edgekit.snippet(artifact, snippet) for artifact in conversion.artifacts]
    if as_json:
        emit_json(
            {
                **conversion.to_document(),
                "assessments": [assessment.to_document() for assessment in assessments],
                **({} if snippet is None else {"snippets": [{"language": snippet, "code": code} for code in codes]}),
            }
        )
    else:
        show_conversion(conversion)
        show_assessments(assessments)
        for code in codes:
            click.echo(f"\n{code}", nl=False)
    return exit_code_for(combine(assessment.verdict for assessment in assessments), strict=strict) if assessments else 0
