"""Options that several verbs share."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edgekit.inspection import REQUIREMENTS
from edgekit.recipe import (
    DEFAULT_FILTER,
    DEFAULT_RANGE_STATISTIC,
    KEPT,
    PRECISIONS,
    RANGE_STATISTICS,
    VALUE_RANGES,
    WEIGHT_BLOCKS,
    Colour,
    Filter,
    Preference,
    Resize,
    SoundLength,
)

_Command = Callable[..., Any]


class Verb(click.Command):
    """A command that refuses what click takes in silence: an option given twice where one counts, and empty texts."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises click.UsageError."""
        args = _spread(args)
        values, _, order = self.make_parser(ctx).parse_args(list(args))
        for parameter, count in Counter(order).items():
            name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
            value = values.get(parameter.name or "")
            # An empty text comes from a variable of the shell that is not set, and as a path it is the current folder.
            if value == "" or (isinstance(value, list | tuple) and "" in value):
                raise click.UsageError(f"{name} is given, but empty", ctx)
            if isinstance(parameter, click.Option) and count > 1 and not (parameter.multiple or parameter.is_flag):
                raise click.UsageError(f"{name} is given {count} times, but only one can count", ctx)
        return super().parse_args(ctx, args)


def _spread(args: list[str]) -> list[str]:
    """Write ``--threads 1 2 4`` as click reads it: the option in front of each number."""
    spread: list[str] = []
    sweeping = False
    for word in args:
        sweeping = word == "--threads" or (sweeping and word.isdecimal())
        if sweeping and word.isdecimal() and spread[-1] != "--threads":
            spread.append("--threads")
        spread.append(word)
    return spread


json_option = click.option("--json", "as_json", is_flag=True, help="Put one JSON document on standard output.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")
strict_option = click.option("--strict", is_flag=True, help="Let the verdict 'unknown' end with exit code 1 too.")
accept_estimates_option = click.option(
    "--accept-estimates",
    is_flag=True,
    help="Let a latency that was not measured pass where it is estimated to keep its limit with 95 % or more.",
)
device_option = click.option("--device", default="local", show_default=True, help="Address of the device.")
threads_option = click.option(
    "--threads",
    type=int,
    multiple=True,
    default=(1,),
    show_default=True,
    help="Interpreter threads; of several, such as 1 2 4, a run each.",
)
plain_threads_option = click.option(
    "--threads", type=int, help="Interpreter threads (default: the cores of the fastest cluster, four at most)."
)
mode_option = click.option("--mode", help="Run mode of the board, such as 1.8GHz-64bit (default: its usual one).")
require_option = click.option(
    "--require",
    multiple=True,
    help=f"What the file must be, else exit code 1: {', '.join(REQUIREMENTS)}; repeatable.",
)
profile_option = click.option("--profile", help="Name or path of the device profile to hold the result against.")


class _SnippetOption(click.Option):
    """Names the languages in its help: what writes them is loaded by no verb that is not asked for a snippet."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from edgekit.snippets import LANGUAGES

        self.help = f"Show code with the exact pre- and postprocessing: {', '.join(LANGUAGES)}."
        return super().get_help_record(ctx)


snippet_option = click.option("--snippet", metavar="LANGUAGE", cls=_SnippetOption)


_PICTURES = (
    click.option(
        "--range",
        "value_range",
        help=f"What an image's 0..255 becomes: {', '.join(VALUE_RANGES)}, or mean=M[,M,M];std=S[,S,S].",
    ),
    click.option("--resize", help=f"How images get to the input size: {', '.join(Resize)} (default stretch)."),
    click.option(
        "--filter",
        help=f"How pixels of that size are computed: {', '.join(Filter)} (default {DEFAULT_FILTER}; Keras' "
        "image_dataset_from_directory: bilinear, its load_img: nearest).",
    ),
    click.option("--colour", help=f"Order of an image's channels: {', '.join(Colour)}."),
)
_PREPROCESSING = (
    *_PICTURES,
    click.option(
        "--features",
        metavar="INPUT=NAME,...",
        help="What of a record, table or archive feeds which input: image=image/encoded,label=image/label.",
    ),
    click.option("--sample-rate", type=int, help="Values per second that sounds must have (default any)."),
    click.option(
        "--sound-length",
        help=f"What becomes of a sound of another length than the input: {', '.join(SoundLength)} (default refused).",
    ),
)


def picture_options(command: _Command) -> _Command:
    """Add the options that say what becomes of a picture before a model sees it."""
    for option in reversed(_PICTURES):
        command = option(command)
    return command


def preprocessing_options(command: _Command) -> _Command:
    """Add the options that say how samples are read, and what is done to them before a model sees them."""
    for option in reversed(_PREPROCESSING):
        command = option(command)
    return command


def _joined(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Make one choice of several, as a recipe holds it."""
    return ";".join(values) or None


input_shape_option = click.option(
    "--input-shape",
    multiple=True,
    metavar="[NAME=]1,SIZE,...",
    callback=_joined,
    help="Sizes of an input whose own are open, batch included, such as 1,224,224,3; repeatable.",
)


def conversion_options(command: _Command) -> _Command:
    """Add every option that goes into a recipe, and those about reading the model."""
    options = (
        click.option(
            "--precision",
            "-p",
            multiple=True,
            help=f"{', '.join(PRECISIONS)}; repeatable. Default: int8 with --calibration, dynamic_int8 without. "
            "Or auto: these, range statistics, and int8 with single operators in int16 or float are tried until one is "
            "good enough.",
        ),
        click.option("--prefer", help=f"For auto, what decides: {', '.join(Preference)} (default latency)."),
        click.option(
            "--min-snr", type=float, metavar="DB", help="For auto: least signal to noise ratio of the outputs, in dB."
        ),
        click.option(
            "--calibration",
            "-c",
            help="Representative samples: a folder of images or sounds, .npz, .npy, .csv, TFRecords, or "
            "module:function.",
        ),
        click.option(
            "--evaluate",
            help="Labelled samples that tell the accuracy lost against the float model: a folder for each class, or "
            "an .npz with 'labels'.",
        ),
        click.option(
            "--labels",
            help="Text file with the name of one class on each line, for the metadata. Default: the names of the class "
            "folders of the samples.",
        ),
        click.option("--recipe", type=click.Path(path_type=Path), help="TOML file of choices; options come on top."),
        *_PREPROCESSING,
        click.option(
            "--ranges",
            help=f"How ranges of activations follow from the samples: {', '.join(RANGE_STATISTICS)} "
            f"(default {DEFAULT_RANGE_STATISTIC}).",
        ),
        click.option(
            "--weight-block",
            type=int,
            help=f"How many 4-bit weights of a dense layer share a scale: {', '.join(map(str, WEIGHT_BLOCKS))} "
            "(default a whole row).",
        ),
        click.option("--samples", type=int, help="How many samples to calibrate on, at most (default 200)."),
        click.option("--seed", type=int, help="Seed of the choice of samples (default 0)."),
        click.option(
            "--finetune",
            is_flag=True,
            default=None,
            help="Train int8 or int8x4 files further under their own rounding, on the calibration samples: to give "
            "what the float model gives, and the labels of class folders. Kept where it is better on held-out samples.",
        ),
        click.option(
            "--epochs", type=int, help="For --finetune: how often each sample is seen (default about 400 steps)."
        ),
        click.option(
            "--keep",
            multiple=True,
            callback=lambda _context, _option, values: values or None,
            help=f"For --finetune, what stays as it is: {', '.join(KEPT)}; repeatable.",
        ),
        click.option(
            "--sparse-weights",
            is_flag=True,
            default=None,
            help="Store float32 weights of 1x1 convolutions without their zeros, where two of three are zero.",
        ),
        click.option("--io", help="float, or int: the artifact takes and gives the integers of its precision."),
        click.option(
            "--custom-objects",
            multiple=True,
            metavar="MODULE:NAME",
            help="Class or function that the model file names; repeatable.",
        ),
        click.option(
            "--no-samples-check",
            is_flag=True,
            help="Do not check the calibration samples first, where errors stop the conversion.",
        ),
        input_shape_option,
        click.option("--trust", is_flag=True, help="Let code inside the model file (Lambda layers) run."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def given(**choices: Any) -> dict[str, Any]:
    """Return the choices that were made on the command line."""
    return {name: value for name, value in choices.items() if value is not None}


def option_of(choice: str) -> str:
    """Return the option that makes a choice of the recipe."""
    return "--" + choice.removeprefix("value_").replace("_", "-")


def budget_options(command: _Command) -> _Command:
    """Add the limits that replace a profile's own; the command gets them as one ``budget``."""

    @functools.wraps(command)
    def with_budget(
        *, max_size: str | None, max_memory: str | None, max_latency: str | None, max_drop: str | None, **rest: Any
    ) -> Any:
        # Not above: help should not wait for it.
        from edgekit.verdicts import budget_from_text

        budget = budget_from_text(max_size=max_size, max_memory=max_memory, max_latency=max_latency, max_drop=max_drop)
        return command(budget=budget, **rest)

    options = (
        click.option("--max-size", help='Limit of the file, such as "4 MiB".'),
        click.option("--max-memory", help='Limit of the process on the device, such as "128 MiB".'),
        click.option("--max-latency", help='Limit of the p90 latency, such as "33 ms".'),
        click.option("--max-drop", help='Limit of the accuracy lost, in percentage points, such as 1 or "1 %".'),
    )
    wrapped: _Command = with_budget
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped
