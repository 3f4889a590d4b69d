"""``edgekit benchmark``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.fleet_options import Chosen, benchmark_table, device_options, finish_fleet
from edgekit.cli.options import Verb, json_option, quiet_option, threads_option
from edgekit.cli.run_tables import show_benchmark, show_speed
from edgekit.devices import is_phone
from edgekit.errors import UsageError
from edgekit.files import named_output, require_document_place, require_other, require_writable
from edgekit.fleets import FLEET_SCHEMA, Fleet
from edgekit.runner import FIRST_TIMEOUT, Plan
from edgekit.runs import RUN_SCHEMA, SPEED_SCHEMA, Benchmark, SpeedComparison
from edgekit.units import parse_milliseconds

_TIMED = ("min_seconds", "timeout", "idle_ms", "sustained_seconds", "retries")
"""What an app on a phone can be told."""


@click.command(name="benchmark", cls=Verb)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@device_options
@threads_option
@click.option("--runs", type=int, default=50, show_default=True, help="Least number of steady inferences.")
@click.option(
    "--min-seconds", type=float, default=1.0, show_default=True, help="Least time of steady inferences; at most 10,000."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the inputs.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds until a run is given up.")
@click.option(
    "--first-timeout", type=float, default=FIRST_TIMEOUT, show_default=True, help="Seconds for loading and the first."
)
@click.option("--idle", metavar="TIME", help='Also run after pauses of this length, such as "500ms".')
@click.option("--sustained", metavar="TIME", help='Also run back to back for so long, with a time line, such as "10m".')
@click.option(
    "--retries",
    type=int,
    show_default="2",
    help="How often a run is done again, at most, that heat, clocks or other programs have tainted.",
)
@click.option("--count", is_flag=True, help="Only count instructions, on an emulated device.")
@click.option("--ops", is_flag=True, help="Also show the ten operators that cost most, where the device can tell.")
@click.option(
    "--engine",
    default="agent",
    show_default=True,
    help="What runs the file there: agent, or benchmark_model=PATH, LiteRT's own program, built for that board. "
    "A phone's agent is the app that `edgekit bundle android` makes.",
)
@click.option("--output", "-o", help="File to write; that of a single FILE is for `edgekit check --run`.")
@json_option
@quiet_option
def command(
    *,
    files: tuple[str, ...],
    device: Chosen,
    threads: tuple[int, ...],
    runs: int,
    min_seconds: float,
    seed: int,
    timeout: float,
    first_timeout: float,
    idle: str | None,
    sustained: str | None,
    retries: int | None,
    count: bool,
    ops: bool,
    engine: str,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Measure FILE on a device: load, first inference, steady inferences with their spread, memory in parts.

    Of several files, which take turns there in random order: which is faster than the first, slower, or cannot be told.

    FILE may be an .apk as well: a phone (adb:) installs it and runs it; on an emulated phone the instructions of its
    own library are counted.

    Several devices make one table and one file (-o); exit code 3 says that a device failed, whatever the others say.
    """
    target = None if output is None else named_output(output)
    if target is not None:
        for file in files:
            require_other(target, Path(file), what="the model")
        require_document_place(target, RUN_SCHEMA, SPEED_SCHEMA, FLEET_SCHEMA)
        require_writable(target)
    with progress_on_stderr(quiet=quiet) as progress:
        shared: dict[str, Any] = {
            "runs": runs,
            "min_seconds": min_seconds,
            "seed": seed,
            "timeout": timeout,
            "first_timeout": first_timeout,
            "progress": progress,
        }
        alone: dict[str, Any] = {
            "idle_ms": _milliseconds("--idle", idle),
            "sustained_seconds": _milliseconds("--sustained", sustained) / 1e3,
            "count": count,
            "ops": ops,
            "engine": engine,
            **({} if retries is None else {"retries": retries}),
        }
        result: Benchmark | Fleet[Benchmark] | SpeedComparison
        if len(files) == 1 and edgekit.is_bundle(files[0]):
            chosen = _of_a_bundle(device, threads, alone, shared)
            result = edgekit.benchmark_bundle(files[0], **chosen, progress=progress)
        elif len(files) > 1:
            result = edgekit.compare_speed(files, **_contest(device, threads, alone), **shared)
        elif isinstance(device, str):
            result = edgekit.benchmark(files[0], device=device, threads=threads, **alone, **shared)
        else:
            result = edgekit.benchmark_fleet(files[0], device, threads=threads, **alone, **shared)
    if target is not None:
        result.save(target)
    if isinstance(result, Fleet):
        return finish_fleet(result, benchmark_table(result), as_json=as_json)
    if as_json:
        emit_json(result.to_document())
    elif isinstance(result, Benchmark):
        show_benchmark(result)
    else:
        show_speed(result)
    return 0


def _contest(device: Chosen, threads: tuple[int, ...], alone: dict[str, Any]) -> dict[str, Any]:
    """Return device and threads of files that take turns, and refuse what is for one file."""
    for name, value in alone.items():
        if name == "retries" or (value and value != "agent"):
            option = name.removesuffix("_ms").removesuffix("_seconds")
            raise UsageError(f"--{option} is for one file, and several only take turns", hint="benchmark each alone")
    if not isinstance(device, str):
        raise UsageError("several files take turns on one device", hint="compare them on each device")
    if len(threads) > 1:
        raise UsageError("several files take turns with one number of threads", hint="compare them for each number")
    return {"device": device, "threads": threads[0]}


def _of_a_bundle(
    device: Chosen, threads: tuple[int, ...], alone: dict[str, Any], shared: dict[str, Any]
) -> dict[str, Any]:
    """Return where and how an app is measured or counted, and refuse what is for a .tflite file."""
    on_phone = isinstance(device, str) and is_phone(device)
    if on_phone and alone["engine"] != "agent":
        raise UsageError("an app runs its own library, so --engine is for a .tflite file")
    known = _TIMED if on_phone else ("count",)
    given, plan = {**alone, **shared}, Plan()
    for name, value in given.items():
        # Where retries were not asked for, they are not here; what else a plan does not know is no choice.
        usual = {"engine": "agent", "retries": None}.get(name, getattr(plan, name, value))
        if name not in known and value != usual:
            option = {"idle_ms": "idle", "sustained_seconds": "sustained"}.get(name, name).replace("_", "-")
            if on_phone:
                raise UsageError(f"--{option} is not for an app on a phone", hint="leave it out")
            raise UsageError(f"--{option} is for a .tflite file, and of an app only instructions are counted")
    if on_phone:
        return {"device": device, "threads": threads, **{name: given[name] for name in known if name in given}}
    if not isinstance(device, str):
        raise UsageError("an app is measured on one phone", hint="name one --device, such as adb: or emulated:pixel6")
    if threads != (1,):
        raise UsageError("instructions are counted with one thread", hint="leave --threads out")
    return {"device": device}


def _milliseconds(option: str, text: str | None) -> float:
    try:
        return 0.0 if text is None else parse_milliseconds(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
