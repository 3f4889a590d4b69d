"""``edgekit verify``."""

from __future__ import annotations

import click

import edgekit
from edgekit.cli.console import emit_json, exit_code_for, progress_on_stderr
from edgekit.cli.fleet_options import Chosen, device_options, finish_fleet, verification_table
from edgekit.cli.options import Verb, json_option, quiet_option
from edgekit.cli.tables import show_bundle_verification, show_verification
from edgekit.errors import UsageError
from edgekit.metrics import combine


@click.command(name="verify", cls=Verb)
@click.argument("file")
@click.option("--pack", help="The golden pack, where it is not FILE.golden.npz.")
@device_options
@json_option
@quiet_option
def command(*, file: str, pack: str | None, device: Chosen, as_json: bool, quiet: bool) -> int:
    """Check FILE against its golden pack on a device: is it the file that was converted, and are its outputs right?

    FILE may be a bundle as well: an .apk is taken apart, and its golden pack run with its own library for 64-bit Arm,
    emulated; an archive for a board is run on the device.

    Ends with exit code 1 where its hash is another one, even if the outputs agree, and where the outputs are off; of
    several devices with 3 where one failed.
    """
    if edgekit.is_bundle(file):
        return _bundle(file, pack=pack, device=device, as_json=as_json, quiet=quiet)
    with progress_on_stderr(quiet=quiet) as progress:
        if not isinstance(device, str):
            fleet = edgekit.verify_fleet(file, device, pack=pack, progress=progress)
        else:
            result = edgekit.verify(file, device=device, pack=pack, progress=progress)
    if not isinstance(device, str):
        verdict = combine(each.verdict for each in fleet.results)
        code = exit_code_for(verdict, strict=False)
        return finish_fleet(fleet, verification_table(fleet), as_json=as_json, otherwise=code)
    if as_json:
        emit_json(result.to_document())
    else:
        show_verification(result)
    return exit_code_for(result.verdict, strict=False)


def _bundle(file: str, *, pack: str | None, device: Chosen, as_json: bool, quiet: bool) -> int:
    if pack is not None:
        raise UsageError(f"{file} is a bundle, which has its own golden pack", hint="leave --pack out")
    if not isinstance(device, str):
        raise UsageError(f"{file} is a bundle, and these are checked on one device", hint="name one --device")
    with progress_on_stderr(quiet=quiet) as progress:
        found = edgekit.verify_bundle(file, device=device, progress=progress)
    if as_json:
        emit_json(found.to_document())
    else:
        show_bundle_verification(found)
    return exit_code_for(found.verdict, strict=False)
