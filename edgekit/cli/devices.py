"""``edgekit devices``."""

from __future__ import annotations

import dataclasses

import click

import edgekit
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.options import Verb, json_option, quiet_option
from edgekit.errors import UsageError, unknown_name
from edgekit.units import format_bytes

_TAKES = {"list": "", "clean": " ssh://[user@]host[:port] or adb:[SERIAL]", "prepare": " ssh://[user@]host[:port]"}
_ACTIONS = tuple(_TAKES)


@click.command(name="devices", cls=Verb)
@click.argument("action", default="list")
@click.argument("device", required=False)
@json_option
@quiet_option
def command(*, action: str, device: str | None, as_json: bool, quiet: bool) -> None:
    """List the devices that can be reached; clean or prepare DEVICE.

    Phones are listed as adb sees them, whose server this starts where it does not run.

    ACTION is list (the default), clean, which empties edgekit's cache folder on a board or a phone, or prepare, which
    installs an interpreter on a board, in that folder, from wheels that are sent over the link. Boards of yours are
    listed in ~/.config/edgekit/devices.toml: hosts = ["ssh://pi@raspberrypi.local"], or a [[hosts]] for each, with
    name, address and profile. It is a fleet like any other: edgekit benchmark FILE --fleet
    ~/.config/edgekit/devices.toml.
    """
    if action not in _ACTIONS:
        raise UsageError(unknown_name("action", action, _ACTIONS), hint="edgekit devices --help")
    if (device is None) != (action == "list"):
        wanted = f"edgekit devices {action}{_TAKES[action]}"
        raise UsageError(f"'{action}' takes {'no' if action == 'list' else 'a'} device", hint=wanted)
    if device is None:
        found = edgekit.list_devices()
        if as_json:
            emit_json({"schema": "edgekit.devices/1", "devices": [dataclasses.asdict(each) for each in found]})
            return
        width = max(len(each.address) for each in found)
        for each in found:
            output().print(f"{each.address:<{width}}  {each.summary}", markup=False)
    elif action == "clean":
        freed = edgekit.clean_device(device)
        if as_json:
            emit_json({"schema": "edgekit.cleaned/1", "address": device, "freed_bytes": freed})
        else:
            output().print(f"{device.removesuffix(':')}: freed {format_bytes(freed)}", markup=False)
    else:
        with progress_on_stderr(quiet=quiet) as progress:
            prepared = edgekit.prepare_device(device, progress=progress)
        if as_json:
            emit_json({"schema": "edgekit.prepared/1", **dataclasses.asdict(prepared)})
        else:
            packages = ", ".join(prepared.packages)
            output().print(f"{device}: Python {prepared.python} with {packages}", markup=False)
