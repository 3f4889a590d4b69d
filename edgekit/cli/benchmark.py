"""``edgekit benchmark``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.fleet_options import Chosen, benchmark_table, device_options, finish_fleet
from edgekit.cli.options import Verb, json_option, quiet_option, threads_option
from edgekit.cli.run_tables import show_benchmark
from edgekit.errors import UsageError
from edgekit.files import named_output, require_other, require_writable
from edgekit.fleets import Fleet
from edgekit.runner import FIRST_TIMEOUT, Benchmark
from edgekit.units import parse_milliseconds


@click.command(name="benchmark", cls=Verb)
@click.argument("file")
@device_options
@threads_option
@click.option("--runs", type=int, default=50, show_default=True, help="Least number of steady inferences.")
@click.option("--min-seconds", type=float, default=1.0, show_default=True, help="Least time of steady inferences.")
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
    default=2,
    show_default=True,
    help="How often a run is done again, at most, that heat, clocks or other programs have tainted.",
)
@click.option("--count", is_flag=True, help="Only count instructions, on an emulated device.")
@click.option("--ops", is_flag=True, help="Also show the ten operators that cost most, where the device can tell.")
@click.option("--output", "-o", help="Run file to write, for `edgekit check --run`.")
@json_option
@quiet_option
def command(
    *,
    file: str,
    device: Chosen,
    threads: tuple[int, ...],
    runs: int,
    min_seconds: float,
    seed: int,
    timeout: float,
    first_timeout: float,
    idle: str | None,
    sustained: str | None,
    retries: int,
    count: bool,
    ops: bool,
    output: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Measure FILE on a device: load, first inference, steady inferences with their spread, peak memory.

    Several devices make one table and one file (-o); exit code 3 says that one of them failed.
    """
    target = None if output is None else named_output(output)
    if target is not None:
        require_other(target, Path(file), what="the model")
        require_writable(target)
    with progress_on_stderr(quiet=quiet) as progress:
        options: dict[str, Any] = {
            "threads": threads,
            "runs": runs,
            "min_seconds": min_seconds,
            "seed": seed,
            "timeout": timeout,
            "first_timeout": first_timeout,
            "idle_ms": _milliseconds("--idle", idle),
            "sustained_seconds": _milliseconds("--sustained", sustained) / 1e3,
            "retries": retries,
            "count": count,
            "ops": ops,
            "progress": progress,
        }
        result: Benchmark | Fleet[Benchmark] = (
            edgekit.benchmark(file, device=device, **options)
            if isinstance(device, str)
            else edgekit.benchmark_fleet(file, device, **options)
        )
    if target is not None:
        result.save(target)
    if not isinstance(result, Benchmark):
        return finish_fleet(result, benchmark_table(result), as_json=as_json)
    if as_json:
        emit_json(result.to_document())
    else:
        show_benchmark(result)
    return 0


def _milliseconds(option: str, text: str | None) -> float:
    try:
        return 0.0 if text is None else parse_milliseconds(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
