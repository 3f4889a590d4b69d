"""``edgekit compress``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

import edgekit
from edgekit.cli.compression_table import show_compression
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.interruption import end_at_second
from edgekit.cli.options import Verb, given, json_option, preprocessing_options, quiet_option
from edgekit.errors import UsageError


@click.command(name="compress", cls=Verb)
@click.argument("model", required=False, metavar="MODEL")
@click.option("--output", "-o", help="The .keras to write (default NAME.compressed.keras).")
@click.option(
    "--recipe",
    help="TOML file of stages (a teacher's path counts from its folder), or a ready recipe: smaller, faster, smallest.",
)
@click.option(
    "--show-recipe", metavar="RECIPE", help="Show a recipe as TOML, to be changed and used, and do nothing else."
)
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
    model: str | None,
    output: str | None,
    recipe: str | None,
    show_recipe: str | None,
    macs: float | None,
    parameters: float | None,
    instructions: float | None,
    latency: float | None,
    profile: str | None,
    data: str | None,
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
    rounding: it is written beside the .keras. Ctrl-C saves and stops; --resume goes on, also after a crash. MODEL,
    --recipe and --data must be given; `compress --show-recipe smaller` takes nothing else.
    """
    if show_recipe is not None:
        _require_alone()
        _show(edgekit.recipe_named(show_recipe), name=show_recipe, as_json=as_json)
        return
    if model is None or recipe is None or data is None:
        raise _missing(model=model, recipe=recipe, data=data)
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


def _require_alone() -> None:
    """Raise UsageError where anything is given with --show-recipe that it would pass over."""
    context = click.get_current_context()
    beside = [
        each.opts[0] if isinstance(each, click.Option) else each.human_readable_name
        for each in context.command.params
        if each.name not in {"show_recipe", "as_json", "quiet"}
        and context.get_parameter_source(str(each.name)) is ParameterSource.COMMANDLINE
    ]
    if beside:
        raise UsageError(
            f"--show-recipe shows a recipe and does nothing else, and {', '.join(beside)} would mean nothing",
            hint=f"leave out --show-recipe, or {', '.join(beside)}; what it shows can be changed in a file: > my.toml",
        )


def _show(recipe: edgekit.CompressionRecipe, *, name: str, as_json: bool) -> None:
    if as_json:
        emit_json({"schema": "edgekit.compression_recipe/1", "name": name, "recipe": recipe.to_mapping()})
    else:
        click.echo(recipe.to_toml(), nl=False)


def _missing(**given: str | None) -> click.MissingParameter:
    """Return click's own error for the first of some parameters that was not given."""
    context = click.get_current_context()
    lacking = next(each for each in context.command.params if each.name in given and given[each.name] is None)
    name = lacking.opts[0] if isinstance(lacking, click.Option) else lacking.human_readable_name
    return click.MissingParameter(ctx=context, param=lacking, param_hint=f"'{name}'")


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
    # Not above: help should not wait for it.
    from edgekit.compression import recipe_named
    from edgekit.compression.recipes.gauges import counting

    at = profile if goal == "latency" else None
    if goal == "instructions":
        able = counting(devices)
        if len(able) != 1:
            told = f", and {' and '.join(able)} are several" if able else ""
            raise UsageError(
                f"--instructions needs one device that counts them{told}",
                hint="write in the recipe which one is meant" if able else "add --device emulated:PROFILE",
            )
        (at,) = able
    return recipe_named(recipe).with_goal(goal, share, at=at)
