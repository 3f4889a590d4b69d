"""``edgekit predict``."""

from __future__ import annotations

from pathlib import Path

import click

import edgekit
from edgekit.cli.console import emit_json, output
from edgekit.cli.options import Verb, json_option, mode_option, plain_threads_option
from edgekit.cli.prediction_tables import show_prediction, show_predictions
from edgekit.errors import UsageError


@click.command(name="predict", cls=Verb)
@click.argument("file")
@click.option("--profile", "profiles", multiple=True, help="Name or path of a device profile; repeatable.")
@click.option("--all", "everything", is_flag=True, help="Every profile of the catalog.")
@plain_threads_option
@mode_option
@click.option(
    "--probe", type=click.Path(path_type=Path), help="File of a probe of such a board (default: the last one)."
)
@click.option("--no-probe", is_flag=True, help="From published measurements alone.")
@click.option("--runtime", help='What the board will have, such as "ai-edge-litert 2.3.0": a probe must be of it.')
@json_option
def command(
    *,
    file: str,
    profiles: tuple[str, ...],
    everything: bool,
    threads: int | None,
    mode: str | None,
    probe: Path | None,
    no_probe: bool,
    runtime: str | None,
    as_json: bool,
) -> None:
    """Estimate how long FILE takes on a board, with a 90 % interval and what it rests on. Nothing is executed."""
    if everything == bool(profiles):
        raise UsageError(
            "say for which boards: --profile NAME, or --all"
            if not profiles
            else "--all and --profile exclude each other",
            hint="'edgekit profiles' lists them",
        )
    if everything and mode is not None:
        raise UsageError("--mode is of one board, and --all is for every one", hint="name the board: --profile NAME")
    if probe is not None and no_probe:
        raise UsageError("--probe and --no-probe exclude each other", hint="give either --probe FILE or --no-probe")
    if probe is not None and (everything or len(profiles) > 1):
        raise UsageError("--probe is of one board", hint="name that board alone: --profile NAME --probe FILE")
    if not everything:
        found = [
            edgekit.predict(
                file, name, threads=threads, mode=mode, probe=probe, use_stored=not no_probe, runtime=runtime
            )
            for name in profiles
        ]
        refused: list[tuple[str, str]] = []
    else:
        from edgekit.prediction import predict_all

        found, refused = predict_all(file, threads=threads, use_stored=not no_probe, runtime=runtime)
    if as_json:
        emit_json(
            {
                "schema": "edgekit.predictions/1",
                "predictions": [each.to_document(ops=not everything) for each in found],
                "refused": [{"profile": name, "reason": reason} for name, reason in refused],
            }
        )
    elif len(found) == 1 and not everything:
        show_prediction(found[0])
    else:
        show_predictions(found)
        for name, reason in refused:
            output().print(f"{name}: no estimate: {reason}", markup=False)
