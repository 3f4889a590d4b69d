"""``edgekit benchmark``."""

from __future__ import annotations

from pathlib import Path

import click

import edgekit
from edgekit.cli.console import emit_json, progress_on_stderr
from edgekit.cli.options import device_option, json_option, quiet_option, threads_option
from edgekit.cli.tables import show_benchmark
from edgekit.files import require_writable


@click.command(name="benchmark")
@click.argument("file")
@device_option
@threads_option
@click.option("--runs", type=int, default=50, show_default=True, help="Least number of steady inferences.")
@click.option("--min-seconds", type=float, default=1.0, show_default=True, help="Least time of steady inferences.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the inputs.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="Seconds until a run is given up.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Run file to write, for `edgekit check --run`.")
@json_option
@quiet_option
def command(
    *,
    file: str,
    device: str,
    threads: tuple[int, ...],
    runs: int,
    min_seconds: float,
    seed: int,
    timeout: float,
    output: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure FILE on a device: load, first inference, steady inferences with their spread, peak memory."""
    if output is not None:
        require_writable(output)
    with progress_on_stderr(quiet=quiet) as progress:
        result = edgekit.benchmark(
            file,
            device=device,
            threads=threads,
            runs=runs,
            min_seconds=min_seconds,
            seed=seed,
            timeout=timeout,
            progress=progress,
        )
    if output is not None:
        result.save(output)
    if as_json:
        emit_json(result.to_document())
    else:
        show_benchmark(result)
