"""``edgekit samples``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.console import output as console
from edgekit.cli.options import Verb, given, input_shape_option, json_option, preprocessing_options, quiet_option
from edgekit.cli.screening_tables import show_screening
from edgekit.errors import UsageError, unknown_name
from edgekit.recipe import Recipe
from edgekit.units import parse_bytes


@click.command(name="samples", cls=Verb)
@click.argument("path")
@click.argument("data", required=False)
@click.option("--output", "-o", metavar="FOLDER", help="pack: the folder to write; it must be new, or empty.")
@click.option("--shard-size", default="128 MiB", show_default=True, help="pack: after how much a shard is full.")
@click.option("--model", "-m", help="The model that they are for: tells whether the value range is the right one.")
@click.option("--evaluate", help="The evaluation set: none of its samples should be calibrated on.")
@preprocessing_options
@click.option("--samples", type=int, help="How many samples would be calibrated on, at most (default 200).")
@click.option("--seed", type=int, help="Seed of the choice of samples (default 0).")
@click.option("--recipe", type=click.Path(path_type=Path), help="TOML file of choices; options come on top.")
@click.option(
    "--custom-objects",
    multiple=True,
    metavar="MODULE:NAME",
    help="Class or function that the model file names; repeatable.",
)
@input_shape_option
@click.option("--trust", is_flag=True, help="Let code inside the model file (Lambda layers) run.")
@json_option
@quiet_option
def command(
    *,
    path: str,
    data: str | None,
    output: str | None,
    shard_size: str,
    model: str | None,
    evaluate: str | None,
    recipe: Path | None,
    custom_objects: tuple[str, ...],
    trust: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> int:
    """Tell whether samples are fit to calibrate on; or, as `pack DATA -o FOLDER`, write them as TFRecord shards.

    PATH holds samples as for convert's --calibration, which makes the same checks. Ends with exit code 1 where it finds
    an error, one that would stop a conversion. What is packed is a folder of images, an .npz or an .npy file.
    """
    if data is not None:
        others = {"model": model, "evaluate": evaluate, "recipe": recipe, **given(**choices)}
        _require_packing(path, output, [name for name, value in others.items() if value])
        try:
            shard_bytes = parse_bytes(shard_size)
        except ValueError as error:
            raise UsageError(f"--shard-size: {error}") from error
        with progress_on_stderr(quiet=quiet) as progress:
            packed = edgekit.pack_samples(data, output or "", shard_bytes=shard_bytes, progress=progress)
        if as_json:
            emit_json(packed.to_document())
        else:
            console().print(str(packed), markup=False)
        return 0
    if output is not None:
        raise UsageError("--output is for packing", hint=f"edgekit samples pack {path} -o FOLDER")
    with progress_on_stderr(quiet=quiet) as progress:
        screening = edgekit.samples(
            path,
            model=model,
            evaluate=evaluate,
            recipe=Recipe.load(recipe) if recipe else None,
            custom_objects=custom_objects,
            trust=trust,
            progress=progress,
            **given(**choices),
        )
    if as_json:
        emit_json(screening.to_document())
    else:
        show_screening(screening)
    return 1 if screening.errors else 0


def _require_packing(action: str, output: str | None, others: list[str]) -> None:
    if action != "pack":
        raise UsageError(unknown_name("action", action, ["pack"]), hint="edgekit samples --help")
    if output is None:
        raise UsageError("there is no folder to pack into", hint="add -o FOLDER")
    if others:
        raise UsageError(
            f"--{others[0].replace('_', '-')} is for checking samples; packed, they are what they were",
            hint="leave it out",
        )
