"""``edgekit evaluate``."""

from __future__ import annotations

from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.conversion_tables import show_accuracy, show_comparisons
from edgekit.cli.options import Verb, device_option, given, json_option, preprocessing_options, quiet_option
from edgekit.cli.tables import show_notes
from edgekit.recipe import Recipe


@click.command(name="evaluate", cls=Verb)
@click.argument("file")
@click.option(
    "--data",
    "--samples",
    "samples",
    required=True,
    help="Labelled samples: a folder for each class, or an .npz with 'labels'.",
)
@click.option("--float", "float_file", help="The float .tflite to compare with, on the same samples.")
@preprocessing_options
@click.option("--scores", help="Name of the output with the scores, where there are several.")
@device_option
@click.option("--checkpoint", help="File for the answers on the way, if not in the cache folder; gone at the end.")
@json_option
@quiet_option
def command(
    *,
    file: str,
    samples: str,
    float_file: str | None,
    scores: str | None,
    device: str,
    checkpoint: str | None,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Tell how often FILE is right on labelled samples; with --float, what it loses, and how sure that is.

    All samples are taken, and sent in pieces: after a cut link the same command goes on where it was. Class folders
    count from 0 in the order of their names, as in Keras.
    """
    recipe = Recipe(**given(**choices))
    with progress_on_stderr(quiet=quiet) as progress:
        if float_file is None:
            accuracy = edgekit.evaluate(
                file,
                samples,
                recipe=recipe,
                device=device,
                output=scores,
                checkpoint=checkpoint,
                progress=progress,
            )
        else:
            comparison = edgekit.compare_accuracy(
                float_file,
                file,
                samples=samples,
                recipe=recipe,
                device=device,
                output=scores,
                checkpoint=checkpoint,
                progress=progress,
            )
    if float_file is None:
        if as_json:
            emit_json({**accuracy.to_document(), "file": file})
        else:
            show_accuracy(file, accuracy)
    elif as_json:
        emit_json(comparison.to_document())
    else:
        show_comparisons([comparison])
        show_notes(comparison.notes)
