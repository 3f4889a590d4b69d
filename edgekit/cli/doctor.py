"""``edgekit doctor``."""

from __future__ import annotations

import click

import edgekit
from edgekit.checkup import Health
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.fleet_options import checkup_table, chosen_devices, finish_fleet, fleet_option
from edgekit.cli.options import Verb, json_option, quiet_option

_STYLES = {Health.GOOD: "green", Health.NOTE: "yellow", Health.PROBLEM: "bold red"}


@click.command(name="doctor", cls=Verb)
@click.argument("devices", nargs=-1, metavar="DEVICE...")
@fleet_option
@json_option
@quiet_option
def command(*, devices: tuple[str, ...], fleet: str | None, as_json: bool, quiet: bool) -> int:
    """Tell what DEVICE is, and whether it can run .tflite files: each finding with the next step.

    Ends with exit code 1 where no interpreter works there; of several devices with 3 where one failed. Nothing is
    changed on the device.
    """
    device = chosen_devices(devices, fleet)
    if not isinstance(device, str):
        with progress_on_stderr(quiet=quiet) as progress:
            seen = edgekit.doctor_fleet(device, progress=progress)
        lacking = int(not all(each.runs_models for each in seen.results))
        return finish_fleet(seen, checkup_table(seen), as_json=as_json, otherwise=lacking)
    with progress_on_stderr(quiet=quiet) as progress:
        checkup = edgekit.doctor(device, progress=progress)
    if as_json:
        emit_json(checkup.to_document())
        return int(not checkup.runs_models)
    console = output()
    first, *_ = str(checkup).splitlines()
    console.print(first, style="bold", markup=False)
    for each in checkup.findings:
        console.print(f"  {each.health}: ", style=_STYLES[each.health], end="", markup=False)
        console.print(f"{each.topic}: {each.sentence}", markup=False)
        if each.next_step:
            console.print(f"    next: {each.next_step}", markup=False)
    return int(not checkup.runs_models)
