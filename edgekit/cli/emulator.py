"""``edgekit emulator``."""

from __future__ import annotations

from typing import Any

import click

import edgekit
from edgekit.cli.console import emit_json, output, progress_on_stderr
from edgekit.cli.options import Verb, json_option, quiet_option
from edgekit.devices.emulated import Installed
from edgekit.errors import UsageError, unknown_name
from edgekit.units import format_bytes

_ACTIONS = ("install", "list", "remove")


@click.command(name="emulator", cls=Verb)
@click.argument("action")
@click.option("--profile", help="A board of the architecture that is meant; install: rpi4, remove: all, unless given.")
@json_option
@quiet_option
def command(*, action: str, profile: str | None, as_json: bool, quiet: bool) -> None:
    """Prepare Arm boards that this machine emulates: ACTION is install, list or remove.

    Everything is kept in the user's cache folder, and is needed for `--device emulated:PROFILE`. It takes mmdebstrap
    and qemu-user, and a C compiler for counting instructions. May be interrupted and repeated.
    """
    if action not in _ACTIONS:
        raise UsageError(unknown_name("action", action, _ACTIONS), hint="edgekit emulator --help")
    document: dict[str, Any] = {"schema": "edgekit.emulators/1"}
    lines: list[str] = []
    if action == "install":
        with progress_on_stderr(quiet=quiet) as progress:
            edgekit.install_emulator(profile or "rpi4", progress=progress)
    elif action == "remove":
        document["freed_bytes"] = edgekit.remove_emulator(profile)
        lines.append(f"freed {format_bytes(document['freed_bytes'])}")
    elif profile is not None:
        raise UsageError("--profile is for install and remove", hint="edgekit emulator list")
    found = edgekit.list_emulators()
    document["emulators"] = [each.to_document() for each in found]
    if as_json:
        emit_json(document)
        return
    lines += [_line(each) for each in found] or ["no emulated board is installed; edgekit emulator install"]
    for line in lines:
        output().print(line, markup=False)


def _line(found: Installed) -> str:
    emulator = f"qemu {found.qemu}" if found.qemu else "qemu is not installed: apt-get install qemu-user"
    counts = "counts instructions" if found.counts else "does not count instructions"
    return (
        f"{found.architecture}: {format_bytes(found.size_bytes)} in {found.folder}, {emulator}, {counts}; "
        f"for {', '.join(found.profiles)}"
    )
