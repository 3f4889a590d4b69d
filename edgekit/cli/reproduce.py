"""``edgekit reproduce``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, progress_on_stderr
from edgekit.cli.options import Verb, json_option, quiet_option
from edgekit.cli.tables import show_reproduction


@click.command(name="reproduce", cls=Verb)
@click.argument("sidecar")
@click.option("--model", help="The model, where it is not where it was.")
@click.option("--calibration", "-c", help="The samples, where they are not where they were.")
@click.option("--output", "-o", help="File, or existing folder, to keep the new artifact in.")
@click.option("--trust", is_flag=True, help="Let code inside the model file (Lambda layers) run.")
@json_option
@quiet_option
def command(
    *,
    sidecar: str,
    model: str | None,
    calibration: str | None,
    output: str | None,
    trust: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Build the artifact of SIDECAR, a FILE.tflite.json, again and compare the canonical hashes.

    Ends with exit code 1 where they differ, and says what changed: model, samples, versions; then operators, weights.
    """
    with progress_on_stderr(quiet=quiet) as progress:
        result = edgekit.reproduce(
            sidecar, model=model, calibration=calibration, output=output, trust=trust, progress=progress
        )
    if as_json:
        emit_json(result.to_document())
    else:
        show_reproduction(result)
    return exit_code_for(result.verdict, strict=False)
