"""``edgekit compress``."""

from __future__ import annotations

from typing import Any

import click

import edgekit
from edgekit.cli.compression_table import show_compression
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.interruption import end_at_second
from edgekit.cli.options import Verb, given, json_option, preprocessing_options, quiet_option
from edgekit.errors import UsageError


@click.command(name="compress", cls=Verb)
@click.argument("model")
@click.option("--output", "-o", help="The .keras to write (default NAME.compressed.keras).")
@click.option("--recipe", required=True, help="TOML file of stages, or a ready recipe: smaller, faster, smallest.")
@click.option(
    "--macs", type=float, help="Share of the MACs that channel pruning leaves, in place of the recipe's goal."
)
@click.option("--parameters", type=float, help="The same of the weights.")
@click.option(
    "--instructions", type=float, help="The same of int8's instructions, as the emulated --device counts them."
)
@click.option("--latency", type=float, help="The same of int8's latency, as it is predicted for --profile.")
@click.option("--profile", help="For --latency: the board.")
@click.option(
    "--data",
    required=True,
    help="Samples to train on: a folder for each class, .npz, TFRecords, or module:function; all are taken.",
)
@click.option("--test", help="Samples for testing that MODEL was never trained on. Default: a share of the data.")
@preprocessing_options
@click.option("--resume", is_flag=True, help="Go on with a run that was cut off.")
@click.option(
    "--device", "devices", multiple=True, help="Address of a device to measure every version on as well; repeatable."
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads to train with; with 1, the same bits each time.")
@click.option("--tensorboard", metavar="FOLDER", help="Write TensorBoard's log there as well, while it trains.")
@click.option(
    "--custom-objects",
    multiple=True,
    metavar="MODULE:NAME",
    help="Class or function that the model file names; repeatable.",
)
@click.option("--trust", is_flag=True, help="Let code inside the model file (Lambda layers) run.")
@json_option
@quiet_option
def command(
    *,
    model: str,
    output: str | None,
    recipe: str,
    macs: float | None,
    parameters: float | None,
    instructions: float | None,
    latency: float | None,
    profile: str | None,
    data: str,
    test: str | None,
    resume: bool,
    devices: tuple[str, ...],
    threads: int | None,
    tensorboard: str | None,
    custom_objects: tuple[str, ...],
    trust: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Make MODEL, a .keras or .h5, smaller or faster by a recipe of stages; the result is a .keras.

    After each stage its files are made and measured. A recipe may end in the .tflite, fine-tuned under its own
    rounding: it is written beside the .keras. Ctrl-C saves and stops; --resume goes on, also after a crash.
    """
    goals = given(macs=macs, parameters=parameters, instructions=instructions, latency=latency)
    chosen = _with_goal(recipe, goals, devices=devices, profile=profile)
    end_at_second()
    with progress_on_stderr(quiet=quiet) as progress:
        result = edgekit.compress(
            model,
            chosen,
            data=data,
            output=output,
            test=test,
            resume=resume,
            devices=devices,
            threads=threads,
            tensorboard=tensorboard,
            custom_objects=custom_objects,
            trust=trust,
            progress=progress,
            **given(**choices),
        )
    if as_json:
        emit_json(result.to_document())
    else:
        show_compression(result)


def _with_goal(recipe: str, goals: dict[str, float], *, devices: tuple[str, ...], profile: str | None) -> Any:
    """Return the recipe that is meant, with the goal that was given in place of its own."""
    if profile is not None and "latency" not in goals:
        raise UsageError("--profile is for --latency", hint="add --latency SHARE, or leave it out")
    if not goals:
        return recipe
    if len(goals) > 1:
        told = " and ".join(f"--{name}" for name in goals)
        raise UsageError(f"{told} are goals of the same cut, which can have one", hint="give one of them")
    ((goal, share),) = goals.items()
    # Not above: help should not wait for them.
    from edgekit.compression import recipe_named
    from edgekit.devices import is_emulated_board

    at = profile
    if goal == "instructions":
        counting = [each for each in devices if is_emulated_board(each)]
        if len(counting) != 1:
            raise UsageError("--instructions needs one device that counts them", hint="add --device emulated:PROFILE")
        at = counting[0]
    return recipe_named(recipe).with_goal(goal, share, at=at)
