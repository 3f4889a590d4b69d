"""``edgekit probe``."""

from __future__ import annotations

import math
from pathlib import Path

import click

import edgekit
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.options import Verb, json_option, quiet_option
from edgekit.units import format_count


@click.command(name="probe", cls=Verb)
@click.argument("device")
@click.option("--profile", help="Name or path of the profile of such a board (default: it is recognized).")
@click.option("--threads", type=int, multiple=True, help="Threads to probe; repeatable (default: 1, 2, and 4).")
@click.option("--seconds", type=float, default=60.0, show_default=True, help="How long it may take.")
@click.option("--quick", is_flag=True, help="Three networks only: a first look, with wide intervals.")
@click.option("--accept-tainted", is_flag=True, help="Keep times that something else on the board has disturbed.")
@click.option(
    "--output", "-o", "place", type=click.Path(path_type=Path), help="Where to write it, if not where predictions look."
)
@json_option
@quiet_option
def command(
    *,
    device: str,
    profile: str | None,
    threads: tuple[int, ...],
    seconds: float,
    quick: bool,
    accept_tainted: bool,
    place: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure small networks on DEVICE, so that predictions for such a board are narrower from then on."""
    with progress_on_stderr(quiet=quiet) as progress:
        found = edgekit.probe(
            device,
            profile=profile,
            threads=threads or None,
            seconds=seconds,
            quick=quick,
            accept_tainted=accept_tainted,
            output=place,
            progress=progress,
        )
    if as_json:
        emit_json(found.to_document())
        return
    show_probe(found, place)


def show_probe(found: edgekit.Probe, place: Path | None) -> None:
    """Show how well the costs that were found tell the probe networks apart."""
    from edgekit.prediction import probe_path

    console = output()
    where = probe_path(found.profile) if place is None else place
    console.print(f"{found.device} is a {found.profile}; probed with {found.runtime}, kept in {where}", markup=False)
    for fit in found.fits:
        count, width = len(fit.errors), _within(fit.half_width)
        told = f"nine of ten networks within {width} of what the others tell"
        if fit.few:
            seen = _within(max(map(abs, fit.errors)))
            told = f"{count} of {count} networks within {seen} of what the others tell, too few: {width} is taken"
        console.print(f"  {fit.arithmetic}, {format_count(fit.threads, 'thread')}: {told}", markup=False)
    for clause in found.taints:
        console.print(f"  tainted: {clause}", markup=False)


def _within(width: float) -> str:
    return f"{math.expm1(width):.0%}" if width < math.log(2) else f"a factor of {math.exp(width):.2g}"
